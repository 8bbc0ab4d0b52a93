# Everything starts here: `make demo` to see it, `make test` to trust it. Needs Python 3.11, pip and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test lint bench validate lock clean

demo: $(READY)
	$(BIN)/b12 --home build/demo demo
	@echo
	@echo "Next: open the report named above, or: $(BIN)/b12 --home build/demo explain P-LOW-001"

test: $(READY) lint
	$(BIN)/python -m pytest -n 2 --dist loadfile
	@echo
	@echo "Next: make demo (see it work), make bench (how fast), make validate (against published figures; set B12_REAL_DATA)."

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

bench: $(READY)
	$(BIN)/python -m tests.benchmarks.bench

validate: $(READY)
	$(BIN)/python notebooks/nhanes/validate.py

lock:
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra dev pyproject.toml -o requirements.lock

clean:
	rm -rf build

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==0.13.9"
	$(BIN)/uv pip sync --quiet --compile-bytecode requirements.lock
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $(READY)
