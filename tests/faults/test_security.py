"""What strangers wrote is text, never code, markup or a way out; small counts of each campaign."""

from pathlib import Path

import pytest
from campaigns.campaign import Campaign, campaigns

pytestmark = [
    pytest.mark.fault,
    pytest.mark.filterwarnings("ignore::causalvalues.errors.CausalValuesWarning"),
]


@pytest.mark.parametrize("campaign", campaigns("security"), ids=lambda each: each.name)
def test_what_is_hostile_does_nothing(campaign: Campaign, tmp_path: Path) -> None:
    outcome = campaign.run(tmp_path)
    assert outcome.n_silent == 0, outcome.notes
    assert outcome.n_survived == outcome.n_injected >= min(campaign.n_small, 1), outcome.notes
