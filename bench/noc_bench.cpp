// How many flit-hops per second does the simulator do on one thread, and how does that fall with
// the size of the mesh? CPU time: other programs on the machine do not count. `per_cycle` is
// flit-hops per simulated cycle.

#include "ranvier/core/rng.hpp"
#include "ranvier/sim/noc_machine.hpp"
#include "ranvier/sim/replay.hpp"
#include "ranvier/workload/trace.hpp"

#include <benchmark/benchmark.h>

#include <limits>

namespace {

using namespace ranvier;

sim::OpenLoopSpec traffic(double rate) {
  return {.packets_per_cycle = rate, .packet_flits = 1, .flit_bits = 34, .seed = 1};
}

arch::PackageSpec package(int chips, int mesh) {
  arch::PackageSpec spec;
  spec.chips_x = spec.chips_y = chips;
  spec.chip.mesh = mesh;
  spec.core_clock = core::Hertz(1e9);
  spec.serdes = {16, core::Hertz(16e9), core::Picoseconds(4000), core::Picoseconds(0)};
  spec.router.buffer_flits = 8;
  return spec;
}

/// Steady state: a warm network, then `cycles` of it per iteration.
void run(benchmark::State& state, const arch::PackageSpec& spec, double rate, int64_t cycles) {
  const sim::Targets targets(sim::Pattern::kUniform, spec.width(), spec.height(), {});
  sim::NocMachine machine(spec, traffic(rate), targets);
  constexpr int64_t kAll = std::numeric_limits<int64_t>::max();
  machine.run_to(1000, kAll);
  const int64_t before = machine.flit_hops();
  const int64_t start = machine.now();
  for (auto _ : state) machine.run_to(machine.now() + cycles, kAll);
  const auto hops = static_cast<double>(machine.flit_hops() - before);
  state.counters["flit_hops"] = benchmark::Counter(hops, benchmark::Counter::kIsRate);
  state.counters["per_cycle"] = hops / static_cast<double>(machine.now() - start);
}

/// Argument 1: rate in thousandths of a flit per tile and cycle.
void mesh(benchmark::State& state) {
  const auto side = static_cast<int>(state.range(0));
  run(state, package(1, side), static_cast<double>(state.range(1)) * 1e-3, 80'000 / side);
}
BENCHMARK(mesh)
    ->ArgNames({"side", "milli_rate"})
    ->Args({8, 300})
    ->Args({8, 160})
    ->Args({32, 40})
    ->Args({128, 10})
    ->Args({8, 1})
    ->Unit(benchmark::kMillisecond);

/// The same 8x8 tiles in 2x2 dies.
void dies(benchmark::State& state) {
  run(state, package(2, 4), static_cast<double>(state.range(0)) * 1e-3, 10'000);
}
BENCHMARK(dies)->ArgName("milli_rate")->Arg(100)->Unit(benchmark::kMillisecond);

/// Messages of one flit between random tiles of the chip at the origin.
workload::Trace traffic_of_one_chip(int side, int64_t cycles, double rate) {
  workload::Trace trace{.name = "one busy chip", .messages = {}};
  core::Rng rng(1);
  for (int64_t cycle = 0; cycle < cycles; ++cycle) {
    for (int tile = 0; tile < side * side; ++tile) {
      if (rng.uniform() >= rate) continue;
      const auto to = static_cast<int>(rng.below(static_cast<uint64_t>(side * side)));
      trace.messages.push_back({.id = static_cast<int64_t>(trace.messages.size()),
                                .time = core::Cycles(cycle),
                                .source = {tile % side, tile / side},
                                .target = {to % side, to / side},
                                .packets = {{1, 1, 34, 0}},
                                .depends = {},
                                .delay = core::Cycles(0)});
    }
  }
  return trace;
}

/// The same traffic of one chip, which is alone or one of chips x chips. As many messages at any
/// rate.
void one_busy_chip(benchmark::State& state) {
  const arch::PackageSpec spec = package(static_cast<int>(state.range(0)), 8);
  const workload::Trace trace = traffic_of_one_chip(8, 1'000'000 / state.range(1),
                                                    1e-3 * static_cast<double>(state.range(1)));
  int64_t hops = 0;
  for (auto _ : state) hops += sim::replay(trace, spec).ledger[core::Event::kFlitHops];
  state.counters["flit_hops"] =
      benchmark::Counter(static_cast<double>(hops), benchmark::Counter::kIsRate);
}
BENCHMARK(one_busy_chip)
    ->ArgNames({"chips", "milli_rate"})
    ->Args({1, 100})
    ->Args({8, 100})
    ->Args({1, 1})
    ->Args({8, 1})
    ->Unit(benchmark::kMillisecond);

}  // namespace
