#pragma once
// One image: which crop and flip it gets in an epoch, and its copy to normalised floats.

#include "ranvier/train/data/batch_loader.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace ranvier::train {

/// Where the crop begins in the zero-padded image, and whether it is mirrored left to right.
struct Augmentation {
  int top = 0;   // -padding..padding: row of the source that becomes row 0
  int left = 0;  // -padding..padding
  bool flip = false;
};

/// Decided by (seed, epoch, sample) alone. Equal for any batch order, thread count or resume point.
Augmentation choose_augmentation(uint64_t seed, int64_t epoch, int64_t sample, int padding);

/// Sample numbers of one epoch in the order they are served.
std::vector<int32_t> epoch_order(uint64_t seed, int64_t epoch, int64_t samples, bool shuffle);

/// Pixel value -> normalised float, per channel; outside the image it is the normalised black.
class PixelTable {
 public:
  PixelTable(const Normalisation& normalisation, int channels);
  const float* channel(int index) const { return values_.data() + 256 * index; }

 private:
  std::vector<float> values_;  // [C][256]
};

/// Writes an image ([C][H][W], of the size of `set`) to `out` ([C][H][W] or [H][W][C]).
void copy_image(const Dataset& set, std::span<const uint8_t> image,
                const Augmentation& augmentation, const PixelTable& table, Layout layout,
                std::span<float> out);

}  // namespace ranvier::train
