"""Cards are read strictly, found by name, and say what sae-lens' own registry says."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from causalvalues.errors import FileError, OptionError
from causalvalues.models.silence import import_sae_lens
from causalvalues.steering.cards import SaeCard, cards, find_card, neuronpedia_url, read_card
from causalvalues.steering.published import Release
from causalvalues.steering.sae_fit import same_model

FOLDER = Path(__file__).parents[2] / "saes"
PUBLISHED = sorted(path.stem for path in FOLDER.glob("*.yaml"))
WANTED = {"gemma-2b-it-res-jb", "llama-3-8b-it-res-jh", "gemma-scope-2b-l12",
          "gemma-scope-9b-it-l20", "gemma-scope-2-4b-it-l17", "gemma-scope-2-12b-it-l24",
          "llama-scope-8x-l15"}  # fmt: skip

PLAIN = {"name": "mine", "hook": "blocks.3.hook_resid_post", "layer": 3, "width": 8,
         "n_features": 16, "model": ["tiny"]}  # fmt: skip


def written(folder: Path, file: str = "mine.yaml", **changes: Any) -> Path:
    path = folder / file
    path.write_text(yaml.safe_dump({**PLAIN, **changes}))
    return path


def registry_of(card: SaeCard) -> Any:
    import_sae_lens()
    from sae_lens.loading.pretrained_saes_directory import get_pretrained_saes_directory

    return get_pretrained_saes_directory()[str(card.release)]


def test_every_autoencoder_that_is_wanted_has_a_card() -> None:
    assert set(PUBLISHED) >= WANTED
    assert {"organism-gemma", "organism-llama"} <= set(cards())


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_card_says_what_the_registry_says(name: str) -> None:
    card = read_card(FOLDER / f"{name}.yaml")
    known = registry_of(card)
    assert card.name == name
    assert card.id in known.saes_map
    assert card.repo == known.repo_id
    assert card.neuronpedia == known.neuronpedia_id.get(card.id)
    assert card.norm_scaling_factor == known.norm_scaling_factor.get(card.id)
    assert any(same_model(model, known.model) for model in card.model)


@pytest.mark.parametrize("name", [n for n in PUBLISHED if n.startswith("gemma-scope-")])
def test_hook_and_width_are_those_that_sae_lens_derives(name: str) -> None:
    card = read_card(FOLDER / f"{name}.yaml")
    release = Release.of(f"{card.release}:{card.id}")
    assert release is not None
    if release.loader != "gemma_2":  # others are told by files on the hub
        assert f"layer_{card.layer}_width_16k" in release.folder
        return
    from sae_lens.loading.pretrained_sae_loaders import get_gemma_2_config_from_hf

    told = get_gemma_2_config_from_hf(release.repo, release.folder, "cpu")
    assert (card.hook, card.width, card.n_features) == (
        told["hook_name"],
        told["d_in"],
        told["d_sae"],
    )
    assert (card.architecture, card.normalisation) == (told["architecture"], "none")


def test_a_feature_is_found_on_neuronpedia() -> None:
    card = read_card(FOLDER / "gemma-2b-it-res-jb.yaml")
    assert neuronpedia_url(card, 3402) == "https://www.neuronpedia.org/gemma-2b-it/12-res-jb/3402"
    assert neuronpedia_url(card.model_copy(update={"neuronpedia": None}), 0) is None
    with pytest.raises(OptionError, match="0 to 16383"):
        neuronpedia_url(card, 16_384)


def test_a_card_is_found_by_the_name_of_its_file_alone(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "broken.yaml").write_text("]")
    found = find_card("mine", tmp_path)
    assert found is not None
    assert found[0] == SaeCard.model_validate(PLAIN)
    assert find_card("other", tmp_path) is None
    assert find_card("../mine", tmp_path) is None


def test_cards_of_folders_are_listed_too(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "beside").mkdir()
    written(tmp_path / "beside", "card.yaml", name="beside")
    assert set(cards(tmp_path)) == {"mine", "beside"}
    assert find_card("beside", tmp_path) is not None


@pytest.mark.fault
@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"widht": 8}, "widht: Extra"),
        ({"width": 0}, "width: .*greater"),
        ({"layer": 4}, "layer 3, not 4"),
        ({"hook": "blocks.3.attn.hook_z"}, "hook: A sparse autoencoder must read the residual"),
        ({"release": "gemma-2b-it-res-jb"}, "release and id go together"),
        ({"architecture": "transformer"}, "architecture: .*standard"),
        ({"sha256": "abc"}, "sha256"),
        ({"name": "Has Spaces"}, "name: "),
        ({"model": "tiny"}, "model: "),
    ],
)
def test_what_is_wrong_with_a_card_is_named(
    tmp_path: Path, changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(FileError, match=says):
        read_card(written(tmp_path, **changes))


@pytest.mark.fault
@pytest.mark.parametrize("text", ["]", "", "- a list", "\x00"])
def test_what_is_no_card_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(FileError, match="A card of a sparse autoencoder was expected"):
        read_card(path)
    with pytest.raises(FileError):
        read_card(tmp_path / "absent.yaml")


@pytest.mark.fault
def test_a_card_named_unlike_its_file_is_told(tmp_path: Path) -> None:
    written(tmp_path, "other.yaml")
    with pytest.raises(FileError, match="named as its file"):
        find_card("other", tmp_path)
    with pytest.raises(FileError, match="folder of cards"):
        cards(tmp_path / "absent")
