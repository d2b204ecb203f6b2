"""Whether the cluster adds a node that holds a worker, where none is there. Its autoscaler is asked for one such node.

Ray 2.60 has no public interface that says whether a cluster has an autoscaler, what nodes it may add, or that it refuses a
request. `ray.autoscaler.v2.sdk.get_cluster_status` leaves refusals out, and returns the same for a cluster without an
autoscaler and for one with an autoscaler of version 1. So the answers are read where both versions write them.
"""

import json
import time
from collections.abc import Mapping
from typing import Any

import ray
from ray._private import ray_constants
from ray.autoscaler._private.util import format_readonly_node_type
from ray.autoscaler.sdk import request_resources
from ray.core.generated.autoscaler_pb2 import GetClusterStatusReply  # type: ignore[attr-defined]
from ray.experimental.internal_kv import _internal_kv_get, internal_kv_get_gcs_client

# The autoscaler looks every 5 s. An answer takes two looks, and the rest is for a busy head.
_ASK_S = 20.0


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


def _read_report() -> dict[str, Any]:
    """Return what version 1 of the autoscaler last wrote. Version 2, and a head that has just started, write nothing."""
    text = _internal_kv_get(ray_constants.DEBUG_AUTOSCALING_STATUS)
    return json.loads(text).get("autoscaler_report") or {} if text else {}
