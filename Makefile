# `make` lists the targets. Everything is installed into .venv, which is made on first use: what users need for
# `make demo` (.venv/ready), the tools for development with the first of the other targets (.venv/dev).
PYTHON ?= python3
VENV   := .venv/bin
RUFF   := $(VENV)/ruff
export PATH := $(CURDIR)/bin:$(CURDIR)/.venv/bin:$(PATH)
# Where these are set, each of the thousands of processes of the tests compiles the package anew.
unexport PYTHONDONTWRITEBYTECODE PYTHONUNBUFFERED

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast test-faults coverage check bench bench-tools bench-inputs bench-sort bench-api bench-run golden tutorial pages pictures mutants test-pythons test-peers hadoop hadoop-start hadoop-stop test-hadoop record-hadoop man dist clean

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*##  */\1\t/p' $(MAKEFILE_LIST) | while IFS='	' read -r t d; do printf '  make %-14s %s\n' "$$t" "$$d"; done

.venv/ready: setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.10 or newer is needed: make PYTHON=python3.12" if sys.version_info < (3, 10) else 0)'
	$(PYTHON) -m venv --clear .venv
	$(VENV)/pip install --disable-pip-version-check --editable .
	@touch $@

.venv/dev: .venv/ready
	$(VENV)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: .venv/ready  ## run the main job and a word count on sample data
	@bash tests/demo.sh

test: .venv/dev  ## run the tests (5 minutes)
	$(VENV)/python -m pytest -n auto --dist worksteal

test-fast: .venv/dev  ## run the tests that start no process (20 seconds)
	$(VENV)/python -m pytest --fast

test-faults: .venv/dev  ## kill, starve and deceive the tools; FAULTS=SEED or random, TIMES=3 for three times the cases
	$(VENV)/python -m pytest tests/faults -o tmp_path_retention_policy=failed --seed $(or $(FAULTS),1) --times $(or $(TIMES),1)

coverage: export COVERAGE_FILE := $(CURDIR)/build/coverage/data
coverage: .venv/dev  ## print which lines and branches the tests run, in all processes (10 minutes)
	rm -rf build/coverage && mkdir -p build/coverage
	-$(VENV)/coverage run -m pytest
	-$(VENV)/coverage combine --quiet 2>build/coverage/log # which names the unfinished data of killed tasks
	rm -f build/coverage/data.*
	$(VENV)/coverage report

check: .venv/dev  ## check style, format and types
	$(RUFF) check --config .ci/ruff.toml .
	$(RUFF) format --config .ci/ruff.toml --check .
	$(VENV)/mypy
	$(VENV)/mypy --platform darwin
	$(VENV)/mypy --allow-untyped-defs --allow-untyped-calls --disable-error-code var-annotated --disable-error-code unused-ignore streamtools/examples/*/*.py
	@for file in tests/*/conftest.py; do $(VENV)/mypy $$file || exit; done # one by one: all are modules of one name

bench: bench-tools bench-inputs bench-sort bench-api bench-run  ## compare speed and memory with other tools; or run one of the five, like bench-sort

bench-tools bench-inputs bench-sort bench-api: bench-%: .venv/dev
	$(VENV)/python tests/bench/bench_$*.py

bench-run: .venv/dev
	@bash tests/peers/install.sh
	$(VENV)/python tests/bench/bench_run.py

golden: .venv/dev  ## record the cases and the output that the pages show anew; read `git diff` afterwards
	$(VENV)/python -m pytest tests/test_cases.py tests/test_pages.py --record

tutorial: .venv/dev  ## run the tutorial's commands, on a real Hadoop too if `make hadoop` has fetched one
	PYTHONPATH=tests:tests/hadoop $(VENV)/python tests/tutorial.py

pages: .venv/dev  ## make the cookbook and the reference of commands anew, from the examples and from --help
	$(VENV)/python tests/made_pages.py

pictures: .venv/dev  ## make the pictures of the guide anew (the screenshot needs chromium)
	$(VENV)/python tests/pictures.py

mutants: .venv/dev  ## put faults into sort, shuffle, partition, keyspec and records, and see that tests notice
	$(VENV)/python tests/mutants.py $(MUTANTS)

test-pythons:  ## run the tests on each Python from 3.10 to 3.14 that is found, or on PYTHONS="3.10 3.12"
	@bash tests/pythons.sh $(PYTHONS)

test-peers: .venv/dev  ## run mrjob's example jobs by st-hadoop
	@bash tests/peers/install.sh
	STREAMTOOLS_PEERS=$${XDG_CACHE_HOME:-$$HOME/.cache}/streamtools/peers/bin/python $(VENV)/python -m pytest tests/peers

hadoop:  ## fetch a real Hadoop into the user's cache (needs a JDK and Maven)
	@bash tests/hadoop/install.sh

hadoop-start:  ## start HDFS and YARN on the loopback interface, in the background
	@bash tests/hadoop/cluster.sh start

hadoop-stop:  ## stop them and remove their data
	@bash tests/hadoop/cluster.sh stop

test-hadoop: .venv/dev hadoop  ## run the same jobs by the real Hadoop and by st-run
	STREAMTOOLS_REQUIRE_HADOOP=1 $(VENV)/python -m pytest tests/hadoop

record-hadoop: .venv/dev hadoop  ## record the real Hadoop's answers to tests/hadoop/cases; read `git diff` afterwards
	STREAMTOOLS_REQUIRE_HADOOP=1 $(VENV)/python -m pytest tests/hadoop/test_differential.py -k case_found --record

man: .venv/ready  ## write man pages from the help into share/man, which `make dist` packs; man -M share/man st-run shows one
	$(VENV)/python -m streamtools.cli.man share/man/man1 # not below build/, which no sdist contains

dist: .venv/dev man  ## build wheel, sdist and streamtools.pyz into dist/
	$(VENV)/python -m build --quiet --outdir dist .
	$(VENV)/pip install --quiet --disable-pip-version-check --no-deps --upgrade --target build/bundle 'click>=8.1,<8.2'
	$(VENV)/python -m streamtools.cluster.shipment.bundle dist/streamtools.pyz build/bundle

clean:  ## remove everything that was built, the environment too
	rm -rf .venv build dist share *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
