"""Hostile strings in every CSV with text of others: none begins a formula, each reads again."""

import csv
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pandas as pd

from campaigns.campaign import Campaign, Ledger, Outcome
from campaigns.hostile_words import in_groups, words
from causalvalues import ScoreTable
from causalvalues.discovery.formats import read_graph_from, write_graph_as
from causalvalues.discovery.graph import ValueGraph
from causalvalues.errors import FileError
from causalvalues.steering.intervention import RolePrompt
from causalvalues.steering.role_prompt_file import read_role_prompts, write_role_prompts
from causalvalues.survey.cells import csv_of, plain_frame

AT_ONCE = 5
FORMULAS = ("=", "+", "-", "@", "\t=", "\r=", "＝", "'=", "=cmd|'/c calc'!A", "-2+3", '"=1"')
NUMBERS = pd.Index(["0", "-1"])


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Write each string as a name, a role, an id and a prompt, and read every file again."""
    ledger = Ledger("hostile_csv")
    begun = [f"{head}{word}" for head, word in product(FORMULAS, ("x", "1+1", "'", '",=1'))]
    texts = [f"{text:.300}" for text in dict.fromkeys((*begun, *words(500)))]
    for some in in_groups([texts[at % len(texts)] for at in range(count)], AT_ONCE):
        wrong = _wrong(list(dict.fromkeys(some)), folder)
        for _ in some:
            if wrong:
                ledger.was_silent(f"{some!r:.120}: {wrong}")
            else:
                ledger.survived()
    return ledger.outcome("scores, edge tables, role prompts and the frames of a run")


def _wrong(texts: list[str], folder: Path) -> str:
    """Return what is wrong with the files of these texts."""
    names = [text for text in texts if text.strip()] or ["plain"]
    files = {
        "scores": _scores(names, folder / "scores.csv"),
        "edges": _edges(names, folder / "edges.csv"),
        "prompts": _prompts(names, folder / "prompts.csv"),
        "frame": _frame(texts, folder / "frame.csv"),
    }
    for name, same in files.items():
        if not same:
            return f"{name} read as another"
    for path in folder.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as stream:
            for cell in (cell for row in csv.reader(stream) for cell in row):
                if cell[:1] in tuple("=+-@\t\r＝＋－＠") and cell and not _is_number(cell):
                    return f"{path.name} holds {cell!r:.60}"
    return ""


def _scores(names: list[str], path: Path) -> bool:
    if "cluster" in names or any(name != name.lstrip() or "\x00" in name for name in names):
        return True  # such headings are refused by name, or trimmed as foreign tables need it
    scores = np.random.default_rng(0).normal(size=(len(names), len(names)))
    roles = np.array([f"role {name}".replace("role ", "") for name in names])
    table = ScoreTable(tuple(names), scores, clusters=roles)
    back = ScoreTable.from_csv(table.to_csv(path), cluster="cluster")
    return back.names == table.names and np.array_equal(back.scores, table.scores)


def _edges(names: list[str], path: Path) -> bool:
    given = [name for name in names if "\x00" not in name]
    graph = ValueGraph.from_edges(given, list(pairwise(given)))
    back = read_graph_from(write_graph_as(graph, path))
    return back.names == graph.names and np.array_equal(back.marks, graph.marks)


def _prompts(names: list[str], path: Path) -> bool:
    given = {f"line {at}": RolePrompt(text) for at, text in enumerate(names) if "\x00" not in text}
    if not given:
        return True
    try:
        back = read_role_prompts(write_role_prompts(given, path))
    except FileError:
        return True  # a line that is only NaN or null is refused by name
    return [each.text.strip() for each in back.values()] == [
        each.text.strip() for each in given.values()
    ]


def _frame(texts: list[str], path: Path) -> bool:
    given = [text for text in texts if "\x00" not in text]
    path.write_text(csv_of(pd.DataFrame({"text": given, "n": -1.5})), encoding="utf-8", newline="")
    back = plain_frame(pd.read_csv(path, keep_default_na=False, dtype={"text": str}))
    return list(back["text"]) == given


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


CAMPAIGN = Campaign(
    name="hostile_csv",
    group="security",
    fault="hostile strings and formulas as names, roles, prompts and texts of CSV files",
    promise="no cell begins a formula, and every file reads again as it was",
    n_full=500,
    n_small=60,
    work=work,
)
