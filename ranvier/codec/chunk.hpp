#pragma once
// Bulk loops in pieces that stay in the first-level cache: look the channel's number up element by
// element, then let the arithmetic run as one vector loop. Private to codec/.

#include "ranvier/codec/codec.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace ranvier::codec {

inline constexpr size_t kChunk = 256;  // elements; one block of a tile in practice

template <class T>
using ChunkOf = std::array<T, kChunk>;

/// body(begin, count) over [0, elements), count <= kChunk.
template <class Body>
void for_each_chunk(size_t elements, Body body) {
  for (size_t begin = 0; begin < elements; begin += kChunk) {
    body(begin, std::min(kChunk, elements - begin));
  }
}

/// out[e] = channels[channel[e]].*member for one chunk.
template <class T, class Member>
void look_up(std::span<const ChannelParams> channels, const uint16_t* channel, size_t count,
             Member ChannelParams::*member, ChunkOf<T>& out) {
  for (size_t e = 0; e < count; ++e) out[e] = static_cast<T>(channels[channel[e]].*member);
}

/// ContractViolation unless all lengths agree and every channel exists.
void require_shapes(size_t inputs, std::span<const uint16_t> channel, size_t outputs,
                    size_t channels);

/// levels(signed, current, threshold, count, level) for every chunk: `signed` is a compile-time
/// constant, `threshold` that of each element's channel. Errors: as require_shapes.
template <class Levels>
void encode_chunks(const BoundaryParams& params, std::span<const int16_t> current,
                   std::span<const uint16_t> channel, std::span<int16_t> level, Levels levels) {
  require_shapes(current.size(), channel, level.size(), params.channels.size());
  for_each_chunk(current.size(), [&](size_t begin, size_t count) {
    ChunkOf<uint16_t> threshold;
    look_up(params.channels, channel.data() + begin, count, &ChannelParams::threshold, threshold);
    if (params.spec.is_signed) {
      levels(std::true_type{}, current.data() + begin, threshold, count, level.data() + begin);
    } else {
      levels(std::false_type{}, current.data() + begin, threshold, count, level.data() + begin);
    }
  });
}

/// 2^(shift-1), or 0 for no shift: what is added so that an arithmetic right shift rounds half up.
constexpr int32_t rounding_half(int shift) { return shift > 0 ? int32_t{1} << (shift - 1) : 0; }

}  // namespace ranvier::codec
