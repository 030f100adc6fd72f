# Everything the course needs, by name. The work is done in Python, so that it is the same
# on Windows, where two commands replace `make lab`:
#     py src\coursekit\install.py lab
#     .venv\Scripts\python -m coursekit lab

PYTHON ?= python3
BIN := .venv/bin/python
install = @command -v "$(PYTHON)" >/dev/null \
	|| { echo "There is no $(PYTHON). Install Python 3.11 or newer (www.python.org)." >&2; exit 1; }; \
	"$(PYTHON)" src/coursekit/install.py $(1) $(if $(TORCH),--torch "$(TORCH)")
DEVICE ?= cuda
quietly = $(if $(NO_BROWSER),--no-browser)

.DEFAULT_GOAL := help
.PHONY: help lab present slides handout doctor mnist publish bundle test test-all refresh bench gpu constraints clean

help: ## show this list
	@echo "make TARGET, where TARGET is one of"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' Makefile | while IFS='|' read -r name text; \
		do printf '%-13s %s\n' "$$name" "$$text"; done
	@echo "Options: NO_BROWSER=1 only serves. TORCH=cpu takes the small download, without CUDA."
	@echo "         PYTHON=python3.12 makes a new environment with that Python (make clean first)."

lab: ## open JupyterLab on your working copies in work/
	$(call install,lab)
	@$(BIN) -m coursekit lab $(quietly)

present: ## show a lesson as live slides: make present NB=07 [SLIDE=3] [FLAVOUR=classic]
	@test -n "$(NB)" || { echo "Say which lesson, for instance: make present NB=07" >&2; exit 1; }
	$(call install,lab)
	@$(BIN) -m coursekit present "$(NB)" $(if $(FLAVOUR),--flavour "$(FLAVOUR)") $(if $(SLIDE),--slide "$(SLIDE)") $(quietly)

slides: ## write all lessons (or NB=07) as HTML slides that need no network
	$(call install,lab)
	@$(BIN) -m coursekit slides $(NB)

handout: ## print all lessons (or NB=07) as PDF files with speaker notes
	$(call install,lab)
	@$(BIN) -m coursekit handout $(NB)

doctor: ## check that this machine can run the course
	$(call install,lab)
	@$(BIN) -m coursekit doctor

mnist: ## fetch the full MNIST digits (the course runs without)
	$(call install,lab)
	@$(BIN) -m coursekit mnist

publish: ## put your copy's address into its Colab badges: make publish REPO=https://...
	@test -n "$(REPO)" || { echo "Say where: make publish REPO=https://github.com/you/your-copy" >&2; exit 1; }
	$(call install,lab)
	@$(BIN) -m coursekit publish "$(REPO)"

bundle: ## make one zip for students, for Colab without a public repository
	$(call install,lab)
	@$(BIN) -m coursekit bundle

checks = @$(BIN) -m ruff check -q . \
	&& { $(BIN) -m ruff format -q --check . || { echo "Run: $(BIN) -m ruff format" >&2; exit 1; }; } \
	&& $(BIN) -m pytest -q -n 4 --dist loadfile --no-loadscope-reorder $(1)

test: ## check the code, run every test and every notebook
	$(call install,test)
	$(call checks)

test-all: ## the same and every fault with every lesson: about an hour
	$(call install,test)
	$(call checks,--slow)

refresh: ## run every notebook (or NB=07) again and save its outputs
	$(call install,test)
	@$(BIN) -m tests.tools.refresh $(NB)

bench: ## measure what is promised to be fast
	$(call install,test)
	@$(BIN) -m pip install -q -c constraints.txt torchviz torchview lightning skorch fastai
	@$(BIN) -m pytest tests/bench --benchmark-only

gpu: ## prove and measure what only a GPU shows: make gpu NAME=rtx4090 [DEVICE=mps]
	@test -n "$(NAME)" || { echo "Name the run's file in data/speeds: make gpu NAME=rtx4090" >&2; exit 1; }
	$(call install,test)
	@COURSEKIT_DEVICE=$(DEVICE) $(BIN) -m tests.tools.measure_speeds "$(NAME)"
	@$(BIN) -m pytest -v -m gpu tests/test_gpu.py
	@$(BIN) -m tests.tools.refresh 12 13 --device "$(DEVICE)" --to build/gpu
	@$(BIN) -m pytest tests/bench/test_bench_gpu.py --benchmark-only

constraints: ## pin every package again after a change in pyproject.toml [UPGRADE=1]
	$(call install,test)
	@$(BIN) -m pip install -q -c constraints.txt uv
	@$(BIN) -m uv pip compile -q pyproject.toml --group make --all-extras --universal \
		--python-version 3.11 --no-python-downloads --no-annotate --no-emit-index-url \
		--custom-compile-command "make constraints" $(if $(UPGRADE),--upgrade) -o constraints.txt

clean: ## remove the environment and all caches; never work/ or data/
	@rm -rf .venv build dist .pytest_cache .ruff_cache .mypy_cache .hypothesis .benchmarks
	@find src tests notebooks \( -name __pycache__ -o -name .ipynb_checkpoints \) -prune \
		-exec rm -rf {} +
