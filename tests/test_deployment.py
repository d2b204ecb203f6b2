"""What is shipped for clusters: held against the schemas of those who will read it, and against each other."""

import os
import re
import shlex
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import botocore.session
import jsonschema
import pytest
import yaml
from botocore.validate import ParamValidator
from ray.autoscaler._private.kuberay.autoscaling_config import _derive_autoscaling_config_from_ray_cr
from ray.autoscaler._private.util import prepare_config, validate_config

from ike_ray import __version__
from ike_ray.config import Config
from ike_ray.engine.cluster import count_fitting
from ike_ray.settings import read_config

REPOSITORY = Path(__file__).parents[1]
IN_THE_IMAGE = "/home/ray/ike_ray"
CLUSTER: dict[str, Any] = yaml.safe_load((REPOSITORY / "cluster.yaml").read_text())
RAYJOB: dict[str, Any]
POLICY: dict[str, Any]
RAYJOB, POLICY = yaml.safe_load_all((REPOSITORY / "jobs" / "rayjob.yaml").read_text())
DOCKERFILE = (REPOSITORY / "Dockerfile").read_text()
PINS = dict(line.split("==") for line in (REPOSITORY / "constraints.txt").read_text().splitlines() if "==" in line)
NODE_TYPES = CLUSTER["available_node_types"]
WORKER_TYPES = {name: found for name, found in NODE_TYPES.items() if name != CLUSTER["head_node_type"]}
RAY_CLUSTER = RAYJOB["spec"]["rayClusterSpec"]
GROUPS = [RAY_CLUSTER["headGroupSpec"], *RAY_CLUSTER["workerGroupSpecs"]]


def read_paper_config() -> Config:
    return read_config((REPOSITORY / "configs" / "paper.yaml").read_text())


class TestLauncher:
    def test_rays_schema_takes_it(self) -> None:
        validate_config(prepare_config(deepcopy(CLUSTER)))

    @pytest.mark.parametrize("name", NODE_TYPES)
    def test_ec2_takes_every_node(self, name: str) -> None:
        """The schema of `ray up` lets anything through here: the shape of the real request is in botocore."""
        shape = botocore.session.Session().get_service_model("ec2").operation_model("RunInstances").input_shape
        request = {**NODE_TYPES[name]["node_config"], "MinCount": 1, "MaxCount": 1}
        report = ParamValidator().validate(request, shape)
        assert not report.has_errors(), report.generate_report()
        assert set(request["IamInstanceProfile"]) == {"Name"}

    def test_nothing_of_the_launchers_defaults_is_left_over(self) -> None:
        prepared = prepare_config(deepcopy(CLUSTER))
        commands = [command for key, value in prepared.items() if key.endswith("_commands") for command in value]
        assert not [command for command in commands if "wheels" in command or "dev0" in command]

    def test_it_scales_from_zero_on_spot(self) -> None:
        assert NODE_TYPES["head"]["resources"]["CPU"] == 0
        assert "--num-cpus=0" in CLUSTER["head_start_ray_commands"][-1]
        for found in WORKER_TYPES.values():
            assert found["min_workers"] == 0 < found["max_workers"] <= CLUSTER["max_workers"]
            assert found["node_config"]["InstanceMarketOptions"] == {"MarketType": "spot"}
        assert any(found["resources"].get("GPU") for found in WORKER_TYPES.values())

    def test_its_nodes_hold_the_workers_of_the_settings(self) -> None:
        resources = [{name: float(n) for name, n in found["resources"].items()} for found in WORKER_TYPES.values()]
        assert sorted(count_fitting(read_paper_config().workers, node) for node in resources) == [0, 1]
        assert sorted(count_fitting(Config().workers, node) for node in resources) == [4, 16]

    def test_its_job_server_listens_on_the_head_alone(self) -> None:
        assert "--dashboard-host=127.0.0.1" in CLUSTER["head_start_ray_commands"][-1]
        assert "security_group" not in CLUSTER["provider"]  # the launcher's own lets in the group and SSH

    def test_what_it_copies_is_there(self) -> None:
        assert CLUSTER["file_mounts"] == {IN_THE_IMAGE: "."}
        assert shlex.split(CLUSTER["setup_commands"][0])[-2:] == [
            f"{IN_THE_IMAGE}/constraints.txt",
            f"{IN_THE_IMAGE}[cluster]",
        ]


