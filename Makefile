.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
MINUTES ?= 60
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
PIP := $(BIN)/pip --disable-pip-version-check

##@ Use
help: ## Show what can be made
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(STAMPS)/run ## Install, set up and start everything; Ctrl-C stops it (SAMPLE=no starts empty)
	@$(BIN)/python -m scripts.run

setup: $(STAMPS)/dev ## Install what developing needs

##@ Check
test: $(STAMPS)/dev ## Provision servers and run every check and test
	@$(BIN)/python -m scripts.provision
	@$(MAKE) --no-print-directory check
	@$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder

test-fast: $(STAMPS)/dev ## Quick unit tests, and the contracts of bus and events on the embedded log
	@$(BIN)/pytest -q -n 2 -m "not kafka and not postgres and not browser and not processes and not thorough and not hypothesis" tests/unit tests/contract/bus tests/contract/events

soak: $(STAMPS)/dev ## Inject faults for MINUTES (60) in all; goes on where it was stopped; writes docs/evidence
	@$(BIN)/python -m scripts.provision
	@$(BIN)/python -m tests.faults.soak --minutes $(MINUTES)

check: $(STAMPS)/dev ## Format, lint, types, imports
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: $(STAMPS)/dev ## Format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

##@ Measure
bench: $(STAMPS)/bench ## Measure the chain (import, latency, throughput) and the speed of matching
	@$(BIN)/python -m scripts.provision
	@$(BIN)/python -m benchmarks.chain
	@$(BIN)/python -m benchmarks.speed
	@$(BIN)/python -m benchmarks.speed.restart
	@$(BIN)/python -m benchmarks.pages

bench-quality: $(STAMPS)/dev ## Measure the matcher on labelled data
	@$(BIN)/python -m benchmarks.quality
	@$(BIN)/python -m benchmarks.quality.consortia ../shared/data/partnerships
	@$(BIN)/python -m benchmarks.quality.counterfactuals
	@$(BIN)/python -m benchmarks.learning

bench-market: $(STAMPS)/dev ## Measure rounds in markets where some are wanted by everybody
	@$(BIN)/python -m benchmarks.market

##@ Maintain
backup: $(STAMPS)/run ## Back up databases and log of this machine, not the keys: make backup FOLDER=…
	@$(BIN)/python -m scripts.house backup "$(FOLDER)"

restore: $(STAMPS)/run ## Put them back, with everything stopped: make restore FOLDER=… (OPTIONS=--replace)
	@$(BIN)/python -m scripts.house restore $(OPTIONS) "$(FOLDER)"

pictures: $(STAMPS)/dev ## Take a picture of every page, at two widths, into var/pictures
	@mkdir -p var/pictures
	@CONVENE_PICTURES=$(CURDIR)/var/pictures $(BIN)/pytest -q -n 0 tests/browser/test_every_page.py
	@for page in home proposal coverage; do cp var/pictures/console-$$page-top.png docs/pictures/console-$$page.png; done

docs: $(STAMPS)/dev ## Generate the documents that are made from code
	@$(BIN)/python -m scripts.docs

lock: $(STAMPS)/dev ## Resolve the locked requirements anew
	@scripts/lock.sh

reference: $(STAMPS)/dev ## Build the reference tables anew
	@$(BIN)/python -m scripts.reference.build

doctor: $(STAMPS)/run ## Check the deployment that the settings describe; says what to do
	@$(BIN)/python -m scripts.doctor

sbom: $(STAMPS)/dev ## Write what is inside, from the locked requirements, to var/sbom.json
	@mkdir -p var
	@$(BIN)/cyclonedx-py requirements requirements/run.txt --pyproject pyproject.toml --output-reproducible --output-file var/sbom.json
	@echo "var/sbom.json is written"

audit: sbom ## Ask the advisory database about every locked requirement (needs the network)
	@$(BIN)/pip-audit --strict --requirement requirements/run.txt --require-hashes --disable-pip --progress-spinner off

parked: $(STAMPS)/run ## List records that could not be handled
	@for service in registry matcher notifier; do echo "$$service:"; $(BIN)/python -m services.$$service parked list; done

clean: ## Remove caches (not the state in var/)
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache build *.egg-info

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Convene needs Python 3.11 or newer; $(PYTHON) is older. Set PYTHON=python3.12, say."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "python3-venv is missing: apt-get install python3-venv"; exit 1; }

$(STAMPS)/run: requirements/run.txt pyproject.toml | $(BIN)/python
	@echo "Installing into $(VENV) ..."
	@$(PIP) install --quiet --no-deps --require-hashes --requirement requirements/run.txt
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/bench: requirements/bench.txt pyproject.toml | $(BIN)/python
	@echo "Installing into $(VENV) ..."
	@$(PIP) install --quiet --no-deps --require-hashes --requirement requirements/bench.txt
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@mkdir -p $(STAMPS) && touch $@ $(STAMPS)/dev $(STAMPS)/run

$(STAMPS)/dev: requirements/dev.txt pyproject.toml | $(BIN)/python
	@echo "Installing into $(VENV) ..."
	@$(PIP) install --quiet --no-deps --require-hashes --requirement requirements/dev.txt
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@mkdir -p $(STAMPS) && touch $@ $(STAMPS)/run

.PHONY: help run setup backup restore test test-fast check format bench bench-quality bench-market docs lock reference doctor sbom audit parked clean
