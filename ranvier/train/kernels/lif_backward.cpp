// The backward pass: a few cache lines of neurons at a time, all their steps forward and back,
// while the lines of the next block are asked for row by row.

#include "ranvier/train/kernels/lanes.hpp"
#include "ranvier/train/kernels/lif.hpp"
#include "ranvier/train/kernels/lif_group.hpp"
#include "ranvier/train/kernels/lif_step.hpp"
#include "ranvier/train/kernels/memory.hpp"

#include <algorithm>

namespace ranvier::train {
namespace {

enum Sum : int { kSumGain, kSumTheta, kSumBeta, kSumCount };
using Sums = ChannelSums<kSumCount>;

/// What the pass reads and writes; rows of a step are `size` apart.
struct Tensors {
  int64_t steps;
  int64_t size;
  const float* x;
  const float* grad_spikes;
  float* grad_x;
  bool past_cache;  // grad_x is written past the caches, line by line
};

template <bool kShared>
struct Parameters {
  explicit Parameters(const Neurons& p)
      : inverse_gain(p.row[kInverseGain]),
        theta(p.row[kTheta]),
        beta(p.row[kBeta]),
        level(p.row[kLevel]),
        inverse_width(p.row[kInverseWidth]),
        carry(p.row[kCarry]) {}

  Parameter<kShared> inverse_gain, theta, beta, level, inverse_width, carry;
};

/// Up to kGroup neurons of one run. kWhole: exactly kGroup.
template <Surrogate kKind, bool kSigned, Reset kReset, bool kShared, bool kWhole>
class Group {
 public:
  /// membranes: [steps + 1][kGroup], scratch.
  Group(const Tensors& tensors, const LifOptions& options, const Neurons& neurons, int64_t at,
        int64_t count, float* membranes)
      : tensors_(tensors),
        parameters_(neurons),
        start_(neurons.row[kStart]),
        level_factor_(options.centred ? 0.5F : 1.0F),
        start_factor_(options.start_half ? 0.5F : 0.0F),
        at_(at),
        count_(count),
        u_(membranes) {}

  void forward(ReadAhead& ahead) {
    for (int64_t j = 0; j < vectors(); ++j) store(start_[j], u(0, j));
    for (int64_t t = 0; t < tensors_.steps; ++t) {
      ahead.lines(vectors());
      const float* const x = tensors_.x + t * tensors_.size + at_;
      for (int64_t j = 0; j < vectors(); ++j) {
        const Lanes before = load(u(t, j));
        const Lanes s = fire<kSigned>(before, parameters_.level[j]);
        const Lanes input = read(x, j) * parameters_.inverse_gain[j];
        store(charge<kReset>(before, s, input, parameters_.theta[j], parameters_.beta[j]),
              u(t + 1, j));
      }
    }
  }

  void backward(ReadAhead& ahead) {
    for (int64_t t = tensors_.steps; t-- > 0;) {
      ahead.lines(vectors());
      for (int64_t j = 0; j < vectors(); ++j) step_back(t, j);
    }
    // The start u_0 = factor x theta is a parameter too.
    for (int64_t j = 0; j < vectors() && start_factor_ != 0.0F; ++j) {
      sum(kSumTheta, j) += start_factor_ * parameters_.beta[j] * grad_u_[j];
    }
  }

  /// Per neuron; shared parameters: of the whole group, in the first lanes.
  const Lanes& sums(int which, int64_t j) const { return sums_[which][j]; }

 private:
  constexpr int64_t vectors() const {
    return kWhole ? kGroupLanes : (count_ + kLanes - 1) / kLanes;
  }
  float* u(int64_t row, int64_t j) const { return u_ + row * kGroup + j * kLanes; }
  Lanes& sum(int which, int64_t j) { return sums_[which][kShared ? 0 : j]; }
  Lanes read(const float* row, int64_t j) const {
    if constexpr (kWhole) return load(row + j * kLanes);
    return load(row + j * kLanes, count_ - j * kLanes);
  }

  void write(Lanes v, int64_t t, int64_t j) const {
    float* const to = tensors_.grad_x + t * tensors_.size + at_ + j * kLanes;
    if (!kWhole && count_ - j * kLanes < kLanes) {
      store(v, to, count_ - j * kLanes);
    } else if (tensors_.past_cache) {
      stream_line(v, to);
    } else {
      store(v, to);
    }
  }

