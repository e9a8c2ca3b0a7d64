# Panhuo. `make help` lists what there is.
.DEFAULT_GOAL := help
SHELL := /bin/bash
VENV := .venv
PY := $(VENV)/bin/python
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
FAST := $(addprefix tests/,kernel house valuation collection legal market restructuring securitisation writeoff)

.PHONY: help setup demo test check lint bench tour format clean

help:  ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(STAMP)  ## the environment in .venv, nothing outside the checkout

$(STAMP): pyproject.toml requirements/lock.txt scripts/setup
	@scripts/setup

demo: $(STAMP)  ## the web application on demonstration data; prints the address and the logins (PORT=8000)
	@scripts/demo

test: $(STAMP)  ## every test, browser tests included
	@scripts/browser
	@scripts/assets
	@POLARS_MAX_THREADS=1 $(BIN)/pytest -n auto --durations=25  # as many processes as cores: more threads would only wait for each other

check: lint  ## format, lint, types, import contracts, fast tests: under a minute
	@$(BIN)/pytest -n 2 -m "not slow and not browser" $(FAST)

lint: $(STAMP)  ## the same without the tests
	@$(BIN)/ruff format --check --quiet src tests
	@$(BIN)/ruff check --no-cache --quiet src tests
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

bench: $(STAMP)  ## the figures, each with its peer in the same run
	@$(BIN)/panhuo bench

tour: $(STAMP)  ## the pictures of the ten steps in the README, made anew
	@scripts/tour

format: $(STAMP)  ## format and sort
	@$(BIN)/ruff format src tests && $(BIN)/ruff check --fix --quiet src tests

clean:  ## remove the environment and everything made
	rm -rf $(VENV) build dist demo .pytest_cache .mypy_cache .ruff_cache .import_linter_cache src/*.egg-info
