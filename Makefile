# Every target that people and the continuous integration use. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BIN := .venv/bin
PORT ?= 8000
# Two test processes: each has its own throw-away PostgreSQL server.
TEST_PROCESSES ?= 2

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: setup-run ## Set up, migrate, seed and serve the demonstration on 127.0.0.1:$(PORT)
	@tools/serve-demo $(PORT)

.PHONY: test
test: setup-test ## Run every test, on SQLite and PostgreSQL
	@# The browser's driver keeps an event loop running in its process, beside which nothing can be signed.
	$(BIN)/pytest -n $(TEST_PROCESSES) --dist worksteal --ignore=tests/browser $(ARGS)
	$(BIN)/pytest -n $(TEST_PROCESSES) --dist worksteal tests/browser $(ARGS)

.PHONY: check
check: setup-test lint types contracts templates-check translations-check migrations-check lock-check ## Everything that is checked without running the tests

.PHONY: lint
lint: ## Style and banned calls (ruff)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

.PHONY: types
types: ## Types (mypy, strict)
	$(BIN)/mypy

.PHONY: contracts
contracts: ## Who may import whom (import-linter)
	$(BIN)/lint-imports --no-cache

.PHONY: templates-check
templates-check: ## Templates (djlint)
	$(BIN)/djlint --lint --quiet templates

.PHONY: translations
translations: ## Merge the Chinese fragments into the catalogue and compile it
	$(BIN)/python tools/translations

.PHONY: translations-check
translations-check: ## Every text has its Chinese, and every placeholder survives
	$(BIN)/python tools/translations --check

.PHONY: migrations-check
migrations-check: ## The migrations lead to exactly the tables that the models describe
	$(BIN)/python tools/migrations check

.PHONY: migration-initial
migration-initial: ## Write 0001 again from the models (until the first release only)
	$(BIN)/python tools/migrations initial

.PHONY: lock
lock: ## Resolve the dependencies again and pin them with hashes
	tools/lock

.PHONY: lock-check
lock-check: ## The locks belong to this pyproject.toml
	tools/lock --check

.PHONY: assets
assets: ## Build static/ from the Sass sources (needs node)
	frontend/build

.PHONY: bench
bench: setup-test ## Measure against floors of the same shape
	for each in bench/*.py; do $(BIN)/python "$$each"; done

.PHONY: setup-run
setup-run: ## Install what serving needs
	@tools/setup run

.PHONY: setup-test
setup-test: ## Install what the tests and checks need
	@tools/setup test

.PHONY: clean
clean: ## Remove the environment, the demonstration's data and all that was built
	rm -rf .venv var build dist .mypy_cache .ruff_cache .hypothesis
