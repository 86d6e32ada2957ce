#pragma once
// What a boundary loses on links that damage flits and repeat nothing: the values that the far chip
// has in place of those that were sent. Flit by flit what the simulator finds, without time. Model:
// docs/models/emio.md, "Accuracy under loss".

#include "ranvier/codec/codec.hpp"
#include "ranvier/codec/damage.hpp"
#include "ranvier/codec/wire.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace ranvier::codec {

/// The links that the blocks of all boundaries of an inference cross.
struct LinkNoise {
  double bit_error_rate = 0;
  bool checked = false;       // flits carry a checksum
  int64_t overhead_bits = 0;  // of a flit on the link: tag, framing and checksum
  uint64_t seed = 1;          // of the experiment
  bool operator==(const LinkNoise&) const = default;
};

/// Elements that cross together, as in workload::Block.
struct LossyBlock {
  std::vector<uint32_t> elements;  // positions in the boundary tensor (CHW), ascending
  std::vector<int32_t> chips;      // that it leaves, one after the other
  bool operator==(const LossyBlock&) const = default;
};

struct LossTotals {
  int64_t blocks = 0;
  int64_t damaged_blocks = 0;  // with a damaged flit
  int64_t lost_blocks = 0;     // of them, unreadable: every symbol 0
  int64_t values = 0;
  int64_t changed_values = 0;
  int64_t error_sum = 0;  // of |difference| [2^-value_frac_bits; spikes]

  LossTotals& operator+=(const LossTotals& other);
};

class LossyBoundary {
 public:
  /// `params` of what a frame carries (a spiking network: one step), `positions` elements in a
  /// channel, `first_block` the number of the boundary's first block in the inference.
  /// Errors: UserError for a codec or wire format that cannot be built.
  LossyBoundary(const BoundaryParams& params, WireKind wire, const WireLayout& layout,
                const LinkNoise& noise, int64_t positions, int32_t first_block,
                std::vector<LossyBlock> blocks);

  /// Puts into `value` what the far chip computes with instead, in inference `sample`. Spans: all
  /// elements of the boundary. Cost: O(elements x steps).
  LossTotals lose(int64_t sample, std::span<const int16_t> current, std::span<int32_t> value) const;

  /// The same for the spikes of a spiking network: [steps][elements]. Its blocks cross once in
  /// every step.
  LossTotals lose_spikes(int64_t sample, int steps, std::span<int16_t> spikes) const;

 private:
  /// What arrives of a frame; the frame itself when nothing was damaged.
  Frame carry(const LossyLink& link, const LossyBlock& block, int32_t index, const Frame& sent,
              LossTotals& totals) const;
  LossyLink link_of(int64_t sample) const;

  std::unique_ptr<Codec> codec_;
  std::unique_ptr<WireFormat> wire_;
  LinkNoise noise_;
  int32_t first_block_;
  std::vector<LossyBlock> blocks_;
  std::vector<std::vector<uint16_t>> channels_;  // [blocks][elements]
};

}  // namespace ranvier::codec
