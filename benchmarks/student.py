"""Does one network generalise what the graph found? `python -m benchmarks.student DAVIS --split train --out FOLDER`

DAVIS is a DAVIS-2016 folder. Every third sequence of the split is set aside. The teacher, `ike-ray segment` with --teacher,
segments both groups; the student learns the teacher's masks of the first, `ike-ray train` with --student; `ike-ray predict`
finds the objects of both, once with and once without snapping to edges. `ike-ray evaluate` scores all runs against the truth.
Each step is the command that anybody would type, and does nothing where FOLDER has its result: the same command goes on.
"""

import argparse
import csv
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd

GROUPS = ("learned", "unseen")


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", metavar="DAVIS", type=Path)
    parser.add_argument("--split", default="train")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--teacher", default="configs/fast.yaml", help="settings file")
    parser.add_argument("--student", default="configs/student.yaml", help="settings file")
    parser.add_argument("--set", action="append", default=[], help="of the student's training; repeat for more")
    parser.add_argument("--set-teacher", action="append", default=[], help="of the teacher; repeat for more")
    arguments = parser.parse_args()
    out = arguments.out
    davis = build_groups(arguments.root, arguments.split, out)
    teachers = {group: out / f"teacher-{group}" for group in GROUPS}
    for group, run in teachers.items():
        settings = ["--config", arguments.teacher, *_spread(arguments.set_teacher)]
        run_command("segment", out / f"{group}.csv", "--out", run, *settings)
    # All of the first group are learned: what is unseen is known here.
    settings = ["--config", arguments.student, "--set", "samples.held_out_fraction=0", *_spread(arguments.set)]
    model = out / "model"
    run_command("train", teachers["learned"], "--out", model, *settings)
    for edges in ("guided", "none"):
        students = {group: out / f"student-{group}-{edges}" for group in GROUPS}
        for group, run in students.items():
            options = ["--set", f"masks.edges={edges}", "--set", "workers.num_workers=1"]
            run_command("predict", out / f"{group}.csv", "--model", model, "--out", run, *options)
        print_table(davis, teachers, students, edges)


def build_groups(root: Path, split: str, out: Path) -> Path:
    """A manifest of each group, and a DAVIS folder with a split of each, in `out`."""
    davis = out / "davis"
    (davis / "ImageSets" / "480p").mkdir(parents=True, exist_ok=True)
    for name in ("JPEGImages", "Annotations"):
        if not (davis / name).exists():
            (davis / name).symlink_to((root / name).resolve())
    lines = (root / "ImageSets" / "480p" / f"{split}.txt").read_text().split("\n")
    by_name: dict[str, list[str]] = {}
    for line in filter(None, lines):
        by_name.setdefault(line.split()[0].split("/")[-2], []).append(line)
    for group, wanted in zip(GROUPS, (False, True), strict=True):
        names = [name for number, name in enumerate(sorted(by_name)) if (number % 3 == 2) is wanted]
        text = "".join(f"{line}\n" for name in names for line in by_name[name])
        (davis / "ImageSets" / "480p" / f"{group}.txt").write_text(text)
        with (out / f"{group}.csv").open("w", newline="") as stream:
            rows = [(name, root.resolve() / "JPEGImages" / "480p" / name) for name in names]
            csv.writer(stream).writerows([("video_id", "uri"), *rows])
    return davis


def run_command(*words: object) -> None:
    """Runs an ike-ray command to its end, and says how long it took."""
    started_s = time.monotonic()
    command = [sys.executable, "-m", "ike_ray.cli", *(str(word) for word in words)]
    subprocess.run(command, check=True)
    print(f"{words[0]}: {time.monotonic() - started_s:.0f} s", flush=True)


def print_table(davis: Path, teachers: dict[str, Path], students: dict[str, Path], edges: str) -> None:
    """J and F of each sequence and group, and frames a second of a worker."""
    print(f"\nedges {edges}\n\n| group | sequence | teacher J | F | student J | F | confidence |\n|{'---|' * 7}")
    for group in GROUPS:
        scores = [_evaluate(davis, group, run) for run in (teachers[group], students[group])]
        outcomes = pd.read_parquet(students[group] / "outcomes").set_index("video_id")
        for name in scores[0].index:
            _print_row(group, name, [score.loc[name] for score in scores], f"{outcomes.loc[name, 'confidence']:.2f}")
        _print_row(group, "**mean**", [score.mean() for score in scores], f"{outcomes['confidence'].mean():.2f}")
    for group in GROUPS:
        outcomes = pd.read_parquet(students[group] / "outcomes")
        stages = {stage: outcomes[f"seconds_{stage}"].sum() for stage in ("read", "network", "refine", "write")}
        num_frames = outcomes["frames"].sum()
        parts = ", ".join(f"{stage} {1000 * seconds / num_frames:.1f}" for stage, seconds in stages.items())
        print(f"{group}: {num_frames / sum(stages.values()):.1f} frames a second of a worker; ms a frame: {parts}")


def _evaluate(davis: Path, group: str, run: Path) -> pd.DataFrame:
    """Mean J and F of each sequence."""
    options = ["--dataset", "davis2016", "--root", davis, "--split", group, "--out", run / "evaluated"]
    run_command("evaluate", run, *options)
    table = pd.read_parquet(run / "evaluated" / "metrics" / "sequences.parquet").set_index("sequence")
    return table[["j_mean", "f_mean"]].set_axis(["J", "F"], axis=1)


def _print_row(group: str, name: str, scores: list[pd.Series], confidence: str) -> None:
    numbers = " | ".join(f"{score['J']:.3f} | {score['F']:.3f}" for score in scores)
    print(f"| {group} | {name} | {numbers} | {confidence} |", flush=True)


def _spread(settings: list[str]) -> list[str]:
    return [word for setting in settings for word in ("--set", setting)]


if __name__ == "__main__":
    main()
