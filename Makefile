# Two commands do everything on a fresh machine: `make demo` and `make test`.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
# The demo's clips are drawn; INPUT=folder takes videos of your own instead.
INPUT ?=
DEMO ?= demo
OWN_RUN = $(DEMO)/run-$(notdir $(patsubst %/,%,$(INPUT)))

.PHONY: help setup demo test test-all check docs format clean

help:
	@echo "make demo               set up, then segment, score and report drawn clips (INPUT=folder: your own videos)"
	@echo "make test               set up, then run the tests, but for those that take minutes on clusters of their own"
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

ifeq ($(INPUT),)
demo: setup
	@$(BIN)/ike-ray draw $(DEMO)/clips
	@$(BIN)/ike-ray segment $(DEMO)/clips/JPEGImages/480p --out $(DEMO)/run --config configs/fast.yaml
	@$(BIN)/ike-ray evaluate $(DEMO)/run --root $(DEMO)/clips --split demo
	@$(BIN)/ike-ray report $(DEMO)/run
	@echo
	@echo "Made:  $(DEMO)/clips               four drawn clips with exact masks"
	@echo "       $(DEMO)/run/outcomes        one row a clip, Parquet"
	@echo "       $(DEMO)/run/frames          one row a frame: mask, box, area, score"
	@echo "       $(DEMO)/run/summary.json    scores"
	@echo "       $(DEMO)/run/report.html     the page to look at: open it in a browser"
	@echo "Next:  make demo INPUT=/path/to/your/videos"
	@echo "       or $(BIN)/ike-ray segment /path/to/your/videos --out my-run --config configs/fast.yaml"
else
demo: setup
	@$(BIN)/ike-ray segment "$(INPUT)" --out "$(OWN_RUN)" --config configs/fast.yaml
	@$(BIN)/ike-ray report "$(OWN_RUN)"
	@echo
	@echo "Made:  $(OWN_RUN)/frames         one row a frame: mask, box, area, score"
	@echo "       $(OWN_RUN)/report.html    the page to look at: open it in a browser"
	@echo "Next:  $(BIN)/ike-ray segment --help, $(BIN)/ike-ray settings"
endif

test: setup
	$(BIN)/python -m pytest -m "not rare" --numprocesses 2 --dist loadgroup $(PYTEST_ARGS)

test-all: setup
	$(BIN)/python -m pytest -m "rare or not rare" --numprocesses 2 --dist loadgroup $(PYTEST_ARGS)

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: setup
	$(BIN)/mkdocs build --strict --quiet
	@echo "Made:  site/index.html: open it in a browser"

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) $(DEMO) site .pytest_cache .mypy_cache .ruff_cache
