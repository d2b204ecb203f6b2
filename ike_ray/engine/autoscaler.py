"""What nodes the cluster's autoscaler may still add. A cluster that scales from zero has no nodes to look at.

There are three sources, from the exact to the vague:

1. The cluster's configuration in Ray's own state, which managed platforms report and open-source Ray 2.60 leaves empty.
2. The file that `ray up` leaves on the head node, where a submitted job runs.
3. The autoscaler itself, which is asked for one node. A job on Kubernetes can learn no more.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray
import yaml
from ray._private import ray_constants, worker
from ray._private.state import state
from ray.autoscaler._private.util import format_readonly_node_type
from ray.autoscaler.sdk import request_resources
from ray.core.generated.autoscaler_pb2 import ClusterConfig, GetClusterStatusReply  # type: ignore[attr-defined]
from ray.experimental.internal_kv import _internal_kv_get, internal_kv_get_gcs_client

from ike_ray.storage.files import is_file, read_bytes

# The autoscaler looks every 5 s. An answer takes two looks, and the rest is for a busy head.
_ASK_S = 20.0


@dataclass(frozen=True, kw_only=True)
class NodeType:
    """A kind of node that may be added: its resources, and how many there may be, or `None` if no limit is known."""

    resources: Mapping[str, float]
    max_count: int | None


def list_node_types() -> list[NodeType] | None:
    """Return what may be added to the cluster, or `None` if only the autoscaler's own answer to `can_add` can say it."""
    if worker._global_node is not None and worker._global_node.is_head():
        return []  # this process started Ray, on this machine only
    reported = state.get_cluster_config()
    if reported is not None:
        return read_reported(reported)
    return read_launched(str(Path.home() / "ray_bootstrap_config.yaml"), _list_type_names())


def can_add(bundle: Mapping[str, float]) -> bool:
    """Return whether the autoscaler answers by adding a node when it is asked for one that holds `bundle`, within 20 s."""
    request_resources(bundles=[dict(bundle)])
    try:
        deadline_s = time.monotonic() + _ASK_S
        while time.monotonic() < deadline_s:
            answer = _read_answer(bundle)
            if answer is not None:
                return answer
            time.sleep(0.25)
        return False
    finally:
        request_resources(bundles=[])  # from here on the actors' own demand counts


def read_reported(config: ClusterConfig) -> list[NodeType]:
    """Return the node types of a configuration in Ray's own state, where -1 stands for no limit."""
    return [
        NodeType(resources=_read_amounts(group.resources), max_count=None if group.max_count < 0 else group.max_count)
        for group in config.node_group_configs
    ]


def read_launched(path: str, names: set[str]) -> list[NodeType] | None:
    """Return the node types of the cluster launcher's file, or `None` if the file is not about this cluster.

    `names` are the types of the nodes that are there. A file of another cluster has another head.
    """
    if not is_file(path):
        return None
    config: dict[str, Any] = yaml.safe_load(read_bytes(path))
    head = config["head_node_type"]
    if head not in names:
        return None
    most = config.get("max_workers", 0)
    return [
        NodeType(resources=_read_amounts(found["resources"]), max_count=min(found.get("max_workers", most), most))
        for name, found in config["available_node_types"].items()
        if name != head
    ]


def _read_amounts(resources: Mapping[str, int]) -> dict[str, float]:
    return {name: float(amount) for name, amount in resources.items()}


def _list_type_names() -> set[str]:
    labelled = {node["Labels"].get("ray.io/node-group", "") for node in ray.nodes() if node["Alive"]}
    return labelled | set(_read_report().get("active_nodes", {}))


def _read_report() -> dict[str, Any]:
    """Return what version 1 of the autoscaler last wrote. Version 2, and a head that has just started, write nothing."""
    text = _internal_kv_get(ray_constants.DEBUG_AUTOSCALING_STATUS)
    return json.loads(text).get("autoscaler_report") or {} if text else {}


def _read_answer(bundle: Mapping[str, float]) -> bool | None:
    status = GetClusterStatusReply.FromString(internal_kv_get_gcs_client().get_cluster_status(timeout_s=10))
    scaling = status.autoscaling_state
    refused = [
        dict(entry.request.resources_bundle)
        for constraint in scaling.infeasible_cluster_resource_constraints
        for entry in constraint.resource_requests
    ]
    if dict(bundle) in refused:
        return False
    totals = [node.total_resources for node in status.cluster_resource_state.node_states]
    if any(all(total.get(name, 0) >= amount for name, amount in bundle.items()) for total in totals):
        return True
    report = _read_report()
    # Without an autoscaler, version 1 only looks on and calls every node a type of its own.
    if {format_readonly_node_type(node["NodeID"]) for node in ray.nodes()} & set(report.get("active_nodes", {})):
        return False
    is_pending = scaling.pending_instance_requests or scaling.pending_instances
    return True if is_pending or report.get("pending_launches") or report.get("pending_nodes") else None
