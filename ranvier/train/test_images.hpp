#pragma once
// Images for tests: of 8 x 8 pixels, made by the code.

#include "ranvier/train/batches.hpp"

#include <cstdint>

namespace ranvier::train::testing {

inline Sets small_images(int64_t train_samples, int64_t test_samples) {
  return Sets::of(load_data({.kind = DataKind::kProcedural,
                             .path = {},
                             .place = {},
                             .train_samples = train_samples,
                             .test_samples = test_samples,
                             .image_size = 8}));
}

}  // namespace ranvier::train::testing
