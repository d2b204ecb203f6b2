"""Does one network generalise what the graph found? `python -m benchmarks.student DAVIS --split train --out FOLDER`

DAVIS is a DAVIS-2016 folder. Its split is divided into three groups, which the teacher segments (`ike-ray segment` with
--teacher). For each --fold the student learns the teacher's masks of the two other groups (`ike-ray train` with --student),
and then finds the objects of all three (`ike-ray predict`). `ike-ray evaluate` scores everything against the truth. Each step
is the command that anybody would type. It does nothing if FOLDER has its result, so the same command goes on. Afterwards
FOLDER/model-K is a student that has not seen --split group-K of FOLDER/davis.
"""

import argparse
import csv
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd

from benchmarks.origin import read_origin

GROUPS = (0, 1, 2)


def main() -> None:
    """Print a table for each fold, and the means of what no student had seen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", metavar="DAVIS", type=Path)
    parser.add_argument("--split", default="train")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--fold", type=int, action="append", choices=GROUPS, help="the group set aside; all without it")
    parser.add_argument("--edges", action="append", choices=["guided", "none"], help="repeat for both; guided without it")
    parser.add_argument("--teacher", default="configs/fast.yaml", help="settings file")
    parser.add_argument("--student", default="configs/student.yaml", help="settings file")
    parser.add_argument("--set", action="append", default=[], help="of the student's training; repeat for more")
    parser.add_argument("--set-teacher", action="append", default=[], help="of the teacher; repeat for more")
    arguments = parser.parse_args()
    print(read_origin(), flush=True)
    davis = build_groups(arguments.root, arguments.split, arguments.out)
    teachers = [arguments.out / f"teacher-{group}" for group in GROUPS]
    settings = ["--config", arguments.teacher, *_spread(arguments.set_teacher)]
    for group, run in zip(GROUPS, teachers, strict=True):
        run_command("segment", arguments.out / f"group-{group}.csv", "--out", run, *settings)
    unseen: dict[str, list[pd.DataFrame]] = {edges: [] for edges in arguments.edges or ["guided"]}
    for fold in arguments.fold or GROUPS:
        model = _train(arguments, teachers, fold)
        for edges, tables in unseen.items():
            tables.append(print_table(davis, teachers, _predict(arguments.out, model, fold, edges), fold, edges))
    print("\nEach sequence by the student that has not seen it:")
    for edges, tables in unseen.items():
        _print_means(f"edges {edges}", pd.concat(tables))


def _train(arguments: argparse.Namespace, teachers: list[Path], fold: int) -> Path:
    """Train the student that has not seen a group, on all of the others, and return its folder."""
    model = arguments.out / f"model-{fold}"
    settings = ["--config", arguments.student, "--set", "samples.held_out_fraction=0", *_spread(arguments.set)]
    run_command("train", *(run for group, run in enumerate(teachers) if group != fold), "--out", model, *settings)
    return model


def _predict(out: Path, model: Path, fold: int, edges: str) -> list[Path]:
    """Return the student's run of each group."""
    runs = [out / f"student-{fold}-{edges}-{group}" for group in GROUPS]
    for group, run in zip(GROUPS, runs, strict=True):
        options = ["--set", f"masks.edges={edges}", "--set", "workers.num_workers=1"]
        run_command("predict", out / f"group-{group}.csv", "--model", model, "--out", run, *options)
    return runs


def build_groups(root: Path, split: str, out: Path) -> Path:
    """Write a manifest of each group, and a DAVIS folder with a split of each, into `out`. Return that folder."""
    davis = out / "davis"
    (davis / "ImageSets" / "480p").mkdir(parents=True, exist_ok=True)
    for name in ("JPEGImages", "Annotations"):
        if not (davis / name).exists():
            (davis / name).symlink_to((root / name).resolve())
    lines = (root / "ImageSets" / "480p" / f"{split}.txt").read_text().split("\n")
    by_name: dict[str, list[str]] = {}
    for line in filter(None, lines):
        by_name.setdefault(line.split()[0].split("/")[-2], []).append(line)
    for group in GROUPS:
        names = [name for number, name in enumerate(sorted(by_name)) if number % len(GROUPS) == group]
        text = "".join(f"{line}\n" for name in names for line in by_name[name])
        (davis / "ImageSets" / "480p" / f"group-{group}.txt").write_text(text)
        with (out / f"group-{group}.csv").open("w", newline="") as stream:
            rows = [(name, root.resolve() / "JPEGImages" / "480p" / name) for name in names]
            csv.writer(stream).writerows([("video_id", "uri"), *rows])
    return davis


def run_command(*words: object) -> None:
    """Run an ike-ray command to its end, and print how long it took."""
    started_s = time.monotonic()
    command = [sys.executable, "-m", "ike_ray.cli", *(str(word) for word in words)]
    subprocess.run(command, check=True)
    print(f"{words[0]}: {time.monotonic() - started_s:.0f} s", flush=True)


def print_table(davis: Path, teachers: list[Path], students: list[Path], fold: int, edges: str) -> pd.DataFrame:
    """Print J and F of each sequence, and a worker's frames a second. Return the unseen, of teacher (0) and student (1)."""
    print(f"\ngroup {fold} set aside, edges {edges}\n")
    print(f"| | sequence | teacher J | F | student J | F | confidence |\n|{'---|' * 7}")
    found = []
    for group in GROUPS:
        scores = [_evaluate(davis, group, run) for run in (teachers[group], students[group])]
        outcomes = pd.read_parquet(students[group] / "outcomes").set_index("video_id")
        name_group = "unseen" if group == fold else "learned"
        for name in scores[0].index:
            _print_row(name_group, name, [score.loc[name] for score in scores], f"{outcomes.loc[name, 'confidence']:.2f}")
        found.append(pd.concat(scores, keys=[0, 1]))
    _print_means("learned", pd.concat([table for group, table in enumerate(found) if group != fold]))
    _print_means("unseen", found[fold])
    outcomes = pd.concat([pd.read_parquet(run / "outcomes") for run in students])
    stages = {stage: outcomes[f"seconds_{stage}"].sum() for stage in ("read", "network", "refine", "write")}
    num_frames = outcomes["frames"].sum()
    parts = ", ".join(f"{stage} {1000 * seconds / num_frames:.1f}" for stage, seconds in stages.items())
    print(f"{num_frames / sum(stages.values()):.1f} frames a second of a worker; ms a frame: {parts}", flush=True)
    return found[fold]


def _evaluate(davis: Path, group: int, run: Path) -> pd.DataFrame:
    """Return the mean J and F of each sequence."""
    options = ["--dataset", "davis2016", "--root", davis, "--split", f"group-{group}", "--out", run / "evaluated"]
    run_command("evaluate", run, *options)
    table = pd.read_parquet(run / "evaluated" / "metrics" / "sequences.parquet").set_index("sequence")
    return table[["j_mean", "f_mean"]].set_axis(["J", "F"], axis=1)


def _print_row(group: str, name: str, scores: list[pd.Series], confidence: str) -> None:
    numbers = " | ".join(f"{score['J']:.3f} | {score['F']:.3f}" for score in scores)
    print(f"| {group} | {name} | {numbers} | {confidence} |", flush=True)


def _print_means(name: str, table: pd.DataFrame) -> None:
    _print_row(name, "**mean**", [table.loc[system].mean() for system in (0, 1)], "")


def _spread(settings: list[str]) -> list[str]:
    return [word for setting in settings for word in ("--set", setting)]


if __name__ == "__main__":
    main()
