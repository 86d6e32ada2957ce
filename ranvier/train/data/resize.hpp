#pragma once
// A part of a picture at another size. No Torch.

#include "ranvier/train/data/image_file.hpp"

#include <cstdint>
#include <span>

namespace ranvier::train {

/// A rectangle of a picture [pixels], corners may lie between pixels.
struct Box {
  double left = 0;
  double top = 0;
  double width = 0;
  double height = 0;
};

/// The central square whose side is `fraction` of the shorter side.
Box central_square(int width, int height, double fraction);

/// A random rectangle of `least_area`..1 of the picture's area and a ratio of 3/4..4/3, decided by
/// (seed, epoch, sample) alone. Source: Szegedy et al. 2015, arXiv 1409.4842; after ten rectangles
/// that do not fit, the largest central one of an allowed ratio.
Box random_box(uint64_t seed, int64_t epoch, int64_t sample, int width, int height,
               double least_area);

/// `box` of `image`, `side` pixels square, by a triangle filter that is as wide as the pixels of
/// the result (no aliases when shrinking). Shape: out [3][side][side].
/// Cost: O(rows of the box x side x shrinkage).
void resize_box(const RgbImage& image, const Box& box, int side, std::span<uint8_t> out);

}  // namespace ranvier::train
