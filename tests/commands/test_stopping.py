"""Ctrl-C ends a command in a sentence, with the exit code that shells give it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

STUDY = "name: stopped\nmodel: {name: organism/gemma}\n"


def listening() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # not so where tests run in the background


def test_ctrl_c_while_packages_are_loaded_ends_a_run_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(STUDY, encoding="utf-8")
    words = [sys.executable, "-X", "importtime", "-m", "causalvalues", "run", "study.yaml"]
    with subprocess.Popen(
        words,
        cwd=tmp_path,
        env=os.environ | {"NO_COLOR": "1"},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=listening,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.endswith(" pandas\n"):
                break
        clock = time.monotonic()
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    assert process.returncode == 130
    assert time.monotonic() - clock < 2
    assert "Stopped. Nothing half-written was left behind." in said
    assert "Traceback" not in said
