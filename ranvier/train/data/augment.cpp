#include "ranvier/train/data/augment.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/rng.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ranvier::train {
namespace {

constexpr uint64_t kOrderStream = 1;
constexpr uint64_t kAugmentStream = 2;

/// Columns of the output whose source column lies in the image: [begin, end).
struct Columns {
  int begin;
  int end;
};

/// Output column x shows source column left + x, or left + (width - 1 - x) when mirrored.
Columns covered_columns(const Augmentation& augmentation, int width) {
  const int left = augmentation.left;
  const Columns plain{std::max(0, -left), std::min(width, width - left)};
  if (!augmentation.flip) return plain;
  return {width - plain.end, width - plain.begin};
}

void copy_row(const uint8_t* source, const float* table, const Augmentation& augmentation,
              int width, float* out, int64_t stride) {
  const Columns columns = covered_columns(augmentation, width);
  const float black = table[0];
  for (int x = 0; x < columns.begin; ++x) out[x * stride] = black;
  const int step = augmentation.flip ? -1 : 1;
  int at = augmentation.flip ? augmentation.left + width - 1 - columns.begin
                             : augmentation.left + columns.begin;
  for (int x = columns.begin; x < columns.end; ++x, at += step) out[x * stride] = table[source[at]];
  for (int x = columns.end; x < width; ++x) out[x * stride] = black;
}

}  // namespace

Augmentation choose_augmentation(uint64_t seed, int64_t epoch, int64_t sample, int padding) {
  core::Rng rng = core::Rng(seed)
                      .fork(kAugmentStream)
                      .fork(static_cast<uint64_t>(epoch))
                      .fork(static_cast<uint64_t>(sample));
  const auto places = static_cast<uint64_t>(2 * padding + 1);
  Augmentation augmentation;
  augmentation.top = static_cast<int>(rng.below(places)) - padding;
  augmentation.left = static_cast<int>(rng.below(places)) - padding;
  augmentation.flip = rng.below(2) == 1;
  return augmentation;
}

std::vector<int32_t> epoch_order(uint64_t seed, int64_t epoch, int64_t samples, bool shuffle) {
  std::vector<int32_t> order(static_cast<size_t>(samples));
  std::iota(order.begin(), order.end(), 0);
  if (!shuffle) return order;
  core::Rng rng = core::Rng(seed).fork(kOrderStream).fork(static_cast<uint64_t>(epoch));
  for (size_t left = order.size(); left > 1; --left)
    std::swap(order[left - 1], order[rng.below(left)]);
  return order;
}

PixelTable::PixelTable(const Normalisation& normalisation, int channels) {
  const auto count = static_cast<size_t>(channels);
  RANVIER_CONTRACT(normalisation.mean.size() == count && normalisation.stddev.size() == count,
                   "a normalisation has one entry per channel");
  values_.reserve(256 * count);
  for (size_t c = 0; c < count; ++c) {
    RANVIER_CONTRACT(normalisation.stddev[c] > 0, "a standard deviation is positive");
    for (int pixel = 0; pixel < 256; ++pixel) {
      values_.push_back((static_cast<float>(pixel) / 255.0F - normalisation.mean[c]) /
                        normalisation.stddev[c]);
    }
  }
}

void copy_image(const Dataset& set, std::span<const uint8_t> image,
                const Augmentation& augmentation, const PixelTable& table, Layout layout,
                std::span<float> out) {
  RANVIER_CONTRACT(
      static_cast<int64_t>(out.size()) == set.image_bytes() && out.size() == image.size(),
      "room for one image");
  const int width = set.width;
  const int64_t plane = int64_t{1} * set.height * width;
  const int64_t stride = layout == Layout::kNchw ? 1 : set.channels;
  for (int c = 0; c < set.channels; ++c) {
    float* target = out.data() + (layout == Layout::kNchw ? c * plane : c);
    const float* values = table.channel(c);
    for (int y = 0; y < set.height; ++y) {
      float* row = target + y * width * stride;
      const int source_row = augmentation.top + y;
      if (source_row < 0 || source_row >= set.height) {
        for (int x = 0; x < width; ++x) row[x * stride] = values[0];
      } else {
        copy_row(image.data() + c * plane + source_row * width, values, augmentation, width, row,
                 stride);
      }
    }
  }
}

}  // namespace ranvier::train
