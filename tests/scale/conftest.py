"""What the tests of executors share: a study as one process asks it."""

import pytest
from organism_study import Found, asked


@pytest.fixture(scope="session")
def in_process(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """What the study holds when one process asks it."""
    return asked(tmp_path_factory.mktemp("in-process"))
