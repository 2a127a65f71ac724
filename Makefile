# `make help` lists what there is. LIBTORCH_VERSION=2.11.0 builds against another libtorch, in a folder of its own.
LIBTORCH_VERSION ?= 2.15.0
export LIBTORCH_VERSION
export PKG_CONFIG_PATH := $(CURDIR)/.libtorch/$(LIBTORCH_VERSION)/pkgconfig:$(PKG_CONFIG_PATH)

# libtorch's threads sleep at their barriers instead of spinning. The binary sets it for itself, tests need it from here.
export GOMP_SPINCOUNT ?= 0

SCRATCH := .build$(if $(filter-out 2.15.0,$(LIBTORCH_VERSION)),-libtorch-$(LIBTORCH_VERSION))
SWIFT_FLAGS := --scratch-path $(SCRATCH)
RELEASE := $(SWIFT_FLAGS) -c release -debug-info-format none
# Optimised, so that a handle that is let go too early is freed, and with the assertions and traps of debug.
CHECKED := --scratch-path $(SCRATCH)-tests -c release -debug-info-format none -Xswiftc -assert-config -Xswiftc Debug
TESTING := --disable-xctest $(if $(FILTER),--filter '$(FILTER)')
FORMATTED := Package.swift Sources Tests examples

.DEFAULT_GOAL := help
.PHONY: help setup build portable test test-leaves test-optimized test-paths test-debug test-cuda kill fuzz smoke quickstart bench bench-label lint format clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## fetch libtorch once (140 to 560 MB, pinned and hash-checked); says what the system lacks
	@scripts/check-tools.sh
	@scripts/setup-libtorch.sh

build: setup ## the release binary, .build/release/heed
	@scripts/link-libtorch.sh $(LIBTORCH_VERSION) "$$(swift build $(RELEASE) --show-bin-path)"
	swift build $(RELEASE) --product heed

portable: LIBTORCH_VERSION = 2.11.0
portable: ## the program for a machine with PyTorch 2.11 and no Swift, .build-portable/heed.tar.xz
	scripts/portable.sh

test: test-leaves test-optimized ## the tests of the lowest targets in debug, then all, optimised

# In a package of links, as a package that is cut down would lose the versions that the whole one has resolved.
test-leaves: setup ## the tests of the lowest targets in debug
	@mkdir -p .build-leaves
	@ln -sfn ../Package.swift ../Sources ../Tests .build-leaves/
	HEED_LEAVES=1 swift test --package-path .build-leaves $(TESTING)

test-optimized: setup ## all tests, optimised and with assertions (FILTER=Decoder: those that match)
	@scripts/link-libtorch.sh $(LIBTORCH_VERSION) "$$(swift build $(CHECKED) --show-bin-path)"
	HEED_CHECKED=1 swift test $(CHECKED) --no-parallel $(TESTING)

test-paths: ## of these, kernels and models as every lesser processor runs them, training runs as the least does
	$(MAKE) test-optimized FILTER=LesserProcessorTests

test-debug: setup ## all tests in debug, which is built again file by file: for work in between (FILTER=Decoder)
	@scripts/link-libtorch.sh $(LIBTORCH_VERSION) "$$(swift build $(SWIFT_FLAGS) --show-bin-path)"
	swift test $(SWIFT_FLAGS) --no-parallel $(TESTING)

test-cuda: build ## golden trajectories and the doctor by CUDA's rules, without a GPU
	scripts/cuda-without-gpu.sh $(SCRATCH)/release/heed

kill: setup ## every command that leaves something, killed N=100 times at its calls to the file system
	@scripts/link-libtorch.sh $(LIBTORCH_VERSION) "$$(swift build $(SWIFT_FLAGS) --show-bin-path)"
	HEED_KILLS=$(or $(N),100) HEED_KILL_SEED=$$(date +%s) swift test $(SWIFT_FLAGS) --disable-xctest --filter KillTests

# What is found is left in .build-fuzz/FORMAT/SEED-NUMBER. To see one again: make fuzz FORMAT=gguf SEED=1 FROM=NUMBER N=1
fuzz: setup ## damaged inputs of every format, a million each (FORMAT=gguf N=10000 SEED=1 FROM=0), which takes hours
	@scripts/link-libtorch.sh $(LIBTORCH_VERSION) "$$(swift build $(CHECKED) --show-bin-path)"
	HEED_FUZZ_FORMAT=$(FORMAT) HEED_FUZZ_N=$(or $(N),1000000) HEED_FUZZ_SEED=$(SEED) HEED_FUZZ_FROM=$(FROM) \
		HEED_FUZZ_OUTPUT=$(CURDIR)/.build-fuzz \
		swift test $(CHECKED) --no-parallel --disable-xctest --filter '^FuzzTests\.'

smoke: build ## the verbs on a tiny model, as a user would call them
	scripts/smoke.sh $(SCRATCH)/release/heed

quickstart: build ## align the default model: answers, judgments, reward model, PPO and DPO, a report
	$(SCRATCH)/release/heed run recipes/quickstart.yaml

bench: build ## Heed beside its peers, measured in turn (WORKS="sample sft", OPTIONS=--busy)
	python3 Benchmarks/bench.py --heed $(SCRATCH)/release/heed $(OPTIONS) $(WORKS)

bench-label: build ## 200 people labelling at once, and a server that is killed in the middle
	python3 Benchmarks/label_load.py --heed $(SCRATCH)/release/heed $(OPTIONS)

lint: ## formatting, layers, scripts
	scripts/check-layers.sh
	swift format lint --strict --parallel --recursive $(FORMATTED)
	@for script in scripts/*.sh examples/*.sh .ci/run; do bash -n "$$script"; done
	python3 -m unittest discover --quiet Benchmarks

format: ## format the Swift sources in place
	swift format --in-place --parallel --recursive $(FORMATTED)

clean: ## remove what was built; libtorch stays
	rm -rf $(SCRATCH) $(SCRATCH)-tests .build-leaves .build-fuzz .build-aarch64 .build-portable