  void step_back(int64_t t, int64_t j) {
    const int64_t row = t * tensors_.size + at_;
    const Lanes u_now = load(u(t + 1, j));
    const Lanes level = parameters_.level[j];
    const Lanes width = parameters_.inverse_width[j];
    const Lanes up = surrogate_slope<kKind>((u_now - level) * width) * width;
    Lanes down{};
    if constexpr (kSigned) down = surrogate_slope<kKind>((u_now + level) * width) * width;
    const Lanes next = grad_u_[j];
    const Lanes leaked = parameters_.beta[j] * next;
    const Lanes grad_s = read(tensors_.grad_spikes + row, j) - parameters_.carry[j] * next;
    const Lanes grad = leaked + (up + down) * grad_s;
    const Lanes reset = (kReset == Reset::kPlain ? next : leaked) * fire<kSigned>(u_now, level);
    Lanes before = load(u(t, j));  // what the leak acts on: with a decayed reset, after it
    if constexpr (kReset != Reset::kPlain) {
      before = before - parameters_.theta[j] * fire<kSigned>(before, level);
    }
    grad_u_[j] = grad;
    write(grad * parameters_.inverse_gain[j], t, j);
    sum(kSumGain, j) += grad * read(tensors_.x + row, j);
    sum(kSumTheta, j) -= level_factor_ * (up - down) * grad_s + reset;
    sum(kSumBeta, j) += grad * before;
  }

  const Tensors& tensors_;
  Parameters<kShared> parameters_;
  Parameter<kShared> start_;
  float level_factor_;  // d level / d theta
  float start_factor_;  // d u_0 / d theta
  int64_t at_;
  int64_t count_;
  float* u_;
  Lanes grad_u_[kGroupLanes] = {};  // of the step after the one that is looked at
  Lanes sums_[kSumCount][kShared ? 1 : kGroupLanes] = {};
};

/// Everything that is fixed while a chunk is walked.
template <Surrogate kKind, bool kSigned, Reset kReset>
class BackwardChunk {
 public:
  BackwardChunk(const LifArguments& a, const LifTable& table, const Tensors& tensors, int64_t chunk,
                Sums& sums)
      : a_(a),
        tensors_(tensors),
        chunk_(chunk),
        sums_(sums),
        walk_(a, table),
        membranes_((a.steps + 1) * kGroup) {}

  void run(int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; block += kBlock) {
      walk_.enter(block, std::min(block + kBlock, end));
      ReadAhead ahead({tensors_.x, tensors_.grad_spikes}, tensors_.steps, tensors_.size,
                      block + kBlock);
      for_each_group(walk_,
                     [&](auto shared, auto whole, int64_t at, int64_t count, int64_t channel,
                         const Neurons& p) { group<shared, whole>(p, at, count, channel, ahead); });
    }
    finish_streams();
  }

 private:
  template <bool kShared, bool kWhole>
  void group(const Neurons& p, int64_t at, int64_t count, int64_t channel, ReadAhead& ahead) {
    Group<kKind, kSigned, kReset, kShared, kWhole> group(tensors_, a_.options, p, at, count,
                                                         membranes_.data());
    group.forward(ahead);
    group.backward(ahead);
    for (int which = 0; which < kSumCount; ++which) {
      if constexpr (kShared) {
        sums_.at(chunk_, which, channel) += sum(group.sums(which, 0));
      } else {
        add_each(which, at, count, &group.sums(which, 0));
      }
    }
  }

  /// sums [count], of neurons at, at + 1, ...
  void add_each(int which, int64_t at, int64_t count, const Lanes* sums) {
    alignas(kCacheLine) float each[kGroup];
    for (int64_t j = 0; j < kGroupLanes; ++j) store(sums[j], each + j * kLanes);
    if (a_.layout.inner == 1) {
      for_each_pixel(a_.layout, at, at + count, [&](int64_t offset, int64_t n, int64_t channel) {
        double* const to = &sums_.at(chunk_, which, channel);
        for (int64_t i = 0; i < n; ++i) to[i] += double{each[offset + i]};
      });
      return;
    }
    for (int64_t i = 0; i < count; ++i) {
      sums_.at(chunk_, which, (at + i) / a_.layout.inner % a_.layout.channels) += double{each[i]};
    }
  }

  const LifArguments& a_;
  const Tensors& tensors_;
  int64_t chunk_;
  Sums& sums_;
  BlockWalk walk_;
  AlignedRow<float> membranes_;
};

}  // namespace

void lif_backward(const LifArguments& a, const float* x, const float* grad_spikes, float* grad_x,
                  double* grad_parameters) {
  const LifTable table = make_lif_table(a);
  Sums sums(a.layout.channels);
  const bool aligned =
      reinterpret_cast<uintptr_t>(grad_x) % kCacheLine == 0 && has_whole_lines(a.layout);
  const Tensors tensors{a.steps, a.layout.size,
                        x,       grad_spikes,
                        grad_x,  aligned && a.steps * a.layout.size >= kStreamedValues};
  dispatch_surrogate(a.options.surrogate, [&](auto kind) {
    dispatch_lif(a.options, [&](auto is_signed, auto reset) {
      for_each_chunk(a.layout, a.threads, [&](int64_t chunk, int64_t begin, int64_t end) {
        BackwardChunk<kind, is_signed, reset>(a, table, tensors, chunk, sums).run(begin, end);
      });
    });
  });
  sums.reduce(grad_parameters);
}

}  // namespace ranvier::train
