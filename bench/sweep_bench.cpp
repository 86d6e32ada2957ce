// Does a sweep of 500 points keep two workers busy, and how many points per second does the
// analytic model price of a network that is mapped already? `busy_share` is the share of the
// workers' time spent on work; `points` is per second of CPU time of one core.

#include "ranvier/sweep/measure.hpp"
#include "ranvier/sweep/runner.hpp"
#include "ranvier/sweep/test_run.hpp"

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <array>
#include <string>

namespace {

using namespace ranvier;
namespace fs = std::filesystem;

constexpr int kPoints = 500;
constexpr int kWorkers = 2;

void keeps_workers_busy(benchmark::State& state, const char* fidelity) {
  const fs::path directory =
      fs::temp_directory_path() / ("sweep_bench_" + std::to_string(getpid()));
  sweep::testing::write_test_run(directory / "run");
  core::write_file_atomic(directory / "sweep.yaml",
                          "name: bench\nbase: " + (directory / "run").string() +
                              "\ncombine: lhs\nsamples: " + std::to_string(kPoints) +
                              "\nfidelity: " + fidelity +
                              "\naxes:\n  - {key: hardware.serdes.lanes, from: 1, to: 64}\n"
                              "  - {key: hardware.core_clock, from: 200 MHz, to: 1 GHz}\n");
  const config::Field wire{.key = "variants.*.wire", .kind = config::Kind::kText, .fallback = ""};
  const auto fields = sweep::full_schema({&wire, 1});
  const auto spec = sweep::load_sweep(directory / "sweep.yaml", {}, fields);
  sweep::SweepOptions options;
  options.training = {&wire, 1};
  options.jobs = kWorkers;
  options.quiet = true;
  double busy = 0;
  for (auto _ : state) {
    fs::remove(directory / "a.sqlite");
    sweep::Store store = sweep::Store::create(directory / "a.sqlite");
    busy = sweep::run_sweep(spec, options, store).busy_share;
  }
  state.counters["busy_share"] = busy;
  fs::remove_all(directory);
}

/// MS-ResNet-18 on 32 x 32 images, cut after three stages, random activity.
ir::Network resnet18() {
  namespace make = map::testing;
  constexpr std::array widths = {64, 128, 256, 512};
  ir::Network network;
  network.name = "msresnet18";
  network.kind = ir::NetworkKind::kHnn;
  network.layers.push_back(make::input_layer({3, 32, 32}));
  int at = make::add_conv(network, 0, widths[0], 3, 1, 1);
  for (size_t stage = 0; stage < widths.size(); ++stage) {
    for (int block = 0; block < 2; ++block) {
      const bool halves = stage > 0 && block == 0;
      const int stride = halves ? 2 : 1;
      const int skip = halves ? make::add_conv(network, at, widths[stage], 1, 2, 0) : at;
      const int first = make::add_conv(network, at, widths[stage], 3, stride, 1);
      at = make::add_conv(network, first, widths[stage], 3, 1, 1);
      network.layers[static_cast<size_t>(at)].residual = skip;
    }
    if (stage + 1 < widths.size()) {
      const auto params = make::params_for(codec::parse_codec("graded(2)", "bench"), widths[stage]);
      network.boundaries.push_back({"stage" + std::to_string(stage + 1), at, params});
    }
  }
  make::add_head(network, at, 100, ir::Op::kPoolLinear);
  return network;
}

void prices_mapped_points(benchmark::State& state) {
  const ir::Network network = resnet18();
  const sweep::Bundle bundle{
      "hnn", network, map::testing::random_activity(network, 1, 0.3, 7), {}, {}};
  arch::PackageSpec package;
  package.chips_x = 4;
  package.chip.mesh = 40;
  package.chip.weight_sram_bytes = 1 << 20;
  const sweep::MappedVariant mapped(bundle, map::map_network(network, package),
                                    codec::WireKind::kAuto, 1, package);
  int lanes = 1;
  for (auto _ : state) {
    package.serdes.lanes = 1 + lanes++ % 32;
    benchmark::DoNotOptimize(mapped.measure(package, sweep::Fidelity::kAnalytic, 1, 1));
  }
  state.counters["points"] =
      benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

BENCHMARK_CAPTURE(keeps_workers_busy, cycle, "cycle")->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(keeps_workers_busy, analytic, "analytic")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(prices_mapped_points)->Unit(benchmark::kMillisecond);

}  // namespace
