# `make demo` and `make test` require only Rust (https://rustup.rs) and a C compiler.
SHELL := /bin/bash
CARGO_COMPONENT := 0.21.1
CARGO_DENY := 0.20.2
GUNGRAUN := 0.20.0

# CI sets it to the binary that the tests built.
HANDOVER := cargo run --locked --package handover --

FUZZ_SECONDS := 600

MESSAGES := 1000
KILLS := 50
STORES := sqlite nats nats-restart

# The provider, where the build of `handover` leaves it.
COMPONENT := target/components/wasm32-wasip2/release/genesys_open_messaging.wasm
BOT_CONNECTOR := target/components/wasm32-wasip2/release/genesys_bot_connector.wasm
# The guest that attacks its host, where the build of the tests leaves it.
EVIL := target/components/wasm32-wasip2/test-component/evil_guest.wasm
MUTANTS := target/components/wasm32-wasip2/test-component/mutant_guest.wasm

# The URL of the repository, for the metadata of a release.
SOURCE :=

HANDOVERS := 1000,10000,100000
RATE := 2000

.PHONY: demo demo-script browser-test screenshots test check crash-test load-test fuzz-api bench timing instructions deny reference api fuzz setup component cargo-component contract-types node-host python-host hosts-test packages examples-test debian-package dist install-test

demo: setup ## Serve a web chat and an agent's desk with a gateway and a local Genesys Cloud.
	cargo run --locked --package handover -- demo

demo-script: setup ## Play one handover in the terminal against a local Genesys Cloud.
	cargo run --locked --package handover -- demo --script

test: setup ## Run all tests.
	cargo test --locked --workspace
	@if command -v chromedriver >/dev/null && command -v npm >/dev/null; then $(MAKE) browser-test; else \
		echo "skipped: the browser tests, because chromedriver or npm is missing. On Debian: apt-get install chromium chromium-driver npm"; fi

browser-test: setup ## Test the demo page in a headless Chromium; requires chromium-driver and npm.
	cd host-harness/cli/tests/browser/axe && npm ci --silent
	cargo test --locked --workspace --test browser -- --test-threads 2 --skip pace
	cargo test --locked --workspace --test browser -- pace

check: setup ## Check the format, the lints, the documentation, and that no published contract has changed.
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- --deny warnings
	cargo clippy --locked --manifest-path benches/native/Cargo.toml --target-dir target --all-targets -- --deny warnings
	cargo clippy --locked --package handover-guest --package handover-echo --package genesys-open-messaging --package genesys-bot-connector --package mutant-guest --package bot-mutant-guest --package evil-guest --package business-hours --target wasm32-wasip2 -- --deny warnings
	RUSTDOCFLAGS="--deny warnings" cargo doc --locked --workspace --no-deps
	scripts/check-wit

screenshots: setup ## Update the screenshots of the README; requires chromium-driver.
	cargo test --locked --workspace --test browser -- --ignored screenshots

crash-test: setup ## Kill gateways KILLS times while MESSAGES messages go each way, and count lost messages; `nats` requires nats-server.
	MESSAGES=$(MESSAGES) KILLS=$(KILLS) STORES="$(STORES)" cargo test --locked --workspace --test crash
	SESSIONS=500 TURNS=20 KILLS=$(KILLS) cargo test --locked --workspace --test bot_crash
	cargo test --locked --workspace --test chaos

load-test: setup ## Measure stored webhooks against a receiver in Node, and with many open handovers; requires Node.
	cd benches/node && npm ci
	NODE=$(CURDIR)/benches/node HANDOVERS=$(HANDOVERS) RATE=$(RATE) cargo test --locked --profile bench --package handover --test load

fuzz-api: setup ## Fuzz the gateway API from its OpenAPI document; requires Python.
	scripts/fuzz-api

reference: setup ## Regenerate the references of the gateway configuration and of the command line.
	cargo run --locked --package handover -- serve --reference >target/configuration.md
	mv target/configuration.md docs/configuration.md
	cargo run --locked --package handover -- command-reference >target/cli.md
	mv target/cli.md docs/cli.md

api: setup ## Regenerate the OpenAPI document of the gateway API.
	cargo run --locked --package handover -- serve --api >target/openapi.json
	mv target/openapi.json host-harness/gateway/openapi.json

contract-types: setup ## Regenerate the contract's types for other languages from the WIT.
	cargo run --locked --package contract-types

node-host: setup ## Build the host for Node; requires npm.
	cargo build --locked --release --target wasm32-wasip2 --package genesys-open-messaging --target-dir target/components
	cd host-harness/node && npm ci --silent && COMPONENT=$(CURDIR)/$(COMPONENT) npm run --silent build

