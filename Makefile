# Everything that is done here more than once. `make` alone lists it.

.DEFAULT_GOAL := help
SHELL := /bin/sh
.SHELLFLAGS := -euc

# What would make pip or Python look for the project's packages elsewhere than in .venv.
unexport PIP_PREFIX PIP_REQUIRE_HASHES PIP_TARGET PIP_USER PYTHONHOME PYTHONPATH

RUN := .venv/bin/python
RISKDESK := $(RUN) -m cli.main
DEMO_STORE := sqlite:///var/demo.sqlite
NIGHT := replay_data/night
NIGHT_ENDS := 2026-09-19T04:30:00+08:00
DAY := replay_data/day

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

.venv/ready: requirements.txt pyproject.toml hatch_build.py $(wildcard native/*.h native/*/*.[ch])
	@supported='import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))'; \
	if ! "$(RUN)" -c "import pip; $$supported" 2>/dev/null; then \
		base=; \
		for name in python3.12 python3.11 python3 python; do \
			if "$$name" -c "$$supported" 2>/dev/null; then base=$$name; break; fi; \
		done; \
		if [ -z "$$base" ]; then \
			echo "No Python 3.11 or 3.12 with venv and ensurepip was found; install one and put it on PATH." >&2; \
			exit 1; \
		fi; \
		"$$base" -m venv --clear .venv; \
	fi
	$(RUN) -m pip install --quiet --require-hashes -r requirements.txt
	$(RUN) -m pip install --quiet --no-deps --no-build-isolation --no-index -e .
	@touch .venv/ready

.PHONY: demo
demo: .venv/ready ## replay a recorded night of cards and a day of cash machines into one queue, show it, and open the desk
	@mkdir -p var && rm -f var/demo*
	$(RISKDESK) reference load $(NIGHT)/reference.jsonl.zst --store $(DEMO_STORE)
	$(RISKDESK) replay $(NIGHT)/profile.yaml $(NIGHT)/transactions.jsonl.zst \
		--store $(DEMO_STORE) --alerts var/demo-alerts.jsonl
	$(RISKDESK) queue list --store $(DEMO_STORE)
	$(RISKDESK) reference load $(DAY)/reference.jsonl.zst $(DAY)/fleet.jsonl.zst --store $(DEMO_STORE)
	$(RISKDESK) replay config/profiles/device_watch.yaml $(DAY)/telemetry.jsonl.zst $(DAY)/transactions.jsonl.zst \
		--store $(DEMO_STORE) --alerts var/demo-device-alerts.jsonl
	$(RISKDESK) devices availability --month 2026-09 --since 2026-09-18 --until 2026-09-18 --store $(DEMO_STORE) \
		--registry $(DAY)/fleet.jsonl.zst --telemetry $(DAY)/telemetry.jsonl.zst
	$(RISKDESK) queue list --kind device --status open --status closed --store $(DEMO_STORE)
	@if [ -t 1 ] && [ -z "$${CI:-}" ]; then $(MAKE) --no-print-directory demo-desk; else echo "its pages: make demo-desk"; fi

.PHONY: demo-desk
demo-desk: .venv/ready ## serve the desk of the last `make demo` on this machine, at the end of its night; Ctrl-C ends it
	$(RISKDESK) desk --demo --begins-at $(NIGHT_ENDS) --store $(DEMO_STORE) --vault loopback --history $(NIGHT)/transactions.jsonl.zst

.PHONY: golden
golden: .venv/ready ## write the alerts that the recorded streams must give anew; read the diff before you keep it
	$(RUN) -m benchmarks.parity --golden

.PHONY: parity
parity: .venv/ready ## come to the alerts of the recorded streams in every way, and compare; one: make parity STREAM=night
	$(RUN) -m benchmarks.parity $(if $(STREAM),--stream $(STREAM))

.PHONY: test
test: .venv/ready ## run the tests that take seconds
	$(RUN) -m pytest -n auto --maxprocesses 4 --dist loadfile -m "not slow"

.PHONY: test-all
test-all: test ## run every test, also those that take minutes
	$(RUN) -m pytest -n auto --maxprocesses 4 --dist loadfile -m slow

.PHONY: test-browser
test-browser: .venv/ready ## run the tests of the web desk in a real browser (needs Chromium)
	$(RUN) -m pytest tests/browser -m slow

.PHONY: lint
lint: .venv/ready ## check format, style, types, import rules and generated docs
	$(RUN) -m ruff format --check
	$(RUN) -m ruff check
	$(RUN) -m mypy
	$(RUN) -c "from importlinter.cli import lint_imports_command as lint; lint()" --no-logo
	$(RUN) -m cli.reference_docs --check

.PHONY: check
check: lint test ## run lint and the tests that take seconds: what must hold before a commit

.PHONY: bench-reference
bench-reference: .venv/ready ## measure against a bare loop: make bench-reference FLOOR=path WORKLOAD=path
	@[ -n "$(FLOOR)" ] && [ -n "$(WORKLOAD)" ] || \
		{ echo "Say what to measure against: make bench-reference FLOOR=path WORKLOAD=path" >&2; exit 2; }
	$(RUN) -m benchmarks.reference_run "$(FLOOR)" "$(WORKLOAD)"

