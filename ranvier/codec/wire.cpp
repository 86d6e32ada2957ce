#include "ranvier/codec/wire.hpp"

#include "ranvier/codec/registry.hpp"
#include "ranvier/core/error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ranvier::codec {
namespace {

constexpr std::string_view kAutoName = "auto";

/// Names of the formats that carry `codec` (all of them without one), "auto" last.
std::string allowed_names(const CodecSpec* codec) {
  std::string names = "one of ";
  for (const WireEntry& entry : wire_table()) {
    if (codec == nullptr || entry.carries(*codec)) names += fmt::format("{}, ", entry.name);
  }
  return names.append(kAutoName);
}

int64_t overhead(int64_t flits, const WireLayout& layout) {
  return flits * (layout.tag_bits + layout.framing_bits);
}

}  // namespace

std::string_view to_string(WireKind kind) {
  for (const WireEntry& entry : wire_table()) {
    if (entry.kind == kind) return entry.name;
  }
  return kAutoName;
}

WireKind parse_wire(std::string_view text, std::string_view key) {
  if (text == kAutoName) return WireKind::kAuto;
  std::vector<std::string> names{std::string(kAutoName)};
  for (const WireEntry& entry : wire_table()) {
    if (entry.name == text) return entry.kind;
    names.emplace_back(entry.name);
  }
  const std::string nearest = core::nearest_name(text, names);
  throw core::UserError({std::string(key), std::string(text), allowed_names(nullptr), "",
                         nearest.empty() ? "" : fmt::format("Did you mean {}?", nearest)});
}

int64_t WireFrame::bits() const {
  int64_t sum = 0;
  for (const Packet& packet : packets) sum += packet.bits;
  return sum;
}

int64_t WireFrame::flits() const {
  int64_t sum = 0;
  for (const Packet& packet : packets) sum += packet.flits;
  return sum;
}

int64_t link_bits(const WireFrame& frame, const WireLayout& layout) {
  return frame.bits() + overhead(frame.flits(), layout);
}

int64_t link_bits(const WireSize& size, const WireLayout& layout) {
  return size.bits + overhead(size.flits, layout);
}

std::optional<Frame> WireFormat::salvage(const WireFrame& wire, int elements,
                                         std::span<const uint32_t> places, int64_t missing) const {
  if (missing > 0) return std::nullopt;
  try {
    return decode(wire, elements, places);
  } catch (const core::RunError&) {
    return std::nullopt;
  }
}

bool tries_rans(WireKind kind, const BoundaryParams& params) {
  return kind == WireKind::kRans || (kind == WireKind::kAuto && params.entropy);
}

bool can_carry(WireKind kind, const CodecSpec& codec) {
  if (kind == WireKind::kAuto) return true;
  const auto table = wire_table();
  return std::any_of(table.begin(), table.end(), [&](const WireEntry& entry) {
    return entry.kind == kind && entry.carries(codec);
  });
}

std::unique_ptr<WireFormat> make_wire_format(WireKind kind, const BoundaryParams& params,
                                             const WireLayout& layout) {
  const CodecSpec& codec = params.spec;
  if (!can_carry(kind, codec)) {
    throw core::UserError({"wire", fmt::format("{} with {}", to_string(kind), to_string(codec)),
                           allowed_names(&codec), "",
                           "A burst sends every element; it needs dense."});
  }
  if (kind == WireKind::kRans && !params.entropy) {
    throw core::UserError({"wire", "rans without tables", "auto, or a boundary with `entropy`", "",
                           "The tables are learned when a bundle is written; train it again."});
  }
  if (kind == WireKind::kAuto) return make_auto_format(params, layout);
  const auto table = wire_table();
  const auto row = std::find_if(table.begin(), table.end(),
                                [&](const WireEntry& entry) { return entry.kind == kind; });
  return row->make(params, layout);
}

std::unique_ptr<WireFormat> make_wire_format(WireKind kind, const CodecSpec& codec,
                                             const WireLayout& layout) {
  BoundaryParams params;
  params.spec = codec;
  return make_wire_format(kind, params, layout);
}

}  // namespace ranvier::codec
