#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/core/rng.hpp"
#include "ranvier/train/data/dataset.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace ranvier::train {
namespace {

DataSpec small(int64_t train, int64_t test) {
  DataSpec spec;
  spec.train_samples = train;
  spec.test_samples = test;
  return spec;
}

uint64_t hash(const Dataset& set) {
  return core::content_hash({reinterpret_cast<const char*>(set.pixels.data()), set.pixels.size()});
}

TEST(ProceduralTest, IsDrawnFromTheSeedAlone) {
  DataSpec spec = small(50, 20);
  const Data first = load_data(spec);
  EXPECT_EQ(first.train.pixels, load_data(spec).train.pixels);
  spec.seed = 2;
  EXPECT_NE(first.train.pixels, load_data(spec).train.pixels);
}

TEST(ProceduralTest, HasTheSameBytesOnEveryMachine) {
  const Data data = load_data(small(100, 100));
  EXPECT_EQ(hash(data.train), 1474331150734094133ULL);
  EXPECT_EQ(hash(data.test), 15144678921956716847ULL);
}

TEST(ProceduralTest, ASmallerSetIsTheBeginningOfALargerOne) {
  const Data large = load_data(small(60, 30));
  const Data less = load_data(small(20, 10));
  EXPECT_TRUE(
      std::equal(less.train.pixels.begin(), less.train.pixels.end(), large.train.pixels.begin()));
  EXPECT_TRUE(
      std::equal(less.test.labels.begin(), less.test.labels.end(), large.test.labels.begin()));
}

TEST(ProceduralTest, TrainAndTestShareNoImage) {
  const Data data = load_data(small(200, 200));
  for (int64_t i = 0; i < 200; ++i) {
    const auto a = data.train.image(i);
    for (int64_t j = 0; j < 200; ++j) {
      const auto b = data.test.image(j);
      ASSERT_FALSE(std::equal(a.begin(), a.end(), b.begin())) << i << " and " << j;
    }
  }
}

TEST(ProceduralTest, ClassesAreBalanced) {
  const Data data = load_data(small(200, 100));
  ASSERT_EQ(data.train.classes, 10);
  for (int label = 0; label < 10; ++label) {
    EXPECT_EQ(std::count(data.train.labels.begin(), data.train.labels.end(), label), 20);
  }
}

TEST(ProceduralTest, DrawsOtherSizes) {
  DataSpec spec = small(10, 10);
  spec.image_size = 32;
  const Data data = load_data(spec);
  EXPECT_EQ(data.train.height, 32);
  EXPECT_EQ(data.train.pixels.size(), 10U * 3 * 32 * 32);
}

/// Accuracy [0..1] on the test set of one linear layer, trained by averaged perceptron on centred
/// pixels.
double linear_accuracy(const Data& data, int epochs) {
  const auto inputs = static_cast<size_t>(data.train.image_bytes());
  std::vector<double> weights(10 * inputs), sums(10 * inputs);
  const auto guess = [&](const std::vector<double>& w, std::span<const uint8_t> image) {
    std::vector<double> scores(10);
    for (size_t c = 0; c < 10; ++c) {
      for (size_t i = 0; i < inputs; ++i) scores[c] += w[c * inputs + i] * (image[i] - 127.5);
    }
    return static_cast<size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
  };
  for (int64_t n = 0; n < epochs * data.train.size(); ++n) {
    const auto image = data.train.image(n % data.train.size());
    const auto label =
        static_cast<size_t>(data.train.labels[static_cast<size_t>(n % data.train.size())]);
    const size_t said = guess(weights, image);
    for (size_t i = 0; i < inputs && said != label; ++i) {
      weights[label * inputs + i] += image[i] - 127.5;
      weights[said * inputs + i] -= image[i] - 127.5;
    }
    for (size_t i = 0; i < weights.size(); ++i) sums[i] += weights[i];
  }
  int64_t right = 0;
  for (int64_t n = 0; n < data.test.size(); ++n) {
    right += guess(sums, data.test.image(n)) ==
             static_cast<size_t>(data.test.labels[static_cast<size_t>(n)]);
  }
  return static_cast<double>(right) / static_cast<double>(data.test.size());
}

TEST(ProceduralTest, ALinearModelDoesNotSolveIt) {
  EXPECT_LT(linear_accuracy(load_data(small(2000, 500)), 5), 0.35);
}

TEST(ProceduralTest, RefusesSizesOutOfRange) {
  for (const int size : {0, 7, 65}) {
    DataSpec spec = small(10, 10);
    spec.image_size = size;
    try {
      load_data(spec);
      FAIL() << size << " was accepted";
    } catch (const core::UserError& error) {
      EXPECT_EQ(error.refusal().key, "data.image_size");
      EXPECT_EQ(error.refusal().allowed, "8..64");
    }
  }
}

TEST(ProceduralTest, RefusesAnEmptySet) {
  EXPECT_THROW(load_data(small(0, 10)), core::UserError);
  EXPECT_THROW(load_data(small(10, -3)), core::UserError);
}

}  // namespace
}  // namespace ranvier::train
