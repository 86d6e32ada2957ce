#include "ranvier/train/kernels/lif.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/train/kernels/memory.hpp"

#include <type_traits>
#include <vector>

namespace ranvier::train {
namespace {

enum class Reset : uint8_t { kPlain, kDecayed, kInteger };

/// Rows of the parameter table of one call.
enum Row : int { kInverseGain, kTheta, kBeta, kLevel, kInverseWidth, kStart, kCarry, kRowCount };
enum Sum : int { kSumGain, kSumTheta, kSumBeta, kSumCount };

using Table = ChannelTable<kRowCount>;

/// The parameters of one run (one value each) or of one block (one value per neuron).
struct Neurons {
  const float* row[kRowCount];
  float level_factor;  // d level / d theta
  float start_factor;  // d u_0 / d theta
};

/// A parameter in a loop over neurons; a shared one is read once.
template <bool kShared>
class Parameter {
 public:
  explicit Parameter(const float* row) : row_(row), first_(*row) {}
  float operator[](int64_t i) const { return kShared ? first_ : row_[i]; }

 private:
  const float* row_;
  float first_;
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

template <bool kSigned>
inline float fire(float u, float level) {
  const float up = u >= level ? 1.0F : 0.0F;
  if constexpr (!kSigned) return up;
  const float down = u <= -level ? 1.0F : 0.0F;
  return up - down;
}

/// Membrane of the next step before firing.
template <Reset kReset>
inline float charge(float u, float s, float input, float theta, float beta) {
  if constexpr (kReset == Reset::kPlain) return (beta * u + input) - theta * s;
  const float v = u - theta * s;
  if constexpr (kReset == Reset::kDecayed) return beta * v + input;
  return (v - small_floor(v * (1.0F - beta))) + input;
}

/// One step of n neurons: the next membrane, and its spikes unless Spike is void.
template <bool kSigned, Reset kReset, bool kShared, class Spike>
void step_forward(int64_t n, const Neurons& neurons, const float* __restrict x, const float* u_in,
                  float* u_out, Spike* spikes) {
  const Parameters<kShared> p(neurons);
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const float level = p.level[i];
    const float s = fire<kSigned>(u_in[i], level);
    const float u = charge<kReset>(u_in[i], s, x[i] * p.inverse_gain[i], p.theta[i], p.beta[i]);
    u_out[i] = u;
    if constexpr (!std::is_void_v<Spike>) spikes[i] = static_cast<Spike>(fire<kSigned>(u, level));
  }
}

/// What the leak acts on: with a decayed reset, the membrane after it.
template <bool kSigned, Reset kReset>
inline float after_reset(float u, float theta, float level) {
  return kReset == Reset::kPlain ? u : u - theta * fire<kSigned>(u, level);
}

/// What the backward pass of one step reads and writes; all rows have n values.
struct BackwardRows {
  const float* x;
  const float* grad_spikes;
  const float* u;         // membrane of this step
  const float* u_before;  // membrane of the step before
  float* grad_u;          // in: of the next step, out: of this one
  float* grad_x;
  float* sums[kSumCount];  // not shared: per neuron, added to
};

/// One step back in time. Shared parameters: the sums of the run are added to `totals`.
template <Surrogate kKind, bool kSigned, Reset kReset, bool kShared>
void step_backward(int64_t n, const Neurons& neurons, const BackwardRows& rows, double* totals) {
  const Parameters<kShared> p(neurons);
  const float level_factor = neurons.level_factor;
  float sum_gain = 0.0F;
  float sum_theta = 0.0F;
  float sum_beta = 0.0F;
#pragma omp simd reduction(+ : sum_gain, sum_theta, sum_beta)
  for (int64_t i = 0; i < n; ++i) {
    const float u = rows.u[i];
    const float level = p.level[i];
    const float width = p.inverse_width[i];
    const float up = surrogate_slope<kKind>((u - level) * width) * width;
    const float down = kSigned ? surrogate_slope<kKind>((u + level) * width) * width : 0.0F;
    const float next = rows.grad_u[i];
    const float leaked = p.beta[i] * next;
    const float grad_s = rows.grad_spikes[i] - p.carry[i] * next;
    const float grad = leaked + (up + down) * grad_s;
    const float reset = (kReset == Reset::kPlain ? next : leaked) * fire<kSigned>(u, level);
    const float to_theta = -(level_factor * (up - down) * grad_s + reset);
    const float before = after_reset<kSigned, kReset>(rows.u_before[i], p.theta[i], level);
    rows.grad_u[i] = grad;
    rows.grad_x[i] = grad * p.inverse_gain[i];
    if constexpr (kShared) {
      sum_gain += grad * rows.x[i];
      sum_theta += to_theta;
      sum_beta += grad * before;
    } else {
      rows.sums[kSumGain][i] += grad * rows.x[i];
      rows.sums[kSumTheta][i] += to_theta;
      rows.sums[kSumBeta][i] += grad * before;
    }
  }
  if constexpr (kShared) {
    totals[kSumGain] += double{sum_gain};
    totals[kSumTheta] += double{sum_theta};
    totals[kSumBeta] += double{sum_beta};
  }
}

/// Walks one block: rows of the parameters of each run (or of the whole block when they are spread
/// out).
class BlockWalk {
 public:
  BlockWalk(const LifArguments& a, const Table& table) : a_(a), table_(table) {
    if (!has_long_runs(a.layout)) spread_.resize(static_cast<size_t>(kRowCount * kBlock));
    proto_.level_factor = a.options.centred ? 0.5F : 1.0F;
    proto_.start_factor = a.options.start_half ? 0.5F : 0.0F;
  }

