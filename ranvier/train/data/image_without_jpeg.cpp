// A build that found no libjpeg.

#include "ranvier/core/error.hpp"
#include "ranvier/train/data/image_file.hpp"

namespace ranvier::train {

bool has_jpeg() { return false; }

RgbImage decode_jpeg(std::span<const uint8_t>) {
  throw core::ContractViolation("a picture is decoded by a library that is there");
}

}  // namespace ranvier::train
