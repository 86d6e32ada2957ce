// What do spikes cost a training step, does the step wait for its data, and what does the allocator
// matter? MS-ResNet of 0.3 M parameters, 32 x 32 pixels, batches of 50, one thread: forward, loss
// with traffic, backward, both optimisers. `against_ann` = CPU time over that of the dense network,
// both from this run and taken in turns, over all steps (hybrids measure `rans` in one of eight).
// `waits_percent` = time by the clock that the step waited for its batch. `tuned_allocator:1`: as
// training sets it, which stays so: those come last.

#include "ranvier/train/batches.hpp"
#include "ranvier/train/kernels/allocator.hpp"
#include "ranvier/train/models.hpp"
#include "ranvier/train/optimiser.hpp"
#include "ranvier/train/side_by_side.hpp"

#include <benchmark/benchmark.h>

#include <chrono>
#include <ctime>

namespace {

using namespace ranvier;
using torch::Tensor;

constexpr int64_t kBatch = 50;
constexpr int kSide = 32;

/// CPU time of this thread [s]: other programs on the machine do not count.
double now() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// A network with what trains it.
class Trained {
 public:
  Trained(ir::NetworkKind kind, codec::CodecSpec code, train::Projection projection = {})
      : model_(train::make_model(spec(kind, code, projection))),
        weights_(model_->network_parameters(), train::OptimizerKind::kSgd, 0.9, 5e-4),
        codes_(model_->boundary_parameters(), train::OptimizerKind::kAdamW, 0.9, 0.0) {
    model_->train();
  }

  /// CPU time of one step [s].
  double step(const Tensor& images, const Tensor& labels) {
    const double start = now();
    weights_.zero_grad();
    codes_.zero_grad();
    auto loss = torch::nn::functional::cross_entropy(model_->forward(images), labels);
    const auto boundaries = model_->boundaries();
    if (!boundaries.empty())
      loss = loss + 0.01 * train::total_cost(boundaries).wire_bits_per_neuron;
    loss.backward();
    weights_.step(1e-3);
    codes_.step(1e-3);
    return now() - start;
  }

 private:
  static train::ModelSpec spec(ir::NetworkKind kind, codec::CodecSpec code,
                               train::Projection projection) {
    train::ModelSpec s;  // widths 16, 32, 64, 128, cut after each of three stages
    s.classes = 100;
    s.kind = kind;
    s.has_boundaries = kind == ir::NetworkKind::kHnn;
    s.codec = code;
    s.bottleneck = projection;
    s.steps = s.is_spiking() ? 4 : 1;
    if (s.is_spiking()) s.surrogate = train::kSpikingSurrogate;
    return s;
  }

  std::shared_ptr<train::Model> model_;
  train::Optimiser weights_;
  train::Optimiser codes_;
};

void compare(benchmark::State& state, ir::NetworkKind kind, codec::CodecSpec code,
             train::Projection projection) {
  if (state.range(0) == 1) train::keep_freed_memory();
  train::prepare_thread();
  torch::manual_seed(1);
  const Tensor images =
      torch::randn({kBatch, 3, kSide, kSide}).contiguous(at::MemoryFormat::ChannelsLast);
  const Tensor labels = torch::randint(0, 100, {kBatch}, torch::kLong);
  Trained dense(ir::NetworkKind::kAnn, {});
  Trained other(kind, code, projection);
  dense.step(images, labels);
  other.step(images, labels);
  double of_dense = 0.0, of_other = 0.0;
  for (auto _ : state) {
    of_dense += dense.step(images, labels);
    of_other += other.step(images, labels);
  }
  state.counters["ms_per_step"] = 1e3 * of_other / static_cast<double>(state.iterations());
  state.counters["against_ann"] = of_other / of_dense;
}

void waits(benchmark::State& state) {
  using Clock = std::chrono::steady_clock;
  train::keep_freed_memory();
  train::prepare_thread();
  const auto sets = train::Sets::of(train::load_data({.kind = train::DataKind::kProcedural,
                                                      .path = {},
                                                      .place = {},
                                                      .train_samples = 2000,
                                                      .test_samples = 10,
                                                      .image_size = kSide}));
  train::Batches batches(sets, train::Half::kTrain,
                         {.batch_size = kBatch, .crop = true, .flip = true, .drop_last = true});
  Trained dense(ir::NetworkKind::kAnn, {});
  batches.next();
  Clock::duration waited{};
  const auto start = Clock::now();
  for (auto _ : state) {
    const auto before = Clock::now();
    const auto batch = batches.next();
    waited += Clock::now() - before;
    dense.step(batch.inputs, batch.labels);
  }
  state.counters["waits_percent"] = 100.0 * static_cast<double>(waited.count()) /
                                    static_cast<double>((Clock::now() - start).count());
}

void add(const char* name, int tuned, ir::NetworkKind kind, const char* codec, int steps,
         train::Projection projection = {}) {
  benchmark::RegisterBenchmark(name,
                               [=](benchmark::State& state) {
                                 compare(state, kind, codec::parse_codec(codec, "codec"),
                                         projection);
                               })
      ->ArgName("tuned_allocator")
      ->Arg(tuned)
      ->Iterations(steps)
      ->Unit(benchmark::kMillisecond);
}

const bool kRegistered = [] {
  for (const int tuned : {0, 1}) {
    add("hnn_graded3", tuned, ir::NetworkKind::kHnn, "graded(3)", 24);
    add("hnn_rate4", tuned, ir::NetworkKind::kHnn, "rate(4)", 24);
    add("hnn_lapped", tuned, ir::NetworkKind::kHnn, "graded(4,signed)", 24,
        {.ratio = 4, .kernel = 4, .stride = 2});
    add("snn_t4", tuned, ir::NetworkKind::kSnn, "graded(3)", 16);
  }
  benchmark::RegisterBenchmark("waits", waits)->Iterations(60)->Unit(benchmark::kMillisecond);
  return true;
}();

}  // namespace
