#pragma once
// In which frames a boundary's tensor crosses the links of the package that the network will be
// mapped on, and what a bit costs there. Numbers only: who knows mappings and prices fills them in.

#include "ranvier/codec/codec.hpp"
#include "ranvier/codec/wire.hpp"
#include "ranvier/ir/network.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace ranvier::train {

/// One frame of every sample.
struct FrameBlock {
  std::vector<uint32_t> places;  // elements of the tensor that crosses (CHW), ascending
  int die_edges = 1;             // on its way: every bit is paid that often
};

/// What the links of a package charge for what a boundary sends; all 0 where nobody knows.
struct LinkPrices {
  double nanojoules_per_bit = 0;    // of every bit on every link of the way
  double nanoseconds_per_bit = 0;   // of one inference: links side by side share the bits
  double nanoseconds_crossing = 0;  // of an empty link, whatever is sent
};

/// How one boundary crosses.
struct Framing {
  codec::WireLayout layout = {};
  std::vector<FrameBlock> blocks = {};  // of one sample
  LinkPrices prices = {};

  /// Activations that are sent x die edges, per sample: what b is counted over.
  int64_t crossings() const;
};

/// One framing for each boundary of a variant's network, in its order. Errors: UserError for a
/// network that cannot be mapped, or a variant whose preset is not there.
using FramingOf =
    std::function<std::vector<Framing>(const ir::Network&, const std::string& variant)>;

/// Where nothing is known of the mapping: default widths, the elements in order, as many in a
/// frame as an address tells apart.
Framing even_framing(int64_t elements);

/// Those symbols of a frame of the whole tensor.
codec::Frame part_of(const codec::Frame& whole, std::span<const uint32_t> places);

/// Bits on all links that one sample passes. `whole`: a frame of the whole tensor.
int64_t link_bits(const codec::Frame& whole, const Framing& framing,
                  const codec::WireFormat& format);

/// Names its frames, for signatures: equal text, equal bits.
std::string text_of(const Framing& framing);
std::string text_of(const LinkPrices& prices);

}  // namespace ranvier::train
