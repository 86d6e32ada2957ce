// Does a training step of RWKV cost the same per token whatever the context? 4096 tokens per step,
// forward, loss and backward, depth 2, width 128, one thread, CPU time. `against_128` = time over
// that at context 128, both from this run and taken in turns.

#include "ranvier/train/models.hpp"
#include "ranvier/train/side_by_side.hpp"

#include <benchmark/benchmark.h>
#include <malloc.h>

#include <algorithm>
#include <ctime>
#include <vector>

namespace {

using torch::Tensor;

constexpr int64_t kTokens = 4096, kShortest = 128;

/// CPU time of this thread [s]: other programs on the machine do not count.
double now() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

std::shared_ptr<ranvier::train::Model> small_rwkv() {
  ranvier::train::ModelSpec spec;
  spec.network.model = ranvier::train::ModelKind::kRwkv;
  spec.network.depth = 2;
  spec.network.width = 128;
  spec.network.cuts.clear();
  spec.classes = 256;
  return make_model(spec);
}

double step(ranvier::train::Model& model, int64_t context) {
  const Tensor bytes = torch::randint(0, 256, {kTokens / context, context}, torch::kLong);
  const double start = now();
  torch::nn::functional::cross_entropy(model.forward(bytes), bytes.flatten()).backward();
  return now() - start;
}

double median(std::vector<double>& times) {
  const auto middle = times.begin() + static_cast<int64_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

void rwkv(benchmark::State& state) {
  ranvier::train::prepare_thread();
  mallopt(M_MMAP_THRESHOLD, 1 << 30);  // as training sets it
  mallopt(M_TRIM_THRESHOLD, 2147483646);
  const auto model = small_rwkv();
  std::vector<double> times, shortest;
  step(*model, kShortest);
  for (auto _ : state) {
    shortest.push_back(step(*model, kShortest));
    times.push_back(step(*model, state.range(0)));
  }
  state.counters["us_per_token"] = 1e6 * median(times) / kTokens;
  state.counters["against_128"] = median(times) / median(shortest);
}

BENCHMARK(rwkv)->ArgName("context")->Arg(128)->Arg(256)->Arg(512)->Arg(1024)->Iterations(7);

}  // namespace
