# The commands people type. `make` alone lists them.

PYTHON ?= python3
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
# When the command was given, for those that tell how long they took.
STARTED := $(shell date +%s)

.DEFAULT_GOAL := help
.PHONY: help up demo test lint format bench lock clean

help: ## List the commands
	@echo "Lictor: the open backend for Prefect 1.x flows"
	@echo
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-8s %s\n", $$1, $$2 }'
	@echo
	@echo '  ARGS="…" is passed on, e.g. make demo ARGS=--exit'

# What is installed follows the lock files; a stamp says that it has been done.
$(VENV)/.uv: requirements/uv.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.lock
	@touch $@

$(VENV)/.runtime: $(VENV)/.uv requirements/runtime.lock pyproject.toml
	@echo "Installing Lictor into $(VENV)/ …"
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/runtime.lock
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --no-deps --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.lock
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/dev.lock
	@touch $@

up: $(VENV)/.runtime ## Start everything; API on http://127.0.0.1:4200, data in LICTOR_DATA_DIR
	@$(BIN)/lictor up $(ARGS)

demo: export LICTOR_DEMO_STARTED = $(STARTED)
demo: $(VENV)/.runtime ## The same, and real Prefect 1.4.1 flows run to Success (ARGS=--exit to end then)
	@$(BIN)/lictor demo $(ARGS)

test: $(VENV)/.dev ## Lint, types, layers and all tests
	@$(MAKE) --no-print-directory lint
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

lint: $(VENV)/.dev ## Formatting, lint, types, and who may import whom
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/basedpyright --level error > .basedpyright.log 2>&1 || { cat .basedpyright.log; exit 1; }
	@$(BIN)/lint-imports --no-cache > .import-linter.log 2>&1 || { cat .import-linter.log; exit 1; }

format: $(VENV)/.dev ## Format and mend what can be mended
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(VENV)/.dev ## Measure: ratios of one run on this machine (bench/README.md)
	@$(BIN)/python -m bench $(ARGS)

lock: $(VENV)/.uv ## Resolve the dependencies anew into requirements/*.lock
	@$(BIN)/python requirements/lock.py

clean: ## Remove what was built (not your data)
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis .import_linter_cache .import-linter.log .basedpyright.log
