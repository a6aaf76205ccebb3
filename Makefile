# `make demo` shows the tool at work, `make test` proves it. Both make .venv themselves.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
SOURCES := hdrvid nuke_plugin tests benchmarks examples ocio

.PHONY: demo test lint fix types imports generate clean

.venv/base: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

.venv/dev: .venv/base
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: .venv/base
	$(BIN)/hdrvid expand tests/data/still_life.mp4 --out demo/exr --layers all --overwrite
	$(BIN)/hdrvid contact tests/data/still_life.mp4 demo/exr --out demo/contact.png

test: lint types imports
	$(BIN)/python -X dev -m pytest

lint: .venv/dev
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)

fix: .venv/dev
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

types: .venv/dev
	$(BIN)/mypy
	$(BIN)/mypy --config-file nuke_plugin/mypy.ini

imports: .venv/dev
	$(BIN)/lint-imports

generate: .venv/base
	$(BIN)/python -m hdrvid.knobs nuke_plugin/hdrvid_nuke/knobs.json
	cd nuke_plugin && ../$(BIN)/python -m hdrvid_nuke.nktext hdrvid_nuke/HDRvidExpand.nk

clean:
	rm -rf .venv demo build *.egg-info
