#pragma once
// Boundaries and activations for tests.

#include "ranvier/train/boundary.hpp"

#include <cstdint>
#include <string>

namespace ranvier::train::testing {

inline BoundaryOptions options_for(const std::string& codec, int64_t channels = 6,
                                   int leak_shift = 0) {
  BoundaryOptions options;
  options.name = "stage1";
  options.spec = codec::parse_codec(codec, "codec");
  options.channels = channels;
  options.leak_shift = leak_shift;
  return options;
}

/// [samples, channels, 8, 8], the later channels the wider.
inline torch::Tensor activations(int64_t samples = 8, int64_t channels = 6, uint64_t seed = 5) {
  torch::manual_seed(seed);
  const torch::Tensor spread = torch::linspace(0.3, 2.0, channels).view({1, channels, 1, 1});
  return torch::randn({samples, channels, 8, 8}) * spread;
}

}  // namespace ranvier::train::testing
