# `make run` shows the model at work, `make test` runs the default tests, `make check` all that CI runs, `make docs` writes build/docs,
# `make rebuild` computes anew what is shown and what is shipped, where its inputs changed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
FRESH := build/fresh
PYTHONS ?= 3.12 3.13
LOWEST_TESTS := tests/laws/test_plasticity.py tests/laws/test_receptor.py tests/interfaces/test_protocol_text.py

.PHONY: run test durations slow long lint verify check package lowest rebuild simulated-fits fit-controls picture docs benchmark open-data mutated-tables mutants soak sbom pythons lock clean
.DELETE_ON_ERROR:

run: $(READY)
	$(BIN)/euthymia compare --out runs/comparison --overwrite

test: $(READY)
	$(BIN)/python -m pytest

# After tests that take long were added or changed: seconds of each file, by which tests are ordered.
durations: $(READY)
	$(BIN)/python -m pytest --record-durations

slow: $(READY)
	$(BIN)/python -m pytest -m slow

long: $(READY)
	$(BIN)/python -m pytest -m long

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyrefly check
	$(BIN)/lint-imports

verify: $(READY)
	$(BIN)/euthymia verify

check: lint test slow

# From evidence to surfaces, fit, SBML and its witness, claims, figures and README's numbers: what changed, and no more.
rebuild: $(READY)
	$(BIN)/python -m rebuild

# Whether the fit to trials is right: fits to data that the model made, hours of work, and fits that lack something, an hour.
simulated-fits: $(READY)
	$(BIN)/python -m rebuild.simulated_fits

fit-controls: $(READY)
	$(BIN)/python -m rebuild.fit_controls

picture: $(READY)
	$(BIN)/python -m rebuild --only picture

docs: $(READY)
	$(BIN)/sphinx-build -W --keep-going -q -b html docs build/docs

# Event tables as people spoil them, 100,000: each is read or refused in one line.
mutated-tables: $(READY)
	$(BIN)/python tests/battery/tables_at_random.py

# A hundred altered equations, each against the tests of its room; half an hour on two processors, and a run that was stopped goes on.
mutants: $(READY)
	$(BIN)/python tests/mutants.py

# Hostile text, killed runs, full disks, and the same bytes however a run is made; an hour and a half.
soak: $(READY)
	$(BIN)/python tests/soak.py

# Bill of materials (CycloneDX) of what the lock installs, in dist/sbom.json.
sbom: $(READY)
	mkdir -p dist
	$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --mc-type library --output-reproducible -o dist/sbom.json $(BIN)/python

# As `euthymia.configure` sets them, before anything is imported.
benchmark: export NPROC := 1
benchmark: export OPENBLAS_NUM_THREADS := 1
benchmark: export EQX_ON_ERROR := nan
benchmark: $(READY)
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/pharmacokinetics.py
	$(BIN)/python benchmarks/population.py
	$(BIN)/python benchmarks/slider.py

# Public data with published population estimates, for tests that are skipped without them.
open-data: $(READY)
	$(BIN)/python benchmarks/open_data.py

# Source archive and the wheel built from it, each installed into an empty environment without the lock; the wheel is tried there.
package: $(READY)
	rm -rf dist
	$(BIN)/uv build --quiet --no-build-isolation --python $(BIN)/python --out-dir dist .
	set -e; for archive in dist/*.tar.gz dist/*.whl; do \
	  $(BIN)/uv venv --quiet --clear --python $(BIN)/python $(FRESH); \
	  $(BIN)/uv pip install --quiet --python $(FRESH)/bin/python "$$archive"; \
	  $(FRESH)/bin/euthymia --version; \
	done
	cp tests/battery/smoke.py $(FRESH)
	$(FRESH)/bin/python $(FRESH)/smoke.py

# The lowest versions that pyproject.toml allows, on the lowest Python.
lowest: $(READY)
	$(BIN)/uv venv --quiet --clear --python 3.11 $(FRESH)
	$(BIN)/uv pip install --quiet --python $(FRESH)/bin/python --resolution lowest-direct ".[dev]"
	cp tests/battery/smoke.py $(FRESH)
	$(FRESH)/bin/python $(FRESH)/smoke.py
	$(FRESH)/bin/python -m pytest -q -o addopts= -m "not slow" $(LOWEST_TESTS)

# The default tests on the other Pythons that are supported; half an hour each. PYTHONS may be paths of interpreters.
pythons: $(READY)
	set -e; for python in $(PYTHONS); do \
	  $(BIN)/uv venv --quiet --clear --python $$python $(FRESH); \
	  $(BIN)/uv pip install --quiet --python $(FRESH)/bin/python --require-hashes -r requirements/lock.txt; \
	  $(BIN)/uv pip install --quiet --python $(FRESH)/bin/python --no-deps --no-build-isolation --editable .; \
	  $(FRESH)/bin/python -m pytest; \
	done

$(READY): requirements/lock.txt requirements/uv.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/uv.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements/lock.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $@

# Rewrites the lock for every supported Python: package names, versions and hashes, no addresses.
lock: $(READY)
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	  --python-version 3.11 --extra audit --extra dev --extra docs --extra standards --extra stats --extra witness pyproject.toml --output-file requirements/lock.txt

clean:
	rm -rf $(VENV) runs dist build docs/reference/generated
