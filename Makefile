# Two commands do everything on a fresh machine: `make demo` and `make test`.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
# The demo's clips are drawn; INPUT=folder takes videos of your own instead.
INPUT ?=
DEMO ?= demo

.PHONY: help setup demo test wheel-test test-all check docs format clean

help:
	@echo "make demo               set up, then segment, score and report drawn clips (INPUT=folder: your own videos)"
	@echo "make test               set up, then run the tests, but for those that take minutes on clusters of their own"
	@echo "make wheel-test         build the wheel, install it where there is no clone, and try it there"
	@echo "make test-all           set up, then run every test"
	@echo "make check              lint, format and types"
	@echo "make docs               build the pages of the documentation into site/"

setup: $(VENV)/.ready

# torch first and alone, so that nothing else can choose another build of it: on Linux the package index has the one for CUDA,
# of several gigabytes, and TORCH_INDEX the one for CPUs. torchvision without its dependencies: the tests run its pure-Python
# RAFT beside a CPU build of torch. pysodmetrics so too: it asks for old versions of what it runs with.
$(VENV)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) --no-deps $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) torch
	$(PIP) --editable '.[dev,docs]'
	$(PIP) --no-deps torchvision pysodmetrics
	@touch $@

demo: setup
	@$(BIN)/ike-ray demo $(if $(INPUT),"$(INPUT)") --out $(DEMO)

test: setup
	$(BIN)/python -m pytest -m "not rare" --numprocesses 2 --dist loadgroup $(PYTEST_ARGS)

# The wheel, in an environment of its own and a folder without a clone. What it depends on is read from $(VENV).
wheel-test: setup
	$(BIN)/python -m pytest -m rare tests/test_wheel.py $(PYTEST_ARGS)

test-all: setup
	$(BIN)/python -m pytest -m "rare or not rare" --numprocesses 2 --dist loadgroup $(PYTEST_ARGS)

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: setup
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "Made:  site/index.html: open it in a browser"

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) $(DEMO) site .pytest_cache .mypy_cache .ruff_cache
