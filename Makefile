# Set-up, build and the main jobs. Everything lands in build/ and runs/; the source tree stays clean.
PRESET ?= release
BUILD := build/$(PRESET)
OUT ?= runs/quickstart

.PHONY: all setup build demo test gates bench format clean

all: build

setup:
	@tools/setup

build: setup
	@cmake --preset $(PRESET) $(CMAKE_FLAGS) --log-level=WARNING >/dev/null
	@cmake --build $(BUILD)

demo: build
	@rm -rf $(OUT)
	$(BUILD)/ranvier run configs/experiments/quickstart.yaml --out $(OUT)

test: build
	@ctest --test-dir $(BUILD) --output-on-failure -j 3  # some wait for pages and signals

gates: setup
	@tools/check_layers
	@tools/check_format

bench:
	@$(MAKE) --no-print-directory build PRESET=bench
	@set -e; for b in build/bench/*_bench; do $$b; done

format:
	@tools/check_format --fix

clean:
	rm -rf build runs