python-host: setup ## Build the host for Python in target/python-host; requires Python with venv.
	cargo build --locked --release --target wasm32-wasip2 --package genesys-open-messaging --target-dir target/components
	cp host-harness/contract.json host-harness/python/handover_host/
	cp $(COMPONENT) host-harness/python/handover_host/genesys.wasm
	python3 -m venv target/python-host
	target/python-host/bin/pip install --quiet --editable 'host-harness/python[test]'

hosts-test: node-host python-host ## Run the conformance kit and the attacks of the evil guest in the hosts for Node and Python.
	cargo build --locked --release --target wasm32-wasip2 --package genesys-bot-connector --target-dir target/components
	cargo build --locked --profile test-component --target wasm32-wasip2 --package evil-guest --package mutant-guest --target-dir target/components
	cd host-harness/node && EVIL=$(CURDIR)/$(EVIL) npm test
	cd host-harness/python && EVIL=$(CURDIR)/$(EVIL) ../../target/python-host/bin/python -m pytest --quiet
	cd host-harness/python && PATH=$(CURDIR)/target/python-host/bin:$$PATH && ruff format --check && ruff check && mypy
	scripts/hosts-test "$(HANDOVER)" $(MUTANTS) $(COMPONENT) $(BOT_CONNECTOR)

packages: node-host python-host ## Build the packages for npm and PyPI in target/dist.
	rm -rf target/dist && mkdir -p target/dist
	cd host-harness/node && npm pack --silent --pack-destination ../../target/dist
	target/python-host/bin/pip wheel --quiet --no-deps --wheel-dir target/dist ./host-harness/python

examples-test: packages ## Install the built packages in empty folders, and run the examples against a local Genesys Cloud.
	scripts/examples-test "$(HANDOVER)" target/dist/handover-host-*.tgz target/dist/handover_host-*.whl

dist: setup ## Build everything that a release has, in target/dist; requires Node, Python, rustup, musl-gcc and dpkg-deb.
	scripts/dist $(SOURCE)

debian-package: setup ## Build the Debian package from the binary HANDOVER, in target/dist.
	mkdir -p target/dist
	scripts/debian-package $(HANDOVER) target/dist

install-test: ## Install what is in target/dist, and play handovers with it; requires Debian and root.
	scripts/install-test target/dist

bench: node-host python-host ## Measure calls, webhooks over HTTP, the hosts, the start, and everything in load-test; requires Node and taskset (util-linux).
	cd benches/node && npm ci
	cargo bench --locked --package handover-bench --bench layers
	cargo build --locked --profile bench --package handover --bin handover
	cargo run --locked --profile bench --package handover-bench --bin handover-bench
	$(MAKE) load-test

timing: setup ## Test statistically whether the time to reject a webhook reveals which byte of its signature is wrong.
	cargo run --locked --manifest-path benches/native/Cargo.toml --target-dir target --profile bench --example constant_time

instructions: setup ## Count the instructions of the pure functions, natively and in wasm, and fail if one became slower; requires Valgrind.
	cargo test --locked --workspace --test instructions
	@command -v valgrind >/dev/null || { echo "instructions: Valgrind is missing. On Debian: apt-get install valgrind" >&2; exit 1; }
	gungraun-runner --version 2>/dev/null | grep --quiet --fixed-strings $(GUNGRAUN) || \
		cargo install gungraun-runner --version $(GUNGRAUN) --locked --debug
	cargo bench --locked --manifest-path benches/native/Cargo.toml --target-dir target

deny: ## Check the licenses, sources and duplicate versions of the dependencies.
	cargo deny --version 2>/dev/null | grep --quiet --fixed-strings $(CARGO_DENY) || \
		cargo install cargo-deny --version $(CARGO_DENY) --locked --debug
	cargo deny --locked check licenses bans sources

fuzz: ## Run each fuzz target for FUZZ_SECONDS seconds; requires a nightly compiler and cargo-fuzz.
	cd fuzz && for target in $$(cargo +nightly fuzz list); do \
		CARGO_PROFILE_RELEASE_LTO=false cargo +nightly fuzz run --features libfuzzer --target-dir ../target/fuzz $$target -- -max_total_time=$(FUZZ_SECONDS) -max_len=8192 || exit 1; done

setup: ## Install missing Rust components.
	scripts/setup

component: setup ## Build the components: genesys_open_messaging.wasm and genesys_bot_connector.wasm, in target/wasm32-wasip2/release.
	cargo build --locked --release --target wasm32-wasip2 --package genesys-open-messaging --package genesys-bot-connector

cargo-component: ## Build the component with cargo-component and run the conformance kit on it.
	scripts/setup wasm32-wasip1
	cargo component --version 2>/dev/null | grep --quiet --fixed-strings $(CARGO_COMPONENT) || \
		cargo install cargo-component --version $(CARGO_COMPONENT) --locked --debug
	cd guest/genesys-open-messaging && cargo component build --locked --release
	$(HANDOVER) conformance target/wasm32-wasip1/release/genesys_open_messaging.wasm
