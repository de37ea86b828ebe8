"""No call of the package runs code that came with a model or a file: read from its syntax."""

import ast
from collections.abc import Iterator
from pathlib import Path

import causalvalues
from campaigns.campaign import Campaign, Ledger, Outcome

PACKAGE = Path(causalvalues.__file__).parent
RUNS = {"eval", "exec", "compile", "__import__"}
LOADS = {("pickle", "load"), ("pickle", "loads"), ("torch", "load"), ("joblib", "load"),
         ("yaml", "load"), ("yaml", "unsafe_load"), ("yaml", "full_load"), ("os", "system"),
         ("marshal", "loads"), ("shelve", "open"), ("dill", "load")}  # fmt: skip
# Where one stands and why: the loader is a SafeLoader; a result of this run's own jobs.
KNOWN = {"values/bounded_yaml.py yaml.load", "study/plain_yaml.py yaml.load",
         "scale/slurm.py pickle.loads", "models/loading.py AutoModelForCausalLM"}  # fmt: skip


def work(count: int, seed: int, folder: Path) -> Outcome:
    """Look at every call of every module."""
    ledger, n_calls = Ledger("trusted_code"), 0
    for path in sorted(PACKAGE.rglob("*.py")):
        wrong = []
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                n_calls += 1
                wrong += _wrong(node)
            elif isinstance(node, ast.Constant) and node.value == "trust_remote_code":
                wrong.append("trust_remote_code in words")
        where = path.relative_to(PACKAGE).as_posix()
        wrong = [each for each in wrong if f"{where} {each}" not in KNOWN]
        if wrong:
            ledger.was_silent(f"{where}: {wrong[0]}")
        else:
            ledger.survived()
    return ledger.outcome(f"{n_calls} calls")


def _wrong(call: ast.Call) -> Iterator[str]:
    """Yield what a call may run."""
    for keyword in call.keywords:
        off = isinstance(keyword.value, ast.Constant) and keyword.value.value is False
        if keyword.arg == "trust_remote_code" and not off:
            yield "trust_remote_code"
        if keyword.arg == "allow_pickle" and not off:
            yield "allow_pickle"
        if keyword.arg == "shell" and not off:
            yield "shell"
    function = call.func
    if isinstance(function, ast.Name) and function.id in RUNS:
        yield function.id
    if (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and (function.value.id, function.attr) in LOADS
    ):
        yield f"{function.value.id}.{function.attr}"


CAMPAIGN = Campaign(
    name="trusted_code",
    group="security",
    fault="every call of the package that could run code of a file or a model",
    promise="no trust_remote_code, no pickle of strangers, no shell, nothing evaluated",
    n_full=1,
    n_small=1,
    work=work,
)
