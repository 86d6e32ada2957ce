// One inference of the full-width MS-ResNet-18 on chips of 8 x 8 cores, cycle by cycle: processor
// seconds and memory, by network kind. Activity is assumed: what a run costs does not depend on
// where it comes from. Mapping (with the workload), simulation and closed form are timed apart.

#include "ranvier/analytic/model.hpp"
#include "ranvier/map/mapper.hpp"
#include "ranvier/shapes/bundle.hpp"
#include "ranvier/sim/simulator.hpp"

#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <ctime>

namespace {

using namespace ranvier;

struct Case {
  const char* name;
  ir::NetworkKind kind;
  codec::CodecSpec codec;
  int steps;
  codec::WireKind wire;
};

constexpr Case kCases[] = {
    {"ann-packet",
     ir::NetworkKind::kAnn,
     {codec::CodecKind::kDense, 8, 1, false},
     1,
     codec::WireKind::kPacket},
    {"ann-burst8",
     ir::NetworkKind::kAnn,
     {codec::CodecKind::kDense, 8, 1, false},
     1,
     codec::WireKind::kBurst},
    {"hnn-graded",
     ir::NetworkKind::kHnn,
     {codec::CodecKind::kGraded, 2, 1, false},
     1,
     codec::WireKind::kAuto},
    {"snn",
     ir::NetworkKind::kSnn,
     {codec::CodecKind::kRate, 1, 4, false},
     4,
     codec::WireKind::kAuto},
};

/// Processor time, so that other jobs on the machine do not count.
double seconds_since(std::clock_t start) {
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

/// Of the process so far: run one case alone to know its own.
double peak_mebibytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

void resnet18(benchmark::State& state) {
  const Case& one = kCases[state.range(0)];
  arch::PackageSpec package;
  package.chips_x = 9;
  package.chips_y = 8;
  shapes::Settings settings;
  settings.architecture = shapes::msresnet({64, 128, 256, 512}, {2, 2, 2, 2}, {3, 32, 32}, 10);
  const auto network = shapes::describe(settings, {.name = one.name,
                                                   .kind = one.kind,
                                                   .codec = one.codec,
                                                   .steps = one.steps,
                                                   .events_per_neuron = {}});
  const auto activity = shapes::assume_activity(
      network, {.events_per_neuron = one.kind == ir::NetworkKind::kAnn ? 0 : 0.28}, 1);
  for (auto _ : state) {
    auto start = std::clock();
    const auto mapping = map::map_network(network, package);
    const auto workload = map::build_workload(network, mapping, activity, 0, one.wire, package);
    state.counters["map_s"] = seconds_since(start);
    start = std::clock();
    const auto result = sim::simulate(workload, package);
    const double simulated = seconds_since(start);
    state.counters["simulate_s"] = simulated;
    start = std::clock();
    benchmark::DoNotOptimize(analytic::estimate(workload, package));
    state.counters["analytic_s"] = seconds_since(start);
    const auto hops = static_cast<double>(result.ledger[core::Event::kFlitHops]);
    state.counters["flit_hops_M"] = hops / 1e6;
    state.counters["hops_per_s_M"] = hops / simulated / 1e6;
    state.counters["cycles_k"] = static_cast<double>(result.latency.value()) / 1e3;
    state.counters["chips"] = mapping.chips_used;
  }
  state.counters["peak_MiB"] = peak_mebibytes();
  state.SetLabel(one.name);
}

BENCHMARK(resnet18)->DenseRange(0, 3)->Iterations(1)->Unit(benchmark::kSecond);

}  // namespace
