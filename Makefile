# One line a target; what each does is in tests/.
.DEFAULT_GOAL := help
.PHONY: help test demo conformance loom fuzz fuzz-short bench no-panic size lint msrv deny semver matrix

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

test: ## Everything a machine with Rust, Python 3.11+, Node 20+ and a C compiler can run
	@tests/run

demo: ## The outage drill: a sick server, one client with protection and one without; about 20 s
	@cargo run --release -p outage-drill

conformance: ## Replay the recorded traces of tests/vectors
	@cargo run --release -p conformance -- tests/vectors

loom: ## Every interleaving of the models, then every planted fault, which must be caught
	@tests/loom/run

fuzz: ## Ten minutes of fuzzing for each machine (SECONDS_EACH=600)
	@core/fuzz/run $(or $(SECONDS_EACH),600)

fuzz-short: ## Eighteen seconds of fuzzing for each machine (two minutes on two cores), as in CI
	@core/fuzz/run 18

bench: ## Nanoseconds beside the floors and the peers, in one process
	@cargo run --release -p bench

no-panic: ## Link the engine for two chips: no panic, allocator or float; no division in a decision
	@tests/no-panic/run

size: ## Bytes of flash of each decision on two chips
	@tests/no-panic/run --sizes

lint: ## Formatting, clippy and rustdoc, warnings refused
	@tests/lint

msrv: ## The oldest compilers that must build the engine (rustup fetches them)
	@tests/msrv

deny: ## Licences, advisories and sources of all dependencies (cargo-deny)
	@tests/extra deny

semver: ## The public API against the last release (cargo-semver-checks)
	@tests/extra semver

matrix: ## What is slow or needs more toolchains: msrv, deny, semver, miri, long fuzzing
	@tests/run --table tests/matrix.txt
