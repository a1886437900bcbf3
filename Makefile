# A fresh machine needs two commands: make run, make test. Everything else is for those who change things.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
FONTS  ?= var/fonts
T      ?= tests
# What was compiled once is compiled: each worker and each service that a test starts reads it again.
export PYTHONDONTWRITEBYTECODE :=
say     = @printf '\033[1m== %s\033[0m\n'

.PHONY: help setup run demo test lint types arch check bench bench-against plan crash years crossed screens golden fonts assets requirements lock audit sbom licences clean

help: ## Show this list
	@awk 'BEGIN{FS=":.*## "} /^[a-z-]+:.*## /{printf "  %-13s %s\n",$$1,$$2}' $(MAKEFILE_LIST)

run: setup assets fonts ## Serve on http://127.0.0.1:8000 with demonstration people and twins of the outside systems
	$(say) 'Database, registration types, demonstration data; then serving (Ctrl+C stops)'
	@$(BIN)/zhuce serve --prepare

demo: setup assets fonts ## Walk every matter over HTTP and leave its PDFs, pictures and report in build/demo
	@$(BIN)/zhuce demo

setup: $(VENV)/.installed ## Make the virtual environment; EXTRAS="otel pkcs11": also what a production may add
	@$(if $(EXTRAS),$(BIN)/python tools/install.py build $(EXTRAS),:)

# Exactly the versions of requirements/, each file by its hash; `make lock` writes them anew.
LOCKED = $(BIN)/python tools/install.py

NEW_ENOUGH = $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'Zhuce needs Python 3.11 or newer: install it, or name it with make PYTHON=python3.12 …'; exit 1; }

$(BIN)/python:
	@$(NEW_ENOUGH)
	@$(PYTHON) -m venv $(VENV) || { echo 'No virtual environment could be made. On Debian: apt-get install python3-venv'; exit 1; }

$(VENV)/.installed: setup.cfg pyproject.toml requirements/build.txt
	$(say) 'Virtual environment in $(VENV) (about a minute the first time)'
	@test -x $(BIN)/python || { $(NEW_ENOUGH); $(PYTHON) tools/install.py && $(MAKE) --no-print-directory $(BIN)/python; }
	@$(LOCKED) build
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.tested: $(VENV)/.installed requirements/test.txt
	$(say) 'What only the tests need'
	@$(LOCKED) build otel pkcs11 test
	@touch $@

assets: web/static/dist/manifest.json ## Build style sheets and scripts (Node comes from PyPI when the machine has none)

web/static/dist/manifest.json: tools/build_assets.py $(wildcard web/assets/*.json web/assets/*.mjs web/assets/src/* web/assets/src/*/*) | $(VENV)/.installed
	$(say) 'Style sheets and scripts (about half a minute)'
	@$(BIN)/python tools/build_assets.py

fonts: $(FONTS)/.built ## Build the font folder from Debian's Noto CJK and LXGW WenKai

$(FONTS)/.built: tools/build_fonts.py | $(VENV)/.installed
	$(say) 'Fonts for documents (about a minute the first time)'
	@$(BIN)/python tools/build_fonts.py $(FONTS)
	@touch $@

test: $(VENV)/.tested assets fonts ## Run every check and the whole suite on SQLite and PostgreSQL; T=tests/casework narrows it
	@$(BIN)/python tools/test_needs.py
	@$(MAKE) --no-print-directory lint types arch
	$(say) 'Tests'
	@ZHUCE_FONTS=$(abspath $(FONTS)) $(BIN)/python -m pytest $(T) -n 2 -q

lint: $(VENV)/.tested ## Format check and lint
	$(say) 'Lint'
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet .

types: $(VENV)/.tested ## Type check
	$(say) 'Types'
	@$(BIN)/mypy

arch: $(VENV)/.tested ## Check who may import whom
	$(say) 'Architecture'
	@$(BIN)/lint-imports --no-cache

check: lint types arch ## The quick checks

bench: setup assets fonts ## Measure; prints a table and writes build/bench.json
	@$(LOCKED) build otel pkcs11 test bench
	@ZHUCE_FONTS=$(abspath $(FONTS)) $(BIN)/python -m bench

