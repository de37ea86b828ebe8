"""Everything but the download of a model, with every socket refused by an audit hook."""

import os
import subprocess
import sys
from pathlib import Path

from campaigns.campaign import Campaign, Ledger, Outcome

GUARD = """
import sys

def refuse(event, args):
    family = args[1] if event == "socket.__new__" else None
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        address = args[1] if event == "socket.connect" else args[0]
        if isinstance(address, (str, bytes)) and event == "socket.connect":
            return  # a file on this machine
        sys.stderr.write(f"SOCKET {event} {address!r}\\n")
        raise OSError("no network here")

sys.addaudithook(refuse)
"""
STUDY = """name: closed
model: {name: organism/gemma}
roles: {n_roles: 24}
protocol: {orders: [given]}
discovery: {n_resamples: 4, n_permutations: 4}
"""
SCORES = "from causalvalues.organism.world import planted_world as w; w().sample(60).to_csv(r'{}')"
CALLS: tuple[tuple[str, ...], ...] = (
    ("-c", SCORES.format("scores.csv")),
    ("-m", "causalvalues", "discover", "scores.csv", "--cluster", "cluster", "-o", "graph.json"),
    ("-m", "causalvalues", "--help"),
    ("-m", "causalvalues", "doctor"),
    ("-m", "causalvalues", "compare", "graph.json", "graph.json"),
    ("-m", "causalvalues", "export", "graph.json", "graph.dot"),
    ("-m", "causalvalues", "view", "graph.json", "-o", "viewer.html"),
    ("-m", "causalvalues", "estimate", "study.yaml"),
    ("-m", "causalvalues", "run", "study.yaml", "--out", "run"),
    ("-m", "causalvalues", "report", "run"),
    ("-c", "from causalvalues.models.language_model import LanguageModel as L; "
           "from causalvalues.organism.embedded import folder_of; "
           "L.load(folder_of('organism/llama'))"),
)  # fmt: skip


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Run each command in a process of its own that no socket lets out."""
    ledger = Ledger("closed_sockets")
    (folder / "sitecustomize.py").write_text(GUARD, encoding="utf-8")
    (folder / "study.yaml").write_text(STUDY, encoding="utf-8")
    for words in CALLS[:count]:
        answer = subprocess.run(
            [sys.executable, *words], cwd=folder, capture_output=True, text=True, check=False,
            env=os.environ | {"PYTHONPATH": str(folder), "NO_COLOR": "1"},
        )  # fmt: skip
        told = " ".join(words[:4])
        if "SOCKET" in answer.stderr:
            ledger.was_silent(f"{told[:40]}: {answer.stderr.partition('SOCKET')[2][:80]}")
        elif answer.returncode and "doctor" not in words:  # it may find a model missing
            ledger.was_lost(f"{told[:40]}: {answer.stderr[-200:]}")
        else:
            ledger.survived()
    return ledger.outcome("commands of the command line and a model from disk, in processes")


CAMPAIGN = Campaign(
    name="closed_sockets",
    group="security",
    fault="every socket refused, in a process for each command",
    promise="the command does its work and asks for no network",
    n_full=len(CALLS),
    n_small=2,
    work=work,
)
