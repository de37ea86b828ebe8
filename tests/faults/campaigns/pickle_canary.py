"""Pickles that would leave a mark, under every name that a reader opens: no mark is ever left."""

import io
import pickle
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from campaigns.campaign import Campaign, Ledger, Outcome
from causalvalues import Knowledge, ScoreTable
from causalvalues.discovery.formats import read_graph_from
from causalvalues.discovery.human import read_human_graph
from causalvalues.errors import CausalValuesError
from causalvalues.evaluation.profile import EffectProfile
from causalvalues.steering.cards import read_card
from causalvalues.steering.document import read_intervention
from causalvalues.study.plan import Study
from causalvalues.study.reporting.run_folder import RunFolder
from causalvalues.survey.inventory import Inventory
from causalvalues.survey.response_table import Responses
from causalvalues.survey.responses import AnswerStore
from causalvalues.survey.roles import read_roles

Reader = Callable[[Path], object]


class Canary:
    """Leaves a mark where it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.touch, (self.mark,)


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Put a canary at every input, in every wrapping, and look for the mark."""
    ledger, rng = Ledger("pickle_canary"), np.random.default_rng(seed)
    mark = folder / "mark"
    pickle.loads(pickle.dumps(Canary(mark)))
    assert mark.exists()  # it does sing
    mark.unlink()
    readers, kinds = _readers(), tuple(WRAPPINGS)
    for number in range(count):
        name, read = readers[number % len(readers)]
        kind = kinds[(number // len(readers)) % len(kinds)]
        path = folder / str(number) / name
        path.parent.mkdir()
        path.write_bytes(WRAPPINGS[kind](Canary(mark), rng))
        (path.parent / "config.json").touch()
        told = _told(read, path)
        if mark.exists():
            mark.unlink()
            ledger.was_silent(f"{kind} as {name} was run")
        elif told:
            ledger.was_lost(f"{kind} as {name}: {told}")
        else:
            ledger.survived()
    return ledger.outcome(f"{len(readers)} inputs, {len(kinds)} wrappings")


def _told(read: Reader, path: Path) -> str:
    """Return what was wrong with how a file was refused; nothing where it was named."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read(path)
    except CausalValuesError:
        return ""
    except Exception as fault:
        return f"{type(fault).__name__} {fault!s:.80}"
    return "let in"


def _readers() -> list[tuple[str, Reader]]:
    """Return a file name and what opens it, for every kind of input."""
    from causalvalues.models.language_model import LanguageModel
    from causalvalues.steering.sae import open_sae
    from causalvalues.steering.stored import Stored
    from causalvalues.study.methods.kept_fits import read_fitted

    return [
        ("scores.parquet", ScoreTable.from_parquet),
        ("scores.csv", ScoreTable.from_csv),
        ("responses.parquet", Responses.from_parquet),
        ("answers.sqlite", lambda path: AnswerStore.open(path).close()),
        ("graph.json", read_graph_from),
        ("graph.graphml", read_graph_from),
        ("edges.csv", read_graph_from),
        ("human.json", read_human_graph),
        ("study.yaml", Study.from_yaml),
        ("inventory.yaml", Inventory.from_yaml),
        ("knowledge.yaml", Knowledge.from_yaml),
        ("card.yaml", read_card),
        ("roles.csv", read_roles),
        ("intervention.json", read_intervention),
        ("profile.json", EffectProfile.from_json),
        ("fitted.json", read_fitted),
        ("sae_weights.safetensors", lambda path: Stored(path).whole("W_dec")),
        ("arrays.npz", lambda path: Stored(path).whole("W_dec")),
        ("sae_weights.pt", lambda path: open_sae(str(path.parent))),
        ("pytorch_model.bin", lambda path: LanguageModel.load(path.parent)),
        ("model.safetensors", lambda path: LanguageModel.load(path.parent)),
        ("model.pt", lambda path: LanguageModel.load(path.parent)),
        ("manifest.json", lambda path: RunFolder.of(path.parent)),
    ]


def _npz(canary: Canary, rng: np.random.Generator) -> bytes:
    content = io.BytesIO()
    np.savez(content, W_dec=np.array([canary], dtype=object))
    return content.getvalue()


def _zipped(canary: Canary, rng: np.random.Generator) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(canary))
        archive.writestr("archive/version", "3\n")
    return content.getvalue()


def _deflated(canary: Canary, rng: np.random.Generator) -> bytes:
    content = io.BytesIO()
    np.savez_compressed(content, W_dec=np.array([canary], dtype=object))
    return content.getvalue()


WRAPPINGS: dict[str, Callable[[Canary, np.random.Generator], bytes]] = {
    "a pickle": lambda canary, rng: pickle.dumps(canary, int(rng.integers(2, 6))),
    "a text pickle": lambda canary, rng: pickle.dumps(canary, 0),
    "an npz of objects": _npz,
    "a packed npz of objects": _deflated,
    "an npy of objects": lambda canary, rng: b"\x93NUMPY\x01\x00v\x00"
    + b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(117) + b"\n"
    + pickle.dumps(canary),
    "a torch archive": _zipped,
    "a pickle within a list": lambda canary, rng: pickle.dumps([{"W_dec": canary}] * 3),
    "a pickle behind a header": lambda canary, rng: (2).to_bytes(8, "little") + b"{}"
    + pickle.dumps(canary),
}  # fmt: skip

CAMPAIGN = Campaign(
    name="pickle_canary",
    group="security",
    fault="pickles under the names of Parquet, safetensors, npz, JSON, YAML, SQLite, CSV, pt",
    promise="a named error; nothing is ever unpickled",
    n_full=1000,
    n_small=184,
    work=work,
)
