# ratecheck: make alone prints the targets.
PYTHON ?= python3
VENV ?= .venv
OUT ?= results
GPU ?= gpu
BIN = $(VENV)/bin
SETUP = setup.cfg pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help sweep quick norms networks networks-full networks-gpu test test-all parity zoo calibrate mutants lint bench gpu-check clean

help: ## print the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

sweep: $(VENV)/.ready ## run the shipped sweep, judge it, write figures and report to results/ (minutes)
	$(BIN)/python -m simulator sweep simulator/lab/rates.toml --out $(OUT)
	$(BIN)/python -m simulator report $(OUT)
	@$(BIN)/python docs/refresh_readme.py $(OUT)

quick: $(VENV)/.ready ## the same on a small grid, to results/quick (under a minute)
	$(BIN)/python -m simulator sweep simulator/lab/rates.toml --quick --out $(OUT)/quick
	$(BIN)/python -m simulator report $(OUT)/quick

norms: $(VENV)/.ready ## Monte Carlo norm checks beside their exact values, to results/norms
	$(BIN)/python -m simulator norms --out $(OUT)/norms

networks: $(VENV)/.ready $(VENV)/.ready-networks ## train ladders of small networks, judge ‖∇f‖₁ against √d ‖∇f‖₂, write docs/networks.md (20 minutes)
	$(BIN)/python -m simulator networks small -j 2 --out $(OUT)/networks || case $$? in 1|3) ;; *) exit 1 ;; esac
	$(BIN)/python -m simulator report $(OUT)/networks
	$(BIN)/python docs/refresh_networks.py $(OUT)/networks

networks-full: $(VENV)/.ready $(VENV)/.ready-networks ## the same on larger ladders, to docs/networks-full too (hours; run it again to go on)
	$(BIN)/python -m simulator networks full -j 2 --out $(OUT)/networks-full || case $$? in 1|3) ;; *) exit 1 ;; esac
	$(BIN)/python -m simulator report $(OUT)/networks-full
	$(BIN)/python docs/refresh_networks.py $(OUT)/networks-full

networks-gpu: $(VENV)/.ready $(VENV)/.ready-networks ## GPT-2 and its widths on one GPU, to results/networks-gpu (parts of 8 minutes; run it again to go on)
	$(BIN)/python -m simulator networks gpu --minutes 5 --out $(OUT)/networks-gpu || case $$? in 1|3) ;; *) exit 1 ;; esac
	$(BIN)/python -m simulator report $(OUT)/networks-gpu

test: $(VENV)/.ready-test ## run the tests, but for the slow ones
	$(BIN)/python -m pytest -m "not slow"

test-all: $(VENV)/.ready-test ## run all tests
	$(BIN)/python -m pytest

parity: $(VENV)/.ready-test $(VENV)/.ready-parity ## run the tests against PyTorch and optax, and those of networks (installs them: large)
	$(BIN)/python -m pytest tests/test_parity_torch.py tests/test_parity_optax.py tests/test_watch.py tests/test_networks.py

lint: $(VENV)/.ready $(VENV)/.ready-lint ## check style and types
	$(BIN)/ruff check --line-length 120 --select E,F,W,I,B,UP,C4,PIE .
	$(BIN)/ruff format --line-length 120 --check .
	@mkdir -p build/typing/ratecheck
	@ln -sfn $(CURDIR)/problems $(CURDIR)/simulator $(CURDIR)/simulator/ratecheck/*.py build/typing/ratecheck
	$(BIN)/mypy

zoo: $(VENV)/.ready ## verify every shipped theorem, write docs/zoo.md, docs/zoo/ and the table of README.md (minutes)
	$(BIN)/python -m tests.zoo --out $(OUT)/zoo

calibrate: $(VENV)/.ready ## judge true and false statements on random settings, write the tables of docs/judge.md (20 minutes)
	$(BIN)/python -m tests.calibrate --out $(OUT)/calibrate

mutants: $(VENV)/.ready-test ## plant bugs one at a time, see what notices each, write docs/mutants.md (an hour; run it again to go on)
	$(BIN)/python -m tests.mutants --out $(OUT)/mutants

bench: $(VENV)/.ready $(if $(AGAINST),,$(VENV)/.ready-bench) ## time the CPU engine beside JAX, PyTorch, … (installs them: large); AGAINST=COMMIT: beside that commit, alone
	$(BIN)/python -m $(if $(AGAINST),tests.bench.against $(AGAINST),tests.bench --page docs/benchmarks.md)

gpu-check: $(VENV)/.ready $(VENV)/.ready-$(GPU) ## check the GPU engine on this machine's card, write docs/gpu/
	$(BIN)/python -m tests.gpucheck

clean: ## remove the environment, results and caches
	rm -rf $(VENV) $(OUT) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "ratecheck needs Python 3.11 or newer; name one with make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "no virtual environment could be made; on Debian: apt-get install python3-venv"; exit 1; }

# The package is installed in place; an extra of the same name as the stamp comes with it.
$(VENV)/.ready: $(SETUP) | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

# Two packages of CuPy break each other.
$(VENV)/.ready-gpu $(VENV)/.ready-gpu12: $(SETUP) | $(VENV)/bin/python
	@rm -f $(VENV)/.ready-gpu $(VENV)/.ready-gpu12
	$(BIN)/python -m pip uninstall --quiet --yes cupy-cuda12x cupy-cuda13x
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[$(@:$(VENV)/.ready-%=%)]'
	@touch $@

$(VENV)/.ready-%: $(SETUP) | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[$*]'
	@touch $@
