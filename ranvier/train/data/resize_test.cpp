#include "ranvier/train/data/resize.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

namespace ranvier::train {
namespace {

RgbImage textured(int width, int height) {
  RgbImage image = make_rgb(width, height);
  for (size_t i = 0; i < image.pixels.size(); ++i) {
    image.pixels[i] = static_cast<uint8_t>((i * i * 31 + i * 17) % 256);
  }
  return image;
}

std::vector<uint8_t> resized(const RgbImage& image, const Box& box, int side) {
  std::vector<uint8_t> out(3 * static_cast<size_t>(side) * static_cast<size_t>(side));
  resize_box(image, box, side, out);
  return out;
}

/// Every pixel of the result as one sum over the whole picture.
std::vector<uint8_t> brute_force(const RgbImage& image, const Box& box, int side) {
  std::vector<uint8_t> out;
  const auto tent = [](double x, double reach) { return std::max(0.0, 1.0 - std::abs(x) / reach); };
  const double across = box.width / side;
  const double down = box.height / side;
  for (int c = 0; c < 3; ++c) {
    for (int y = 0; y < side; ++y) {
      for (int x = 0; x < side; ++x) {
        double sum = 0;
        double weights = 0;
        for (int v = 0; v < image.height; ++v) {
          for (int u = 0; u < image.width; ++u) {
            const double weight =
                tent(u + 0.5 - box.left - (x + 0.5) * across, std::max(1.0, across)) *
                tent(v + 0.5 - box.top - (y + 0.5) * down, std::max(1.0, down));
            weights += weight;
            sum += weight * image.pixels[static_cast<size_t>(3 * (v * image.width + u) + c)];
          }
        }
        out.push_back(static_cast<uint8_t>(std::lround(sum / weights)));
      }
    }
  }
  return out;
}

TEST(Resize, IsTheSumOverTheWholePicture) {
  const RgbImage image = textured(13, 9);
  for (const auto& [box, side] :
       {std::pair(Box{0, 0, 13, 9}, 4), std::pair(Box{2.3, 1.7, 7.9, 5.2}, 5),
        std::pair(Box{0, 0, 3, 3}, 8), std::pair(Box{9, 5, 4, 4}, 3)}) {
    const auto fast = resized(image, box, side);
    const auto slow = brute_force(image, box, side);
    for (size_t i = 0; i < fast.size(); ++i) ASSERT_NEAR(fast[i], slow[i], 1) << i;
  }
}

TEST(Resize, OfThatSizeIsACopy) {
  const RgbImage image = textured(6, 6);
  const auto out = resized(image, {0, 0, 6, 6}, 6);
  for (size_t c = 0; c < 3; ++c) {
    for (size_t i = 0; i < 36; ++i) EXPECT_EQ(out[c * 36 + i], image.pixels[3 * i + c]);
  }
}

TEST(Resize, TakesTheMiddleOfTheShorterSide) {
  const Box box = central_square(40, 24, 0.5);
  EXPECT_EQ(box.width, 12);
  EXPECT_EQ(box.height, 12);
  EXPECT_EQ(box.left, 14);
  EXPECT_EQ(box.top, 6);
}

TEST(Resize, RandomPartsLieInsideAndHaveAllowedAreasAndRatios) {
  double least = 1;
  double most = 0;
  std::set<double> lefts;
  for (int64_t sample = 0; sample < 2000; ++sample) {
    const Box box = random_box(7, sample % 3, sample, 50, 40, 0.08);
    EXPECT_GE(box.left, 0);
    EXPECT_GE(box.top, 0);
    EXPECT_LE(box.left + box.width, 50 + 1e-9);
    EXPECT_LE(box.top + box.height, 40 + 1e-9);
    const double ratio = box.width / box.height;
    EXPECT_GE(ratio, 0.75 - 1e-9);
    EXPECT_LE(ratio, 4.0 / 3.0 + 1e-9);
    const double area = box.width * box.height / 2000;
    least = std::min(least, area);
    most = std::max(most, area);
    lefts.insert(box.left);
  }
  EXPECT_GE(least, 0.08 - 1e-9);
  EXPECT_LT(least, 0.1);
  EXPECT_GT(most, 0.9);
  EXPECT_GT(lefts.size(), 1900u);
}

TEST(Resize, RandomPartsFollowFromSeedEpochAndSample) {
  const auto left = [](uint64_t seed, int64_t epoch, int64_t sample) {
    return random_box(seed, epoch, sample, 50, 40, 0.08).left;
  };
  EXPECT_EQ(left(1, 2, 3), left(1, 2, 3));
  EXPECT_NE(left(1, 2, 3), left(2, 2, 3));
  EXPECT_NE(left(1, 2, 3), left(1, 3, 3));
  EXPECT_NE(left(1, 2, 3), left(1, 2, 4));
}

TEST(Resize, OfAStripFallsBackToItsMiddle) {
  const Box box = random_box(1, 0, 0, 300, 3, 0.9);
  EXPECT_EQ(box.height, 3);
  EXPECT_EQ(box.width, 4);
  EXPECT_EQ(box.left, 148);
}

}  // namespace
}  // namespace ranvier::train
