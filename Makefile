# `make demo` and `make test` need nothing done before them but Rust (https://rustup.rs) and a C compiler.
SHELL := /bin/bash
CARGO_COMPONENT := 0.21.1
CARGO_DENY := 0.20.2
GUNGRAUN := 0.20.0

FUZZ_SECONDS := 600

MESSAGES := 1000
KILLS := 50
STORES := sqlite nats nats-restart

.PHONY: demo demo-script browser-test screenshots test check crash-test load-test fuzz-api bench timing instructions deny reference api fuzz setup component cargo-component

demo: setup ## Serves a web chat and an agent's desk, with a gateway and a local Genesys Cloud behind them.
	cargo run --locked --package handover -- demo

demo-script: setup ## Plays one handover in the terminal, against a local Genesys Cloud.
	cargo run --locked --package handover -- demo --script

test: setup ## Runs every test there is.
	cargo test --locked --workspace
	@if command -v chromedriver >/dev/null && command -v npm >/dev/null; then $(MAKE) browser-test; else \
		echo "skipped: the browser tests, for there is no chromedriver or no npm. On Debian: apt-get install chromium chromium-driver npm"; fi

browser-test: setup ## Uses the demo page in a headless Chromium, as a person does; takes chromium-driver and npm.
	cd host-harness/cli/tests/browser/axe && npm ci --silent
	cargo test --locked --package handover --test browser -- --test-threads 2 --skip pace
	cargo test --locked --package handover --test browser -- pace

check: setup ## Looks at the format, lints, documentation, and that no published contract changed.
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- --deny warnings
	cargo clippy --locked --package handover-guest --package handover-echo --package genesys-open-messaging --package mutant-guest --package evil-guest --target wasm32-wasip2 -- --deny warnings
	RUSTDOCFLAGS="--deny warnings" cargo doc --locked --workspace --no-deps
	scripts/check-wit
	# Compiled, not linked: linking takes libFuzzer, which is C++.
	CUSTOM_LIBFUZZER_PATH=/none/libfuzzer.a cargo check --locked --manifest-path fuzz/Cargo.toml --target-dir target/fuzz

screenshots: setup ## Takes the pictures of the README anew; takes chromium-driver.
	cargo test --locked --package handover --test browser -- --ignored screenshots

crash-test: setup ## Kills gateways KILLS times while MESSAGES go each way, and counts what got lost; `nats` takes nats-server.
	MESSAGES=$(MESSAGES) KILLS=$(KILLS) STORES="$(STORES)" cargo test --locked --package handover --test crash
	cargo test --locked --package handover --test chaos

load-test: setup ## Measures webhooks with many handovers open.
	cargo test --locked --package handover --test load

fuzz-api: setup ## Asks the gateway all that its API's document allows; takes Python.
	scripts/fuzz-api

reference: setup ## Writes the reference of the gateway's configuration anew.
	cargo run --locked --package handover -- serve --reference >target/configuration.md
	mv target/configuration.md docs/configuration.md

api: setup ## Writes the document of the gateway's API anew.
	cargo run --locked --package handover -- serve --api >target/openapi.json
	mv target/openapi.json host-harness/gateway/openapi.json

bench: setup ## Measures what the sandbox costs: calls in layers, then webhooks by HTTP; takes Node and taskset (util-linux).
	cd benches/node && npm ci
	cargo bench --locked --package handover-bench --bench layers
	cargo build --locked --profile bench --package handover --bin handover
	cargo run --locked --profile bench --package handover-bench --bin handover-bench

timing: setup ## Asks by statistics whether the time of a refusal tells where a signature is wrong.
	cargo run --locked --profile bench --package handover-bench --example constant_time

instructions: setup ## Counts the instructions of the pure functions, and fails where one has become slower; takes Valgrind.
	@command -v valgrind >/dev/null || { echo "instructions: Valgrind is missing. On Debian: apt-get install valgrind" >&2; exit 1; }
	gungraun-runner --version 2>/dev/null | grep --quiet --fixed-strings $(GUNGRAUN) || \
		cargo install gungraun-runner --version $(GUNGRAUN) --locked --debug
	cargo bench --locked --package genesys-open-messaging --bench instructions

deny: ## Looks at licenses, sources and doubled versions of what is built in.
	cargo deny --version 2>/dev/null | grep --quiet --fixed-strings $(CARGO_DENY) || \
		cargo install cargo-deny --version $(CARGO_DENY) --locked --debug
	cargo deny --locked check licenses bans sources

fuzz: ## Runs each fuzz target for FUZZ_SECONDS; takes a nightly compiler and cargo-fuzz.
	cd fuzz && for target in $$(cargo +nightly fuzz list); do \
		cargo +nightly fuzz run $$target -- -max_total_time=$(FUZZ_SECONDS) -max_len=8192 || exit 1; done

setup: ## Installs what is missing.
	scripts/setup

component: setup ## Builds the component: target/wasm32-wasip2/release/genesys_open_messaging.wasm
	cd guest/genesys-open-messaging && cargo build --locked --release --target wasm32-wasip2

cargo-component: ## Builds the component with cargo-component, and runs the conformance kit on it.
	scripts/setup wasm32-wasip1
	cargo component --version 2>/dev/null | grep --quiet --fixed-strings $(CARGO_COMPONENT) || \
		cargo install cargo-component --version $(CARGO_COMPONENT) --locked
	cd guest/genesys-open-messaging && cargo component build --locked --release
	cargo run --locked --package handover -- conformance target/wasm32-wasip1/release/genesys_open_messaging.wasm
