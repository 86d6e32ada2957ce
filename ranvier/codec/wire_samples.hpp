#pragma once
// Frames for the wire tests: every codec family, any size, any density. Tests only.

#include "ranvier/codec/codec.hpp"
#include "ranvier/codec/wire.hpp"
#include "ranvier/core/rng.hpp"

#include <string>
#include <vector>

namespace ranvier::codec {

inline const std::vector<std::string>& sample_codecs() {
  static const std::vector<std::string> kCodecs{
      "dense(1)",         "dense(4)",         "dense(4,signed)",  "dense(8)",
      "dense(8,signed)",  "dense(16)",        "rate(1)",          "rate(4)",
      "rate(20)",         "rate(8,signed)",   "dense(16,signed)", "dense(32)",
      "dense(24,signed)", "dense(32,signed)", "graded(0)",        "graded(0,signed)",
      "graded(3)",        "graded(3,signed)", "graded(8,signed)", "ttfs(1)",
      "ttfs(5)",          "ttfs(8,signed)",   "topk(0.1)",        "topk(0.5,signed)"};
  return kCodecs;
}

/// Range of the symbols of a codec, from its definition.
struct SymbolRange {
  int low;
  int high;
};

inline SymbolRange symbol_range(const CodecSpec& spec) {
  int high = 1;
  if (spec.kind == CodecKind::kGraded || spec.kind == CodecKind::kTopk) high = 1 << spec.bits;
  if (spec.kind == CodecKind::kTtfs) high = spec.window;
  if (spec.kind == CodecKind::kDense) {
    high = spec.bits > 15 ? 32767 : (1 << (spec.bits - (spec.is_signed ? 1 : 0))) - 1;
  }
  return {spec.is_signed ? -high : 0, high};
}

/// Each symbol is an event with probability `density`; events are uniform over the range without 0.
inline Frame sample_frame(const CodecSpec& spec, int elements, double density, uint64_t seed) {
  core::Rng rng(seed);
  const SymbolRange range = symbol_range(spec);
  Frame frame{spec.steps, elements, {}};
  for (int64_t s = 0; s < int64_t{spec.steps} * elements; ++s) {
    int symbol = 0;
    if (rng.uniform() < density) {
      symbol = 1 + static_cast<int>(rng.below(static_cast<uint64_t>(range.high)));
      if (range.low < 0 && rng.uniform() < 0.5) symbol = -symbol;
    }
    frame.symbols.push_back(static_cast<int16_t>(symbol));
  }
  return frame;
}

inline bool carries(WireKind kind, const CodecSpec& spec) {
  return kind != WireKind::kBurst || spec.kind == CodecKind::kDense;
}

}  // namespace ranvier::codec
