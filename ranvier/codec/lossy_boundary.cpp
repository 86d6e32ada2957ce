#include "ranvier/codec/lossy_boundary.hpp"

#include <cstdlib>
#include <optional>
#include <utility>

namespace ranvier::codec {
namespace {

/// Replaces `values` at `elements` by `arrived` and counts what changed.
template <class T, class From>
void replace(std::span<const uint32_t> elements, std::span<const From> arrived, std::span<T> values,
             LossTotals& totals) {
  for (size_t i = 0; i < elements.size(); ++i) {
    T& value = values[elements[i]];
    const int64_t error = std::abs(int64_t{arrived[i]} - int64_t{value});
    totals.changed_values += error != 0;
    totals.error_sum += error;
    value = static_cast<T>(arrived[i]);
  }
}

std::vector<int16_t> pick(std::span<const int16_t> from, std::span<const uint32_t> elements) {
  std::vector<int16_t> picked;
  picked.reserve(elements.size());
  for (const uint32_t element : elements) picked.push_back(from[element]);
  return picked;
}

}  // namespace

LossTotals& LossTotals::operator+=(const LossTotals& other) {
  blocks += other.blocks;
  damaged_blocks += other.damaged_blocks;
  lost_blocks += other.lost_blocks;
  values += other.values;
  changed_values += other.changed_values;
  error_sum += other.error_sum;
  return *this;
}

LossyBoundary::LossyBoundary(const BoundaryParams& params, WireKind wire, const WireLayout& layout,
                             const LinkNoise& noise, int64_t positions, int32_t first_block,
                             std::vector<LossyBlock> blocks)
    : codec_(make_codec(params)),
      wire_(make_wire_format(wire, params, layout)),
      noise_(noise),
      first_block_(first_block),
      blocks_(std::move(blocks)) {
  for (const LossyBlock& block : blocks_) {
    auto& channel = channels_.emplace_back();
    for (const uint32_t element : block.elements) {
      channel.push_back(static_cast<uint16_t>(element / positions));
    }
  }
}

LossyLink LossyBoundary::link_of(int64_t sample) const {
  return {.errors = {noise_.bit_error_rate, error_seed(noise_.seed, sample)},
          .checked = noise_.checked,
          .overhead_bits = noise_.overhead_bits};
}

Frame LossyBoundary::carry(const LossyLink& link, const LossyBlock& block, int32_t index,
                           const Frame& sent, LossTotals& totals) const {
  totals.blocks += 1;
  totals.values += sent.elements;
  WireFrame wire = wire_->encode(sent, block.elements);
  const std::vector<DamagedFlit> damages = damaged_flits(link, wire, index, block.chips);
  if (damages.empty()) return sent;
  totals.damaged_blocks += 1;
  std::optional<Frame> read =
      read_damaged(link, *wire_, std::move(wire), sent.elements, block.elements, index, damages);
  totals.lost_blocks += !read;
  return read ? std::move(*read) : silent_frame(codec_->params().spec, sent.elements);
}

LossTotals LossyBoundary::lose(int64_t sample, std::span<const int16_t> current,
                               std::span<int32_t> value) const {
  const LossyLink link = link_of(sample);
  LossTotals totals;
  for (size_t b = 0; b < blocks_.size(); ++b) {
    const LossyBlock& block = blocks_[b];
    const Frame sent = codec_->encode(pick(current, block.elements), channels_[b]);
    const int64_t damaged = totals.damaged_blocks;
    const auto index = first_block_ + static_cast<int32_t>(b);
    const Frame arrived = carry(link, block, index, sent, totals);
    if (totals.damaged_blocks == damaged) continue;
    const std::vector<int32_t> decoded = codec_->decode(arrived, channels_[b]);
    replace<int32_t, int32_t>(block.elements, decoded, value, totals);
  }
  return totals;
}

LossTotals LossyBoundary::lose_spikes(int64_t sample, int steps, std::span<int16_t> spikes) const {
  const LossyLink link = link_of(sample);
  const size_t plane = spikes.size() / static_cast<size_t>(steps);
  LossTotals totals;
  int32_t index = first_block_;
  for (size_t step = 0; step < static_cast<size_t>(steps); ++step) {
    const auto now = spikes.subspan(step * plane, plane);
    for (const LossyBlock& block : blocks_) {
      const Frame sent{1, static_cast<int>(block.elements.size()), pick(now, block.elements)};
      const int64_t damaged = totals.damaged_blocks;
      const Frame arrived = carry(link, block, index++, sent, totals);
      if (totals.damaged_blocks == damaged) continue;
      replace<int16_t, int16_t>(block.elements, arrived.symbols, now, totals);
    }
  }
  return totals;
}

}  // namespace ranvier::codec
