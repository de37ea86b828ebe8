"""Role prompts say what their names say, and settle what they claim to."""

from pathlib import Path

import pytest

from causalvalues.errors import FileError, OptionError
from causalvalues.steering.role_prompt_file import read_role_prompts, write_role_prompts
from causalvalues.steering.role_prompts import (
    LEVELS,
    STRENGTHS,
    leaning,
    leaning_prompts,
    settling,
    settling_prompts,
    trait_prompts,
)
from causalvalues.steering.telling import told
from causalvalues.survey.roles import anchored_roles, settle
from causalvalues.values import schwartz10, value_system

SYSTEM = schwartz10()
SYSTEMS = ("schwartz10", "schwartz19", "schwartz4", "kang17")


@pytest.mark.parametrize("name", SYSTEMS)
def test_what_settles_reads_as_a_settled_role(name: str) -> None:
    system = value_system(name)
    role = anchored_roles(system, 1)[0]
    first, last = system.names[0], system.names[-1]
    levels = {last: -0.8, first: 0.4}
    prompt = settling(system, levels)
    assert told(role, prompt).text == settle(role, system, levels).text
    assert dict(prompt.settles) == levels


def test_a_prompt_settles_the_level_that_its_line_says() -> None:
    assert dict(settling(SYSTEM, {"power": 1.0}).settles) == {"power": 0.8}
    assert settling(SYSTEM, {"power": 0.7}) == settling(SYSTEM, {"power": 0.9})
    assert LEVELS == (-0.8, -0.4, 0.0, 0.4, 0.8)


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_value_is_told_of_in_every_strength(name: str) -> None:
    system = value_system(name)
    settled, leant = settling_prompts(system), leaning_prompts(system)
    assert len(settled) == len(LEVELS) * len(system.names)
    assert len(leant) == len(STRENGTHS) * len(system.names)
    for prompts in (settled, leant):
        assert len({prompt.text for prompt in prompts.values()}) == len(prompts)
    value = system.names[1]
    assert dict(settled[f"settle {value} -0.4"].settles) == {value: -0.4}
    assert settled[f"settle {value} +0"] == settling(system, {value: 0.0})
    assert leant[f"lean {value} +3"] == leaning(system, {value: 3})
    assert not any(prompt.settles for prompt in leant.values())


def test_leanings_are_sentences_about_the_value() -> None:
    text = leaning(SYSTEM, {"power": 2, "hedonism": -1}).text
    assert text.splitlines() == [
        "Of late you have come to care much more about this than you used to: having influence "
        "over people and means, and a place above others.",
        "Of late you have come to care a little less about this than you used to: enjoying what "
        "feels good and allowing oneself the pleasure of it.",
    ]


def test_several_values_are_told_at_once() -> None:
    prompts = settling_prompts(
        SYSTEM, values=("power", "security", "hedonism"), levels=(-0.8, 0.8), at_once=2
    )
    assert len(prompts) == 3 * 4
    both = prompts["settle power -0.8, hedonism +0.8"]
    assert dict(both.settles) == {"power": -0.8, "hedonism": 0.8}
    assert len(both.text.splitlines()) == 2
    assert len(leaning_prompts(SYSTEM, values=("power", "security"), at_once=2)) == 36


def test_levels_that_say_the_same_are_one_prompt() -> None:
    assert len(settling_prompts(SYSTEM, values=("power",), levels=(0.7, 0.8, 1.0))) == 1


def test_a_trait_has_a_line_for_each_level() -> None:
    prompts = trait_prompts({"job": ("baker", "nurse"), "age": ("30",)})
    assert list(prompts) == ["trait job: baker", "trait job: nurse", "trait age: 30"]
    assert "baker" in prompts["trait job: baker"].text
    own = trait_prompts({"job": ("baker",)}, template="You work as a {level}.")
    assert own["trait job: baker"].text == "You work as a baker."


@pytest.mark.parametrize("name", ["schwartz10", "kang17"])
def test_a_file_gives_back_the_same_prompts(name: str, tmp_path: Path) -> None:
    system = value_system(name)
    prompts = {
        **settling_prompts(system, values=system.names[:3], at_once=2),
        **leaning_prompts(system),
        **trait_prompts({"habit": ('says "no", often', "waits; looks\nagain")}),
    }
    path = write_role_prompts(prompts, tmp_path / "prompts.csv")
    assert read_role_prompts(path, system=system) == prompts


def test_a_file_without_settled_values_needs_no_column(tmp_path: Path) -> None:
    path = tmp_path / "prompts.csv"
    path.write_text("id,text\n007,You wait.\n", "utf-8")
    prompts = read_role_prompts(path)
    assert list(prompts) == ["007"]
    assert not prompts["007"].settles


@pytest.mark.fault
@pytest.mark.parametrize(
    "text",
    [
        "id,text\n",
        "id,words\na,You wait.\n",
        "id,text,colour\na,You wait.,red\n",
        "id,text\na,You wait.\na,You go.\n",
        "id,text\n,You wait.\n",
        "id,text\na,\n",
        "id,text,settles\na,You wait.,power\n",
        "id,text,settles\na,You wait.,power=much\n",
        "id,text,settles\na,You wait.,=0.4\n",
        "id,text,settles\na,You wait.,power=4\n",
        "id,text,settles\na,You wait.,power=nan\n",
        "id,text,settles\na,You wait.,might=0.4\n",
    ],
)
def test_a_file_that_holds_no_prompts_is_an_error(text: str, tmp_path: Path) -> None:
    path = tmp_path / "prompts.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(FileError, match="prompt"):
        read_role_prompts(path, system=SYSTEM)


@pytest.mark.fault
def test_prompts_that_cannot_be_are_errors() -> None:
    with pytest.raises(OptionError, match="needs a value"):
        settling(SYSTEM, {})
    with pytest.raises(OptionError, match="from −1 to 1"):
        settling(SYSTEM, {"power": 2.0})
    with pytest.raises(OptionError, match="from −1 to 1"):
        settling_prompts(SYSTEM, levels=(0.4, float("nan")))
    with pytest.raises(OptionError, match="might"):
        settling(SYSTEM, {"might": 0.4})
    with pytest.raises(OptionError, match="might"):
        leaning(SYSTEM, {"might": 1})
    with pytest.raises(OptionError, match="strong"):
        leaning(SYSTEM, {"power": 0})
    with pytest.raises(OptionError, match="at once"):
        leaning_prompts(SYSTEM, at_once=11)
    with pytest.raises(OptionError, match="may name"):
        trait_prompts({"job": ("baker",)}, template="You are a {job}, {level}.")
    with pytest.raises(OptionError, match=r"names \{level\}"):
        trait_prompts({"job": ("baker",)}, template="You work.")
    with pytest.raises(OptionError, match="level of each"):
        trait_prompts({"job": ()})
