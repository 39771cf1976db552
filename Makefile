# The one vocabulary of the project, for a desk and for CI.
# `make` alone lists what there is.

DATA ?=
PEERS ?=
TESTS ?=
MONTHS ?= 500
PYTHON ?= python3
BIN := .venv/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
UV := $(BIN)/uv$(if $(filter Windows_NT,$(OS)),.exe)
# The environment lies in .venv, whatever other one is active in this shell.
export UV_PROJECT_ENVIRONMENT = .venv
unexport VIRTUAL_ENV
# Without byte code every process compiles MLflow again: ten seconds each.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help

.PHONY: help
help:  ## List the commands
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

# The stamp is renewed only after a whole installation, so an interrupted one is done again.
.venv/.complete: uv.lock pyproject.toml | $(UV)
	@$(UV) sync --quiet --locked
	@touch $@

$(UV):
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer with its venv module is needed (found: $$($(PYTHON) --version 2>&1))." >&2; \
		echo "Install it (Debian, Ubuntu: apt install python3-venv) or name one: make PYTHON=python3.12 …" >&2; \
		exit 2; }
	@echo "Making the environment in .venv (once, about a minute) …"
	@$(PYTHON) -m venv --clear .venv && $(BIN)/python -m pip install --quiet \
		"$$(sed -n '/^name = "uv"$$/{n;s/version = "\(.*\)"/uv==\1/p;}' uv.lock)"

.PHONY: run
run: .venv/.complete  ## Listings in, a model in production out: make run [DATA=path/to.csv]
	@$(BIN)/carprice run $(if $(DATA),--data "$(DATA)") || test $$? -eq 3  # 3: the champion stays

.PHONY: app
app: .venv/.complete  ## Start page, API and MLflow [STREAMLIT_PORT=8501 API_PORT=8000 MLFLOW_PORT=5000]
	@$(BIN)/python scripts/serve_embedded.py

.PHONY: test
test: .venv/.complete  ## Run every test that needs no Docker, or some: make test [TESTS=tests/unit]
	@$(BIN)/pytest --numprocesses=auto --dist=loadfile --no-loadscope-reorder $(TESTS)

.PHONY: stack-test
stack-test: .venv/.complete stack-images  ## Start the whole stack on Docker and test it from outside
	@bash tests/stack/browser.sh
	@$(BIN)/pytest tests/stack

.PHONY: browser-test
browser-test: .venv/.complete  ## Test the page in a real browser, on embedded stores
	@bash tests/stack/browser.sh
	@$(BIN)/pytest tests/browser

.PHONY: stack-images
stack-images:  ## Make the images of the stack, and an engine where there is none
	@bash tests/stack/engine.sh
	@bash tests/stack/stand_ins.sh
	@for name in airflow backup certificates mlflow sign_in streamlit; do \
		echo "image $$name …"; \
		DOCKER_BUILDKIT=1 docker build --quiet --file Dockerfile.$$name . >/dev/null || exit; done

.PHONY: check check-lock check-code check-types check-rooms check-scripts check-workflows
check: check-lock check-code check-types check-rooms check-scripts check-workflows  ## Lint, check types, rooms, lock and workflow

check-lock: .venv/.complete
	@$(UV) lock --check --quiet && $(UV) lock --check --quiet --project checks \
		&& $(UV) lock --check --quiet --project benchmarks/peers || { echo "uv.lock is stale: run make lock" >&2; exit 1; }
	@$(UV) export --quiet $(EXPORT) | diff - requirements.txt >&2 \
		|| { echo "requirements.txt is stale: run make lock" >&2; exit 1; }

check-code: .venv/.complete
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

check-types: .venv/.complete
	@$(BIN)/mypy

check-rooms: .venv/.complete
	@$(BIN)/lint-imports --no-logo

# SC1091: that a sourced file is not followed is no news; it is checked by itself.
check-scripts: .venv/.complete
	@$(BIN)/shellcheck --exclude=SC1091 .ci/run $$(find . -name '*.sh' -not -path '*/.*')

