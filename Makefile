# Everything starts here: `make help` lists what there is. Needs git, make and Python 3.11 or newer; each goal
# makes the virtual environment .venv on its first use and leaves it alone while constraints.txt and
# pyproject.toml stay as they are.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# Stamps carry the checksum of what was installed: neither a second run nor a touched file installs anything again.
SUM := $(shell cat pyproject.toml constraints.txt | cksum | cut -d' ' -f1)
RUN_STAMP := $(VENV)/.installed-$(SUM)
DEV_STAMP := $(VENV)/.installed-dev-$(SUM)

# The first interpreter that is new enough and can make virtual environments. It is started, not only looked for:
# version managers leave commands of versions that are not there.
PYTHONS := python3.13 python3.12 python3.11 python3
IS_GOOD := import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))

# Pyright runs on Node.js: the one that Playwright brings serves where the machine has none.
NODE := $(VENV)/lib/python*/site-packages/playwright/driver

DATA ?= digits
ARGS ?=
PYTEST ?= -n 2 --dist worksteal

.PHONY: help run course test test-all check bench docs browser clean
.DEFAULT_GOAL := help

help:  ## list the goals
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

run: $(RUN_STAMP)  ## train on the digits (or DATA=iris, DATA=my.csv ARGS="--target price") and write the report
	@$(BIN)/vitral train $(DATA) $(ARGS)

course: $(RUN_STAMP)  ## open the course in the browser (ARGS="--lang en --port 9000")
	@$(BIN)/vitral course $(ARGS)

test: $(DEV_STAMP)  ## the tests that every change has to pass
	@$(BIN)/python -m pytest $(PYTEST) -m "not slow"

test-all: $(DEV_STAMP)  ## all tests, those that take minutes too
	@$(BIN)/python -m pytest $(PYTEST)

check: $(DEV_STAMP)  ## style, format and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@PATH="$$PATH:$$(echo $(NODE))" $(BIN)/pyright

bench: $(DEV_STAMP)  ## compare the speed of training with Keras, PyTorch and scikit-learn
	@$(BIN)/python benchmarks/fit.py

docs: $(DEV_STAMP)  ## write the pages of the public names, and the architecture in one picture, into build/docs
	@$(BIN)/python docs/build.py build/docs

browser:  ## install Chromium, for the tests that look at a report (Debian, as root)
	@if command -v chromium >/dev/null || command -v chromium-browser >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; \
	else echo "Chromium is not here, and only root on Debian can install it: the browser tests will be skipped."; fi

clean:  ## remove what make, Python and the tests leave behind (runs/ stays)
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .hypothesis src/*.egg-info
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# pip comes last in a new environment: one that was interrupted half-way is made again.
$(BIN)/pip:
	@for python in $(PYTHONS); do \
	  if "$$python" -c '$(IS_GOOD)' 2>/dev/null; then exec "$$python" -m venv $(VENV); fi; \
	done; \
	echo "Vitral needs Python 3.11 or newer with its venv module, and none of $(PYTHONS) is: install one" \
	  "(on Debian or Ubuntu: apt-get install python3 python3-venv), then run make again." >&2; \
	exit 1

$(RUN_STAMP): | $(BIN)/pip
	@echo "Setting up $(VENV), once: a minute or two …"
	@rm -f $(VENV)/.installed*
	@$(PIP) install -c constraints.txt -e .
	@touch $@

$(DEV_STAMP): | $(BIN)/pip
	@echo "Setting up $(VENV) with the tools for development, once: a minute or two …"
	@rm -f $(VENV)/.installed*
	@$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $@ $(RUN_STAMP)
