"""The plan panel tells what was asked, chosen, expected, beaten and left out."""

from collections.abc import Callable
from typing import Any

import pytest
from numbered_pages import CHAIN, chain_influence, open_tab, with_parts

from causalvalues.report.viewer import document_of
from causalvalues.report.viewer.document import PlanView, TrialRow, UsedView

Open = Callable[..., Any]


def expected(node: int, role: str, middle: float) -> TrialRow:
    """A row of what is expected, nothing measured."""
    return TrialRow.model_validate(
        {
            "node": node,
            "role": role,
            "predicted": middle,
            "predicted_low": middle - 0.1,
            "predicted_high": middle + 0.1,
            "verdict": "not measured",
        }
    )


PLAN = PlanView(
    targets={0: 0.3},
    hold=[1],
    used=[
        UsedView(name="feature 7", dose=0.54, direct={0: 0.3, 2: 0.06, 3: 0.001}),
        UsedView(name="settle b", dose=1.0, settles=[1], direct={1: -0.02}),
    ],
    predicted=[
        expected(2, "other", 0.02),
        expected(1, "held", 0.0),
        expected(0, "target", 0.3),
        expected(3, "other", -0.2),
    ],
    collateral=0.16,
    method="graph",
    beat={"feature 9": 0.34, "feature 7": 0.34, "settle a": 0.1},
    why=["feature 7 at dose +0.54 changes a by +0.30 itself.", "settle b settles hardly anything."],
    left_out={"feature 11": "it says nothing any more"},
)


@pytest.fixture
def page(open_page: Open) -> Any:
    """The panel of a plan, open."""
    opened = open_page(with_parts(document_of(CHAIN, influence=chain_influence()), plan=PLAN))
    open_tab(opened, "plan")
    return opened


def test_the_plan_says_what_was_asked_what_it_uses_and_why(page: Any) -> None:
    said = page.locator("#plan").inner_text()
    assert "Asked: raise a by 0.30, and hold b, as far as that can be had." in said
    used = page.locator("#plan .used > li")
    assert used.nth(0).locator("p").first.inner_text() == "feature 7 at dose +0.54"
    assert used.nth(0).locator(".name").all_inner_texts() == ["a", "c"]
    assert "settles b" in used.nth(1).inner_text()
    assert all(sentence in said for sentence in PLAN.why)


def test_what_every_value_should_do_stands_with_its_interval_targets_first(page: Any) -> None:
    rows = page.locator("#plan .verdict-row")
    assert [rows.nth(k).get_attribute("data-node") for k in range(4)] == ["0", "1", "3", "2"]
    assert "predicted +0.30 (+0.20 to +0.40)" in rows.nth(0).inner_text()
    assert "held" in rows.nth(1).inner_text()
    assert rows.nth(0).locator("circle").count() == 1
    said = page.locator("#plan").inner_text()
    assert "What it should do, and did" not in said
    assert "measured" not in said


def test_what_the_plan_beat_stands_as_bars_by_their_collateral(page: Any) -> None:
    bars = page.locator("#plan li[data-collateral]")
    told = [(each.locator(".name").inner_text(), float(each.get_attribute("data-collateral")))
            for each in bars.all()]  # fmt: skip
    assert told == [
        ("settle a", 0.1),
        ("this plan", 0.16),
        ("feature 9", 0.34),
        ("feature 7", 0.34),
    ]
    assert bars.nth(1).locator("rect.chosen").count() == 1
    widths = [float(each.get_attribute("width").rstrip("%")) for each in bars.locator("rect").all()]
    assert widths == pytest.approx([100 * size / 0.34 for _, size in told], abs=0.01)


def test_what_was_left_out_stands_with_its_reason(page: Any) -> None:
    assert "feature 11: it says nothing any more" in page.locator("#plan").inner_text()


def test_a_page_without_a_plan_says_which_command_makes_one(open_page: Open) -> None:
    page = open_page(with_parts(document_of(CHAIN)))
    open_tab(page, "plan")
    assert "causalvalues plan" in page.locator("#plan").inner_text()
