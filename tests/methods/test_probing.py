"""Probes are told in units of the activation, and judged by scenarios they never saw."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from few_pairs import PAIRS, Loaded
from sklearn.linear_model import LogisticRegression

from causalvalues.contrasts.pairs import contrast_set
from causalvalues.errors import Fault, OptionError
from causalvalues.methods.activation_file import activation_file, kept_on_disk
from causalvalues.methods.held_out import accuracy_of_pairs, auc, share_of_groups
from causalvalues.methods.layer_choice import chosen_layers, n_layers_left_out
from causalvalues.methods.probing import (
    FittedProbe,
    Line,
    Split,
    fitted_line,
    fitted_probe,
    pairs_of,
    probes_of,
    split_of,
    texts_of,
)
from causalvalues.models.conditions import Point
from causalvalues.models.last_tokens import LastTokens, last_tokens

SPLIT = Split(np.arange(40), np.arange(40, 60))


def planted(n_pairs: int = 60, width: int = 12, *, noise: float = 1.0, seed: int = 0) -> np.ndarray:
    """Rows (text, width), pairs end to end, whose sides differ along the first feature."""
    rows = noise * np.random.default_rng(seed).standard_normal((n_pairs, 2, width))
    rows[:, 0, 0] += 3
    rows[:, 1, 0] -= 3
    return rows.reshape(-1, width)


def test_a_planted_direction_is_found() -> None:
    probe = fitted_probe(planted(), SPLIT, layer=3)
    assert probe.layer == 3
    assert probe.accuracy.value > 0.95
    assert np.argmax(np.abs(probe.weights)) == 0
    assert probe.weights[0] > 0


def test_noise_is_told_no_better_than_by_chance() -> None:
    rows = np.random.default_rng(1).standard_normal((400, 3))
    probe = fitted_probe(rows, Split(np.arange(100), np.arange(100, 200)), layer=0)
    assert probe.accuracy.low < 0.5 < probe.accuracy.high


def test_weights_are_in_units_of_the_activation() -> None:
    rows, scale, shift = planted(), np.array([100.0] + [0.01] * 11), np.arange(12.0)
    one = fitted_probe(rows, SPLIT, layer=0)
    other = fitted_probe(rows * scale + shift, SPLIT, layer=0)
    np.testing.assert_allclose(other.weights * scale, one.weights, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(
        other.line.logits(rows * scale + shift), one.line.logits(rows), atol=1e-3
    )


def test_without_standardising_it_is_the_published_regression() -> None:
    rows, is_for = planted(noise=2.0)[:80], np.tile([True, False], 40)
    published = LogisticRegression(C=1.0, max_iter=10_000).fit(rows, is_for)
    line = fitted_line(rows, is_for, standardised=False)
    np.testing.assert_allclose(line.weights, published.coef_[0], atol=1e-3)
    assert line.bias == pytest.approx(published.intercept_[0], abs=1e-3)


def test_a_feature_that_never_varies_weighs_nothing() -> None:
    rows = planted()
    rows[:, 5] = 7.0
    rows[:, 6] = 1e4 + 1e-5 * np.random.default_rng(2).standard_normal(len(rows))  # rounding
    probe = fitted_probe(rows, SPLIT, layer=0)
    assert probe.weights[5] == probe.weights[6] == 0
    assert np.isfinite(probe.weights).all()


def test_exchanging_the_sides_negates_the_probe() -> None:
    rows = planted(noise=2.0)
    swapped = rows.reshape(60, 2, 12)[:, ::-1].reshape(120, 12)
    one, other = fitted_probe(rows, SPLIT, layer=0), fitted_probe(swapped, SPLIT, layer=0)
    np.testing.assert_allclose(other.weights, -one.weights, atol=1e-4)
    assert other.bias == pytest.approx(-one.bias, abs=1e-4)


def test_a_sparse_probe_reads_few_features() -> None:
    rows = planted(width=200)
    dense = fitted_probe(rows, SPLIT, layer=0)
    sparse = fitted_probe(rows, SPLIT, layer=0, penalty="l1", C=0.1)
    assert (dense.weights != 0).all()
    assert 1 <= (sparse.weights != 0).sum() < 20
    assert sparse.accuracy.value > 0.95


def test_rare_texts_may_weigh_as_much_as_frequent_ones() -> None:
    rng = np.random.default_rng(3)
    is_kind = np.arange(400) < 20
    rows = rng.standard_normal((400, 2)) + is_kind[:, None]
    plain, balanced = (fitted_line(rows, is_kind, balanced=b) for b in (False, True))
    opened = [(line.logits(rows[is_kind]) > 0).mean() for line in (plain, balanced)]
    assert opened[0] < 0.3 < 0.6 < opened[1]


def test_a_scenario_is_on_one_side_of_the_split() -> None:
    pairs = [*PAIRS, *PAIRS]  # each scenario twice
    split = split_of(pairs)
    seen, held = ({pairs[place].scenario for place in side} for side in (split.train, split.test))
    assert not seen & held
    assert len(split.train) + len(split.test) == len(pairs)


def test_every_form_is_seen_and_held_back_in_the_same_share() -> None:
    pairs = pairs_of(contrast_set().pairs, "security")
    split = split_of(pairs, seed=4)
    held = [pairs[place].form for place in split.test]
    every = [pair.form for pair in pairs]
    assert len(set(held)) == 4
    assert all(held.count(form) == round(0.3 * every.count(form)) for form in set(every))


def test_a_seed_gives_the_same_split_and_another_seed_another() -> None:
    one, same, other = (split_of(PAIRS, seed=seed).test for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_too_few_pairs_are_refused() -> None:
    with pytest.raises(OptionError, match="two scenarios or more"):
        split_of(PAIRS[:3])
    with pytest.raises(OptionError, match="contrast pairs of it"):
        pairs_of(PAIRS, "security")
    with pytest.raises(OptionError, match="activation that varies"):
        fitted_line(np.ones((4, 2)), np.array([True, False] * 2))


def test_probes_of_a_model_read_its_last_tokens(loaded: Loaded) -> None:
    model = loaded("llama3")
    probes = probes_of(model, PAIRS)
    assert list(probes) == [0, 1, 2]
    split, rows = split_of(PAIRS), np.zeros((2 * len(PAIRS), 32))
    for some in last_tokens(model, texts_of(PAIRS), [Point(1)]):
        rows[some.places] = some.rows[Point(1)]
    again = fitted_probe(rows, split, layer=1)
    np.testing.assert_allclose(probes[1].weights, again.weights, atol=1e-6)
    assert probes[1].accuracy == again.accuracy


def test_probes_may_read_neurons_of_some_layers(loaded: Loaded) -> None:
    probes = probes_of(loaded("gemma"), PAIRS, layers=[2, 0], site="neurons", penalty="l1", C=10.0)
    assert list(probes) == [0, 2]
    assert probes[2].weights.shape == (64,)


def test_the_model_reads_each_text_once_for_all_points(loaded: Loaded) -> None:
    model, texts = loaded("llama3"), texts_of(PAIRS)
    points = [Point(layer, site) for layer in range(3) for site in ("residual", "neurons")]
    n_rows: list[int] = []
    hook = model.parts.decoder.register_forward_pre_hook(
        lambda _, args, given: n_rows.append(len(given["input_ids"])), with_kwargs=True
    )
    told: list[tuple[int, int]] = []
    with activation_file(model, texts, points, progress=lambda *done: told.append(done)) as file:
        hook.remove()
        assert sum(n_rows) == len(texts)
        assert told[-1] == (len(texts), len(texts))
        assert set(file.points) == set(points)
        for some in last_tokens(model, texts, points):
            for point in points:
                assert np.array_equal(file.rows(point)[some.places], some.rows[point])


def batches(n_texts: int, points: list[Point], width: int) -> Iterator[LastTokens]:
    """Eight texts at a time, in an order of their own, each row full of its text's place."""
    order = np.random.default_rng(0).permutation(n_texts)
    for start in range(0, n_texts, 8):
        places = order[start : start + 8]
        rows = np.repeat(places[:, None], width, axis=1).astype(np.float32)
        yield LastTokens(places, {point: rows + point.layer for point in points})


