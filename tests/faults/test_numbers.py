"""No fault of data, and no order of work, changes a result in silence; small counts of each."""

from pathlib import Path

import pytest
from campaigns.campaign import Campaign, campaigns

pytestmark = [
    pytest.mark.fault,
    pytest.mark.filterwarnings("ignore::causalvalues.errors.CausalValuesWarning"),
]


@pytest.mark.parametrize("campaign", campaigns("numbers"), ids=lambda each: each.name)
def test_numbers_are_right_or_refused(campaign: Campaign, tmp_path: Path) -> None:
    outcome = campaign.run(tmp_path)
    assert outcome.n_silent == 0, outcome.notes
    assert outcome.n_survived == outcome.n_injected >= min(campaign.n_small, 1), outcome.notes
