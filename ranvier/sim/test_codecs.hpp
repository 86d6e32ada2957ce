#pragma once
// Codecs that several tests of this folder send.

#include "ranvier/codec/codec.hpp"

namespace ranvier::sim::testing {

inline const codec::CodecSpec kGraded{codec::CodecKind::kGraded, 3, 1, false};
inline const codec::CodecSpec kRate{codec::CodecKind::kRate, 0, 4, false};
inline const codec::CodecSpec kDense{codec::CodecKind::kDense, 8, 1, false};

}  // namespace ranvier::sim::testing
