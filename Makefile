# Needs Python 3.11 or later and make; everything else is installed into .venv from the lock files.
#   make run     the whole desk on this machine, in the foreground
#   make help    the rest

SHELL := /bin/sh
BIN := .venv/bin
# The first Python that is new enough; PYTHON=/path/to/python chooses another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
# One PostgreSQL is started for each test process, so many cores are no reason for many of them.
TEST_PROCESSES ?= auto
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

.PHONY: help run test lint format soak fuzz conformance lock docs dist smoke secrets clean

help: ## print this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r name what; do \
		printf '  make %-9s %s\n' "$$name" "$$what"; done

run: .venv/installed ## start the desk here: PostgreSQL, Redis, workers, beat; Ctrl-C stops it
	@exec $(BIN)/wiredesk up

test: .venv/installed ## run the tests, in parallel, on servers of their own
	@$(BIN)/python -m pytest -n $(TEST_PROCESSES) --maxprocesses 8 $(TESTS)

lint: .venv/installed ## linter, format, types, and the import contract
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: .venv/installed ## let the linter and the formatter repair what they can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

soak: .venv/installed ## hand articles in by every door for two minutes while the parts are killed, and compare sets
	@$(BIN)/python -m bench.soak $(SOAK)

fuzz: .venv/installed ## feed made-up bytes to each parser for ten minutes; FUZZ="feed --seconds 60" for less
	@$(BIN)/python -m pip install -qq --disable-pip-version-check "atheris>=3,<4" || echo "no atheris here: hypothesis draws"
	@$(BIN)/python -m bench.fuzz $(FUZZ)

conformance: .venv/installed ## try the HTTP API against its own OpenAPI document (schemathesis, four minutes)
	@test -x .venv/schemathesis/bin/schemathesis || $(BIN)/python -m venv .venv/schemathesis
	@.venv/schemathesis/bin/python -m pip install -qq --disable-pip-version-check "schemathesis>=4.32,<5"
	@$(BIN)/python -m bench.api --schemathesis .venv/schemathesis/bin/schemathesis

docs: .venv/installed ## write the generated pages of docs/ anew
	@$(BIN)/python -m wiredesk.worker.cli.reference docs

lock: ## choose the newest versions that fit anew (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv (pip install uv)" >&2; exit 1; }
	@$(LOCK) --upgrade pyproject.toml --extra embedded --group dev --output-file requirements-dev.txt
	@$(LOCK) --upgrade pyproject.toml --constraint requirements-dev.txt --output-file requirements.txt
	@echo hatchling | $(LOCK) --upgrade - --constraint requirements-dev.txt --output-file requirements-build.txt

dist: .venv/installed ## build the wheel and the sdist into dist/
	@rm -rf dist
	@$(BIN)/python -m hatchling build -d dist >/dev/null
	@ls dist

smoke: dist ## install the wheel into an empty environment with $(PYTHON) and file an article with it
	@$(BIN)/python tests/smoke.py $(PYTHON)

# The folder is closed and the files in it are open: they are mounted into containers whose users own nothing here.
secrets: secrets/database_url secrets/migrate_database_url secrets/redis_url secrets/grafana_password secrets/made-by-make-secrets.env ## make the passwords that docker compose reads

secrets/%_password:
	@mkdir -p -m 700 secrets
	@od -An -N20 -tx1 /dev/urandom | tr -d ' \n' > $@

secrets/made-by-make-secrets.env:
	@mkdir -p -m 700 secrets
	@echo '# docker compose asks for this file first; settings go into .env' > $@

secrets/database_url: secrets/writer_password
	@printf 'postgresql://wiredesk_writer:%s@postgres:5432/wiredesk' "$$(cat $<)" > $@

secrets/migrate_database_url: secrets/postgres_password
	@printf 'postgresql://wiredesk_owner:%s@postgres:5432/wiredesk' "$$(cat $<)" > $@

# The token of Prometheus, for the profile `monitoring`; PostgreSQL must be up.
secrets/metrics_token:
	@docker compose run --rm -T wiredesk token create prometheus --scope read --format json \
		| sed 's/.*"token":"\([^"]*\)".*/\1/' > $@

secrets/redis_url: secrets/redis_password
	@printf 'redis://:%s@redis:6379/0' "$$(cat $<)" > $@

.venv/installed: requirements-dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "wiredesk needs Python 3.11 or later: make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "Installing into .venv with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv .venv || { echo "no venv in this Python: on Debian, apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

clean: ## remove the environment and the caches, not the data
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist

.PRECIOUS: secrets/%_password
