// Does the WKV recurrence cost the same per token whatever the context? 8192 tokens of 256
// channels, as texts of 128 to 1024 tokens; one thread, CPU time. `ns_per_token` counts forward and
// backward (or forward alone); `against_128` = that over the same at context 128, both from this
// run and taken in turns. `ns_per_value` = per token and channel.

#include "ranvier/core/rng.hpp"
#include "ranvier/train/kernels/wkv.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <ctime>
#include <vector>

namespace {

using ranvier::train::WkvArguments;

constexpr int64_t kTokens = 8192, kChannels = 256, kShortest = 128;

/// CPU time of this thread [s]: other programs on the machine do not count.
double now() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

class Texts {
 public:
  Texts() {
    ranvier::core::Rng rng(1);
    for (auto* row : {&key_, &value_, &grad_out_}) {
      row->resize(kTokens * kChannels);
      for (float& x : *row) x = 4.0F * static_cast<float>(rng.uniform()) - 2.0F;
    }
    out_.resize(key_.size());
    grad_key_.resize(key_.size());
    grad_value_.resize(key_.size());
  }

  /// Seconds of one pass over all tokens, cut into texts of `context`.
  double pass(int64_t context, bool backward) {
    const WkvArguments<float> a{kTokens / context, context,       kChannels,
                                decay_.data(),     bonus_.data(), 1};
    auto state = ranvier::train::wkv_start<float>(a.batch, a.channels);
    const double start = now();
    wkv_forward(a, key_.data(), value_.data(), state.data(), out_.data());
    if (backward) {
      wkv_backward<float>(a, key_.data(), value_.data(), nullptr, out_.data(), grad_out_.data(),
                          grad_key_.data(), grad_value_.data(), grad_parameters_.data());
    }
    return now() - start;
  }

 private:
  std::vector<float> key_, value_, grad_out_, out_, grad_key_, grad_value_;
  std::vector<float> decay_ = std::vector<float>(kChannels, -0.3F);
  std::vector<float> bonus_ = std::vector<float>(kChannels, 0.4F);
  std::vector<double> grad_parameters_ = std::vector<double>(2 * kChannels);
};

double median(std::vector<double>& times) {
  std::nth_element(times.begin(), times.begin() + static_cast<int64_t>(times.size() / 2),
                   times.end());
  return times[times.size() / 2];
}

void wkv(benchmark::State& state) {
  Texts texts;
  const int64_t context = state.range(0);
  const bool backward = state.range(1) != 0;
  std::vector<double> times, shortest;
  for (auto _ : state) {
    shortest.push_back(texts.pass(kShortest, backward));
    times.push_back(texts.pass(context, backward));
  }
  const double per_token = 1e9 * median(times) / kTokens;
  state.counters["ns_per_token"] = per_token;
  state.counters["ns_per_value"] = per_token / kChannels;
  state.counters["against_128"] = median(times) / median(shortest);
}

BENCHMARK(wkv)
    ->ArgNames({"context", "backward"})
    ->ArgsProduct({{128, 256, 512, 1024}, {0, 1}})
    ->Iterations(15);

}  // namespace
