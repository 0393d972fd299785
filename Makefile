# Everything a developer or an operator does, one word each. `make` alone lists them.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py
# Every worker starts databases and stores of its own, and takes from the others when it has nothing left to do. One more
# than there are processors: tests wait a good part of their time for servers and browsers. Two more are no quicker.
WORKERS := $(shell cores=$$(nproc); echo $$((cores < 4 ? cores + 1 : 4)))
PYTEST := $(BIN)/pytest --quiet --numprocesses $(WORKERS) --dist worksteal
# CI runs on a machine that others use, too. There, tests that failed are run once more, and named.
AGAIN = { test $$? -eq 1 && test -n "$(CI)" && echo "These failed once; they are tried again:" \
	&& TEST_BACKEND=$(1) $(PYTEST) --verbose --last-failed --last-failed-no-failures none; }

# Tests start hundreds of processes, which would compile the project anew each time where somebody has set this.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install demo run test coverage torture check types lint settings collect bench corpus image lock clean

help: ## List the commands
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# The lock lists every package, so pip resolves nothing: --no-deps installs the list, and pip check says what it lacks.
# Of 9,000 modules a third is ever imported. Python compiles those when it first meets them.
$(VENV)/runtime: requirements.txt | $(VENV)/bin/python
	$(BIN)/pip install --quiet --no-compile --no-deps --require-hashes --requirement requirements.txt
	$(BIN)/pip check
	@touch $@

$(VENV)/development: requirements-dev.txt $(VENV)/runtime
	$(BIN)/pip install --quiet --no-compile --no-deps --require-hashes --requirement requirements-dev.txt
	$(BIN)/pip check
	@touch $@

install: $(VENV)/development ## Make .venv with everything to run, test and change the project

lock: $(VENV)/development ## Resolve the dependencies of pyproject.toml anew, with hashes
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--no-strip-extras --no-emit-index-url --no-emit-find-links --upgrade pyproject.toml --output-file requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--no-strip-extras --no-emit-index-url --no-emit-find-links --upgrade --constraint requirements.txt \
		pyproject.toml --group dev --output-file requirements-dev.txt

run: $(VENV)/runtime ## Migrate and serve on http://127.0.0.1:$(PORT), as in production
	$(MANAGE) migrate --verbosity 0
	$(MANAGE) collectstatic --no-input --verbosity 0
	PORT=$(PORT) $(MANAGE) serve

demo: export INVENTORY_DATA_DIR := $(if $(INVENTORY_DATA_DIR),$(INVENTORY_DATA_DIR)/demo,var-demo)
demo: export DATABASE_URL :=
demo: export AWS_STORAGE_BUCKET_NAME :=
demo: $(VENV)/runtime ## Serve demo data from a folder of its own; prints the address and the login
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) collectstatic --no-input --verbosity 0
	@$(MANAGE) load_demo --port $(PORT)
	@HOST=127.0.0.1 PORT=$(PORT) $(MANAGE) serve --log-level warning

test: $(VENV)/development ## Run all tests, on SQLite + folder, then on PostgreSQL + S3
	TEST_BACKEND=embedded $(PYTEST) || $(call AGAIN,embedded)
	TEST_BACKEND=servers $(PYTEST) || $(call AGAIN,servers)

coverage: $(VENV)/development ## Run the tests on SQLite + folder, which take a third longer so, and list what they never reach
	TEST_BACKEND=embedded $(PYTEST) --cov

torture: export TORTURE_SECONDS ?= 150
torture: export TORTURE_KILLS ?= 1000
torture: export TORTURE_EXAMPLES ?= 60
torture: $(VENV)/development ## Kills, faults, random orders and requests at length, then coverage, model and mutants; more than an hour
	$(MAKE) coverage
	$(BIN)/pytest --quiet proofs
	TEST_BACKEND=embedded $(BIN)/pytest --quiet tests/protocol
	TEST_BACKEND=servers $(BIN)/pytest --quiet tests/protocol
	$(BIN)/pytest --quiet tests/contract/test_schemathesis.py
	$(BIN)/python -m proofs.storage.mutants
	TEST_BACKEND=embedded STOCK_OPERATIONS=$(or $(STOCK_OPERATIONS),50000) $(BIN)/pytest --quiet --capture=no tests/stock/test_proofs.py
	TEST_BACKEND=servers STOCK_OPERATIONS=$(or $(STOCK_OPERATIONS),100000) $(BIN)/pytest --quiet --capture=no tests/stock/test_proofs.py

check: $(VENV)/development ## Lint, types, import contracts, migrations, deployment check, then the tests
	$(MAKE) --jobs 2 --output-sync types lint settings collect
	$(MAKE) test

types: $(VENV)/development ## Check the types
	$(BIN)/mypy

lint: $(VENV)/development ## Check style, import contracts, templates, scripts, image and compose file
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/djlint --check --lint --quiet .
	$(BIN)/hadolint Dockerfile
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec compose.yaml
	$(BIN)/oxlint --quiet --deny-warnings attachments inventory stock

settings: $(VENV)/development ## Check that no migration is missing, and settings fit for production
	$(MANAGE) makemigrations --check --dry-run
	$(MANAGE) check --database default
	DJANGO_HTTPS=true $(MANAGE) check --deploy --fail-level WARNING

collect: $(VENV)/development ## Load all tests, without running any: what cannot be imported shows at once
	@$(BIN)/pytest --collect-only -qq > $(VENV)/tests || { cat $(VENV)/tests; false; }

bench: $(VENV)/development ## Measure speed and memory beside their references, as a table and as JSON
	$(BIN)/python -m bench

corpus: $(VENV)/development ## Send every file of the folder DIR=… through the API, and report
	@test -n "$(DIR)" || { echo "Say which folder: make corpus DIR=/path/to/files" >&2; exit 2; }
	$(BIN)/python -m bench.corpus "$(DIR)" $(ARGS)

image: $(VENV)/development ## Build the image without a registry of images, and try it (root, buildah, debootstrap)
	$(BIN)/hadolint Dockerfile
	$(BIN)/python -m proofs.image

clean: ## Remove .venv and caches; data stays
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
