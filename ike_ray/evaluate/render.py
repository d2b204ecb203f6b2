"""Tables of scores as Markdown and as LaTeX."""

import re
from collections.abc import Sequence

from ike_ray.evaluate.tables import ScoreTable, is_number_column

_LATEX_SIGNS = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "[": "{[}",  # after \\ a bare bracket would begin a length
    "]": "{]}",
}
_MARKDOWN_SIGNS = re.compile(r"([\\|<>*`_\[\]])")
_MINUS = re.compile(r"(?<![\w.)-])-(?=\d)")
_FIT_LATEX = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"  # shrinks a table wider than the page
# Without further packages, LaTeX has ASCII and the letters of Latin-1.
_IS_LATIN = re.compile(r"[ -~\xa0-\xff]")


def render_markdown(tables: Sequence[ScoreTable]) -> str:
    """Return the tables below each other, each with its title and notes. An empty row stands for a line between sections."""
    return "\n".join(_render_markdown_table(table) for table in tables)


def render_latex(tables: Sequence[ScoreTable]) -> str:
    r"""Return the tables as `table` environments with the lines of booktabs, to be read by `\input`."""
    head = "% in the preamble: \\usepackage[T1]{fontenc} \\usepackage{booktabs} \\usepackage{graphicx}\n"
    return head + "\n".join(_render_latex_table(table) for table in tables)


def escape_latex(text: str) -> str:
    """Return the text for LaTeX: signs that it would obey are escaped, and letters that it lacks become their numbers."""
    signs = [sign if _IS_LATIN.match(sign) else f"U+{ord(sign):04X}" for sign in " ".join(text.split())]
    return "".join(_LATEX_SIGNS.get(sign, sign) for sign in signs)


def escape_markdown(text: str) -> str:
    """Return the text as it is shown in a cell of a table."""
    return _MARKDOWN_SIGNS.sub(r"\\\1", " ".join(text.split()))


def _render_markdown_table(table: ScoreTable) -> str:
    lines = [f"**{escape_markdown(table.title)}**", "", _join_markdown(table.columns)]
    lines.append("|" + "|".join("---:" if is_number_column(table, i) else "---" for i in range(len(table.columns))) + "|")
    for position, rows in enumerate(table.sections):
        lines += [_join_markdown([""] * len(table.columns))] * (position > 0)
        lines += [_join_markdown(row) for row in rows]
    lines += ["", *(f"{escape_markdown(note)}\n" for note in table.notes)]
    return "\n".join(lines)


def _join_markdown(cells: Sequence[str]) -> str:
    return "| " + " | ".join(escape_markdown(cell) for cell in cells) + " |"


def _render_latex_table(table: ScoreTable) -> str:
    """Return one table. Remarks stand below it, since a column of sentences would be wider than the page."""
    num_columns = len(table.columns) - table.has_remarks
    rows = [row for section in table.sections for row in section]
    remarks = [f"{row[0]}: {row[-1]}." for row in rows if table.has_remarks and row[-1]]
    alignment = "".join("r" if is_number_column(table, position) else "l" for position in range(num_columns))
    lines = [r"\begin{table}", r"\centering", rf"\caption{{{escape_latex(table.title)}}}", _FIT_LATEX]
    heading = " & ".join(_render_latex_heading(name) for name in table.columns[:num_columns])
    lines += [rf"\begin{{tabular}}{{{alignment}}}", r"\toprule", rf"{heading} \\"]
    for section in table.sections:
        lines += [r"\midrule", *(_join_latex(row[:num_columns]) for row in section)]
    lines += [r"\bottomrule", r"\end{tabular}}"]
    lines += [rf"\par\smallskip {escape_latex(note)}" for note in [*table.notes, " ".join(remarks)] if note]
    return "\n".join([*lines, r"\end{table}", ""])


def _render_latex_heading(name: str) -> str:
    """Return a heading. A name of two parts takes two lines, which makes a table narrower."""
    parts = escape_latex(name).split(", ")
    return parts[0] if len(parts) == 1 else rf"\shortstack[r]{{{parts[0]},\\{parts[1]}}}"


def _join_latex(cells: Sequence[str]) -> str:
    return " & ".join(_MINUS.sub("$-$", escape_latex(cell)) for cell in cells) + r" \\"