check-workflows: .venv/.complete
	@$(BIN)/check-jsonschema --builtin-schema=vendor.github-workflows .github/workflows/*.yml
	@$(BIN)/check-jsonschema --builtin-schema=vendor.renovate renovate.json
	@$(BIN)/zizmor --quiet --offline .github

# What looks for what is unsafe stands in checks/, with a lock and an environment of its own: what these tools
# need is none of the product's. All of it works without a network but for the audit.
CHECKS := checks/$(BIN)
# semgrep asks its maker for a newer version, and tells it what was found, unless it is told not to.
export SEMGREP_ENABLE_VERSION_CHECK = 0
export SEMGREP_SEND_METRICS = off

checks/.venv/.complete: checks/uv.lock checks/pyproject.toml | $(UV)
	@$(UV) sync --quiet --project checks --locked
	@touch $@

.PHONY: check-safety check-secrets check-dockerfiles check-compose check-rules audit
check-safety: check-secrets check-dockerfiles check-compose check-rules  ## Look for secrets in the history and for what is unsafe in code and settings

check-secrets: checks/.venv/.complete
	@test "$$(git rev-parse --is-shallow-repository)" = false \
		|| echo "This clone has a part of the history, and only that is looked through: git fetch --unshallow" >&2
	@$(CHECKS)/gitleaks git --no-banner --log-level=warn --redact --verbose --config checks/gitleaks.toml

check-dockerfiles: checks/.venv/.complete
	@$(CHECKS)/hadolint Dockerfile.*

# Without .env: what this machine has set is not what everybody gets. Which part of deploy/forms.yml completes a
# service depends on a setting; ports and places are all it holds.
check-compose: checks/.venv/.complete
	@$(CHECKS)/compose-lint check --no-env --quiet --skip-suppressed --strict-config --fail-on=low \
		--allow-partial-coverage --config checks/compose-lint.yml docker-compose-full.yml

check-rules: checks/.venv/.complete
	@$(CHECKS)/semgrep test checks/rules
	@$(CHECKS)/semgrep scan --quiet --error --config checks/rules/safety.yml --exclude checks --exclude tests .

audit: checks/.venv/.complete  ## Ask PyPI for known vulnerabilities of everything locked; needs its network
	@checks/audit.sh $(UV) $(CHECKS)/pip-audit

.PHONY: docs
docs: .venv/.complete  ## Build the documentation site into site/; a dead link is an error
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build

.PHONY: monitoring-files
monitoring-files: .venv/.complete  ## Write what monitoring has of the code: boards for Grafana, the table of figures
	@$(BIN)/python scripts/build_boards.py
	@$(BIN)/python scripts/build_figures.py

EXPORT := --locked --no-emit-project --no-dev --no-header --no-annotate
.PHONY: lock
lock: | $(UV)  ## Renew both uv.lock and requirements.txt after a change of pyproject.toml
	@$(UV) lock
	@$(UV) lock --project checks
	@$(UV) lock --project benchmarks/peers
	@$(UV) export --quiet $(EXPORT) --output-file requirements.txt

.PHONY: bench
bench: .venv/.complete $(if $(PEERS),benchmarks/peers/.venv/.complete)  ## Measure the model beside others, and how it grows [PEERS=1: slow ones, two hours]
	@$(BIN)/python benchmarks/compare.py $(if $(PEERS),--peers)

benchmarks/peers/.venv/.complete: benchmarks/peers/uv.lock benchmarks/peers/pyproject.toml | $(UV)
	@$(UV) sync --quiet --project benchmarks/peers --locked
	@touch $@

.PHONY: monitoring-bench
monitoring-bench: .venv/.complete  ## Measure what monitoring finds, and its false alarms, in months of a known market [MONTHS=500]
	@$(BIN)/python benchmarks/monitoring_months.py $(MONTHS)

.PHONY: gate-bench
gate-bench: .venv/.complete  ## Attack the gate with 200 retrainings of known truth, and count what passes; stopped, it goes on
	@$(BIN)/python benchmarks/gate_attack.py

.PHONY: insight-bench
insight-bench: .venv/.complete  ## Measure explanations and comparable adverts beside a million listings
	@$(BIN)/python benchmarks/insight_speed.py

.PHONY: page-bench
page-bench: .venv/.complete  ## Measure how long an estimate takes, while the page and the API run
	@PYTHONPATH=tests/stack $(BIN)/python benchmarks/page_speed.py

.PHONY: stack-bench
stack-bench: .venv/.complete stack-images  ## Measure start, run and memory of the stack, tuned and untuned
	@PYTHONPATH=tests/stack $(BIN)/python benchmarks/stack_speed.py

.PHONY: backup-bench
backup-bench: .venv/.complete stack-images  ## Measure backups of 1, 10 and 50 versions, and a restore
	@PYTHONPATH=tests/stack:benchmarks $(BIN)/python benchmarks/backup_speed.py

.PHONY: big-file-drill
big-file-drill: .venv/.complete stack-images  ## Take a million listings through the stack, at its default limits
	@PYTHONPATH=tests/stack:benchmarks $(BIN)/python benchmarks/big_file.py

.PHONY: https-drill
https-drill: .venv/.complete stack-images  ## Obtain and renew certificates of a real ACME server, send 500 MB
	@PYTHONPATH=tests/stack:benchmarks $(BIN)/python benchmarks/https_drill.py

.PHONY: openid-drill
openid-drill: .venv/.complete stack-images  ## Sign in to page and MLflow by a real OpenID provider
	@bash tests/stack/browser.sh
	@PYTHONPATH=tests/stack:benchmarks:deploy $(BIN)/python benchmarks/openid_drill.py

.PHONY: backup-drill
backup-drill: .venv/.complete stack-images  ## Lose a stack and bring it back, backups and restores killed in the middle
	@bash tests/stack/browser.sh
	@CARPRICE_BACKUP_DRILL=1 $(BIN)/pytest tests/stack/test_start.py tests/stack/test_backup.py

.PHONY: rotation-drill
rotation-drill: .venv/.complete stack-images  ## Give every secret of a running stack a new value, killed in the middle too
	@CARPRICE_ROTATION_DRILL=1 $(BIN)/pytest tests/stack/test_start.py tests/stack/test_rotation.py

.PHONY: upgrade-drill
upgrade-drill: .venv/.complete stack-images  ## Upgrade the stack of an earlier commit, well and with a migration made to fail, then Postgres
	@bash tests/stack/browser.sh
	@CARPRICE_UPGRADE_DRILL=1 $(BIN)/pytest tests/stack/test_upgrade.py

.PHONY: alert-drill
alert-drill: .venv/.complete stack-images  ## Let eight things go wrong on a watched stack, and see that people hear of each
	@CARPRICE_ALERT_DRILL=1 $(BIN)/pytest -s tests/stack/test_monitoring.py

.PHONY: search-drill
search-drill: .venv/.complete stack-images  ## Search by 60 trials on two workers, one of them killed in the middle
	@CARPRICE_SEARCH_DRILL=1 $(BIN)/pytest -s tests/stack/test_search.py

.PHONY: fire-drill
fire-drill: .venv/.complete stack-images  ## Break a running stack on purpose, one thing at a time, and grade how it comes through
	@CARPRICE_FIRE_DRILL=1 $(BIN)/pytest -s tests/stack/test_start.py tests/stack/test_fire_drill.py
