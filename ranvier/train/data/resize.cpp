#include "ranvier/train/data/resize.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/rng.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace ranvier::train {
namespace {

constexpr uint64_t kCropStream = 3;  // beside those of augment.cpp
constexpr int kTries = 10;
constexpr double kWidest = 4.0 / 3.0;
constexpr size_t kColourCount = 3;

/// Sources of one pixel of the result, along one axis.
struct Taps {
  int first = 0;
  std::vector<float> weights;  // sum 1
};

/// Of `side` pixels that show `length` pixels from `begin` on, of `size` there are.
std::vector<Taps> make_taps(double begin, double length, int size, int side) {
  const double step = length / side;
  const double reach = std::max(step, 1.0);  // of the triangle, to either side
  std::vector<Taps> all(static_cast<size_t>(side));
  for (int i = 0; i < side; ++i) {
    const double middle = begin + (i + 0.5) * step;
    Taps& taps = all[static_cast<size_t>(i)];
    taps.first = std::clamp(static_cast<int>(std::floor(middle - reach)), 0, size - 1);
    const int last = std::clamp(static_cast<int>(std::ceil(middle + reach)), 0, size - 1);
    double sum = 0;
    for (int at = taps.first; at <= last; ++at) {
      const double weight = std::max(0.0, 1.0 - std::abs(at + 0.5 - middle) / reach);
      taps.weights.push_back(static_cast<float>(weight));
      sum += weight;
    }
    for (float& weight : taps.weights) weight = static_cast<float>(weight / sum);
  }
  return all;
}

/// One row of the picture at the width of the result. Shape: out [side][3].
void narrow_row(const uint8_t* row, const std::vector<Taps>& columns, float* out) {
  for (const Taps& taps : columns) {
    std::array<float, kColourCount> sum{};
    const uint8_t* from = row + static_cast<size_t>(taps.first) * kColourCount;
    for (const float weight : taps.weights) {
      for (size_t c = 0; c < kColourCount; ++c) sum[c] += weight * static_cast<float>(from[c]);
      from += kColourCount;
    }
    out = std::copy(sum.begin(), sum.end(), out);
  }
}

}  // namespace

Box central_square(int width, int height, double fraction) {
  const double side = fraction * std::min(width, height);
  return {(width - side) / 2, (height - side) / 2, side, side};
}

Box random_box(uint64_t seed, int64_t epoch, int64_t sample, int width, int height,
               double least_area) {
  core::Rng rng = core::Rng(seed)
                      .fork(kCropStream)
                      .fork(static_cast<uint64_t>(epoch))
                      .fork(static_cast<uint64_t>(sample));
  const double area = static_cast<double>(width) * height;
  for (int i = 0; i < kTries; ++i) {
    const double part = area * (least_area + (1.0 - least_area) * rng.uniform());
    const double ratio = std::pow(kWidest, 2.0 * rng.uniform() - 1.0);
    const double w = std::sqrt(part * ratio);
    const double h = std::sqrt(part / ratio);
    if (w > width || h > height) continue;
    return {(width - w) * rng.uniform(), (height - h) * rng.uniform(), w, h};
  }
  const double w = std::min<double>(width, height * kWidest);
  const double h = std::min<double>(height, width * kWidest);
  return {(width - w) / 2, (height - h) / 2, w, h};
}

void resize_box(const RgbImage& image, const Box& box, int side, std::span<uint8_t> out) {
  const auto edge = static_cast<size_t>(side);
  RANVIER_CONTRACT(out.size() == kColourCount * edge * edge, "room for one image");
  const auto columns = make_taps(box.left, box.width, image.width, side);
  const auto rows = make_taps(box.top, box.height, image.height, side);
  const int first = rows.front().first;
  const int last = rows.back().first + static_cast<int>(rows.back().weights.size()) - 1;
  const size_t stride = edge * kColourCount;
  std::vector<float> narrow(static_cast<size_t>(last - first + 1) * stride);
  for (int y = first; y <= last; ++y) {
    const size_t from = static_cast<size_t>(y) * static_cast<size_t>(image.width) * kColourCount;
    narrow_row(image.pixels.data() + from, columns,
               narrow.data() + static_cast<size_t>(y - first) * stride);
  }
  std::vector<float> sum(stride);
  for (size_t y = 0; y < edge; ++y) {
    std::fill(sum.begin(), sum.end(), 0.0F);
    const float* from = narrow.data() + static_cast<size_t>(rows[y].first - first) * stride;
    for (const float weight : rows[y].weights) {
      for (size_t i = 0; i < stride; ++i) sum[i] += weight * from[i];
      from += stride;
    }
    for (size_t i = 0; i < stride; ++i) {
      const float value = std::clamp(std::floor(sum[i] + 0.5F), 0.0F, 255.0F);
      out[(i % kColourCount * edge + y) * edge + i / kColourCount] = static_cast<uint8_t>(value);
    }
  }
}

}  // namespace ranvier::train
