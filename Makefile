# make run     start the gateway with an embedded store, on this machine alone
# make test    prove it: linters, types, every test, real stores, foreign SOAP clients
# make test-large  what takes longer: objects of a gigabyte through every client that attaches
#
# Both make .venv first, and again when pyproject.toml changed. `make test` needs the programs of the
# foreign clients too: as root on Debian it installs them, else it says which are missing.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check
CORE := tables wire soap rest conversation
FLOORS_WITH_SOCKETS := tests/proxy tests/service

.PHONY: run test test-large bench bench-memory bench-stall bench-throughput setup debian lint core carriers clients differential scaling format clean

run: $(VENV)/.run
	$(BIN)/twistd -n s3gateway

test: lint core carriers clients differential scaling

test-large: $(VENV)/.test debian
	$(PYTEST) tests/clients -m large

# Everything that is measured, against nginx, haproxy and what users would write: one table, and figures.json and
# figures.png in bench/results. QUICK=1 is the short form. It needs two cores that nobody else uses.
bench: $(VENV)/.bench
	$(BIN)/python -m bench $(if $(QUICK),--quick)

# The most that the gateway takes above its idle size while a large object passes, in every cell.
bench-memory: $(VENV)/.test
	$(BIN)/python -m bench.memory

# How long a small request waits while large messages are read.
bench-stall: $(VENV)/.test
	$(BIN)/python -m bench.stall

# How fast large objects pass, against nginx; nginx and curl have to be there.
bench-throughput: $(VENV)/.test
	$(BIN)/python -m bench.throughput

setup: $(VENV)/.test

# The programs of the foreign clients and of the stores that tests build, from Debian.
debian: $(VENV)/.test
	$(BIN)/python -m tests.clients.debian

lint: $(VENV)/.test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# Everything that asks for no carrier, once; the core's branches are all gone through.
core: $(VENV)/.test debian
	$(PYTEST) tests $(FLOORS_WITH_SOCKETS:%=--ignore=%) --ignore=tests/clients --ignore=tests/differential --ignore=tests/scaling \
		$(CORE:%=--cov=gateway.%) --cov-branch --cov-report=term-missing:skip-covered --cov-fail-under=100

# A process has one reactor, so each carrier has a process.
carriers: $(VENV)/.test
	CARRIER=native $(PYTEST) $(FLOORS_WITH_SOCKETS)
	CARRIER=twisted $(PYTEST) $(FLOORS_WITH_SOCKETS)

clients: $(VENV)/.test debian
	CARRIER=native $(PYTEST) tests/clients
	CARRIER=twisted $(PYTEST) tests/clients -m 'not large and not wording'

# The same calls of REST clients on a store and through gateways, compared.
differential: $(VENV)/.test
	$(PYTEST) tests/differential

# Three gateways behind a balancer, a cluster behind them; no figure of it depends on the carrier.
scaling: $(VENV)/.test debian
	$(PYTEST) tests/scaling

format: $(VENV)/.test
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean:
	rm -rf $(VENV) tests/clients/build dist .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "s3gateway needs Python 3.11 or newer; name one: make PYTHON=python3.11")'
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { [ "$$(id -u)" = 0 ] && apt-get -qq update >/dev/null \
		&& DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends python3-venv >/dev/null; } \
		|| { echo "$(PYTHON) has no venv: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) 'pip>=25.1'

$(VENV)/.run: pyproject.toml | $(BIN)/python
	$(INSTALL) --editable '.[embedded]'
	touch $@

$(VENV)/.test: pyproject.toml | $(BIN)/python
	$(INSTALL) --group test --group lint --editable '.[embedded]'
	touch $@ $(VENV)/.run

$(VENV)/.bench: pyproject.toml | $(VENV)/.test
	$(INSTALL) --group bench
	touch $@
