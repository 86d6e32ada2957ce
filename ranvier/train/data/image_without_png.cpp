// A build that found no libpng.

#include "ranvier/core/error.hpp"
#include "ranvier/train/data/image_file.hpp"

namespace ranvier::train {

bool has_png() { return false; }

RgbImage decode_png(std::span<const uint8_t>) {
  throw core::ContractViolation("a picture is decoded by a library that is there");
}

}  // namespace ranvier::train
