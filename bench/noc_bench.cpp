// How many flit-hops per second does the simulator do on one thread, and how does that fall with
// the size of the mesh? CPU time: other programs on the machine do not count. `per_cycle` is
// flit-hops per simulated cycle.

#include "ranvier/sim/noc_machine.hpp"

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

}  // namespace
