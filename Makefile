# Targets for users: demo, app, report, evidence.
# For changes: setup, test, check, format, test-slow, docs, package, fuzz, evidence-smoke, bench, house,
# mutants, newest, constraints, clean.
# Needs make and Python 3.11, 3.12 or 3.13. To choose one: make demo PYTHON=python3.12

PYTHON = python3
WORKERS = 2
VENV = .venv
BIN = $(VENV)/bin
READY = $(VENV)/.ready
TOOLS = $(VENV)/.ready-for-changes
# The versions that were tested; empty for the newest.
CONSTRAINTS = constraints.txt

.PHONY: help setup demo app report evidence evidence-smoke check format compile test test-slow docs \
	package fuzz newest constraints bench house mutants clean

help:
	@sed -n '1,4s/^# //p' Makefile

setup: $(TOOLS)

# Whatever was installed as byte-code is compiled when it is first imported, and most of it never is.
# uv, where it is there, does the same as pip in a fraction of the time; and today's pip in less than an old one.
UV = $(shell command -v uv)
INSTALL = $(if $(UV),uv pip install --quiet --python $(BIN)/python,$(BIN)/python -m pip install --quiet --quiet \
	--disable-pip-version-check --no-compile) $(CONSTRAINTS:%=-c %)
REMOVE = $(if $(UV),uv pip uninstall --quiet --python $(BIN)/python,$(BIN)/python -m pip uninstall --quiet --yes)
# What builds the package is installed beside it: apart from it, Numba would be installed twice. (Hatchling
# asks for `editables` where a package is installed as it stands here.) Users do not keep the compiler, which
# is 400 MB.
BUILDERS = $(VENV)/builders.txt
BUILD = $(INSTALL) -r $(BUILDERS) editables && $(INSTALL) --no-build-isolation

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || { \
		echo "partnersim needs Python 3.11, 3.12 or 3.13, and $(PYTHON) is not one of them." >&2; \
		echo "Name one that is: make PYTHON=python3.12" >&2; exit 1; }
	@echo "Creating $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv $(VENV) || { \
		echo "No virtual environment could be made (Debian, Ubuntu: install python3-venv)." >&2; \
		exit 1; }
	@$(if $(UV),,$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --upgrade pip)

$(BUILDERS): pyproject.toml | $(BIN)/python
	@$(BIN)/python -c 'import tomllib; project = tomllib.load(open("pyproject.toml", "rb")); \
		print(*project["build-system"]["requires"], sep="\n")' >$@

# What users need.
$(READY): $(BUILDERS) $(CONSTRAINTS)
	@echo "Installing partnersim and the packages that it uses there: about 1 GB, about a minute ..."
	@$(BUILD) -e .
	@$(REMOVE) ziglang
	@touch $(READY)

# And what is needed to change it.
$(TOOLS): $(BUILDERS) $(CONSTRAINTS)
	@echo "Installing partnersim and its development tools there: some minutes the first time ..."
	@$(BUILD) -e '.[dev]'
	@touch $(READY) $(TOOLS)
	@echo "Ready: $(BIN)/partnersim"

demo: $(READY)
	$(BIN)/partnersim demo

app: $(READY)
	$(BIN)/partnersim app

# From what is stored; nothing is run.
report: $(TOOLS)
	$(BIN)/python -m experiments.report.build

# All experiments, and the search for parameters where the model has changed: some hours on two cores.
# Goes on where it stopped.
evidence: $(TOOLS) compile
	$(BIN)/python -m experiments.rebuild

evidence-smoke: $(TOOLS) compile
	$(BIN)/python -m experiments.rebuild --quick

check: $(TOOLS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(TOOLS)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: compile
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow"

# The native library of the rules as they are now.
compile: $(TOOLS)
	@echo "Building the native library, if that is still to do (half a minute) ..."
	@$(BIN)/python -c 'from partnersim.model.native.build import build as b; \
		from partnersim.scenario.translate import PARAMETERS as p; b(p)'

# Real browsers, and processes that are killed: one that fails is tried once more, and named.
# Tests of one file stay with one worker as long as both have work: a server or a site is made once.
test-slow: compile
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m slow --reruns 1 -rsR

# The documentation as a site; a warning is an error.
docs: $(TOOLS)
	$(BIN)/python -m sphinx -q -W --keep-going -c docs . build/site
	@echo "Open build/site/index.html"

# What an index of packages would be given, looked through.
package: $(TOOLS)
	rm -rf dist
	$(BIN)/python -m build
	$(BIN)/python -m twine check --strict dist/*

# 10,000 hostile inputs with each of three seeds; prints what went wrong inside, which is to be nothing.
fuzz: compile
	$(BIN)/python -m tests.fuzz 10000 1 2 3

# The fast tests with the newest of everything, in an environment of their own.
newest:
	rm -rf $(VENV)-newest
	@$(MAKE) test VENV=$(VENV)-newest CONSTRAINTS=

# If these tests pass, what they ran with is pinned for the Python they ran on. Others keep their pins.
constraints: newest
	$(VENV)-newest/bin/python .ci/pin.py

bench: $(TOOLS)
	$(BIN)/python benchmarks/run.py

# How large and how tangled the code is, beside its goals.
house: $(TOOLS)
	$(BIN)/python benchmarks/house.py

# Faults put into the model one at a time: make mutants MUTANTS="-n 100 --seed 2".
mutants: $(TOOLS)
	$(BIN)/python benchmarks/mutants.py $(MUTANTS)

clean:
	rm -rf $(VENV) $(VENV)-newest build dist partnersim-demo report .hypothesis .mypy_cache \
		.pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
