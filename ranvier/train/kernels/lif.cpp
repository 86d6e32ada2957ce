#include "ranvier/train/kernels/lif.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/train/kernels/lanes.hpp"
#include "ranvier/train/kernels/lif_group.hpp"
#include "ranvier/train/kernels/lif_step.hpp"
#include "ranvier/train/kernels/memory.hpp"

#include <algorithm>

namespace ranvier::train {
namespace {

void check(const LifArguments& a) {
  const LifOptions& o = a.options;
  RANVIER_CONTRACT(!o.centred || (o.is_signed && !o.start_half),
                   "a centred threshold is for signed neurons that start at 0");
  RANVIER_CONTRACT(!o.integer_leak || o.decayed_reset, "the integer leak acts after the reset");
  RANVIER_CONTRACT(o.surrogate_width > 0.0, "a surrogate has a width");
  RANVIER_CONTRACT(a.steps >= 1 && a.threads >= 1, "steps and threads are at least 1");
}

/// The spikes of a group of neurons at one step.
class SpikeRow {
 public:
  void put(Lanes s, int64_t j) { store(s, spikes_ + j * kLanes); }

  void write(float* to, int64_t count, bool past_cache) const {
    write_row(spikes_, to, count, past_cache);
  }

  void write(int8_t* to, int64_t count, bool past_cache) const {
    alignas(kCacheLine) int8_t bytes[kGroup];
    for (int64_t i = 0; i < kGroup; ++i) bytes[i] = static_cast<int8_t>(spikes_[i]);
    write_row(bytes, to, count, past_cache);
  }

 private:
  template <class Spike>
  static void write_row(const Spike* from, Spike* to, int64_t count, bool past_cache) {
    if (past_cache) {
      stream(from, count, to);
    } else {
      std::copy(from, from + count, to);
    }
  }

  alignas(kCacheLine) float spikes_[kGroup] = {};
};

/// What a forward pass reads and writes; rows of a step are `size` apart.
template <class Spike>
struct Tensors {
  int64_t steps;
  int64_t size;
  const float* x;
  Spike* spikes;
  bool past_cache;  // spikes are written past the caches
};

/// Up to kGroup neurons of one run, all steps. kWhole: exactly kGroup.
template <bool kSigned, Reset kReset, bool kShared, bool kWhole, class Spike>
void forward_group(const Tensors<Spike>& tensors, const Neurons& neurons, int64_t at, int64_t count,
                   ReadAhead& ahead) {
  const Parameter<kShared> inverse_gain(neurons.row[kInverseGain]), theta(neurons.row[kTheta]),
      beta(neurons.row[kBeta]), levels(neurons.row[kLevel]), start(neurons.row[kStart]);
  const int64_t vectors = kWhole ? kGroupLanes : (count + kLanes - 1) / kLanes;
  Lanes u[kGroupLanes], s[kGroupLanes];
  SpikeRow spikes;
  for (int64_t j = 0; j < vectors; ++j) {
    u[j] = start[j];
    s[j] = fire<kSigned>(u[j], levels[j]);
  }
  for (int64_t t = 0; t < tensors.steps; ++t) {
    ahead.lines(vectors);
    const int64_t row = t * tensors.size + at;
    for (int64_t j = 0; j < vectors; ++j) {
      const float* const from = tensors.x + row + j * kLanes;
      const Lanes x = kWhole ? load(from) : load(from, count - j * kLanes);
      u[j] = charge<kReset>(u[j], s[j], x * inverse_gain[j], theta[j], beta[j]);
      s[j] = fire<kSigned>(u[j], levels[j]);
      spikes.put(s[j], j);
    }
    spikes.write(tensors.spikes + row, kWhole ? kGroup : count, tensors.past_cache);
  }
}

template <bool kSigned, Reset kReset, class Spike>
void forward_chunk(const LifArguments& a, const LifTable& table, const Tensors<Spike>& tensors,
                   int64_t begin, int64_t end) {
  BlockWalk walk(a, table);
  for (int64_t block = begin; block < end; block += kBlock) {
    walk.enter(block, std::min(block + kBlock, end));
    ReadAhead ahead({tensors.x}, tensors.steps, tensors.size, block + kBlock);
    for_each_group(
        walk, [&](auto shared, auto whole, int64_t at, int64_t count, int64_t, const Neurons& p) {
          forward_group<kSigned, kReset, shared, whole>(tensors, p, at, count, ahead);
        });
  }
  finish_streams();
}

}  // namespace

LifTable make_lif_table(const LifArguments& a) {
  check(a);
  LifTable table(a.layout.channels);
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

template <class Spike>
void lif_forward(const LifArguments& a, const float* x, Spike* spikes) {
  const LifTable table = make_lif_table(a);
  const bool aligned =
      reinterpret_cast<uintptr_t>(spikes) % kCacheLine == 0 && has_whole_lines(a.layout);
  const Tensors<Spike> tensors{a.steps, a.layout.size, x, spikes,
                               aligned && a.steps * a.layout.size >= kStreamedValues};
  dispatch_lif(a.options, [&](auto is_signed, auto reset) {
    for_each_chunk(a.layout, a.threads, [&](int64_t, int64_t begin, int64_t end) {
      forward_chunk<is_signed, reset>(a, table, tensors, begin, end);
    });
  });
}

template void lif_forward<float>(const LifArguments&, const float*, float*);
template void lif_forward<int8_t>(const LifArguments&, const float*, int8_t*);

}  // namespace ranvier::train