def test_memory_holds_one_batch_however_many_texts_and_layers_there_are(tmp_path: Path) -> None:
    points = [Point(layer) for layer in range(24)]
    n_texts, width = 512, 256
    whole = n_texts * width * len(points) * 4
    tracemalloc.start()
    try:
        with kept_on_disk(batches(n_texts, points, width), n_texts, folder=tmp_path) as file:
            for point in points:
                rows = file.rows(point)
                assert rows.shape == (n_texts, width)
                expected = np.arange(n_texts)[:, None] + point.layer
                assert np.array_equal(rows, np.broadcast_to(expected, rows.shape))
            assert sum(path.stat().st_size for path in file.folder.iterdir()) == whole
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < whole / 8


def test_files_are_gone_after_the_block_and_after_a_fault(tmp_path: Path) -> None:
    with kept_on_disk(batches(16, [Point(0)], 4), 16, folder=tmp_path):
        assert list(tmp_path.iterdir())
    with (
        pytest.raises(ZeroDivisionError),
        kept_on_disk(batches(16, [Point(0)], 4), 16, folder=tmp_path),
    ):
        raise ZeroDivisionError
    with (
        pytest.raises(Fault, match="read once"),
        kept_on_disk(batches(16, [Point(0)], 4), 24, folder=tmp_path),
    ):
        pass
    assert not list(tmp_path.iterdir())


