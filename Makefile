# Everything a checkout needs: python3, make and, on unusual machines, a C compiler. Nothing outside the checkout is
# touched except system packages, and those only where this user may install them.

PYTHON ?= python3
PY := .venv/bin/python
export PYTHON

.DEFAULT_GOAL := help
.PHONY: help setup run demo test check fix bench lock generated audit clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup: ## make .venv and install everything, for use and for development
	@.ci/setup dev

run: ## run the whole service here; Ctrl-C stops it (PORT=8000)
	@.ci/setup run
	@exec .ci/serve

demo: ## one complete journey without a browser, in its own temporary state
	@.ci/setup run
	@exec $(PY) manage.py demo

test: ## the whole suite, on the services that answer (ARGS go to pytest)
	@.ci/setup dev browser
	@exec $(PY) -m tests.run $(ARGS)

check: ## format, lint, types, layers, drift, deployment
	@.ci/setup dev
	@exec .ci/check

fix: ## put the form of code and templates right, as check wants it
	@.ci/setup dev
	@.venv/bin/ruff check --quiet --fix . || true
	@.venv/bin/ruff format --quiet .
	@find templates dsr -name '*.html' | xargs .venv/bin/djade --target-version 5.2 || true

bench: ## measure against PostgreSQL; writes var/bench.json
	@.ci/setup dev
	@exec $(PY) -m tests.bench $(ARGS)

lock: ## pin the newest versions that fit pyproject.toml (ARGS=--upgrade to move all)
	@.ci/setup dev
	@exec .ci/lock $(ARGS)

generated: ## write the files that are made from code
	@.ci/setup dev
	@exec $(PY) manage.py drift --write

audit: ## known vulnerabilities of what is pinned; no part of check, as it needs data from outside
	@.ci/setup dev
	@exec .ci/audit

clean: ## remove .venv and var (packages, mail, database, KEYS: all of the embedded default)
	rm -rf .venv var
