# On a fresh clone: `make run` or `make test`; Python 3.11+ is all they need.
# Set-up is done once, again when the pinned files change, and from the start when interrupted.

PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run test bench screenshots lint setup setup-dev assets assets-dev python lock

help:
	@echo "make run     set up what is missing, then serve on port 8081"
	@echo "make test    set up what is missing, then lint, types and all tests"
	@echo "make lint    ruff, mypy and djlint"
	@echo "make setup   virtual environment .venv with the pinned packages"
	@echo "make assets  front-end files into static/vendor, translations compiled"
	@echo "make lock    compile requirements*.in into the pinned files"
	@echo "make screenshots  pictures of the pages into docs/images (with /usr/bin/chromium)"
	@echo "make bench   measure against the reference, write bench/results (BENCH=--quick: a minute)"

run: setup assets
	@exec $(BIN)/gunicorn --paste wsgi.ini

# All checks run even when one fails, and pytest's closing line stays the last.
test: setup-dev assets-dev
	@failed=0; \
	$(BIN)/ruff check --quiet . || failed=1; \
	$(BIN)/ruff format --check --quiet . || failed=1; \
	$(BIN)/mypy || failed=1; \
	$(BIN)/djlint --quiet templates || failed=1; \
	$(BIN)/python -m tools.run_tests || failed=1; \
	exit $$failed

lint: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/djlint --quiet templates

# BENCH="--quick saturated steady": options and scenarios, see bench/README.md.
bench: setup-dev assets
	@$(BIN)/python -m bench $(BENCH)

screenshots: setup-dev assets
	@$(BIN)/python -m tools.screenshots

setup: python
	@$(PYTHON) tools/set_up.py requirements.txt

setup-dev: python
	@$(PYTHON) tools/set_up.py requirements.txt requirements-dev.txt

assets: setup
	@$(BIN)/python -m tools.assets && $(BIN)/python -m tools.translations

assets-dev: setup-dev
	@$(BIN)/python -m tools.assets tests && $(BIN)/python -m tools.translations

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Python 3.11 or newer is needed, not '$(PYTHON)': make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "'$(PYTHON)' cannot make virtual environments: apt-get install python3-venv" >&2; exit 1; }

# The files name no index: whoever installs takes his own; the hashes say what is right.
COMPILE := CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes \
  --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-trusted-host
lock: setup-dev
	$(COMPILE) requirements.in
	$(COMPILE) requirements-dev.in
	$(COMPILE) tools/requirements-node.in
