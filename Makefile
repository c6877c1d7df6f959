# One line a target; what each does is in tests/.
.DEFAULT_GOAL := help
.PHONY: help test demo conformance loom fuzz fuzz-short bench no-panic firmware staticlibs size install-c test-c lint msrv deny
.PHONY: semver matrix node bench-node bench-python wheels

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

bench-python: ## The Python package beside native floors and its peers, which are installed into an environment of their own
	@python/bench/run

wheels: ## Every Python wheel and the source distribution, tested on CPython 3.13 to 3.15 and without the lock (Debian)
	@python/wheels

no-panic: ## Link the engine for two chips: no panic, allocator or float; no division but in named rare branches
	@tests/no-panic/run

firmware: ## The engine on emulated microcontrollers: checks, a reset, races with an interrupt handler; Rust and C
	@tests/firmware/run

staticlibs: ## The C library for microcontrollers: target/staticlibs/TARGET/libovercurrent.a
	@ffi/staticlibs

size: ## Bytes of flash of the C library's entries on seven chips, instructions and stack on one
	@tests/firmware/size

install-c: ## Build the C library and install it: make install-c PREFIX=/usr/local
	@ffi/install $(or $(PREFIX),/usr/local) $(LIBDIR)

test-c: ## The C interface: header, package, sanitizers, examples, conformance
	@tests/c/run

bench-node: ## The Node package beside its floors and peers, and which bars it meets
	@cd node/bench && npm ci --silent && npm run --silent bench

node: ## The Node package: native, WebAssembly and JavaScript, into node/
	@cd node && { [ -d node_modules ] || npm ci --no-audit --no-fund --silent; } && node scripts/build.mjs

tests/conformance/run_c: tests/conformance/run_c.c $(wildcard tests/conformance/c/*) ffi/include/overcurrent.h FORCE
	@cargo build --quiet --release --manifest-path ffi/lib/Cargo.toml --target-dir target/c
	@$(CC) -std=c99 -O2 -Wall -Wextra -Wpedantic -Werror -Iffi/include tests/conformance/run_c.c tests/conformance/c/json.c \
		target/c/release/libovercurrent_c.a -lz -o $@
FORCE:

lint: ## Formatting, clippy and rustdoc, warnings refused
	@tests/lint

msrv: ## The oldest compilers that must build the engine (rustup fetches them)
	@tests/msrv

deny: ## Licences, advisories and sources of all dependencies (cargo-deny)
	@tests/extra deny

semver: ## The public API against the last release (cargo-semver-checks)
	@tests/extra semver

matrix: ## What is slow or needs more toolchains: msrv, deny, semver, miri, long fuzzing, Node 20 to 26, Bun, Deno
	@tests/run --table tests/matrix.txt
