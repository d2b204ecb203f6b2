import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ike_ray.evaluate.render import escape_latex, render_latex, render_markdown
from ike_ray.evaluate.tables import ScoreTable

NASTY = r"a_b & 50 % of $x$ #1 {y} ~ ^ \z <q> | [1] `c` * 中 é" + "\x00\x85"
TABLE = ScoreTable(
    title=NASTY,
    columns=("system", "J, sequence mean", "remark"),
    has_remarks=True,
    sections=((("[first]", "0.750 [0.500, 1.000]", NASTY), ("b-1", "-0.5", "")), ((NASTY, "+0.1", ""),)),
    notes=(NASTY, "[two]"),
)


def test_markdown_by_hand() -> None:
    table = ScoreTable(
        title="davis",
        columns=("system", "J"),
        has_remarks=False,
        sections=((("a|b", "0.5"),), (("c", "-0.1"),)),
        notes=("so",),
    )
    assert (
        render_markdown([table]).splitlines()
        == [*("**davis**", "", "| system | J |", "|---|---:|", r"| a\|b | 0.5 |", "|  |  |", "| c | -0.1 |", "", "so", "")][
            :-1
        ]
    )


def test_every_row_of_markdown_has_all_columns() -> None:
    rows = [line for line in render_markdown([TABLE, TABLE]).splitlines() if line.startswith("|")]
    assert len(rows) == 2 * 6
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {4}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a_b & c", r"a\_b \& c"),
        ("\\", r"\textbackslash{}"),
        ("50 %", r"50 \%"),
        ("x\n\ty", "x y"),
        ("中é\x07", "U+4E2DéU+0007"),
        ("[0.1]", "{[}0.1{]}"),
    ],
)
def test_latex_escapes(text: str, expected: str) -> None:
    assert escape_latex(text) == expected


def test_latex_rows_by_hand() -> None:
    lines = render_latex([TABLE]).splitlines()
    assert r"b-1 & $-$0.5 \\" in lines
    assert r"{[}first{]} & 0.750 {[}0.500, 1.000{]} \\" in lines
    assert r"system & \shortstack[r]{J,\\sequence mean} \\" in lines
    assert [line for line in lines if line.startswith(r"\begin{tabular}")] == [r"\begin{tabular}{lr}"]
    assert [lines.count(line) for line in (r"\toprule", r"\midrule", r"\bottomrule")] == [1, 2, 1]
    assert len([line for line in lines if line.startswith(r"\par\smallskip")]) == 3  # two notes, and the remarks


def test_latex_is_balanced() -> None:
    """Braces and environments close; no sign is left that LaTeX would obey."""
    text = "\n".join(line for line in render_latex([TABLE]).splitlines() if not line.startswith("%"))
    bare = re.sub(r"\\[{}&%$#_]", "", text)
    assert bare.count("{") == bare.count("}")
    assert re.findall(r"\\begin\{(\w+)\}", bare) == ["table", "tabular"]
    assert sorted(re.findall(r"\\end\{(\w+)\}", bare)) == ["table", "tabular"]
    assert not re.findall(r"[#_^~]", bare)
    assert set(re.findall(r"\$.*?\$", bare)) == {"$-$"}


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex here")
def test_latex_compiles(tmp_path: Path) -> None:
    (tmp_path / "scores.tex").write_text(render_latex([TABLE, TABLE]))
    packages = "".join(rf"\usepackage{name}" for name in ("[T1]{fontenc}", "{booktabs}", "{graphicx}"))
    document = rf"\documentclass{{article}}{packages}\begin{{document}}\input{{scores.tex}}\end{{document}}"
    (tmp_path / "page.tex").write_text(document)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-draftmode", "page.tex"]
    result = subprocess.run(command, cwd=tmp_path, env=os.environ, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout
