"""FBMS-59 (Ochs, Malik, Brox, TPAMI 2014). About every twentieth frame is annotated, with objects as colours or greys."""

from dataclasses import dataclass
from itertools import pairwise

from ike_ray.datasets.description import DatasetDescription
from ike_ray.datasets.layout import build_missing_error, list_names, list_stems, list_true_frames, read_lines, read_stem
from ike_ray.datasets.sequence import AnnotatedSequence
from ike_ray.errors import InputError
from ike_ray.storage.files import join_uri, list_folder

# These regions are no object. Region 0 is always the background, and in these four sequences further regions lie in the
# background. This agrees with the greys that the evaluator of CIS (Yang et al., CVPR 2019) takes for background in marple2
# and marple7.
_BACKGROUND = {"marple2": {0, 2, 4}, "marple7": {0, 2}, "marple10": {0, 2}, "marple13": {0, 2}}

DESCRIPTION = DatasetDescription(
    name="fbms59",
    title="FBMS-59",
    kind="video",
    protocol="regions",
    splits=("Testset", "Trainingset"),
    num_sequences=30,
    size="about 1 GB",
    licence="research only",
    url="https://lmb.informatik.uni-freiburg.de/resources/datasets/moseg.en.html",
    paper="Ochs, Malik, Brox, Segmentation of Moving Objects by Long Term Video Analysis, TPAMI 2014",
    expected_tree="""\
ROOT/
  <split>/<sequence>/<sequence>_0001.jpg ...
  <split>/<sequence>/GroundTruth/<sequence>Def.dat             the regions' colours, and the annotated frames
  <split>/<sequence>/GroundTruth/<sequence>_0001_gt.ppm ...    colours, white for the background
  <split>/<sequence>/GroundTruth/<sequence>_01.pgm ...         or greys, black for the background""",
    scored="Only annotated frames: 720 in both splits together.",
    notes=(
        "All objects are merged into one foreground for J and F.",
        "Def.dat decides which files are truth, of which frame (numbered from 0), and which colour or grey is which region. "
        "The files *_PROB_gt.ppm, and a .pgm beside a .ppm, which lacks objects, are not read.",
        "The first region is the background. In marple2 the third and the fifth, and in marple7, marple10 and marple13 the "
        "third are background too. The authors do not say so, but evaluators behind published figures do.",
        "The licence is that of the group's other datasets; it could not be confirmed for this one.",
        "A truth belongs to the frame of the same stem, without _gt. If there is none, it belongs to the frame that Def.dat "
        "numbers.",
    ),
)


@dataclass(frozen=True, kw_only=True)
class _Definition:
    """What a Def.dat says."""

    codes: tuple[int, ...]  # the codes of region 0, 1 and so on
    frames: tuple[tuple[int, str], ...]  # the number of each frame, from 0, and the stem of its truth


def list_fbms59(root: str, split: str) -> list[AnnotatedSequence]:
    """Return the sequences of a split, `Testset` or `Trainingset`. Raises `InputError` with the expected tree."""
    folder = join_uri(root, split)
    names = list_names(folder)
    if not names:
        raise build_missing_error(f"split {split!r}", folder, root, DESCRIPTION)
    return [_read_sequence(root, join_uri(folder, name), name) for name in names]


def _read_sequence(root: str, folder: str, name: str) -> AnnotatedSequence:
    truth_folder = join_uri(folder, "GroundTruth")
    definitions = [uri for uri in list_folder(truth_folder) if uri.endswith("Def.dat")]
    if not definitions:
        raise build_missing_error(
            f"definition of sequence {name!r}", join_uri(truth_folder, f"{name}Def.dat"), root, DESCRIPTION
        )
    definition = _read_definition(definitions[0])
    background = _BACKGROUND.get(name, {0})
    codes = tuple(code for region, code in enumerate(definition.codes) if region not in background)
    files = {**list_stems(truth_folder, (".pgm",)), **list_stems(truth_folder, (".ppm",))}  # colours before greys
    frames = list(list_stems(folder))
    truths = {}
    for number, stem in definition.frames:
        if stem not in files:
            raise build_missing_error(f"truth {stem}", join_uri(truth_folder, f"{stem}.ppm"), root, DESCRIPTION)
        truths[_name_frame(frames, number, files[stem])] = (files[stem],)
    scored_frames = list_true_frames(folder, truths, encoding="codes", codes=codes)
    return AnnotatedSequence(name=name, frames_uri=folder, scored_frames=scored_frames)


def _name_frame(frames: list[str], number: int, truth_uri: str) -> str:
    """Return the stem of the frame that a truth belongs to."""
    stem = read_stem(truth_uri).removesuffix("_gt")
    if stem in frames:
        return stem
    if not 0 <= number < len(frames):
        raise InputError(
            f"cannot use {truth_uri}: expected a frame {stem}, or one numbered {number}, found {len(frames)} frames. "
            "Extract the frames again"
        )
    return frames[number]


def _read_definition(uri: str) -> _Definition:
    """Return what a Def.dat says. Each value stands in the line below the words that name it."""
    lines = read_lines(uri)
    pairs = [(words.lower(), value) for words, value in pairwise(lines)]
    try:
        codes = tuple(int(value) for words, value in pairs if words.startswith("scale of region"))
        numbers = [int(value) for words, value in pairs if words.startswith("frame number")]
    except ValueError as error:
        raise InputError(
            f"cannot read {uri}: expected a number below each line that names one. Extract the dataset again: {error}"
        ) from error
    stems = [read_stem(value) for words, value in pairs if words.startswith("file name")]
    if not codes or not stems or len(numbers) != len(stems):
        raise InputError(
            f"cannot read {uri}: expected `Scale of region`, `Frame number` and `File name` with a value below each, found "
            f"{len(codes)}, {len(numbers)} and {len(stems)}. Extract the dataset again"
        )
    return _Definition(codes=codes, frames=tuple(zip(numbers, stems, strict=True)))
