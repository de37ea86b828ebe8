"""Kills, full disks and damaged files cost nothing that was acknowledged; small counts of each."""

from pathlib import Path

import pytest
from campaigns.campaign import Campaign, campaigns

pytestmark = [
    pytest.mark.fault,
    pytest.mark.filterwarnings("ignore::causalvalues.errors.CausalValuesWarning"),
]
SMALL = [each for each in campaigns("durability") if each.n_small]  # the others need more than this


@pytest.mark.parametrize("campaign", SMALL, ids=lambda each: each.name)
def test_what_is_killed_cut_off_or_damaged_is_survived(campaign: Campaign, tmp_path: Path) -> None:
    outcome = campaign.run(tmp_path)
    assert outcome.n_silent == 0, outcome.notes
    assert outcome.n_survived == outcome.n_injected >= min(campaign.n_small, 1), outcome.notes
