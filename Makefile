# Every target makes the environment that it needs; nothing has to be installed by hand but
# Python 3.11 or newer, make and git, and for the tests Firefox (see tests/browser.py).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
PAGE := _build/html/index.html

.PHONY: book read pdf test floor lab bench lock clean
# With make -j the book would run while its own environment is being installed.
.NOTPARALLEL:
.DEFAULT_GOAL := book

$(VENV)/book: requirements.txt constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and \
	  f"The book needs Python 3.11 or newer, and $(PYTHON) is {v[0]}.{v[1]}: make PYTHON=python3.12")'
	@echo "Making the environment in $(VENV): a minute or two, once"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --quiet -r requirements.txt
	@touch $@

$(VENV)/test: $(VENV)/book
	@$(PIP) install --quiet -c constraints.txt -e '.[test,dev]'
	@touch $@

$(VENV)/lab: $(VENV)/book
	@$(PIP) install --quiet -c constraints.txt -e '.[lab]'
	@touch $@

# -n: a reference to nothing is a warning; -W: a warning is an error, after all have been shown.
book: $(VENV)/book
	@$(BIN)/jupyter-book build . -n -W --keep-going
	@echo "The book is ready. Open file://$(CURDIR)/$(PAGE)"

read: book
	@$(BIN)/python scripts/read_book.py

# Pages link to the PDF only where it is made, so the book is built anew with that link.
pdf: export BOOK_PDF = 1
pdf: $(VENV)/test book
	@$(BIN)/python tests/browser.py chromium
	@$(BIN)/python scripts/book_pdf.py

test: $(VENV)/test book
	@$(BIN)/python tests/browser.py
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/python -m pytest

# The library with the oldest NumPy that pyproject.toml admits, in an environment of its own.
floor: tests := accuracy attention core derivatives learning losses robustness rounding sampling
floor:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info > (3, 13) and \
	  "NumPy 2.0.0 has wheels up to Python 3.12: make floor PYTHON=python3.12")'
	@$(PYTHON) -m venv $(VENV)-floor
	@$(VENV)-floor/bin/pip --disable-pip-version-check install --quiet numpy==2.0.0 \
	  scikit-learn scipy -e '.[book,test]'
	@$(VENV)-floor/bin/python -m pytest softmax_lib $(tests:%=tests/test_%.py)

# As root, which is what one is in a container, JupyterLab wants to be told so.
lab: $(VENV)/lab
	@$(BIN)/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) index.ipynb

# PEERS=1 adds PyTorch and JAX, which are large.
bench: $(VENV)/test
	@$(BIN)/python tests/browser.py chromium
	@[ -z '$(PEERS)' ] || $(PIP) install --quiet -c constraints.txt -e '.[peers]'
	@for script in benchmarks/[a-z]*.py; do $(BIN)/python $$script || exit 1; done

# The newest versions that fit, for every system and Python that the book supports. JupyterLab
# and Notebook stay out: Binder brings its own, and the lab extra takes what is current.
lock: $(VENV)/test
	@sed -e '/^-c/d' -e '/^-e/d' requirements.txt | $(BIN)/uv pip compile - pyproject.toml \
	  --extra test --extra dev --universal --python-version 3.11 --upgrade --quiet \
	  --no-header --no-annotate --output-file constraints.txt

clean:
	@rm -rf _build $(VENV) $(VENV)-binder $(VENV)-floor .pytest_cache .ruff_cache .hypothesis *.egg-info
