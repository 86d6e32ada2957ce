#include "ranvier/codec/damage.hpp"

#include <algorithm>
#include <utility>

namespace ranvier::codec {
namespace {

/// The interface drops every packet that has a damaged flit.
std::optional<Frame> without_damaged(const WireFormat& format, WireFrame wire, int elements,
                                     std::span<const uint32_t> places,
                                     std::span<const DamagedFlit> damages) {
  std::vector<bool> dropped(wire.packets.size());
  for (const DamagedFlit& damage : damages) dropped[static_cast<size_t>(damage.packet)] = true;
  if (dropped.front()) return std::nullopt;
  WireFrame left{.kind = wire.kind, .packets = {}};
  for (size_t p = 0; p < wire.packets.size(); ++p) {
    if (!dropped[p]) left.packets.push_back(std::move(wire.packets[p]));
  }
  const auto missing = static_cast<int64_t>(wire.packets.size() - left.packets.size());
  return format.salvage(left, elements, places, missing);
}

/// Nobody knows: the decoder reads the flipped bits.
std::optional<Frame> with_flips(const LossyLink& link, const WireFormat& format, WireFrame wire,
                                int elements, std::span<const uint32_t> places, int32_t block,
                                std::span<const DamagedFlit> damages) {
  for (const DamagedFlit& damage : damages) {
    Packet& packet = wire.packets[static_cast<size_t>(damage.packet)];
    const FlitBits bits = flit_bits(packet, damage.flit);
    const uint64_t name = flit_name(block, damage.packet, damage.flit);
    for (const int64_t bit : link.errors.flips(name, bits.count + link.overhead_bits)) {
      if (bit >= bits.count) continue;  // tag or framing
      const int64_t at = bits.first + bit;
      packet.bytes[static_cast<size_t>(at / 8)] ^= static_cast<uint8_t>(1U << (at % 8));
    }
  }
  return format.salvage(wire, elements, places, 0);
}

}  // namespace

FlitBits flit_bits(const Packet& packet, int32_t flit) {
  const int64_t others = packet.bits / packet.flits;
  const int64_t first = packet.bits - others * (packet.flits - 1);
  if (flit == 0) return {0, first};
  return {first + (flit - 1) * others, others};
}

std::vector<DamagedFlit> damaged_flits(const LossyLink& link, const WireFrame& wire, int32_t block,
                                       std::span<const int32_t> chips) {
  std::vector<DamagedFlit> damages;
  for (int32_t p = 0; p < static_cast<int32_t>(wire.packets.size()); ++p) {
    const Packet& packet = wire.packets[static_cast<size_t>(p)];
    for (int32_t f = 0; f < packet.flits; ++f) {
      const uint64_t name = flit_name(block, p, f);
      const int64_t bits = flit_bits(packet, f).count + link.overhead_bits;
      const bool hit = std::ranges::any_of(
          chips, [&](int32_t chip) { return link.errors.hits_leaving(chip, name, bits); });
      if (hit) damages.push_back({p, f});
    }
  }
  return damages;
}

std::optional<Frame> read_damaged(const LossyLink& link, const WireFormat& format, WireFrame wire,
                                  int elements, std::span<const uint32_t> places, int32_t block,
                                  std::span<const DamagedFlit> damages) {
  if (link.checked) return without_damaged(format, std::move(wire), elements, places, damages);
  return with_flips(link, format, std::move(wire), elements, places, block, damages);
}

Frame silent_frame(const CodecSpec& spec, int elements) {
  Frame frame{spec.steps, elements, {}};
  frame.symbols.resize(static_cast<size_t>(spec.steps) * static_cast<size_t>(elements));
  return frame;
}

}  // namespace ranvier::codec