class TestRayJob:
    def test_rays_autoscaler_reads_it(self) -> None:
        """By the function that turns KubeRay's resource into the autoscaler's configuration and checks its schema."""
        metadata = {"name": "ike-ray", "namespace": "default"}
        config = _derive_autoscaling_config_from_ray_cr({"metadata": metadata, "spec": deepcopy(RAY_CLUSTER)})
        found = config["available_node_types"]
        assert found["headgroup"]["resources"]["CPU"] == 0
        assert (found["gpu"]["resources"]["CPU"], found["gpu"]["resources"]["GPU"]) == (4, 1)
        assert (found["gpu"]["min_workers"], found["gpu"]["max_workers"]) == (0, 8)

    def test_kuberays_schema_takes_it(self) -> None:
        """Against the file of KubeRay's custom resource, ray.io_rayjobs.yaml, which is not ours to ship."""
        if "IKE_RAY_RAYJOB_CRD" not in os.environ:
            pytest.skip("set IKE_RAY_RAYJOB_CRD to KubeRay's ray.io_rayjobs.yaml")
        definition = yaml.safe_load(Path(os.environ["IKE_RAY_RAYJOB_CRD"]).read_text())
        (version,) = (version for version in definition["spec"]["versions"] if version["name"] == "v1")
        schema = close(version["schema"]["openAPIV3Schema"])
        jsonschema.Draft202012Validator(schema).validate(RAYJOB)

    def test_the_entrypoint_is_the_main_job(self) -> None:
        python, script, source, out, run, config, file, *changes = shlex.split(RAYJOB["spec"]["entrypoint"])
        assert (python, out, config) == ("python", "--out", "--config")
        assert source.startswith("s3://")
        assert run.startswith("s3://")
        for path in (script, file):
            assert (REPOSITORY / Path(path).relative_to(IN_THE_IMAGE)).is_file()
        settings = read_config((REPOSITORY / Path(file).relative_to(IN_THE_IMAGE)).read_text(), changes[1::2])
        limits = [(read_limits(group), group["maxReplicas"]) for group in RAY_CLUSTER["workerGroupSpecs"]]
        pods = [({"CPU": float(limit["cpu"]), "GPU": float(limit["nvidia.com/gpu"])}, most) for limit, most in limits]
        workers = settings.workers
        assert workers.num_workers == sum(count_fitting(workers, pod) * most for pod, most in pods)

    def test_pods_get_what_they_ask_for(self) -> None:
        for group in GROUPS:
            spec = group["template"]["spec"]
            (container,) = spec["containers"]
            assert container["resources"]["requests"] == container["resources"]["limits"]
            assert container["volumeMounts"] == [{"name": "shm", "mountPath": "/dev/shm"}]
            (volume,) = spec["volumes"]
            assert volume["emptyDir"]["medium"] == "Memory"
            assert int(group["rayStartParams"]["object-store-memory"]) < 2 * 2**30
            assert spec["serviceAccountName"] == "ike-ray"

    def test_nobody_but_its_own_pods_and_kuberay_gets_in(self) -> None:
        """By a token, and by a policy of the pods that the file itself describes."""
        assert RAY_CLUSTER["authOptions"] == {"mode": "token"}
        own = POLICY["spec"]["podSelector"]
        for group in GROUPS:
            assert group["template"]["metadata"]["labels"].items() >= own["matchLabels"].items()
        assert POLICY["spec"]["policyTypes"] == ["Ingress"]
        among, submitters = POLICY["spec"]["ingress"]
        assert among == {"from": [{"podSelector": own}]}
        assert submitters["ports"] == [{"port": 8265, "protocol": "TCP"}]
        submitter, operator = submitters["from"]
        assert submitter == {"podSelector": {"matchLabels": {"job-name": RAYJOB["metadata"]["name"]}}}
        assert operator["podSelector"] == {"matchLabels": {"app.kubernetes.io/name": "kuberay-operator"}}
        assert RAYJOB["spec"]["submissionMode"] == "K8sJobMode"  # whose submitter needs the server beyond its own pod

    def test_a_retry_continues_and_the_end_cleans_up(self) -> None:
        assert RAYJOB["spec"]["backoffLimit"] >= 1
        assert RAYJOB["spec"]["shutdownAfterJobFinishes"] is True


class TestImages:
    def test_every_image_is_pinned_to_the_ray_that_was_tested(self) -> None:
        images = [CLUSTER["docker"]["image"], *(group["template"]["spec"]["containers"][0]["image"] for group in GROUPS)]
        assert CLUSTER["docker"]["image"] == f"rayproject/ray:{PINS['ray']}-py311-gpu"
        assert set(images[1:]) == {f"REGISTRY/ike_ray:{__version__}-ray{PINS['ray']}-py311"}
        assert RAY_CLUSTER["rayVersion"] == PINS["ray"]
        assert f"FROM rayproject/ray:{PINS['ray']}-py311-${{PLATFORM}}\n" in DOCKERFILE
        named = re.findall(r"ray(\d+\.\d+\.\d+)", DOCKERFILE + (REPOSITORY / "jobs" / "rayjob.yaml").read_text())
        assert set(named) == {PINS["ray"]}

    def test_what_the_image_takes_is_there(self) -> None:
        allowed = (REPOSITORY / ".dockerignore").read_text().splitlines()
        sources = list(list_copied())
        assert {"constraints.txt", "pyproject.toml", "ike_ray", "configs", "jobs"} <= set(sources)
        for source in sources:
            assert (REPOSITORY / source).exists()
            assert f"!{source}" in allowed

    def test_it_is_not_run_as_root(self) -> None:
        assert "USER root" not in DOCKERFILE
        assert "sudo" not in DOCKERFILE
        assert all("--chown=ray:users" in line for line in DOCKERFILE.splitlines() if line.startswith("COPY"))

    def test_torch_is_installed_once_and_pinned(self) -> None:
        first, second = (line for line in DOCKERFILE.splitlines() if line.startswith("RUN pip install"))
        assert first.endswith(" torch")
        assert all("--constraint constraints.txt" in line for line in (first, second))
        assert "torch" in PINS


def list_copied() -> Iterator[str]:
    for line in DOCKERFILE.splitlines():
        if line.startswith("COPY"):
            yield from shlex.split(line)[2:-1]


def read_limits(group: dict[str, Any]) -> dict[str, str]:
    limits: dict[str, str] = group["template"]["spec"]["containers"][0]["resources"]["limits"]
    return limits


def close(schema: Any) -> Any:
    """The schema with unknown fields refused, as `kubectl` refuses them, wherever the known ones are listed."""
    if isinstance(schema, list):
        return [close(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: close(value) for key, value in schema.items()}
    is_object = isinstance(schema.get("properties"), dict) and schema.get("type") == "object"
    is_open = "additionalProperties" in schema or schema.get("x-kubernetes-preserve-unknown-fields")
    return closed | {"additionalProperties": False} if is_object and not is_open else closed
