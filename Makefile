# setup demo test check bench figures figures-check faults docs. `make demo` and `make test` set up what they need.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
DATA   ?= ../shared/data/kang2025

.PHONY: setup demo test check bench figures figures-check faults docs

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if v in ((3, 11), (3, 12)) else "Python 3.11 or 3.12 is needed; found %d.%d. Try: make PYTHON=python3.11" % v)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -c constraints.txt --upgrade pip
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[models,dev,docs,scale]'
	$(BIN)/python -m causalvalues.discovery.warm
	@touch $(READY)

demo: $(READY)
	$(BIN)/causalvalues demo --out demo

test: $(READY)  # two workers of one thread each: threads of many processes only wait for each other
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/house

bench: $(READY)
	$(BIN)/python bench/run.py

figures: $(READY)
	$(BIN)/python experiments/figures.py --data $(DATA)

figures-check: $(READY)
	$(BIN)/python experiments/figures.py --check --data $(DATA)

faults: $(READY)
	$(BIN)/python tests/faults/report.py

docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
