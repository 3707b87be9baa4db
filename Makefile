# `make` alone lists the targets. Everything is installed into .venv, made on first use.
PYTHON ?= python3
VENV   := .venv/bin
RUFF   := $(VENV)/ruff
export PATH := $(CURDIR)/bin:$(CURDIR)/.venv/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help demo test check bench bench-tools bench-inputs bench-sort bench-run golden test-pythons test-peers hadoop hadoop-start hadoop-stop test-hadoop dist clean

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*##  */\1\t/p' $(MAKEFILE_LIST) | while IFS='	' read -r t d; do printf '  make %-13s %s\n' "$$t" "$$d"; done

.venv/ready: setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.10 or newer is needed: make PYTHON=python3.12" if sys.version_info < (3, 10) else 0)'
	$(PYTHON) -m venv --clear .venv
	$(VENV)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: .venv/ready  ## the founding job and a word count on sample data
	@bash tests/demo.sh

test: .venv/ready  ## run the tests
	$(VENV)/python -m pytest

check: .venv/ready  ## lint, format and types
	$(RUFF) check --config .ci/ruff.toml .
	$(RUFF) format --config .ci/ruff.toml --check .
	$(VENV)/mypy

bench: bench-tools bench-inputs bench-sort bench-run  ## measure speed and memory against other tools; bench-sort: one part

bench-tools bench-inputs bench-sort: bench-%: .venv/ready
	$(VENV)/python tests/bench/bench_$*.py

bench-run: .venv/ready
	@bash tests/peers/install.sh
	$(VENV)/python tests/bench/bench_run.py

golden: .venv/ready  ## record the cases and the README's output anew; then read `git diff`
	$(VENV)/python -m pytest tests/test_cases.py tests/test_readme.py --record

test-pythons:  ## run the tests on every Python from 3.10 to 3.13 that is found, or on those in PYTHONS
	@bash tests/pythons.sh $(PYTHONS)

test-peers: .venv/ready  ## run mrjob's example jobs through st-hadoop
	@bash tests/peers/install.sh
	STREAMTOOLS_PEERS=$${XDG_CACHE_HOME:-$$HOME/.cache}/streamtools/peers/bin/python $(VENV)/python -m pytest tests/peers

hadoop:  ## fetch a real Hadoop into the cache (needs a JDK and Maven)
	@bash tests/hadoop/install.sh

hadoop-start:  ## HDFS and YARN on loopback, in the background
	@bash tests/hadoop/cluster.sh start

hadoop-stop:  ## end them and remove their data
	@bash tests/hadoop/cluster.sh stop

test-hadoop: .venv/ready hadoop  ## the same jobs by the real Hadoop and by st-run
	STREAMTOOLS_REQUIRE_HADOOP=1 $(VENV)/python -m pytest tests/hadoop

record-hadoop: .venv/ready hadoop  ## record the real Hadoop's answers to tests/hadoop/cases; then read `git diff`
	STREAMTOOLS_REQUIRE_HADOOP=1 $(VENV)/python -m pytest tests/hadoop/test_differential.py -k case_found --record

dist: .venv/ready  ## build wheel, sdist and streamtools.pyz into dist/
	$(VENV)/python -m build --quiet --outdir dist .
	$(VENV)/pip install --quiet --disable-pip-version-check --no-deps --upgrade --target build/bundle 'click>=8.1,<8.2'
	$(VENV)/python -m streamtools.cluster.shipment.bundle dist/streamtools.pyz build/bundle

clean:  ## remove what was built, the environment too
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
