PYTHON ?= python3
VENV := .venv
INSTALLED := $(VENV)/.installed
INSTALLED_ALL := $(VENV)/.installed-all
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help run test check bench

help: ## Show these lines
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-6s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(INSTALLED) ## Set up everything, read the samples, answer three questions
	@$(VENV)/bin/ondol demo

test: $(INSTALLED_ALL) ## Set up everything, every extra too, then pass the tests
	@$(VENV)/bin/ondol setup
	@$(VENV)/bin/ondol models pull smollm2-135m-instruct
	@$(VENV)/bin/ondol models pull whisper-base
	@$(VENV)/bin/python -m pytest

check: $(INSTALLED) ## Lint, types and import rules
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports

bench: $(INSTALLED_ALL) ## Measure embedder and chat model against what they stand on
	@$(VENV)/bin/ondol setup
	@$(VENV)/bin/ondol models pull smollm2-135m-instruct
	@$(VENV)/bin/python benchmarks/embed.py
	@$(VENV)/bin/python benchmarks/generate.py

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "ondol needs Python 3.11 or newer; $(PYTHON) is older."; \
		echo "  → Name another one: make run PYTHON=python3.12"; exit 2; }
	@echo "Installing ondol into $(VENV) (about a minute) …"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install -q -c constraints.txt --upgrade pip
	@$(PIP) install -q -c constraints.txt -e . --group dev
	@touch $@

$(INSTALLED_ALL): $(INSTALLED)
	@echo "Installing the extras that the tests use (torch is among them, a few minutes) …"
	@$(PIP) install -q -c constraints.txt -e '.[all]' --group clients
	@touch $@
