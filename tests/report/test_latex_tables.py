"""Tables for papers: no text breaks them, numbers keep their digits."""

import re

import pytest

from causalvalues.errors import TableError
from causalvalues.report.latex import Tex, escaped, interval, latex_table, number

HOSTILE = (
    r"\end{tabular}", r"\input{/etc/passwd}", r"\write18{ls}", "a & b", "50 %", "$x$", "#1", "a_b",
    "{", "}", "~", "^", r"\\", "[3pt]", "*", "a\nb", "a\r\n\\bottomrule", "\x00", "<b>", "|", "`",
    '"', "--", "---", "% all that follows", r"\begin{document}", "δ ≥ .3", "−.02", "\u2028", "",
)  # fmt: skip
COMMANDS = {
    "textbackslash", "textasciitilde", "textasciicircum", "textless", "textgreater", "textbar",
    "textasciigrave", "symbol", "delta", "geq",
}  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_ends_its_cell_or_runs_a_command(text: str) -> None:
    found = escaped(text)
    assert set(re.findall(r"\\([A-Za-z]+)", found)) <= COMMANDS
    plain = re.sub(r"\\[A-Za-z]+|\\[{}&%$#_]", "", found)  # commands and escaped signs
    assert not set(plain) & set("&%#_~^\\\n\r\x00")
    assert plain.count("{") == plain.count("}")
    assert plain.count("$") % 2 == 0
    assert not found.startswith(("[", "*"))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_table_keeps_its_shape_whatever_stands_in_it(text: str) -> None:
    found = latex_table(["", text], [[text, text], ["b", number(1, 2)]], rules=[1])
    lines = found.splitlines()
    assert lines[0] == r"\begin{tabular}{@{}lr@{}}"
    assert lines[-1] == r"\end{tabular}"
    rows = [line for line in lines if line.endswith(r" \\")]
    assert len(rows) == 3
    for row in rows:
        assert len(re.findall(r"(?<!\\)&", row)) == 1
    assert [lines.count(rf"\{rule}") for rule in ("toprule", "midrule", "bottomrule")] == [1, 2, 1]


def test_what_is_latex_already_is_taken_as_it_is() -> None:
    assert escaped(Tex("$r$")) == "$r$"
    assert escaped(escaped("a & b")) == escaped("a & b") == r"a \& b"


def test_numbers_keep_their_digits_and_their_sign() -> None:
    assert number(-0.5, 2) == "$-0.50$"
    assert number(float("nan"), 2) == "--"
    assert interval(1, 0.5, 1.5, 1) == r"$1.0$\,{\scriptsize [$0.5$, $1.5$]}"
    assert interval(1, float("nan"), 1.5, 1) == "$1.0$"
    assert interval(float("nan"), 0, 1, 1) == "--"


def test_groups_stand_above_the_columns_that_they_name() -> None:
    text = latex_table(
        ["m", "a", "b", "a"], [["x", "1", "2", "3"]], groups=[("A & B", 2), ("C", 1)]
    )
    lines = text.splitlines()
    assert lines[2] == r"{} & \multicolumn{2}{c}{A \& B} & \multicolumn{1}{c}{C} \\"
    assert lines[3] == r"\cmidrule(lr){2-3}\cmidrule(lr){4-4}"


def test_an_interval_below_its_number_takes_no_more_width_than_itself() -> None:
    cell = interval(1, 0.5, 1.5, 1, below=True)
    assert cell == (
        r"\begin{tabular}[t]{@{}r@{}}$1.0$ \\[-2pt] {\scriptsize [$0.5$, $1.5$]}\end{tabular}"
    )


@pytest.mark.fault
def test_a_row_with_a_cell_too_few_is_refused() -> None:
    with pytest.raises(TableError, match="2 cells"):
        latex_table(["a", "b"], [["only one"]])
