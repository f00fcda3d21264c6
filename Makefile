# Every task of this project; `make` alone lists them. Python 3.11 or newer is all they need
# (`judges` and `bench*` also need Node, and `judges` pgbouncer and Chromium). The environment is
# made by the first task that needs it.

PYTHON ?=
VENV := .venv
READY := $(VENV)/ready
RUN := $(VENV)/bin

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The environment again when, and only when, what it is made of has changed.
$(READY): requirements.lock pyproject.toml .ci/environment
	@PYTHON="$(PYTHON)" sh .ci/environment

.PHONY: help
help: ## List the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

.PHONY: setup
setup: $(READY) ## Make the environment (.venv) from requirements.lock

.PHONY: dev
dev: $(READY) ## Run everything here: Postgres, Valkey, the API, GraphiQL; Ctrl-C stops it
	@exec $(RUN)/cairn dev $(ARGS)

.PHONY: demo
demo: $(READY) ## Chat live on three devices side by side, and prove what arrives
	@exec $(RUN)/cairn demo $(ARGS)

.PHONY: fix
fix: $(READY) ## Format, and mend what ruff can mend
	$(RUN)/ruff format .
	$(RUN)/ruff check --fix .

.PHONY: check
check: $(READY) ## Format, lint, types, import contracts, SQL lint, generated files fresh
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/python .ci/lock_is_fresh.py
	$(RUN)/mypy
	$(RUN)/lint-imports
	$(RUN)/squawk --pg-version 15 supabase/migrations/*.sql
	$(RUN)/cairn schema --check
	$(RUN)/python -m tests.pages --check

.PHONY: test
test: $(READY) ## Unit, database, GraphQL and fault tests
	$(RUN)/python -m pytest -n auto --maxprocesses 8 $(ARGS)

.PHONY: golden
golden: $(READY) ## Write the golden files (questions, their SQL, their answers) anew
	CAIRN_GOLDEN=write $(RUN)/python -m pytest -q tests/golden

.PHONY: isolation
isolation: $(READY) ## Try everything against the isolation of people, and write docs/isolation.md anew
	$(RUN)/python -m tests.isolation > docs/isolation.md.new
	mv docs/isolation.md.new docs/isolation.md

.PHONY: mutants
mutants: $(READY) ## Break source and database in small ways, one at a time: the tests must notice each
	$(RUN)/python -m tests.mutants $(ARGS)

.PHONY: judges
judges: $(READY) ## The outside judges, which need Node, pgbouncer and Chromium; ARGS="apollo relay" asks some of them
	$(RUN)/python -m tests.judges $(ARGS)

.PHONY: bench
bench: $(READY) ## Compare with PostGraphile on this machine (needs Node)
	$(RUN)/cairn bench $(ARGS)

.PHONY: bench-live
bench-live: $(READY) ## Live delivery to thousands, beside PostGraphile's (needs Node)
	$(RUN)/python -m benchmarks.live $(ARGS)

.PHONY: bench-db
bench-db: $(READY) ## What policies cost each list of a database of a million messages
	$(RUN)/python -m benchmarks.policies $(ARGS)

.PHONY: schema
schema: $(READY) ## Write schema.graphql anew
	$(RUN)/cairn schema > schema.graphql.new
	mv schema.graphql.new schema.graphql

.PHONY: pages
pages: $(READY) ## Write the pages about the database anew, from its catalogue
	$(RUN)/python -m tests.pages

.PHONY: lock
lock: $(READY) ## Resolve requirements.lock anew from pyproject.toml
	$(RUN)/uv pip compile pyproject.toml --all-extras --group dev --universal \
	  --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url --quiet -o requirements.lock

.PHONY: clean
clean: ## Remove the environment and caches; the data in .cairn stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