bench-against: $(VENV)/.tested assets fonts ## Measure this tree and an earlier one in turn: REV=9f70c38; writes build/bench-against.json
	@$(LOCKED) build otel pkcs11 test bench
	@ZHUCE_FONTS=$(abspath $(FONTS)) $(BIN)/python -m bench.against $(or $(REV),$(error REV=… says what to compare with))

plan: $(VENV)/.tested ## Measure the plan of the house from its sources; AGAINST=9f70c38 shows that revision beside it
	@$(BIN)/python tools/plan.py $(if $(AGAINST),--against $(AGAINST))

crash: $(VENV)/.tested assets fonts ## Kill the server at random moments of 100 stories (about half an hour)
	@ZHUCE_CRASH_STORIES=100 ZHUCE_FONTS=$(abspath $(FONTS)) $(BIN)/python -m pytest tests/crash -q

faults: $(VENV)/.tested fonts ## Let each statement, commit, file and outside call of nine acts fail, on both databases (an hour)
	@ZHUCE_FAULTS=all ZHUCE_FONTS=$(abspath $(FONTS)) $(BIN)/python -m pytest tests/faults -q --timeout 7200

crossed: $(VENV)/.tested assets fonts ## People at the same things at once while processes, PostgreSQL and outside systems fall or freeze: SEED=… PEOPLE=24 (twenty minutes)
	@ZHUCE_FONTS=$(abspath $(FONTS)) $(BIN)/python -m tests.crossed $(if $(SEED),--seed $(SEED)) $(if $(PEOPLE),--people $(PEOPLE))

years: $(VENV)/.tested fonts ## Let a small city live ten years and check every day: YEARS=1 SEED=7 PERSONS=60 (outside CI)
	@ZHUCE_FONTS=$(abspath $(FONTS)) $(BIN)/python -m tests.years

screens: $(VENV)/.tested assets fonts ## Take pictures of every page in light, dark and 大字版 into docs/screens (ten minutes)
	@ZHUCE_FONTS=$(abspath $(FONTS)) $(BIN)/python -m tests.screens

golden: $(VENV)/.tested ## Keep a case at every wait state of the types as they are today: DAY=2026-11-29, once a release
	@$(BIN)/python tools/golden.py $(or $(DAY),$(error DAY=… says which day it is))

requirements: $(VENV)/.tested ## Write docs/requirements.md from the last make test; DEEP=1: change what rows name, see who notices
	@$(BIN)/python tools/requirements.py
ifdef DEEP
	@$(BIN)/python tools/mutants.py
endif

lock: | $(BIN)/python ## Write versions and hashes of what setup.cfg asks for (requirements/); UPGRADE=1: the newest of all
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check packaging "$$(sed -n 's/^ *\(uv>.*\)/\1/p' setup.cfg)"
	@$(BIN)/python tools/lock.py $(if $(UPGRADE),--upgrade)

# What examines the lock brings packages that slow the service down (findings/jsonschema-one-import-…).
TOOLS_LOCKED = $(VENV)/tools/bin/python tools/install.py

$(VENV)/tools/bin/python: | $(BIN)/python
	@$(BIN)/python -m venv $(VENV)/tools

audit: | $(VENV)/tools/bin/python ## Ask PyPI and npm for advisories about every version of the locks; what could not be asked is said
	@$(TOOLS_LOCKED) build otel pkcs11 test bench tools
	@$(VENV)/tools/bin/python -m tools.supply audit

sbom: | $(VENV)/tools/bin/python ## Write the bill of materials (CycloneDX) into build/
	@$(TOOLS_LOCKED) build otel pkcs11 test bench tools
	@$(VENV)/tools/bin/python -m tools.supply sbom

licences: $(VENV)/.tested ## Write docs/licences.md from the metadata of what the locks name
	@$(BIN)/python -m tools.supply licences

clean: ## Remove everything that make made (also the data in var/)
	rm -rf $(VENV) var build dist web/static/dist web/assets/node_modules *.egg-info
	find . -name __pycache__ -prune -exec rm -rf {} +
