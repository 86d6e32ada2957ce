#pragma once
// The numbers of a boundary as the loops over its elements read them. For whoever writes such a
// loop.

#include "ranvier/train/kernels/blocks.hpp"
#include "ranvier/train/kernels/encode.hpp"

#include <cstdint>

namespace ranvier::train {

/// Rows of the table of one call.
enum EncodeRow : int {
  kGain,
  kThreshold,      // integer threshold of the current
  kMultiplier,     // integer decode multiplier
  kRealThreshold,  // the same threshold in units of activation
  kInverseStep,    // rate: T / threshold; else 1 / step
  kScale,
  kJump,  // graded: value of an element that just fires
  kInverseWidth,
  kGradEvents,
  kGradMagnitude,
  kJumpLevel,  // graded: level of an element that just fires
  kEncodeRowCount
};
using EncodeTable = ChannelTable<kEncodeRowCount>;

/// What is the same for all elements.
struct EncodeConstants {
  int32_t shift;  // F
  int32_t half;
  int32_t top;
  int32_t steps;
  int32_t value_shift;
  int32_t value_half;
  float value_unit;
};

EncodeConstants make_encode_constants(const codec::BoundaryParams& params);

EncodeTable make_encode_table(const EncodeArguments& arguments, const EncodeConstants& constants,
                              const EncodeUpstream& upstream);

}  // namespace ranvier::train
