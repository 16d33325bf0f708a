# Everything runs from a fresh clone with Python 3.11 or newer, make and a package index.
# `make` alone lists what there is.

PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
RUN := .venv/bin/python
COMPILE := $(RUN) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header
# Foreign Exact clients that the tests run against the sandbox.
CLIENTS := tests/exact_clients/requirements
# The placeholder installation that tools read settings from; the warning is about its absent database.
MANAGE_CHECK := DJANGO_SETTINGS_MODULE=tests.check_settings $(RUN) \
	-W "ignore:Got an error checking a consistent migration history:RuntimeWarning" manage.py

.DEFAULT_GOAL := help
.PHONY: help demo demo-check test bench torture mutation catalogs check format requirements clean

help: ## list these targets
	@grep -hE '^[a-z-]+:.*##' Makefile | sed 's/:.*## /\t/' | expand -t 16

demo: .venv/installed-run ## start the whole product with sample data and the Exact sandbox; Ctrl-C ends it
	@$(RUN) -m connector.local demo

demo-check: .venv/installed-run ## the demo's journey without a person: connect, copy, pay, paid
	@$(RUN) -m connector.local demo-check

test: .venv/installed-dev ## run the tests; ARGS="tests/invoices -k copy" narrows them
	@$(RUN) -m connector.local test $(ARGS)

bench: .venv/installed-run ## measure the Exact sandbox with 100,000 entries, the reading of payments and the list of 1,000,000 invoices; takes minutes, writes docs/benchmarks.md
	$(RUN) -m benchmarks --report docs/benchmarks.md $(ARGS)

torture: .venv/installed-dev ## real processes, faults on purpose, the sandbox's books as the truth; hours, resumable; ARGS="--short" takes minutes
	@$(RUN) -m tests.torture --report test-results/torture/table.md $(ARGS)

mutation: .venv/installed-dev ## change the code that must not be wrong and count what the tests miss; ARGS="money vat" narrows it
	@$(RUN) -m tests.mutation $(ARGS)

catalogs: .venv/installed-dev ## find new texts and add them to locale/; then translate what is empty there
	@$(RUN) -m connector.catalogs update $(ARGS)

check: .venv/installed-dev ## lint, format, types, import rules, templates, catalogs, migrations, deploy check
	$(RUN) -m connector.catalogs compile
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy .
	$(RUN) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'
	$(RUN) -m djlint --check templates
	$(RUN) -m djlint --lint templates
	$(MANAGE_CHECK) makemigrations --check --dry-run
	$(MANAGE_CHECK) check --deploy --fail-level WARNING

format: .venv/installed-dev ## write the formatting that check wants
	$(RUN) -m ruff check --fix --select I,UP,RUF100 .
	$(RUN) -m ruff format .
	$(RUN) -m djlint --quiet --reformat templates || true

requirements: .venv/installed-dev ## bring requirements*.txt up to date with requirements*.in
	$(COMPILE) --upgrade --output-file requirements.txt requirements.in
	$(COMPILE) --upgrade --output-file requirements-dev.txt requirements-dev.in
	for client in build exactonline django-exact; do \
		$(COMPILE) --upgrade --output-file $(CLIENTS)/$$client.txt $(CLIENTS)/$$client.in || exit 1; done

clean: ## remove the virtual environment, local data and everything made
	rm -rf .venv .local staticfiles test-results locale/*/LC_MESSAGES/*.mo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.venv/made:
	@if [ -z "$(PYTHON)" ]; then echo "Python 3.11 or newer is needed; name it with make PYTHON=/path/to/python."; exit 1; fi
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is older than Python 3.11; name a newer one with make PYTHON=/path/to/python."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || \
		{ echo "$(PYTHON) cannot make virtual environments; on Debian and Ubuntu install python3-venv."; exit 1; }
	@echo "Making .venv"
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/installed-run: .venv/made requirements.txt
	@echo "Installing requirements.txt (a minute the first time)"
	@$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/installed-dev: .venv/made requirements-dev.txt
	@echo "Installing requirements-dev.txt (a minute the first time)"
	@$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
