#pragma once
// How the LIF kernels walk the neurons of a block. Private to the kernels.

#include "ranvier/train/kernels/blocks.hpp"
#include "ranvier/train/kernels/lif.hpp"
#include "ranvier/train/kernels/lif_neuron.hpp"

#include <cstdint>
#include <type_traits>
#include <vector>

namespace ranvier::train {

using LifTable = ChannelTable<kRowCount>;

/// Errors: ContractViolation for options that exclude each other.
LifTable make_lif_table(const LifArguments& arguments);

/// The parameters of one run (one value each) or of one block (one value per neuron).
struct Neurons {
  const float* row[kRowCount];
};

/// Walks one block: rows of the parameters of each run (or of the whole block when they are spread
/// out).
class BlockWalk {
 public:
  BlockWalk(const LifArguments& a, const LifTable& table) : a_(a), table_(table) {}

  void enter(int64_t begin, int64_t end) {
    begin_ = begin;
    end_ = end;
    if (!has_long_runs(a_.layout)) values_ = spread_.take(a_.layout, table_, begin, end);
  }

  /// f(shared, offset, count, channel, neurons) for every run of the block.
  template <class F>
  void runs(const F& f) const {
    Neurons p{};
    if (values_ != nullptr) {
      for (int r = 0; r < kRowCount; ++r) p.row[r] = values_ + r * kBlock;
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
  const LifTable& table_;
  SpreadRows<kRowCount> spread_;
  const float* values_ = nullptr;  // the block's, where parameters change from value to value
  int64_t begin_ = 0;
  int64_t end_ = 0;
};

/// f(signed, reset) with both as compile-time constants.
template <class F>
void dispatch_lif(const LifOptions& o, const F& f) {
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

}  // namespace ranvier::train
