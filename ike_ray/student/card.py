"""The card of a student, which tells people what it is, what it learned from and how well."""

from typing import Any

_TEMPLATE = """# A student of ike_ray

A network that outlines {what} in single frames, without flow and without the other frames of the video. It learned masks
that a program found without labels; no person drew one.

## What it learned from

{data[videos]} videos, {data[frames]} frames, of {num_runs}{chosen}:

{runs}

{held_out}

## How well

{scores}

## The network

A residual U-Net with {widths} channels, which sees frames at about {area_px} pixels. {steps} steps of {batch_size} frames.
The settings are in `model.yaml`, their digest is {config_digest}, that of the weights {weights_digest}. ike_ray
{versions[ike_ray]}, torch {versions[torch]}, ray {versions[ray]}.

```bash
ike-ray predict VIDEOS --model THIS_FOLDER --out RUN
```

## Limits

What its teacher found is not the truth, and the student learned the teacher's errors as well. It was measured against those
masks, on videos of the same corpus, and not against the truth. `ike-ray evaluate` compares masks with the truth of a dataset.
Videos of another kind than those it learned from need a student of their own.
"""


def render_card(description: dict[str, Any]) -> str:
    """Return Markdown from what model.yaml says of a trained student."""
    data, config, scores = description["data"], description["config"], description["scores"]
    num_classes = config["student"]["num_classes"]
    return _TEMPLATE.format(
        what="the main object" if num_classes == 1 else f"objects of {num_classes} classes",
        data=data,
        num_runs="1 run" if len(data["runs"]) == 1 else f"{len(data['runs'])} runs",
        # A training that was begun before there was this setting does not have it.
        chosen=", whose masks a person accepted" if config["samples"].get("only_accepted") else "",
        runs="\n".join(f"- `{source['run']}`, settings {source['digest']}" for source in data["runs"]),
        held_out=_describe_held_out(data["held_out_videos"], scores["unread_videos"]),
        scores=_describe_scores(scores),
        widths=", ".join(str(width) for width in config["student"]["widths"]),
        area_px=config["student"]["area_px"],
        steps=config["training"]["num_steps"],
        batch_size=config["training"]["batch_size"],
        config_digest=description["config_digest"],
        weights_digest=description["weights_digest"],
        versions=description["versions"],
    )


def _describe_held_out(num_held_out: int, num_unread: int) -> str:
    held_out = f"{num_held_out} more were held out." if num_held_out else "None was held out."
    return held_out + (f" {num_unread} could not be read." if num_unread else "")


def _describe_scores(scores: dict[str, Any]) -> str:
    if scores["held_out_iou"] is None:
        return f"It was not measured, since no video was held out. Loss at the end: {scores['loss']:.3f}."
    return (
        f"On the held-out videos its masks and its teacher's have a mean IoU of {scores['held_out_iou']:.3f}. "
        f"Loss at the end: {scores['loss']:.3f}."
    )
