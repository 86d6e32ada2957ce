// rate(T): up to T spikes per element from an integer leaky integrate-and-fire neuron at constant
// current.

#include "ranvier/codec/chunk.hpp"
#include "ranvier/codec/membrane.hpp"
#include "ranvier/codec/registry.hpp"

#include <cstdlib>

namespace ranvier::codec {
namespace {

class Rate final : public Codec {
 public:
  explicit Rate(BoundaryParams params) : Codec(std::move(params)) {
    for (const ChannelParams& channel : params_.channels) leaks_ |= channel.leak_shift > 0;
  }

  Frame encode(std::span<const int16_t> current, std::span<const uint16_t> channel) const override {
    const size_t elements = current.size();
    require_shapes(elements, channel, elements, params_.channels.size());
    Frame frame{params_.spec.steps, static_cast<int>(elements), {}};
    frame.symbols.resize(elements * static_cast<size_t>(frame.steps));
    for_each_chunk(elements, [&](size_t begin, size_t count) {
      int16_t* plane = frame.symbols.data() + begin;
      run_window(current.data() + begin, channel.data() + begin, count,
                 [&](const ChunkOf<int16_t>& symbols) {
                   std::copy_n(symbols.data(), count, plane);
                   plane += elements;
                 });
    });
    return frame;
  }

  void encode_levels(std::span<const int16_t> current, std::span<const uint16_t> channel,
                     std::span<int16_t> level) const override {
    require_shapes(current.size(), channel, level.size(), params_.channels.size());
    for_each_chunk(current.size(), [&](size_t begin, size_t count) {
      const int16_t* i = current.data() + begin;
      const uint16_t* c = channel.data() + begin;
      int16_t* l = level.data() + begin;
      if (leaks_) {
        sum_window(i, c, count, l);
      } else if (params_.spec.is_signed) {
        close<true>(i, c, count, l);
      } else {
        close<false>(i, c, count, l);
      }
    });
  }

 private:
  /// take(symbols of the chunk) after every step of the window.
  template <class Take>
  void run_window(const int16_t* current, const uint16_t* channel, size_t count, Take take) const {
    if (params_.spec.is_signed) {
      run_steps<true>(current, channel, count, take);
    } else {
      run_steps<false>(current, channel, count, take);
    }
  }

  template <bool kSigned, class Take>
  void run_steps(const int16_t* current, const uint16_t* channel, size_t count, Take take) const {
    ChunkOf<int32_t> threshold;
    ChunkOf<int32_t> leak;
    ChunkOf<int32_t> membrane;
    ChunkOf<int16_t> symbols;
    look_up(params_.channels, channel, count, &ChannelParams::threshold, threshold);
    look_up(params_.channels, channel, count, &ChannelParams::leak_shift, leak);
    for (size_t e = 0; e < count; ++e) membrane[e] = initial_membrane(threshold[e], kSigned);
    for (int step = 0; step < params_.spec.steps; ++step) {
      for (size_t e = 0; e < count; ++e) {
        symbols[e] = static_cast<int16_t>(
            membrane_step<kSigned>(membrane[e], current[e], threshold[e], leak[e]));
      }
      take(symbols);
    }
  }

  void sum_window(const int16_t* current, const uint16_t* channel, size_t count,
                  int16_t* level) const {
    std::fill_n(level, count, int16_t{0});
    run_window(current, channel, count, [&](const ChunkOf<int16_t>& symbols) {
      for (size_t e = 0; e < count; ++e) level[e] = static_cast<int16_t>(level[e] + symbols[e]);
    });
  }

  /// count = clip(floor((threshold / 2 + T |i|) / threshold), 0, T), on i itself when unsigned.
  /// The quotient is taken in single precision and is exact: both operands are integers below 2^24,
  /// and a quotient q <= 64 that is no integer stays 1 / (threshold q) >= 2^-22 (relative) below
  /// the next one, while rounding moves it by at most 2^-24. Larger quotients are clipped to
  /// T <= 64 either way.
  template <bool kSigned>
  void close(const int16_t* current, const uint16_t* channel, size_t count, int16_t* level) const {
    ChunkOf<int32_t> threshold;
    look_up(params_.channels, channel, count, &ChannelParams::threshold, threshold);
    const int32_t steps = params_.spec.steps;
    for (size_t e = 0; e < count; ++e) {
      const int32_t i = current[e];
      const int32_t drive = kSigned ? std::abs(i) : std::max(i, 0);
      const auto charge = static_cast<float>(threshold[e] / 2 + steps * drive);
      const auto quotient = static_cast<int32_t>(charge / static_cast<float>(threshold[e]));
      const int32_t spikes = std::min(quotient, steps);
      level[e] = static_cast<int16_t>(kSigned && i < 0 ? -spikes : spikes);
    }
  }

  bool leaks_ = false;
};

}  // namespace

std::unique_ptr<Codec> make_rate(const BoundaryParams& params) {
  return std::make_unique<Rate>(params);
}

}  // namespace ranvier::codec
