"""Steering leaves a model as it was, and loses no answer when memory runs out."""

from pathlib import Path

import pytest
from campaigns.campaign import Campaign, campaigns

pytestmark = [
    pytest.mark.fault,
    pytest.mark.filterwarnings("ignore::causalvalues.errors.CausalValuesWarning"),
]


@pytest.mark.parametrize("campaign", campaigns("steering"), ids=lambda each: each.name)
def test_what_goes_wrong_while_steering_leaves_no_trace(campaign: Campaign, tmp_path: Path) -> None:
    outcome = campaign.run(tmp_path)
    assert outcome.n_silent == 0, outcome.notes
    assert outcome.n_survived == outcome.n_injected >= min(campaign.n_small, 1), outcome.notes
