"""Every intervention of a study, predicted and measured side by side, and misses flagged."""

from collections.abc import Callable
from typing import Any

import pytest
from numbered_pages import CHAIN, chain_influence, open_tab, with_parts

from causalvalues.report.viewer import document_of
from causalvalues.report.viewer.document import TrialRow, TrialView, Verdict

Open = Callable[..., Any]
CHOSEN = "#trials .verdict-row"


def row(node: int, predicted: float | None, measured: float | None, verdict: Verdict) -> TrialRow:
    """A row whose intervals reach a tenth either way."""
    low, high = (None, None) if predicted is None else (predicted - 0.1, predicted + 0.1)
    below, above = (None, None) if measured is None else (measured - 0.1, measured + 0.1)
    return TrialRow(
        node=node,
        role="target" if verdict == "not predicted" else "other",
        predicted=predicted,
        predicted_low=low,
        predicted_high=high,
        measured=measured,
        measured_low=below,
        measured_high=above,
        verdict=verdict,
    )


GOOD = TrialView(
    name="feature 7",
    kind="feature",
    says="It was found for a.",
    n_roles=8,
    rows=[
        row(0, None, 0.5, "not predicted"),
        row(1, 0.3, 0.32, "as predicted"),
        row(2, 0.2, 0.15, "as predicted"),
        row(3, 0.0, None, "not measured"),
    ],
)
MISSING = TrialView(
    name="do(a=+0.8)",
    kind="value settled",
    n_roles=60,
    rows=[
        row(0, None, 0.8, "not predicted"),
        row(1, 0.4, 0.41, "as predicted"),
        row(2, -0.2, 0.6, "missed"),
        row(3, 0.0, -0.5, "missed"),
    ],
)
BROKEN = TrialView(
    name="feature 9",
    kind="feature",
    healthy=False,
    faults=["it says nothing any more"],
    rows=[row(1, 0.1, 2.0, "missed")],
)
TRIALS = [GOOD, MISSING, BROKEN]


@pytest.fixture
def page(open_page: Open) -> Any:
    """The panel of three interventions, open."""
    document = document_of(CHAIN, influence=chain_influence())
    opened = open_page(with_parts(document, trials=TRIALS))
    open_tab(opened, "trials")
    return opened


def test_the_table_counts_misses_and_says_what_broke_the_model(page: Any) -> None:
    cells = [
        [cell.inner_text() for cell in line.locator("td").all()]
        for line in page.locator("#trials .overview tbody tr").all()
    ]
    assert cells == [
        ["feature 7", "feature", "0 of 2", "healthy"],
        ["do(a=+0.8)", "value settled", "2 of 3", "healthy"],
        ["feature 9", "feature", "1 of 1", "it says nothing any more"],
    ]
    assert page.locator("#trials .overview td.miss").count() == 2


def test_the_whole_is_held_against_what_such_intervals_should_give(page: Any) -> None:
    said = page.locator("#trials .summary").first.inner_text()
    assert said.startswith("Of 5 changes that were predicted and measured, 3 (60.0 %) lie in")
    assert "2 missed, where 0 would be expected" in said
    assert "more misses than such intervals should have" in said
    kinds = page.locator("#trials .muted").first.inner_text()
    assert "feature 0 of 2, value settled 2 of 3." in kinds
    assert "Not counted: 1 that broke the model." in kinds


def test_a_chosen_intervention_stands_predicted_and_measured_side_by_side(page: Any) -> None:
    page.locator("#trials select").select_option(label="do(a=+0.8) (2 of 3 missed)")
    rows = page.locator(CHOSEN)
    assert [rows.nth(k).get_attribute("data-node") for k in range(4)] == ["0", "2", "3", "1"]
    first, missed, _, as_predicted = rows.all()
    assert "target" in first.inner_text()
    assert "given" in first.inner_text()
    assert "✗ missed" in missed.inner_text()
    assert "predicted −0.20 (−0.30 to −0.10)" in missed.inner_text()
    assert "measured +0.60 (+0.50 to +0.70)" in missed.inner_text()
    assert missed.locator("circle").count() == 2
    assert missed.locator("circle.outside").count() == 1
    assert "✓ as predicted" in as_predicted.inner_text()
    assert as_predicted.locator("circle.outside").count() == 0
    assert first.locator("circle").count() == 1
    spots = [float(each.get_attribute("cx").rstrip("%")) for each in missed.locator("circle").all()]
    assert spots[0] < spots[1]
    assert "60 roles" in page.locator("#trials").inner_text()


def test_a_click_in_the_table_chooses_and_a_broken_one_tells_its_faults(page: Any) -> None:
    page.get_by_role("button", name="feature 9").click()
    assert "It broke the model: it says nothing any more" in page.locator("#trials").inner_text()
    chosen = page.locator("#trials tr[aria-selected='true']")
    assert chosen.get_attribute("data-trial") == "2"
    assert page.locator("#trials select").input_value() == "2"


def test_only_interventions_with_misses_are_listed_if_wanted(page: Any) -> None:
    page.get_by_label("Only interventions with misses").check()
    assert page.locator("#trials .overview tbody tr").count() == 2
    options = page.locator("#trials select option").all_inner_texts()
    assert options == ["choose one", "do(a=+0.8) (2 of 3 missed)", "feature 9 (broke the model)"]
    page.get_by_label("Only interventions with misses").uncheck()
    assert page.locator("#trials .overview tbody tr").count() == 3


def test_a_page_without_interventions_says_which_command_measures_them(open_page: Open) -> None:
    page = open_page(with_parts(document_of(CHAIN)))
    open_tab(page, "trials")
    assert "causalvalues" in page.locator("#trials").inner_text()
    assert page.locator("#trials select").count() == 0


def test_ninety_interventions_are_listed_at_once(open_page: Open) -> None:
    many = [GOOD.model_copy(update={"name": f"feature {k}"}) for k in range(90)]
    page = open_page(with_parts(document_of(CHAIN), trials=many))
    open_tab(page, "trials")
    assert page.locator("#trials .overview tbody tr").count() == 90
    said = page.locator("#trials .summary").first.inner_text()
    assert "0 missed, where 9 would be expected" in said
    assert "wider than they need to be" in said
