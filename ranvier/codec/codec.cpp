#include "ranvier/codec/codec.hpp"

#include "ranvier/codec/chunk.hpp"
#include "ranvier/core/error.hpp"

namespace ranvier::codec {

int64_t Frame::events() const {
  int64_t events = 0;
  for_each_chunk(symbols.size(), [&](size_t begin, size_t count) {
    int16_t present =
        0;  // at most kChunk: counted in the width of the symbols, which keeps vectors full
    for (size_t s = begin; s < begin + count; ++s) {
      present = static_cast<int16_t>(present + (symbols[s] != 0 ? 1 : 0));
    }
    events += present;
  });
  return events;
}

std::vector<int16_t> levels_of(const Frame& frame) {
  const auto elements = static_cast<size_t>(frame.elements);
  RANVIER_CONTRACT(frame.symbols.size() == elements * static_cast<size_t>(frame.steps),
                   "a frame holds steps x elements symbols");
  std::vector<int16_t> level(elements, 0);
  for (size_t step = 0; step < static_cast<size_t>(frame.steps); ++step) {
    const int16_t* plane = frame.symbols.data() + step * elements;
    for (size_t e = 0; e < elements; ++e) level[e] = static_cast<int16_t>(level[e] + plane[e]);
  }
  return level;
}

int32_t decode_level(int32_t level, int16_t multiplier, int shift) {
  return static_cast<int32_t>((int64_t{level} * multiplier + rounding_half(shift)) >> shift);
}

void require_shapes(size_t inputs, std::span<const uint16_t> channel, size_t outputs,
                    size_t channels) {
  RANVIER_CONTRACT(inputs == channel.size() && inputs == outputs,
                   "currents, channels and levels have one length");
  uint16_t highest = 0;
  for (const uint16_t c : channel) highest = std::max(highest, c);
  RANVIER_CONTRACT(channel.empty() || highest < channels, "every channel has its parameters");
}

std::vector<int32_t> Codec::decode(const Frame& frame, std::span<const uint16_t> channel) const {
  RANVIER_CONTRACT(frame.steps == params_.spec.steps, "a frame has the steps of its codec");
  std::vector<int32_t> value(channel.size());
  if (frame.steps == 1) {
    decode_levels(frame.symbols, channel, value);
  } else {
    decode_levels(levels_of(frame), channel, value);
  }
  return value;
}

void Codec::decode_levels(std::span<const int16_t> level, std::span<const uint16_t> channel,
                          std::span<int32_t> value) const {
  require_shapes(level.size(), channel, value.size(), params_.channels.size());
  // |level x multiplier| + half < 2^30 + 2^29: 32 bits hold every intermediate.
  const int shift = params_.decode_shift;
  const int32_t half = rounding_half(shift);
  for_each_chunk(level.size(), [&](size_t begin, size_t count) {
    ChunkOf<int16_t> multiplier;
    look_up(params_.channels, channel.data() + begin, count, &ChannelParams::decode_multiplier,
            multiplier);
    for (size_t e = 0; e < count; ++e) {
      value[begin + e] = (level[begin + e] * multiplier[e] + half) >> shift;
    }
  });
}

Frame Codec::encode_plane(std::span<const int16_t> current,
                          std::span<const uint16_t> channel) const {
  Frame frame{1, static_cast<int>(current.size()), std::vector<int16_t>(current.size())};
  encode_levels(current, channel, frame.symbols);
  return frame;
}

}  // namespace ranvier::codec
