"""A trained student from its folder."""

from dataclasses import dataclass

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import nn

from ike_ray.config import StudentConfig
from ike_ray.errors import ConfigError, InputError
from ike_ray.settings import build_config
from ike_ray.storage.files import is_file, join_uri, read_bytes
from ike_ray.student.model_folder import build_weights_digest, read_description
from ike_ray.student.train_step import build_student


@dataclass(frozen=True, kw_only=True)
class Student:
    """A network that has learned, and what it is."""

    network: nn.Module  # in evaluation mode, on the CPU
    config: StudentConfig
    weights_digest: str


def read_student(uri: str) -> Student:
    """Return the student whose folder is `uri`.

    Raises `InputError` if there is none, if its training has not ended, or if its weights are not those of model.yaml.
    """
    description = read_description(uri)
    source = join_uri(uri, "weights.safetensors")
    if "weights_digest" not in description or not is_file(source):
        raise InputError(
            f"the student in {uri} is not trained: expected weights.safetensors and their digest in model.yaml, found "
            "neither or one. Run the same `ike-ray train` again: it goes on where it was"
        )
    weights = read_bytes(source)
    found, expected = build_weights_digest(weights), description["weights_digest"]
    if found != expected:
        raise InputError(
            f"{source} is not what model.yaml describes: expected weights with the digest {expected}, found {found}. Copy "
            "the whole folder again, or train a new student"
        )
    try:
        # The network needs only these of its settings, so those of training may have had other names when it learned.
        config = build_config(StudentConfig, description["config"]["student"], source=join_uri(uri, "model.yaml"))
    except ConfigError as error:
        raise InputError(f"cannot use the student in {uri}, of another version of ike_ray: {error}") from error
    network = build_student(config, torch.Generator().manual_seed(0))
    read_weights(network, weights, source)
    return Student(network=network.eval().requires_grad_(False), config=config, weights_digest=found)


def read_same_student(uri: str | None, weights_digest: str | None) -> Student:
    """Return the student whose folder is `uri`.

    Raises `ConfigError` if none is named, or if its weights have another digest than `weights_digest`, unless that is None.
    Raises `InputError` like `read_student`.
    """
    if uri is None:
        raise ConfigError("there is no student to ask: expected the folder of a student in `model`, found null. Set --model")
    student = read_student(uri)
    if weights_digest not in (None, student.weights_digest):
        raise ConfigError(
            f"the student in {uri} has changed: expected weights with the digest {weights_digest}, found "
            f"{student.weights_digest}. Put the old one back, or use another --out"
        )
    return student


def read_weights(network: nn.Module, weights: bytes, source: str) -> None:
    """Fill a network. Raises `InputError` if the bytes, from `source`, are no safetensors or another network's."""
    try:
        tensors = load(weights)
    except SafetensorError as error:
        raise InputError(
            f"cannot load {source}: expected safetensors. Copy it again, or train a new student: {error}"
        ) from error
    own = network.state_dict()
    wrong = [name for name in own if name not in tensors or tensors[name].shape != own[name].shape]
    wrong += [name for name in tensors if name not in own]
    if wrong:
        raise InputError(
            f"{source} does not fit the network that model.yaml describes: {len(wrong)} tensors are missing, unknown or of "
            f"another shape, the first is {wrong[0]}. Copy the whole folder again, or train a new student"
        )
    network.load_state_dict(tensors)


def build_weights(network: nn.Module) -> bytes:
    """Return the network's weights as safetensors."""
    return save({name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()})
