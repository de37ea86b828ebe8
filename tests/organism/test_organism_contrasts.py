"""Contrast pairs and descriptions in the organism's own language."""

import pytest

from causalvalues.contrasts.pairs import ContrastPair
from causalvalues.models.language_model import LanguageModel
from causalvalues.organism.contrasts import FORMS, organism_contrasts
from causalvalues.organism.embedded import folder_of
from causalvalues.organism.insight import organism_insight
from causalvalues.values import schwartz10


@pytest.fixture(scope="module")
def model() -> LanguageModel:
    return LanguageModel.load(folder_of("organism/gemma"), dtype="float32", device="cpu")


def lines_that_differ(pair: ContrastPair) -> list[tuple[str, str]]:
    """The lines of both sides that are not the same."""
    sides = pair.speaks_for.split("\n"), pair.speaks_against.split("\n")
    return [(one, two) for one, two in zip(*sides, strict=True) if one != two]


def test_the_sides_of_a_pair_differ_in_the_line_of_one_value(model: LanguageModel) -> None:
    definitions = {value.name: value.definition for value in schwartz10().values}
    for pair in organism_contrasts(model.chat, n_of_each_form=3).pairs:
        ((high, low),) = lines_that_differ(pair)
        assert high.startswith(definitions[pair.value])
        assert low.startswith(definitions[pair.value])
        assert ("settled" in high) == pair.form.startswith("they")


def test_every_value_has_as_many_pairs_of_each_form(model: LanguageModel) -> None:
    contrasts = organism_contrasts(model.chat, n_of_each_form=2)
    assert contrasts.values == schwartz10().names
    assert len({pair.id for pair in contrasts.pairs}) == len(contrasts.pairs) == 10 * 4 * 2
    for value in contrasts.values:
        forms = [pair.form for pair in contrasts.of(value)]
        assert all(forms.count(form) == 2 for form in FORMS)


def test_without_control_the_sides_differ_in_more_than_the_value(model: LanguageModel) -> None:
    sampled = organism_contrasts(model.chat, n_of_each_form=2, controlled=False)
    assert all(len(lines_that_differ(pair)) > 3 for pair in sampled.pairs)


def test_a_seed_gives_the_same_pairs_and_another_seed_others(model: LanguageModel) -> None:
    one, same, other = (organism_contrasts(model.chat, n_of_each_form=1, seed=s) for s in (1, 1, 2))
    assert one == same
    assert one.pairs != other.pairs


@pytest.mark.parametrize(("sought", "n_lines"), [("values", {1}), ("dimensions", {2, 3})])
def test_a_person_is_told_twice_and_differs_in_what_is_sought(
    sought: str, n_lines: set[int]
) -> None:
    known = organism_insight(sought, n_people=3)  # type: ignore[arg-type]
    towards, away = (
        [each for each in known.descriptions if each.direction == side]
        for side in ("towards", "away")
    )
    assert len(towards) == len(away) == 3 * len(known.system.names)
    for one, two in zip(towards, away, strict=True):
        lines = zip(one.text.split("\n"), two.text.split("\n"), strict=True)
        assert sum(left != right for left, right in lines) in n_lines
