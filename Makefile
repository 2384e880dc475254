# Two commands do everything: `make study` and `make test`. The virtual environment is made on first use.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
ENGINES := $(VENV)/.engines
RUN ?= runs/batio3_families

# What needs the heavy engines (3 GB: TensorFlow, DeePMD-kit, LAMMPS, PyTorch, CHGNet) has `make test-engines`.
.PHONY: study test test-long test-engines lint types ladder bench docs doctor clean

$(STAMP): pyproject.toml constraints.txt
	test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[dev]"
	touch $(STAMP)

study: $(STAMP) ## the example study: five BaTiO3 families, report in runs/
	$(BIN)/entrox study examples/batio3_families.toml --out $(RUN) --workers 2 $(if $(wildcard $(RUN)/run.sqlite),--resume)

lint: $(STAMP)
	$(BIN)/ruff check src tests benchmarks gallery
	$(BIN)/ruff format --check src tests benchmarks gallery

types: $(STAMP)
	$(BIN)/mypy

ladder: $(STAMP)
	$(BIN)/lint-imports

test: lint types ladder ## lint, types, the import ladder, and all tests
	$(BIN)/python -m pytest -n 2 --dist loadgroup

test-long: $(STAMP) ## all tests, those with large statistics too
	ENTROX_LONG=1 $(BIN)/python -m pytest -n 2 --dist loadgroup

$(ENGINES): $(STAMP)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[dev,potentials]"
	touch $(ENGINES)

test-engines: $(ENGINES) ## tests that run DeePMD-kit, LAMMPS and CHGNet
	ENTROX_ENGINES=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/engines -n 2 --dist loadgroup

bench: $(STAMP) ## benchmarks, in this environment
	cd benchmarks && ../$(BIN)/asv run --config asv.conf.json --python=same --show-stderr

docs: $(STAMP)
	$(BIN)/mkdocs build --strict

doctor: $(STAMP)
	$(BIN)/entrox doctor

clean:
	rm -rf build dist site .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
