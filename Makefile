# Everything that a person or a pipeline does with this repository. `make` alone lists it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
IMAGE ?= praetor:dev
SITE_IMAGE ?= praetor-site:dev
KIND_CLUSTER ?= praetor
# Of which every other one takes what mostly waits (tests/support/both_ends.py): about twice the cores.
WORKERS ?= 2
# What runs anywhere; tests/cluster needs a cluster and tests/bench gives figures, so they have their own targets.
TESTS := $(wildcard tests/unit tests/property tests/calibration tests/apiserver tests/live)

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  \033[1m%-14s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##  Environment

.PHONY: venv
venv: $(STAMP) ## Make .venv with the locked tools and Praetor itself (editable)

$(STAMP): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or later is needed; $(PYTHON) is older. Name another: make PYTHON=python3.11 venv" >&2; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.PHONY: lock
lock: ## Resolve the dependencies again for Python 3.11 and later (needs uv; UPGRADE=1 takes newer versions)
	@command -v uv >/dev/null || { echo "uv is needed to resolve the lock files: pip install uv" >&2; exit 2; }
	uv pip compile $(LOCK) --extra operator --extra openenv --extra site --group dev -o requirements/dev.txt
	uv pip compile $(LOCK) --extra operator --constraint requirements/dev.txt -o requirements/operator.txt
	uv pip compile $(LOCK) --extra operator --extra site --constraint requirements/dev.txt -o requirements/site.txt

LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml \
  $(if $(UPGRADE),--upgrade)

##  Checks

.PHONY: lint
lint: $(STAMP) ## Style, types, and which room may import which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

.PHONY: format
format: $(STAMP) ## Rewrite the sources in the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: test
test: $(STAMP) ## Every test that this machine can run
	$(BIN)/pytest $(TESTS) -n $(WORKERS) --dist loadfile $(PYTEST_ARGS)

.PHONY: test-cluster
test-cluster: $(STAMP) ## Tests of the chart in a real cluster: KUBECONFIG=... IMAGE=... make test-cluster
	IMAGE=$(IMAGE) $(BIN)/pytest tests/cluster -n 2 --dist loadfile --durations=15 $(PYTEST_ARGS)

.PHONY: bench
bench: $(STAMP) ## Figures, each beside this machine's own yardstick
	$(BIN)/pytest tests/bench -s -o python_files="bench_*.py" $(PYTEST_ARGS)

##  Run it

.PHONY: demo
demo: $(STAMP) ## Real alerts through an embedded Praetor, from webhook to report
	$(BIN)/praetor demo

.PHONY: dev
dev: $(STAMP) ## Gateway, controller and runner in one process on 127.0.0.1:8080
	$(BIN)/praetor dev

##  Build it

.PHONY: crds
crds: $(STAMP) ## Write the CRDs from the models, for kubectl and for the chart
	$(BIN)/python -m praetor.resources.crd crds charts/praetor/files/crds

.PHONY: contract
contract: $(STAMP) ## Write manifests/contract/ops.yaml, the contract of target sites, from the models
	$(BIN)/python -m praetor.resources.ops_openapi manifests/contract/ops.yaml

.PHONY: openenv-package
openenv-package: $(STAMP) ## Write openenv.yaml and the plans and trajectories that it names, from the code
	$(BIN)/python -m praetor.openenv.package .

.PHONY: tables
tables: $(STAMP) ## Write the tables of docs/reference/scenarios.md from the code
	$(BIN)/python -m simcore.conversion.tables docs/reference/scenarios.md

.PHONY: manifests
manifests: ## Write manifests/base, what the chart renders, for kubectl (needs helm)
	helm template praetor charts/praetor --namespace praetor-system \
	  --set crds.enabled=false,webhook.existingSecret=praetor-webhook > manifests/base/praetor.yaml

.PHONY: wheel
wheel: $(STAMP) ## Build dist/praetor-*.whl
	rm -f dist/*.whl
	$(BIN)/hatchling build -t wheel -d dist

.PHONY: image
image: ## Build the container image IMAGE with Docker
	docker build -t $(IMAGE) .

.PHONY: site-image
site-image: ## Build the image of the demo site, SITE_IMAGE, with Docker
	docker build --target site -t $(SITE_IMAGE) .

.PHONY: kind-up
kind-up: image ## Start a kind cluster and load IMAGE into it
	kind create cluster --name $(KIND_CLUSTER) --config manifests/kind/cluster.yaml
	kind load docker-image --name $(KIND_CLUSTER) $(IMAGE)

.PHONY: kind-down
kind-down: ## Delete the kind cluster
	kind delete cluster --name $(KIND_CLUSTER)

.PHONY: clean
clean: ## Remove what was built, the environment included
	rm -rf .venv build dist .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache praetor-data