  void enter(int64_t begin, int64_t end) {
    begin_ = begin;
    end_ = end;
    if (!spread_.empty()) table_.spread(a_.layout, begin, end, spread_.data());
  }

  /// f(shared, offset, count, channel, neurons) for every run of the block.
  template <class F>
  void runs(const F& f) const {
    Neurons p = proto_;
    if (!spread_.empty()) {
      for (int r = 0; r < kRowCount; ++r) p.row[r] = spread_.data() + r * kBlock;
      f(std::false_type{}, int64_t{0}, end_ - begin_, int64_t{0}, p);
      return;
    }
    for_each_run(a_.layout, begin_, end_, [&](int64_t offset, int64_t count, int64_t channel) {
      for (int r = 0; r < kRowCount; ++r) p.row[r] = table_.row(r) + channel;
      f(std::true_type{}, offset, count, channel, p);
    });
  }

  int64_t begin() const { return begin_; }
  int64_t size() const { return end_ - begin_; }

 private:
  const LifArguments& a_;
  const Table& table_;
  std::vector<float> spread_;
  Neurons proto_{};
  int64_t begin_ = 0;
  int64_t end_ = 0;
};

template <bool kShared>
void fill_start(const Neurons& p, int64_t count, float* u) {
  for (int64_t i = 0; i < count; ++i) u[i] = p.row[kStart][kShared ? 0 : i];
}

template <bool kSigned, Reset kReset, class Spike>
void forward_chunk(const LifArguments& a, const Table& table, int64_t begin, int64_t end,
                   const float* x, Spike* spikes) {
  BlockWalk walk(a, table);
  const AlignedRow<float> u(kBlock);
  const AlignedRow<Spike> row(kBlock);
  const bool past_cache = a.steps * a.layout.size >= kStreamedValues;
  for (int64_t block = begin; block < end; block += kBlock) {
    walk.enter(block, std::min(block + kBlock, end));
    walk.runs([&](auto shared, int64_t offset, int64_t count, int64_t, const Neurons& p) {
      fill_start<shared>(p, count, u.data() + offset);
    });
    for (int64_t t = 0; t < a.steps; ++t) {
      const int64_t at = t * a.layout.size + block;
      Spike* const out = past_cache ? row.data() : spikes + at;
      walk.runs([&](auto shared, int64_t offset, int64_t count, int64_t, const Neurons& p) {
        prefetch(x + at + offset + kBlock, count);
        step_forward<kSigned, kReset, shared>(count, p, x + at + offset, u.data() + offset,
                                              u.data() + offset, out + offset);
      });
      if (past_cache) stream(row.data(), walk.size(), spikes + at);
    }
  }
  finish_streams();
}

/// Scratch of one thread in the backward pass; a few rows of a block, so it stays in the
/// second-level cache.
struct BackwardScratch {
  explicit BackwardScratch(int64_t steps)
      : membrane((steps + 1) * kBlock), grad_u(kBlock), sums(kSumCount * kBlock) {
    clear_sums();
  }

