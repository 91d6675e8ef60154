# SPDX-License-Identifier: Apache-2.0
# A thin door to CMake: every target is one or two commands that can be typed by hand.
PRESET ?= release
BIN := build/$(PRESET)/bin
JOBS ?= $(shell nproc)
# The probes need CAP_BPF and CAP_PERFMON; an ordinary user is asked for them through sudo.
AS_ROOT := $(if $(filter-out 0,$(shell id -u)),sudo,)
DEMO_FLAGS ?=
FUZZ_SECONDS ?= 60
KERNELS ?=
KERNELS_FLAGS ?=
EXPLAIN_FLAGS ?=

.DEFAULT_GOAL := help
.PHONY: help deps deps-test deps-lint build run test bench-build test-kernels test-btf test-explain sanitizers scores sweeps fuzz fmt lint install clean

help: ## This list
	@grep -hE '^[a-z%-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

deps: ## Install what is missing for building and running (apt, Debian 12)
	@cmake/deps.sh build

deps-test:
	@cmake/deps.sh build test

deps-lint:
	@cmake/deps.sh build test lint

build: ## Build everything (PRESET=release; or debug, asan, tsan; V=1 shows each command)
	@V=$(V) cmake/build.sh $(PRESET) $(JOBS) $(TARGETS)

run: deps ## Install, build and play the demo: an outage with and without Loadline
	@$(MAKE) --no-print-directory build TARGETS="loadline_program loadline_demo_program orders inventory loadline_dashboards"
	$(AS_ROOT) $(BIN)/loadline demo $(DEMO_FLAGS)

test: deps-test ## Install, build and run all tests; what needs root is skipped by name without it
	@$(MAKE) --no-print-directory build
	@tests/run_tests.sh $(PRESET) $(JOBS)

sanitizers: deps-test ## Unit tests of controller and sdk under ASan+UBSan, then under TSan
	@for preset in asan tsan; do \
	  $(MAKE) --no-print-directory build PRESET=$$preset && tests/run_tests.sh $$preset $(JOBS) || exit 1; \
	done

scores: deps ## Play the suite under all laws, and write the tables of docs/control.md (minutes)
	@$(MAKE) --no-print-directory build TARGETS="loadline_simulate_program best_static"
	tests/scenario/scores.py $(BIN)/loadline-simulate build/$(PRESET)/tests/scenario/best_static . best_static rules options others suite ladder

sweeps: deps ## Play the suite with each option of law kernel around its default; docs/adr/0008 (minutes)
	@$(MAKE) --no-print-directory build TARGETS="loadline_simulate_program best_static"
	tests/scenario/scores.py $(BIN)/loadline-simulate build/$(PRESET)/tests/scenario/best_static . sweeps

fuzz: deps-test ## Fuzz the controller for FUZZ_SECONDS=60 under libFuzzer, ASan and UBSan
	@$(MAKE) --no-print-directory build PRESET=fuzz TARGETS=control_fuzz
	@mkdir -p build/fuzz/corpus
	build/fuzz/tests/fuzz/control_fuzz -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -len_control=0 \
	  -artifact_prefix=build/fuzz/ -print_final_stats=1 build/fuzz/corpus

fmt: deps-lint ## Format the C++ sources in place
	@git ls-files '*.h' '*.cc' ':!bpf' | xargs clang-format -i

lint: deps-lint ## Format, include arrows, thread safety (clang), clang-tidy on the whole product (minutes)
	@cmake/lint.sh

lint-%: deps-lint ## One part of it: form, rules, threads, tidy, changed (clang-tidy on what changed only)
	@cmake/lint.sh $*

bench-%: deps-test ## Run one benchmark, such as bench-probes; writes build/bench/NAME.json
	@$(MAKE) --no-print-directory build
	@mkdir -p build/bench
	$(BIN)/bench-$* --json build/bench/$*.json

bench-build: deps-test ## CPU time of a clean build beside that of commit BASE; writes build/bench/build.json
	@mkdir -p build/bench
	tests/bench/build_bench.py --json build/bench/build.json $(if $(BASE),--base $(BASE))

test-kernels: ## Boot Debian's kernels from 5.10 to the newest in qemu with the agent inside (KERNELS="5.10 7.3")
	@cmake/deps.sh build test kernels
	@$(MAKE) --no-print-directory build TARGETS="loadline_program kernel_guests"
	python3 tests/kernels/run.py $(KERNELS_FLAGS) $(BIN) build/bench/kernels.json $(KERNELS) || [ $$? -eq 77 ]  # 77: it said why not.

test-btf: ## Relocate all programs against the types of Debian's kernels, amd64 and arm64 (KERNELS="7.3 newest-arm64")
	@cmake/deps.sh build btf
	@$(MAKE) --no-print-directory build TARGETS="loadline_bpf_skeleton loadline_look_bpf_skeleton loadline_holders_bpf_skeleton loadline_wakeups_bpf_skeleton loadline_blame_bpf_skeleton loadline_doors_bpf_skeleton btf_relocate"
	@mkdir -p build/bench
	python3 tests/btf/run.py build/$(PRESET) build/bench/btf.json $(KERNELS) || [ $$? -eq 77 ]  # 77: it said why not.

test-explain: ## Play real programs in trouble and at rest, and judge what explain says (EXPLAIN_FLAGS="--fast"; 50 minutes)
	@cmake/deps.sh build test $(if $(findstring --fast,$(EXPLAIN_FLAGS)),explain-fast,explain)
	@$(MAKE) --no-print-directory build TARGETS="loadline_program explain_workloads"
	python3 tests/explain/run.py $(EXPLAIN_FLAGS) $(BIN) || [ $$? -eq 77 ]  # 77: it said why not.

install: ## Install into DESTDIR/usr/local
	cmake --install build/$(PRESET)

clean: ## Remove everything that was built
	rm -rf build