.PHONY: bench-detectors
bench-detectors: .venv/ready ## measure all card detectors against a bare loop, and what each costs: FLOOR=path WORKLOAD=path
	@[ -n "$(FLOOR)" ] && [ -n "$(WORKLOAD)" ] || \
		{ echo "Say what to measure against: make bench-detectors FLOOR=path WORKLOAD=path" >&2; exit 2; }
	$(RUN) -m benchmarks.full_set "$(FLOOR)" "$(WORKLOAD)"

.PHONY: bench
bench: .venv/ready ## measure what the codec and each detector cost for an event
	$(RUN) -m benchmarks.codec
	$(RUN) -m benchmarks.detectors

.PHONY: bench-night
bench-night: .venv/ready ## simulate nights at the desk: service levels and the longest wait at full load
	$(RUN) -m benchmarks.desk_night

.PHONY: bench-desk
bench-desk: .venv/ready ## measure the web desk: a row on the screen, pages of 50 agents beside intake, and a long night
	$(RUN) -m benchmarks.desk_pages $(BENCH_DESK)

.PHONY: bench-forecast
bench-forecast: .venv/ready ## measure the forecast of alerts against the same slot last week
	$(RUN) -m benchmarks.forecast

.PHONY: bench-store
bench-store: .venv/ready ## measure the store on PostgreSQL and SQLite: intake at stream speed, claims among a million cases
	$(RUN) -m benchmarks.store

.PHONY: bench-recovery
bench-recovery: .venv/ready ## measure what snapshots cost and how long a resume takes; a short run: make bench-recovery CARDS=20000
	$(RUN) -m benchmarks.recovery $(if $(CARDS),--cards $(CARDS))

.PHONY: bench-scale
bench-scale: .venv/ready ## measure two processes against one, sharing nothing and as a cluster; a short run: EVENTS=200000
	$(RUN) -m benchmarks.scale_out --events $(or $(EVENTS),1000000)

.PHONY: bench-latency
bench-latency: .venv/ready ## measure from produce to alert in the store at 5,000 a second, against a bare loop; LATENCY='--pairs 1'
	$(RUN) -m benchmarks.latency $(LATENCY)

.PHONY: bench-soak
bench-soak: .venv/ready ## let a day of traffic run through a live flow and see what grows; an hour: SOAK='--minutes 60'
	$(RUN) -m benchmarks.soak $(SOAK)

.PHONY: chaos
chaos: .venv/ready ## let everything around a flow fail and compare with a quiet run; a short run: EVENTS=60000 FAULTS=5
	$(RUN) -m benchmarks.chaos --events $(or $(EVENTS),1000000) --faults $(or $(FAULTS),20) $(CHAOS)

.PHONY: bench-devices
bench-devices: .venv/ready ## judge simulated months of devices; a short run: make bench-devices DAYS=3 DEVICES=100
	$(RUN) -m benchmarks.devices --days $(or $(DAYS),30) --devices $(or $(DEVICES),500)

.PHONY: bench-nab
bench-nab: .venv/ready ## measure the scorer of rates on the Numenta Anomaly Benchmark: make bench-nab DATA=dir
	@[ -n "$(DATA)" ] || { echo "Say where the series are: make bench-nab DATA=dir" >&2; exit 2; }
	$(RUN) -m benchmarks.nab "$(DATA)"

.PHONY: bench-handbook
bench-handbook: .venv/ready ## measure the learned score by the handbook's protocol: make bench-handbook DATA=file.csv.gz
	@[ -n "$(DATA)" ] || { echo "Say where the rows are: make bench-handbook DATA=file.csv.gz" >&2; exit 2; }
	$(RUN) -m benchmarks.handbook "$(DATA)" --test-from $(or $(TEST_FROM),2018-07-04) --weeks $(or $(WEEKS),4) $(HANDBOOK)

.PHONY: bench-ranking
bench-ranking: .venv/ready ## measure which order of calling saves most of the money: make bench-ranking DATA=file.csv.gz
	@[ -n "$(DATA)" ] || { echo "Say where the rows are: make bench-ranking DATA=file.csv.gz" >&2; exit 2; }
	$(RUN) -m benchmarks.ranking "$(DATA)" --test-from $(or $(TEST_FROM),2018-07-04) --weeks $(or $(WEEKS),4)

.PHONY: quality
quality: .venv/ready ## measure what is found and missed on simulated nights, into benchmarks/quality.md
	$(RUN) -m benchmarks.quality

.PHONY: docs
docs: .venv/ready ## write the generated pages of docs/ anew
	$(RUN) -m cli.reference_docs

.PHONY: guide
guide: .venv/ready ## take the pictures of docs/guide/ anew (needs Chromium); look at each before you keep it
	$(RUN) -m tests.browser.guide

.PHONY: lock
lock: ## pin every dependency in requirements.txt anew, with hashes (needs uv)
	@command -v uv >/dev/null || { echo "uv was not found; install it and put it on PATH." >&2; exit 1; }
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--group dev -o requirements.txt pyproject.toml

.PHONY: clean
clean: ## remove what was made here, except .venv
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache dist var
	find . -name .venv -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
