"""A dataset's page, for the terminal and for the documentation. Both are made from the dataset's description."""

from collections.abc import Sequence

from ike_ray.datasets.description import DatasetDescription, Protocol

_PROTOCOLS: dict[Protocol, str] = {
    "regions": "J and F of every sequence, with objects merged into one foreground",
    "objects": "J and F of every object, with proposals assigned to objects",
    "classes": "J of every video, then of every class",
    "boxes": "CorLoc, the share of frames or images whose box is right",
    "saliency": "S-measure, E-measure, max F-measure and MAE of soft maps",
    "images": "mean IoU, pixel accuracy and max F-measure over images",
    "semantic": "mean IoU over classes, with clusters assigned to classes",
}


def render_page(description: DatasetDescription) -> str:
    """Return Markdown: what the dataset is, where to get it, its tree, what is scored, its odd rules, and the commands."""
    split, others = description.splits[0], description.splits[1:]
    splits = f"`{split}`" + (f"; also {', '.join(f'`{name}`' for name in others)}" if others else "")
    facts = {
        "name": f"`{description.name}`",
        "kind": description.kind,
        "protocol": f"{description.protocol}: {_PROTOCOLS[description.protocol]}",
        "splits": splits,
        "sequences" if description.kind == "video" else "images": f"{render_count(description)} in `{split}`",
        "download": description.size,
        "licence": description.licence,
        "where to get it": description.url,
        "paper": description.paper,
    }
    name, manifest = description.name, f"{description.name}.csv"
    return "\n".join(
        [
            f"# {description.title}\n",
            "| | |\n|---|---|",
            *(f"| {key} | {value} |" for key, value in facts.items()),
            f"\n## Expected tree\n\n```text\n{description.expected_tree}\n```",
            f"\n## What is scored\n\n{description.scored}",
            *(["\n## Odd rules\n", *(f"- {note}" for note in description.notes)] if description.notes else []),
            "\n## Segment and evaluate\n\n```bash",
            f"ike-ray datasets {name} --root ROOT --split {split} --manifest {manifest}",
            _build_command(description, manifest),
            f"ike-ray evaluate RUN --dataset {name} --root ROOT --split {split}",
            "```\n",
        ]
    )


def _build_command(description: DatasetDescription, manifest: str) -> str:
    """Return the command that fills a run with what the protocol scores."""
    if description.kind == "video":
        return f"ike-ray segment {manifest} --out RUN --config default"
    task = {"boxes": "localize", "semantic": "regions"}.get(description.protocol, "segment")
    return f"ike-ray spectral {manifest} --out RUN --task {task} --config spectral"


def render_index(descriptions: Sequence[DatasetDescription]) -> str:
    """Return Markdown: a table of all datasets, each with a link to its page."""
    rows = [
        f"| [{entry.title}]({entry.name}.md) | `{entry.name}` | {entry.kind} | {entry.protocol} | {render_count(entry)} | "
        f"{entry.size} |"
        for entry in descriptions
    ]
    return "\n".join(
        [
            "# Datasets\n",
            "Each is read in the layout in which its authors publish it. Nothing is downloaded: `ike-ray datasets` says",
            "where to get them, `ike-ray datasets NAME` explains one, and with `--root` it checks a folder.\n",
            "| dataset | name | kind | protocol | sequences or images | download |\n|---|---|---|---|---|---|",
            *rows,
            "\nA protocol is a way of scoring:\n",
            *(f"- **{protocol}**: {words}." for protocol, words in _PROTOCOLS.items()),
            "",
        ]
    )


def render_count(description: DatasetDescription) -> str:
    """Return the number of sequences or images of the first split."""
    return "not stated" if description.num_sequences is None else f"{description.num_sequences:,}"
