# The only incantations. `make help` lists them. Needs Python 3.11 with pip and venv; nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ONCE ?=
DEMO_DATA ?= demo-data
WORKERS ?= 2
# Tests write thousands of small databases that nobody keeps: in memory where there is room for them, a third faster.
ROOM := $(shell df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 4000000 { print "/dev/shm" }')
TESTS_IN := $(if $(ROOM),TMPDIR=$(ROOM),)

.DEFAULT_GOAL := help
.PHONY: help install demo serve forms test test-fast check format bench nightly lock docs clean

help: ## what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

install: $(VENV)/installed ## environment with pinned, hashed dependencies

$(VENV)/installed: requirements/dev.txt requirements/uv.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Waypost needs Python 3.11 or newer; set PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt requirements/uv.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

demo: install ## the main job on an invented country, over real HTTP; ONCE=1 exits when done
	$(BIN)/waypost demo --data $(DEMO_DATA) --fresh $(if $(ONCE),--once)

serve: install ## serve ./data on http://127.0.0.1:8080 (make it with `.venv/bin/waypost init`)
	$(BIN)/waypost serve

forms: install ## the library's forms as .xlsx, in build/forms
	rm -rf build/forms
	$(BIN)/waypost form library --write build/forms
	for form in build/forms/*.xlsx; do $(BIN)/waypost form check $$form || exit 1; done

test: install ## every test, on SQLite and on a real PostgreSQL
	$(TESTS_IN) $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -m "not nightly"

test-fast: install ## the tests that take less than ten seconds each
	$(TESTS_IN) $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -m "not nightly and not slow"

check: install ## format, lint, strict types, architecture, docs and migrations in sync
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q -p no:cacheprovider tests/test_architecture.py tests/test_docs.py tests/test_migrations.py \
		tests/server/test_settings.py tests/forms/test_dictionary.py

format: install ## put the code into its format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: install ## ratios of speed, measured in one run; writes docs/PERFORMANCE.md
	$(BIN)/python -m bench

nightly: install ## soaks and fuzzing
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -m nightly

docs: install ## write the generated pages again
	$(BIN)/python -m forms.dictionary > docs/DATA_DICTIONARY.md
	$(BIN)/python -m server.settings > docs/SETTINGS.md
	$(BIN)/python -m server.reference > docs/REFERENCE.md
	$(BIN)/python -m server.datasets.reference > docs/DATASETS.md
	$(BIN)/python -m server.cli.reference > docs/CLI.md

lock: install ## pin the dependencies of pyproject.toml again, with hashes
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements/dev.txt
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -c requirements/dev.txt -o requirements/runtime.txt
	echo 'uv' | $(BIN)/uv pip compile - --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements/uv.txt

clean: ## remove the environment and what the demo left
	rm -rf $(VENV) $(DEMO_DATA) .pytest_cache .mypy_cache .ruff_cache .hypothesis
