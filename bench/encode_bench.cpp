// What a boundary costs per activation in training, forward and backward, one thread: `pixels` is
// the channels-last layout that dense networks train in, `planes` is NCHW. `ratio` = median time of
// pixels / median time of planes in this run; both take turns.

#include "ranvier/train/kernels/encode.hpp"
#include "ranvier/train/kernels/grid.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace {

using namespace ranvier::train;

constexpr int64_t kSamples = 100, kInner = 32 * 32;

/// Seconds of one call.
template <class F>
double time_of(const F& f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void encode(benchmark::State& state, const std::string& codec) {
  const int64_t channels = state.range(0);
  const auto spec = ranvier::codec::parse_codec(codec, "codec");
  const auto count = static_cast<size_t>(channels);
  LearnedChannels learned{std::vector<double>(count, 1.0 / top_level(spec)),
                          std::vector<double>(count, 0.3), std::vector<double>(count, 0.5),
                          std::vector<double>(count, 1.0)};
  Grid grid = project(spec, learned);
  for (auto& scales : grid.scales) scales.surrogate = 0.1F;
  const int64_t size = kSamples * channels * kInner;
  std::vector<float> a(static_cast<size_t>(size)), value(a.size()), grad(a.size());
  for (size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(i * 7919 % 1000) * 1e-3F - 0.2F;
  const std::vector<float> row(count, 0.1F);
  const auto both_ways = [&](int64_t inner) {
    const EncodeArguments arguments{
        {size, channels, inner}, &grid.params, &grid.scales, Surrogate::kArctan, 1};
    benchmark::DoNotOptimize(encode_forward(arguments, a.data(), value.data()));
    benchmark::DoNotOptimize(
        encode_backward(arguments, a.data(), {value.data(), row.data(), row.data()}, grad.data()));
  };
  std::vector<double> planes, pixels;
  for (auto _ : state) {
    planes.push_back(time_of([&] { both_ways(kInner); }));
    pixels.push_back(time_of([&] { both_ways(1); }));
  }
  const double scale = 1e9 / static_cast<double>(size);
  state.counters["planes_ns_per_value"] = median_of(planes) * scale;
  state.counters["pixels_ns_per_value"] = median_of(pixels) * scale;
  state.counters["ratio"] = median_of(pixels) / median_of(planes);
}

BENCHMARK_CAPTURE(encode, dense8, "dense(8)")->Arg(16)->Arg(64)->Iterations(15);
BENCHMARK_CAPTURE(encode, graded2, "graded(2)")->Arg(16)->Arg(64)->Iterations(15);
BENCHMARK_CAPTURE(encode, rate4, "rate(4)")->Arg(16)->Arg(64)->Iterations(15);

}  // namespace

BENCHMARK_MAIN();