def test_half_the_precision_takes_half_the_disk_and_refuses_what_it_cannot_hold(
    tmp_path: Path,
) -> None:
    with kept_on_disk(batches(16, [Point(0)], 4), 16, precision="float16", folder=tmp_path) as file:
        assert file.path(Point(0)).stat().st_size == 16 * 4 * 2
        assert file.rows(Point(0))[3, 0] == 3
    too_large = LastTokens(np.array([0]), {Point(0): np.full((1, 4), 1e6, dtype=np.float32)})
    with (
        pytest.raises(OptionError, match="float16"),
        kept_on_disk([too_large], 1, precision="float16", folder=tmp_path),
    ):
        pass


def test_what_was_not_read_is_refused(tmp_path: Path) -> None:
    with (
        kept_on_disk(batches(16, [Point(0)], 4), 16, folder=tmp_path) as file,
        pytest.raises(OptionError, match="layer 1"),
    ):
        file.rows(Point(1))
    with pytest.raises(OptionError, match="needs a text"), kept_on_disk([], 0, folder=tmp_path):
        pass


def probe(layer: int, accuracy: float, loss: float = 0.5) -> FittedProbe:
    """A probe of which only the accuracy matters."""
    right = np.arange(20).reshape(10, 2) < round(20 * accuracy)
    return FittedProbe(layer, Line(np.ones(1), 0.0), accuracy_of_pairs(right), loss)


def test_the_published_rule_leaves_out_the_last_layers_and_those_that_tell_too_little() -> None:
    probes = {layer: probe(layer, 0.95 if layer >= 10 else 0.8) for layer in range(32)}
    assert chosen_layers(probes, n_layers=32) == tuple(range(10, 27))
    assert chosen_layers(probes, n_layers=32, threshold=0.7) == tuple(range(27))


@pytest.mark.parametrize(
    ("n_layers", "left_out"), [(80, 5), (32, 5), (25, 5), (18, 4), (6, 2), (2, 1)]
)
def test_of_few_layers_the_last_fifth_is_left_out(n_layers: int, left_out: int) -> None:
    assert n_layers_left_out(n_layers) == left_out


def test_layers_may_be_the_best_all_or_named() -> None:
    probes = {0: probe(0, 0.8), 1: probe(1, 1.0, 0.2), 2: probe(2, 1.0, 0.1), 5: probe(5, 1.0, 0)}
    assert chosen_layers(probes, n_layers=6, rule="best") == (2,)
    assert chosen_layers(probes, n_layers=6, rule="all") == (0, 1, 2, 5)
    assert chosen_layers(probes, n_layers=6, rule=[5, 0]) == (0, 5)


def test_where_no_layer_passes_the_best_is_said() -> None:
    probes = {0: probe(0, 0.7), 1: probe(1, 0.85), 5: probe(5, 1.0)}
    with pytest.raises(OptionError, match=r"0\.85 .* at layer 1"):
        chosen_layers(probes, n_layers=6)
    with pytest.raises(OptionError, match="layer 3"):
        chosen_layers(probes, n_layers=6, rule=[3])


def test_an_interval_holds_its_number_and_all_of_few_is_not_certain() -> None:
    some = accuracy_of_pairs(np.ones((6, 2), dtype=bool))
    assert (some.value, some.high, some.n) == (1.0, 1.0, 6)
    assert 0.5 < some.low < 0.7
    groups = [str(place // 2) for place in range(12)]
    assert share_of_groups(np.ones(12, dtype=bool), groups) == some


def test_auc_counts_pairs_of_texts_that_stand_in_order() -> None:
    scores = np.array([3.0, 1.0, 2.0, 0.0, 1.0])
    is_kind = np.array([True, True, False, False, False])
    found = auc(scores, is_kind, list("abcde"))
    assert found.value == (3 + 1.5) / 6
    assert 0 < found.low < found.value < found.high < 1
    assert auc(-scores, is_kind, list("abcde")).value == pytest.approx(1 - found.value)
    with pytest.raises(OptionError, match="both kinds"):
        auc(scores, np.zeros(5, dtype=bool), list("abcde"))


def test_the_interval_of_a_perfect_auc_narrows_with_groups_not_with_texts() -> None:
    def low(n_groups: int, n_texts: int) -> float:
        scores = np.repeat([1.0, 0.0], n_texts)
        return auc(scores, scores > 0, [str(n % n_groups) for n in range(2 * n_texts)]).low

    assert low(5, 10) == low(5, 100) < low(50, 100) < 1


def test_auc_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    rng, truth, n_held = np.random.default_rng(5), 0.7602, 0  # Φ(1/√2)
    is_kind = np.arange(60) < 30
    for _ in range(400):
        found = auc(rng.standard_normal(60) + is_kind, is_kind, list(map(str, range(60))))
        n_held += found.low <= truth <= found.high
    assert 0.92 <= n_held / 400 <= 0.98
