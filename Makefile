# Everything starts here: `make demo` to see it, `make test` to trust it. Needs Python 3.11, pip and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test packages lint docs bench fuzz soak validate lock clean

demo: $(READY)
	$(BIN)/b12 --home build/demo demo
	@echo
	@echo "Next: $(BIN)/b12 --home build/demo review (work the lists), explain P-LOW-001 (why), notebook (ask)."

test: $(READY) packages lint
	$(BIN)/python -m pytest -n 2 --dist loadfile
	@echo
	@echo "Next: make demo (see it work), make bench (how fast), make validate (against published figures; set B12_REAL_DATA)."

# Programs that some tests drive; those tests are left out, and say so, where a program is missing. They are installed
# only where somebody asks for it (B12_INSTALL_PACKAGES=1), as root, on Debian and its like.
packages:
	@if [ "$(B12_INSTALL_PACKAGES)" = 1 ] && [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
	    missing=$$(for package in $$(sed 's/#.*//' packages.txt); do \
	        dpkg-query -W -f '$${Status}' $$package 2> /dev/null | grep -q 'ok installed' || echo $$package; done); \
	    [ -n "$$missing" ] || exit 0; \
	    install="apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=120 "$$missing; \
	    export DEBIAN_FRONTEND=noninteractive; \
	    set -x; \
	    ls /var/lib/apt/lists/*_Packages* > /dev/null 2>&1 || apt-get update; \
	    $$install || { apt-get update && $$install; } \
	        || echo "Not installed:" $$missing". The tests that need them are left out."; \
	fi

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

docs: $(READY)
	$(BIN)/b12 docs

bench: $(READY)
	$(BIN)/python -m tests.benchmarks.bench

# Each parser for B12_FUZZ_SECONDS (60), guided by coverage; what fails is kept under build/fuzz.
fuzz: $(READY)
	$(BIN)/python -m tests.fuzz

# SOAK="--people 2000 --nights 20" for less.
soak: $(READY)
	$(BIN)/python -m tests.benchmarks.soak $(SOAK)

validate: $(READY)
	$(BIN)/python notebooks/nhanes/validate.py

lock:
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --extra dev pyproject.toml -o requirements.lock

clean:
	rm -rf build

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==0.13.9"
	$(BIN)/uv pip sync --quiet --compile-bytecode requirements.lock
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $(READY)
