// How far are the fused LIF kernels from the memory bound, and how far is one tensor per step from
// them? Shape [T=8, 64, 64, 16, 16], one thread, CPU time. `ratio_*` = time / time of a memcpy that
// moves as many bytes as the kernels must, in this run: copies and kernels take turns;
// `against_stream` takes the copy that writes past the caches in place of memcpy. (A copy of x
// alone is no measure of memory: a third-level cache of 32 MiB holds much of it from one turn to
// the next.) `speedup_*` = time of one tensor per step / time of the fused call.

#include "ranvier/train/kernels/allocator.hpp"
#include "ranvier/train/kernels/memory.hpp"
#include "ranvier/train/lif.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <vector>

namespace {

using ranvier::train::LifArguments;
using ranvier::train::LifOptions;
using torch::Tensor;

constexpr int64_t kSteps = 8, kSamples = 64, kChannels = 64, kInner = 16 * 16;
const LifOptions kAsTrained{.surrogate = ranvier::train::kSpikingSurrogate};
constexpr int64_t kValues = kSteps * kSamples * kChannels * kInner;

/// CPU time of this thread [s]: other programs on the machine do not count.
double now() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// Times of repetitions.
class Times {
 public:
  template <class F>
  void add(const F& f) {
    const double start = now();
    f();
    seconds_.push_back(now() - start);
  }
  double least() const { return *std::min_element(seconds_.begin(), seconds_.end()); }
  double median() const {
    std::vector<double> sorted = seconds_;
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<long>(sorted.size() / 2),
                     sorted.end());
    return sorted[sorted.size() / 2];
  }

 private:
  std::vector<double> seconds_;
};

struct Problem {
  Tensor x, grad, gain, theta, beta;

  Problem() {
    at::set_num_threads(1);
    torch::manual_seed(1);
    x = torch::rand({kSteps, kSamples, kChannels, 16, 16}) * 0.6;
    grad = torch::rand_like(x) - 0.5;
    gain = torch::ones({kChannels});
    theta = torch::ones({kChannels});
    beta = torch::full({kChannels}, 0.5);
  }
};

/// Argument 1: the allocator as training sets it. It stays so: those come last.
void set_allocator(const benchmark::State& state) {
  if (state.range(0) == 1) ranvier::train::keep_freed_memory();
}

/// Kernels alone; Spike int8_t: 17 bytes per value must move, float: 20.
template <class Spike>
void fused_kernels(benchmark::State& state) {
  set_allocator(state);
  const Problem p;
  const LifArguments a{kSteps,
                       {kValues / kSteps, kChannels, kInner},
                       kAsTrained,
                       p.gain.data_ptr<float>(),
                       p.theta.data_ptr<float>(),
                       p.beta.data_ptr<float>(),
                       1};
  const ranvier::train::AlignedRow<Spike> spikes(kValues);
  Tensor grad_x = torch::zeros_like(p.x);
  std::vector<double> sums(3 * kChannels);
  const float* x = p.x.data_ptr<float>();
  float* to = grad_x.data_ptr<float>();
  constexpr int64_t kMoved = kValues * (4 * sizeof(float) + sizeof(Spike));  // [bytes]
  constexpr int64_t kCopied = kMoved / 2 / static_cast<int64_t>(sizeof(float));
  const Tensor original = torch::ones({kCopied});
  Tensor other = torch::zeros({kCopied});
  const float* from = original.data_ptr<float>();
  float* target = other.data_ptr<float>();
  Times copy, streamed, forward, backward;
  for (auto _ : state) {
    copy.add([&] { std::memcpy(target, from, kCopied * sizeof(float)); });
    streamed.add([&] {
      ranvier::train::stream(from, kCopied, target);
      ranvier::train::finish_streams();
    });
    forward.add([&] { lif_forward(a, x, spikes.data()); });
    backward.add([&] { lif_backward(a, x, p.grad.data_ptr<float>(), to, sums.data()); });
  }
  const double least = forward.least() + backward.least();
  const double median = forward.median() + backward.median();
  state.counters["copy_GBps"] = kMoved / copy.median() * 1e-9;
  state.counters["stream_GBps"] = kMoved / streamed.median() * 1e-9;
  state.counters["forward_ms"] = forward.median() * 1e3;
  state.counters["backward_ms"] = backward.median() * 1e3;
  state.counters["bound_ms"] = copy.median() * 1e3;
  state.counters["ratio_min"] = least / copy.least();
  state.counters["ratio_median"] = median / copy.median();
  state.counters["against_stream"] = median / streamed.median();
}

template <class F>
void forward_backward(const F& lif, const Problem& p) {
  const auto leaf = [](const Tensor& t) { return t.detach().requires_grad_(true); };
  lif(leaf(p.x), leaf(p.gain), leaf(p.theta), leaf(p.beta), kAsTrained).backward(p.grad);
}

/// Whole library calls with autograd.
void against_a_tensor_per_step(benchmark::State& state) {
  set_allocator(state);
  const Problem p;
  Times fused, stepped;
  forward_backward(ranvier::train::fused_lif, p);  // the first call of each pays for its memory
  forward_backward(ranvier::train::reference_lif, p);
  for (auto _ : state) {
    fused.add([&] { forward_backward(ranvier::train::fused_lif, p); });
    stepped.add([&] { forward_backward(ranvier::train::reference_lif, p); });
  }
  state.counters["fused_ms"] = fused.median() * 1e3;
  state.counters["stepped_ms"] = stepped.median() * 1e3;
  state.counters["speedup_min"] = stepped.least() / fused.least();
  state.counters["speedup_median"] = stepped.median() / fused.median();
}
void of_allocator(benchmark::internal::Benchmark* b, int tuned, int iterations) {
  b->ArgName("tuned_allocator")->Arg(tuned)->Iterations(iterations)->Unit(benchmark::kMillisecond);
}

const bool kRegistered = [] {
  for (const int tuned : {0, 1}) {
    of_allocator(benchmark::RegisterBenchmark("fused_kernels<int8_t>", fused_kernels<int8_t>),
                 tuned, 15);
    of_allocator(benchmark::RegisterBenchmark("fused_kernels<float>", fused_kernels<float>), tuned,
                 15);
    of_allocator(
        benchmark::RegisterBenchmark("against_a_tensor_per_step", against_a_tensor_per_step), tuned,
        9);
  }
  return true;
}();

}  // namespace
