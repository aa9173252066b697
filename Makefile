# make serve   from nothing to a running service at http://127.0.0.1:8000
#              (TORCH=cuda takes the build of torch for NVIDIA's cards, TORCH=cpu the small one; by
#              itself it takes the small one on Linux unless a driver is there)
# make test    all tests, against a real store and, where there is one, a real browser
# make test-fast   those that take no service and no browser, in under a minute
# make guide   the documentation as a site, which the service shows at /guide; make serve does it too
# make check   style, types, docstrings that agree with their parameters, and known holes in what
#              the project depends on

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA := data/ml-100k
MODEL := var/model
NODE_MODULES := clients/javascript/node_modules/.package-lock.json
# Tests wait for a service half of their time; a file's tests share what they train and what they
# serve. In the order that tests/conftest.py gives them, the longest first.
SIDE_BY_SIDE := --numprocesses 3 --dist loadfile --no-loadscope-reorder
# Files with tests that are held to a time; to collect all others too takes each process seconds.
CLOCK_FILES = $(sort $(shell grep -rl --include='test_*.py' 'pytest\.mark\.clock' tests))
TORCH ?= $(shell test "$$(uname -s)" = Linux -a ! -e /proc/driver/nvidia && echo cpu)
TORCH_CPU_INDEX ?= https://download.pytorch.org/whl/cpu

GUIDE := app/guide/index.html
GUIDE_SOURCES := $(shell find docs scripts/guide -type f -not -name "*.pyc") CHANGELOG.md CONTRIBUTING.md SECURITY.md

# Where it is set, each process compiles all modules anew, and pytest all tests: four seconds of each
# process that collects them.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: serve guide test test-fast check clean
.DELETE_ON_ERROR:

serve: $(VENV)/.installed $(GUIDE)
	$(BIN)/melu fetch ml-100k --out $(DATA)
	test -f $(MODEL)/bundle.json || $(BIN)/melu train $(DATA) --out $(MODEL)
	exec $(BIN)/melu serve --model $(MODEL)

test: $(VENV)/.installed-test $(NODE_MODULES) $(GUIDE)
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m 'not clock'
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m 'clock and patient' $(CLOCK_FILES)
	$(BIN)/python -m pytest -m 'clock and not patient' $(CLOCK_FILES)

test-fast: $(VENV)/.installed-test
	$(BIN)/python -m pytest -q -m 'not slow'

guide: $(GUIDE)

$(GUIDE): $(VENV)/.installed $(GUIDE_SOURCES)
	$(BIN)/python -m scripts.guide

check: $(VENV)/.installed-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pydoclint --quiet app model scripts clients
	$(BIN)/python -m scripts.audit

# Users' feedback, in var/store, stays.
clean:
	rm -rf $(VENV) $(MODEL) data app/guide

# The stamps keep a second run from asking the network for anything.
$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("MeLU Online needs Python 3.11 or newer; run make PYTHON=python3.x" if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
ifeq ($(TORCH),cpu)
	@# Without its dependencies, which come from the usual index below.
	$(BIN)/python -m pip install --quiet --no-deps --retries 0 --timeout 10 --constraint constraints.txt --index-url $(TORCH_CPU_INDEX) torch 2>$(VENV)/torch.log || echo 'The small build of torch is not to be had from $(TORCH_CPU_INDEX); taking what pip finds.'
endif
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch hatchling editables
	@# Not isolated: that would fetch what wheels are built with, which an editable install needs little of.
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-build-isolation --editable .
	touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-build-isolation --editable '.[test]'
	# In a place of their own: they want other versions than ours, and no test imports them.
	$(PYTHON) -m venv $(VENV)/client-generator
	$(VENV)/client-generator/bin/python -m pip install --quiet openapi-python-client==0.29.1 datamodel-code-generator==0.89.0
	sh scripts/find_chromium.sh || echo 'No Chromium was found or could be installed: the page tests will be skipped.'
	touch $@

# What TypeScript and the types' generator need; npm writes the file last of all.
$(NODE_MODULES): clients/javascript/package-lock.json
	npm ci --prefix clients/javascript --no-fund --no-audit --loglevel=error && touch $@ || echo 'There is no Node 20 with npm, or npm could not install: the tests of the JavaScript client will be skipped.'
