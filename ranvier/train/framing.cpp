#include "ranvier/train/framing.hpp"

#include "ranvier/core/file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string_view>

namespace ranvier::train {

int64_t Framing::crossings() const {
  int64_t sum = 0;
  for (const FrameBlock& block : blocks) {
    sum += static_cast<int64_t>(block.places.size()) * block.die_edges;
  }
  return sum;
}

Framing even_framing(int64_t elements) {
  Framing framing;
  const int64_t most = int64_t{1} << framing.layout.address_bits;
  for (int64_t begin = 0; begin < elements; begin += most) {
    FrameBlock block;
    block.places.resize(static_cast<size_t>(std::min(most, elements - begin)));
    std::iota(block.places.begin(), block.places.end(), static_cast<uint32_t>(begin));
    framing.blocks.push_back(std::move(block));
  }
  return framing;
}

codec::Frame part_of(const codec::Frame& whole, std::span<const uint32_t> places) {
  codec::Frame part{whole.steps, static_cast<int>(places.size()), {}};
  part.symbols.reserve(static_cast<size_t>(whole.steps) * places.size());
  for (int step = 0; step < whole.steps; ++step) {
    const auto plane = static_cast<size_t>(step) * static_cast<size_t>(whole.elements);
    for (const uint32_t place : places) part.symbols.push_back(whole.symbols[plane + place]);
  }
  return part;
}

int64_t link_bits(const codec::Frame& whole, const Framing& framing,
                  const codec::WireFormat& format) {
  int64_t bits = 0;
  for (const FrameBlock& block : framing.blocks) {
    const auto size = format.size(part_of(whole, block.places), block.places);
    bits += codec::link_bits(size, framing.layout) * block.die_edges;
  }
  return bits;
}

std::string text_of(const Framing& framing) {
  const codec::WireLayout& w = framing.layout;
  uint64_t hash = 0;
  for (const FrameBlock& block : framing.blocks) {
    const std::string_view bytes(reinterpret_cast<const char*>(block.places.data()),
                                 block.places.size() * sizeof(uint32_t));
    hash = core::content_hash(
        fmt::format("{:016x} {} {:016x}", hash, block.die_edges, core::content_hash(bytes)));
  }
  return fmt::format("{}/{}/{}/{}/{}/{} {} blocks {:016x}", w.route_bits, w.address_bits,
                     w.tick_bits, w.flit_bits, w.tag_bits, w.framing_bits, framing.blocks.size(),
                     hash);
}

std::string text_of(const LinkPrices& prices) {
  return fmt::format("{} nJ/bit {} ns/bit {} ns", prices.nanojoules_per_bit,
                     prices.nanoseconds_per_bit, prices.nanoseconds_crossing);
}

}  // namespace ranvier::train
