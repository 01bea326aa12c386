# The commands people type. `make` alone lists them.

PYTHON ?= python3
ARGS ?=
# The newest release, for test-upgrade
FROM ?= $(shell git describe --tags --abbrev=0 2>/dev/null)
VENV := .venv
BIN := $(VENV)/bin
UI := $(BIN)/python requirements/ui.py
# When the command was given, for those that tell how long they took.
STARTED := $(shell date +%s)

.DEFAULT_GOAL := help
.PHONY: help up demo ui test lint format secrets images test-compose test-upgrade bench chaos soak lock clean

help: ## List the commands
	@echo "Lictor: the open backend for Prefect 1.x flows"
	@echo
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-12s %s\n", $$1, $$2 }'
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

up: $(VENV)/.runtime ## Start everything; API and web UI on http://127.0.0.1:4200, data in LICTOR_DATA_DIR
	@$(UI) build
	@$(BIN)/lictor up $(ARGS)

demo: export LICTOR_DEMO_STARTED = $(STARTED)
demo: $(VENV)/.runtime ## The same, and real Prefect 1.4.1 flows run to Success (ARGS=--exit to end then)
	@$(UI) build
	@$(BIN)/lictor demo $(ARGS)

ui: $(VENV)/.runtime ## Build the web UI into ui/dist, when its sources have changed
	@$(UI) build --required

test: $(VENV)/.dev ## Lint, types, layers and all tests
	@$(MAKE) --no-print-directory lint ui
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)
	@$(if $(ARGS),,$(UI) run test)

lint: $(VENV)/.dev ## Formatting, lint, types, and who may import whom
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/basedpyright --level error > .basedpyright.log 2>&1 || { cat .basedpyright.log; exit 1; }
	@$(BIN)/lint-imports --no-cache > .import-linter.log 2>&1 || { cat .import-linter.log; exit 1; }
	@$(UI) run lint types

format: $(VENV)/.dev ## Format and mend what can be mended
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

secrets: ## Make the secrets of docker-compose.yml in secrets/; those that are there stay
	@deploy/make-secrets.sh

images: ## Build the image of docker-compose.yml
	@docker compose build $(ARGS)

test-compose: export LICTOR_TEST_COMPOSE = 1
test-compose: $(VENV)/.dev ## Bring the containers up on a Docker engine and break them (after: make images)
	@$(BIN)/python -m pytest tests/containers -p no:randomly -s $(ARGS)

test-upgrade: $(VENV)/.dev ## FROM=tag: that release's own tests, on this one's schema
	@$(BIN)/python -m tests.upgrade --from "$(FROM)" $(ARGS)

bench: $(VENV)/.dev ## Measure: ratios of one run on this machine (bench/README.md)
	@$(BIN)/python -m bench $(ARGS)

chaos: export LICTOR_CHAOS = all
chaos: $(VENV)/.dev ## Every fault on every process, and a table of what was seen (CONTRIBUTING.md)
	@$(BIN)/python -m pytest tests/chaos/test_matrix.py -p no:randomly -s $(ARGS)

soak: $(VENV)/.dev ## Faults at random for ten minutes, then a proof that nothing is lost (CONTRIBUTING.md)
	@$(BIN)/python -m tests.chaos.soak $(ARGS)

lock: $(VENV)/.uv ## Resolve the dependencies anew into requirements/*.lock
	@$(BIN)/python requirements/lock.py

clean: ## Remove what was built (not your data)
	rm -rf $(VENV) ui/dist ui/node_modules ui/.lictor .pytest_cache .ruff_cache .hypothesis .import_linter_cache .import-linter.log .basedpyright.log