  float* u(int64_t row) const { return membrane.data() + row * kBlock; }
  void clear_sums() const { std::fill_n(sums.data(), kSumCount * kBlock, 0.0F); }

  AlignedRow<float> membrane;  // row 0: start, row t: step t
  AlignedRow<float> grad_u;
  AlignedRow<float> sums;  // [kSumCount][kBlock], parameters spread out only
};

template <bool kSigned, Reset kReset>
void recompute_membrane(const LifArguments& a, const BlockWalk& walk, const float* x,
                        const BackwardScratch& scratch) {
  walk.runs([&](auto shared, int64_t offset, int64_t count, int64_t, const Neurons& p) {
    fill_start<shared>(p, count, scratch.u(0) + offset);
  });
  for (int64_t t = 0; t < a.steps; ++t) {
    const float* x_row = x + t * a.layout.size + walk.begin();
    walk.runs([&](auto shared, int64_t offset, int64_t count, int64_t, const Neurons& p) {
      prefetch(x_row + offset + kBlock, count);
      step_forward<kSigned, kReset, shared, void>(count, p, x_row + offset, scratch.u(t) + offset,
                                                  scratch.u(t + 1) + offset, nullptr);
    });
  }
}

using Sums = ChannelSums<kSumCount>;

/// The start u_0 = factor x theta is a parameter too: adds its part, then moves spread-out sums to
/// their channels.
void finish_block(const LifArguments& a, const BlockWalk& walk, int64_t chunk,
                  const BackwardScratch& scratch, Sums& sums) {
  walk.runs([&](auto shared, int64_t offset, int64_t count, int64_t channel, const Neurons& p) {
    for (int64_t i = 0; i < count && p.start_factor != 0.0F; ++i) {
      const float to_theta =
          p.start_factor * p.row[kBeta][shared ? 0 : i] * scratch.grad_u.data()[offset + i];
      if constexpr (shared) {
        sums.at(chunk, kSumTheta, channel) += double{to_theta};
      } else {
        scratch.sums.data()[kSumTheta * kBlock + i] += to_theta;
      }
    }
  });
  if (has_long_runs(a.layout)) return;
  const auto move = [&](int64_t offset, int64_t count, int64_t channel) {
    for (int row = 0; row < kSumCount; ++row) {
      const float* from = scratch.sums.data() + row * kBlock + offset;
      for (int64_t i = 0; i < count; ++i) sums.at(chunk, row, channel) += double{from[i]};
    }
  };
  for_each_run(a.layout, walk.begin(), walk.begin() + walk.size(), move);
  scratch.clear_sums();
}

template <Surrogate kKind, bool kSigned, Reset kReset>
void backward_chunk(const LifArguments& a, const Table& table, int64_t chunk, int64_t begin,
                    int64_t end, const float* x, const float* grad_spikes, float* grad_x,
                    Sums& sums) {
  BlockWalk walk(a, table);
  const BackwardScratch scratch(a.steps);
  const AlignedRow<float> row(kBlock);
  const bool past_cache = a.steps * a.layout.size >= kStreamedValues;
  for (int64_t block = begin; block < end; block += kBlock) {
    walk.enter(block, std::min(block + kBlock, end));
    recompute_membrane<kSigned, kReset>(a, walk, x, scratch);
    std::fill_n(scratch.grad_u.data(), kBlock, 0.0F);
    for (int64_t t = a.steps; t-- > 0;) {
      const int64_t at = t * a.layout.size + block;
      float* const out = past_cache ? row.data() : grad_x + at;
      walk.runs([&](auto shared, int64_t offset, int64_t count, int64_t channel, const Neurons& p) {
        prefetch(grad_spikes + at + offset + kBlock, count);
        double totals[kSumCount] = {};
        const BackwardRows rows{
            x + at + offset,
            grad_spikes + at + offset,
            scratch.u(t + 1) + offset,
            scratch.u(t) + offset,
            scratch.grad_u.data() + offset,
            out + offset,
            {scratch.sums.data() + offset, scratch.sums.data() + kBlock + offset,
             scratch.sums.data() + 2 * kBlock + offset}};
        step_backward<kKind, kSigned, kReset, shared>(count, p, rows, totals);
        for (int i = 0; i < kSumCount; ++i) sums.at(chunk, i, channel) += totals[i];
      });
      if (past_cache) stream(row.data(), walk.size(), grad_x + at);
    }
    finish_block(a, walk, chunk, scratch, sums);
  }
  finish_streams();
}

Table make_table(const LifArguments& a) {
  Table table(a.layout.channels);
  const LifOptions& o = a.options;
  for (int64_t c = 0; c < a.layout.channels; ++c) {
    const float theta = a.theta[c];
    table.row(kInverseGain)[c] = a.inverse_gain[c];
    table.row(kTheta)[c] = theta;
    table.row(kBeta)[c] = a.beta[c];
    table.row(kLevel)[c] = o.centred ? 0.5F * theta : theta;
    table.row(kInverseWidth)[c] = 1.0F / (static_cast<float>(o.surrogate_width) * theta);
    table.row(kStart)[c] = o.start_half ? 0.5F * theta : 0.0F;
    table.row(kCarry)[c] = o.detach_reset ? 0.0F : (o.decayed_reset ? a.beta[c] * theta : theta);
  }
  return table;
}

void check(const LifArguments& a) {
  const LifOptions& o = a.options;
  RANVIER_CONTRACT(!o.centred || (o.is_signed && !o.start_half),
                   "a centred threshold is for signed neurons that start at 0");
  RANVIER_CONTRACT(!o.integer_leak || o.decayed_reset, "the integer leak acts after the reset");
  RANVIER_CONTRACT(o.surrogate_width > 0.0, "a surrogate has a width");
  RANVIER_CONTRACT(a.steps >= 1 && a.threads >= 1, "steps and threads are at least 1");
}

/// f(signed, reset) with both as compile-time constants.
template <class F>
void dispatch(const LifOptions& o, const F& f) {
  const auto with_reset = [&](auto is_signed) {
    if (o.integer_leak) {
      f(is_signed, std::integral_constant<Reset, Reset::kInteger>{});
    } else if (o.decayed_reset) {
      f(is_signed, std::integral_constant<Reset, Reset::kDecayed>{});
    } else {
      f(is_signed, std::integral_constant<Reset, Reset::kPlain>{});
    }
  };
  if (o.is_signed) {
    with_reset(std::true_type{});
  } else {
    with_reset(std::false_type{});
  }
}

}  // namespace

template <class Spike>
void lif_forward(const LifArguments& a, const float* x, Spike* spikes) {
  check(a);
  const Table table = make_table(a);
  dispatch(a.options, [&](auto is_signed, auto reset) {
    for_each_chunk(a.layout, a.threads, [&](int64_t, int64_t begin, int64_t end) {
      forward_chunk<is_signed, reset>(a, table, begin, end, x, spikes);
    });
  });
}

template void lif_forward<float>(const LifArguments&, const float*, float*);
template void lif_forward<int8_t>(const LifArguments&, const float*, int8_t*);

void lif_backward(const LifArguments& a, const float* x, const float* grad_spikes, float* grad_x,
                  double* grad_parameters) {
  check(a);
  const Table table = make_table(a);
  Sums sums(a.layout.channels);
  dispatch_surrogate(a.options.surrogate, [&](auto kind) {
    dispatch(a.options, [&](auto is_signed, auto reset) {
      for_each_chunk(a.layout, a.threads, [&](int64_t chunk, int64_t begin, int64_t end) {
        backward_chunk<kind, is_signed, reset>(a, table, chunk, begin, end, x, grad_spikes, grad_x,
                                               sums);
      });
    });
  });
  sums.reduce(grad_parameters);
}

}  // namespace ranvier::train
