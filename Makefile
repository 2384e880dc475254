# Two commands do everything: `make study` and `make test`. The virtual environment is made on first use.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
ENGINES := $(VENV)/.engines
RUN ?= runs/batio3_families
# Tests start hundreds of processes: what one of them has compiled to bytecode is kept for the others.
unexport PYTHONDONTWRITEBYTECODE
# Two processes test at once, one on each core: linear algebra on more threads makes them wait for one another.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadgroup

# What needs the heavy engines (3 GB: TensorFlow, DeePMD-kit, LAMMPS, PyTorch, CHGNet) has `make test-engines`.
.PHONY: study test pytest test-long test-engines test-lowest test-newest release-check api ledger lint types ladder bench docs doctor clean

$(STAMP): pyproject.toml constraints.txt
	test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[dev]"
	touch $(STAMP)

study: $(STAMP) ## the example study: five BaTiO3 families, report in runs/
	$(BIN)/entrox study examples/batio3_families.toml --out $(RUN) --workers 2 $(if $(wildcard $(RUN)/run.sqlite),--resume)

lint: $(STAMP)
	$(BIN)/ruff check src tests benchmarks gallery tools validation
	$(BIN)/ruff format --check src tests benchmarks gallery tools validation

types: $(STAMP)
	$(BIN)/mypy

ladder: $(STAMP)
	$(BIN)/lint-imports

test: lint ## lint, types, the import ladder, and all tests
	$(MAKE) --no-print-directory --jobs 3 types ladder pytest

# Types and ladder take one core for two minutes: `make test` has them checked while the tests run.
pytest: $(STAMP)
	$(PYTEST)

test-long: $(STAMP) ## all tests, those with large statistics too
	ENTROX_LONG=1 $(PYTEST)

$(ENGINES): $(STAMP)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[potentials]"
	touch $(ENGINES)

test-engines: $(ENGINES) ## tests that run DeePMD-kit, LAMMPS and CHGNet
	ENTROX_ENGINES=1 $(PYTEST) tests/engines

# One small set for both ends of the versions: every layer of the core, readers, a study, a command. Warnings are errors.
SUBSET := tests/architecture/test_ladder.py tests/architecture/test_import_weight.py tests/unit/core \
	tests/unit/composition tests/unit/structure tests/unit/thermo tests/unit/design/test_store.py \
	tests/unit/design/test_sweep.py tests/unit/order/test_pair_distribution.py tests/unit/order/test_polarization.py \
	tests/unit/plots/test_study_figures.py tests/cli/test_cli_describe.py tests/cli/test_cli_nucleation.py \
	tests/formats/test_frame_files.py tests/formats/test_run_tables.py tests/formats/test_correlation_files.py \
	tests/physics/test_elastica.py tests/physics/test_mixtures.py tests/physics/test_energy_reference.py \
	tests/physics/test_field.py tests/physics/test_threshold.py
TEST_TOOLS := pytest pytest-xdist hypothesis import-linter

test-lowest: ## chosen tests with the lowest versions that pyproject.toml allows
	test -d .venv-lowest || $(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/python -m pip install --quiet -c constraints-lowest.txt -e ".[hpc]" $(TEST_TOOLS)
	NUMBA_CACHE_DIR=.venv-lowest/compiled .venv-lowest/bin/python -m pytest -q -n 2 --dist loadgroup $(SUBSET)

test-newest: ## the same tests with the newest versions that there are
	test -d .venv-newest || $(PYTHON) -m venv .venv-newest
	.venv-newest/bin/python -m pip install --quiet --upgrade --upgrade-strategy eager -e ".[hpc]" $(TEST_TOOLS)
	NUMBA_CACHE_DIR=.venv-newest/compiled .venv-newest/bin/python -m pytest -q -n 2 --dist loadgroup $(SUBSET)

release-check: $(STAMP) ## wheel and source archive: built, installed where nothing else is, used
	$(BIN)/python tools/release_check.py

api: $(STAMP) ## record the public names of all rooms (docs/reference/api.txt), after a change that is wanted
	$(BIN)/python tests/public_api.py

ledger: $(STAMP) ## our values of the published numbers, for the page
	$(BIN)/entrox reproduce --record docs/ledger.csv

bench: $(STAMP) ## benchmarks, in this environment
	cd benchmarks && ../$(BIN)/asv run --config asv.conf.json --python=same --show-stderr

docs: $(STAMP)
	$(BIN)/mkdocs build --strict

doctor: $(STAMP)
	$(BIN)/entrox doctor

clean:
	rm -rf build dist site .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .venv-lowest .venv-newest
	find src -name '*.nb[ic]' -delete
