# Milepost. `make demo` shows it, `make test` tests it, `make check` reads it. See CONTRIBUTING.md.

.DELETE_ON_ERROR:
.PHONY: install install-dev install-test demo run test faults mutants check format bench translations lock clean

# A variable given on the command line (make demo PORT=9000) reaches the programs as environment.
PYTEST_ARGS ?=
# Tests share nothing, so they run side by side; each worker has a PostgreSQL server of its own. Many wait for servers
# and browsers, so there is one more worker than there are cores.
WORKERS ?= 3
PORTAL := .venv/bin/portal
CATALOGUES := $(wildcard portal/translations/*/LC_MESSAGES/*.po)
BUILD_INPUTS := pyproject.toml hatch_build.py browser-files.json package.json package-lock.json

# --- installing: stamps make the second time instant ------------------------------------------------

install: .venv/.installed $(CATALOGUES:.po=.mo)
install-dev: .venv/.installed-dev $(CATALOGUES:.po=.mo)
install-test: install-dev node_modules/.installed
	@script/system-packages test

.venv/.python: script/venv
	@script/venv
	@touch $@

.venv/.installed: requirements.lock $(BUILD_INPUTS) | .venv/.python
	@echo "Installing Milepost into .venv …"
	@script/install-lock requirements.lock
	@touch $@

# The development lock holds everything of the other one, at the same versions.
.venv/.installed-dev: requirements-dev.lock requirements.lock $(BUILD_INPUTS) | .venv/.python
	@echo "Installing Milepost and its development tools into .venv …"
	@script/install-lock requirements-dev.lock
	@touch .venv/.installed $@

# axe-core and tus-js-client, for the tests only.
node_modules/.installed: package.json package-lock.json .npmrc | .venv/.python
	@script/npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

%.mo: %.po | .venv/.python
	@.venv/bin/pybabel --quiet compile --input-file $< --output-file $@ --locale $(notdir $(patsubst %/LC_MESSAGES/,%,$(dir $<)))

# --- running ----------------------------------------------------------------------------------------

demo: install
	@script/system-packages pdf
	@PORTAL_INSTANCE=instance-demo exec $(PORTAL) demo

run: install
	@script/system-packages pdf
	@exec $(PORTAL) run

# --- testing ----------------------------------------------------------------------------------------

test: install-test
	.venv/bin/python -m pytest -n $(WORKERS) $(PYTEST_ARGS)

# What `test` runs a part of, at full size, with a report in docs/reports; takes more than an hour.
faults: WORKERS := 2
faults: install-test
	WORKERS=$(WORKERS) .venv/bin/python -m tests.full $(PYTEST_ARGS)

# Defects seeded by hand, each of which some test must catch, with a report in docs/reports. MUTANT="part of its name"
# tries only those. Takes about a quarter of an hour.
MUTANT ?=
mutants: install-test
	.venv/bin/python -m tests.mutants $(if $(MUTANT),"$(MUTANT)")

check: install-dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-cache
	.venv/bin/djlint portal/templates --lint --quiet
	.venv/bin/python script/check-translations

# @tus/server and Lighthouse, for the measurements only.
benchmarks/peers/node_modules/.installed: $(addprefix benchmarks/peers/,package.json package-lock.json .npmrc) | .venv/.python
	@script/npm ci --prefix benchmarks/peers --silent --ignore-scripts --no-audit --no-fund
	@touch $@

# BENCH="v01 v08" runs only those, and leaves RESULTS.md as it is. BENCH_SMALL=1 shows in minutes that all of them run.
BENCH ?=
bench: install-test benchmarks/peers/node_modules/.installed
	@script/system-packages bench
	.venv/bin/python -m benchmarks $(BENCH)

# --- maintaining ------------------------------------------------------------------------------------

format: install-dev
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

translations: install-dev
	.venv/bin/python script/check-translations --update
	@$(MAKE) --no-print-directory install

UV_COMPILE := .venv/bin/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url
lock: .venv/.python
	$(UV_COMPILE) pyproject.toml -o requirements.lock
	$(UV_COMPILE) pyproject.toml --extra dev -c requirements.lock -o requirements-dev.lock
	script/npm install --package-lock-only --ignore-scripts

clean:
	rm -rf .venv node_modules benchmarks/peers/node_modules build dist portal/static/vendor .mypy_cache .pytest_cache .ruff_cache
