#include "ranvier/train/data/batch_loader.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/train/data/augment.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

namespace ranvier::train {
namespace {

/// Every pixel is unlike its neighbours, and the label is the sample's number.
Dataset numbered(int64_t samples, int channels = 2, int height = 6, int width = 5) {
  Dataset set;
  set.name = "numbered";
  set.channels = channels;
  set.height = height;
  set.width = width;
  set.classes = static_cast<int>(samples);
  for (int64_t i = 0; i < samples * set.image_bytes(); ++i) {
    set.pixels.push_back(static_cast<uint8_t>(1 + (i * 37) % 251));
  }
  set.labels.resize(static_cast<size_t>(samples));
  std::iota(set.labels.begin(), set.labels.end(), 0);
  return set;
}

/// out = pixel, so that a test can read the bytes back.
Normalisation plain(const Dataset& set) {
  const auto channels = static_cast<size_t>(set.channels);
  return {.mean = std::vector<float>(channels, 0.0F),
          .stddev = std::vector<float>(channels, 1.0F / 255.0F)};
}

struct Taken {
  BatchPosition position;
  std::vector<float> images;
  std::vector<int64_t> labels;
  bool operator==(const Taken&) const = default;
};

Taken take(BatchLoader& loader, const Dataset& set, int64_t batch_size) {
  Taken taken;
  taken.images.resize(static_cast<size_t>(batch_size * set.image_bytes()));
  taken.labels.resize(static_cast<size_t>(batch_size));
  taken.position = loader.next(taken.images, taken.labels);
  taken.images.resize(static_cast<size_t>(taken.position.size * set.image_bytes()));
  taken.labels.resize(static_cast<size_t>(taken.position.size));
  return taken;
}

std::vector<Taken> take_many(const Dataset& set, const BatchOptions& options, int64_t epoch,
                             int64_t batch, int count) {
  BatchLoader loader(set, measure_normalisation(set), options);
  loader.start(epoch, batch);
  std::vector<Taken> taken;
  for (int i = 0; i < count; ++i) taken.push_back(take(loader, set, options.batch_size));
  return taken;
}

BatchOptions augmented() {
  BatchOptions options;
  options.batch_size = 8;
  options.crop = options.flip = true;
  options.crop_padding = 2;
  options.seed = 5;
  return options;
}

TEST(BatchLoaderTest, ServesEverySampleOncePerEpochInANewOrder) {
  const Dataset set = numbered(30);
  BatchOptions options;
  options.batch_size = 8;
  BatchLoader loader(set, plain(set), options);
  ASSERT_EQ(loader.batches_per_epoch(), 4);
  std::vector<std::vector<int64_t>> orders;
  for (int64_t epoch = 0; epoch < 3; ++epoch) {
    std::vector<int64_t> labels;
    for (int64_t batch = 0; batch < 4; ++batch) {
      const Taken taken = take(loader, set, 8);
      EXPECT_EQ(taken.position, (BatchPosition{epoch, batch, batch == 3 ? 6 : 8}));
      labels.insert(labels.end(), taken.labels.begin(), taken.labels.end());
    }
    EXPECT_EQ(std::set<int64_t>(labels.begin(), labels.end()).size(), 30U);
    EXPECT_FALSE(std::is_sorted(labels.begin(), labels.end()));
    orders.push_back(labels);
  }
  EXPECT_NE(orders[0], orders[1]);
  EXPECT_NE(orders[1], orders[2]);
}

TEST(BatchLoaderTest, WithoutShuffleItServesThePublishedOrderUnchanged) {
  const Dataset set = numbered(10);
  BatchOptions options;
  options.batch_size = 10;
  options.shuffle = false;
  BatchLoader loader(set, plain(set), options);
  const Taken taken = take(loader, set, 10);
  EXPECT_TRUE(std::is_sorted(taken.labels.begin(), taken.labels.end()));
  for (size_t i = 0; i < taken.images.size(); ++i) {
    ASSERT_NEAR(taken.images[i], static_cast<float>(set.pixels[i]), 1e-4);
  }
}

TEST(BatchLoaderTest, ChannelsLastIsTheSameImageTransposed) {
  const Dataset set = numbered(3, 3, 4, 5);
  BatchOptions options = augmented();
  options.batch_size = 3;
  const Taken first = take_many(set, options, 0, 0, 1)[0];
  options.layout = Layout::kNhwc;
  const Taken last = take_many(set, options, 0, 0, 1)[0];
  for (size_t n = 0; n < 3; ++n) {
    for (size_t c = 0; c < 3; ++c) {
      for (size_t p = 0; p < 20; ++p) {
        ASSERT_EQ(first.images[n * 60 + c * 20 + p], last.images[n * 60 + p * 3 + c]);
      }
    }
  }
}

RC_GTEST_PROP(BatchLoaderProperty, DependsNeitherOnPrefetchNorThreadsNorStart, ()) {
  const Dataset set = numbered(*rc::gen::inRange(9, 40));
  BatchOptions options = augmented();
  options.drop_last = *rc::gen::arbitrary<bool>();
  options.prefetch = 0;
  const auto reference = take_many(set, options, 0, 0, 12);
  options.prefetch = *rc::gen::inRange(1, 6);
  options.threads = *rc::gen::inRange(1, 4);
  RC_ASSERT(take_many(set, options, 0, 0, 12) == reference);
  const size_t resumed = *rc::gen::inRange<size_t>(0, 12);
  const BatchPosition at = reference[resumed].position;
  const auto rest = take_many(set, options, at.epoch, at.batch, static_cast<int>(12 - resumed));
  RC_ASSERT(
      std::equal(rest.begin(), rest.end(), reference.begin() + static_cast<int64_t>(resumed)));
}

TEST(BatchLoaderTest, ShardsAreTheConsecutivePartsOfABatch) {
  const Dataset set = numbered(21);
  BatchOptions whole = augmented();
  whole.batch_size = 6;
  whole.drop_last = true;
  const auto expected = take_many(set, whole, 0, 1, 5);  // into the second epoch
  for (const int shards : {2, 3, 6}) {
    std::vector<Taken> joined(expected.size());
    for (int shard = 0; shard < shards; ++shard) {
      BatchOptions part = whole;
      part.shards = shards;
      part.shard = shard;
      const auto taken = take_many(set, part, 0, 1, 5);
      for (size_t i = 0; i < taken.size(); ++i) {
        EXPECT_EQ(taken[i].position.size, 6 / shards);
        joined[i].position = taken[i].position;
        joined[i].position.size *= shards;
        auto& [position, images, labels] = joined[i];
        images.insert(images.end(), taken[i].images.begin(), taken[i].images.end());
        labels.insert(labels.end(), taken[i].labels.begin(), taken[i].labels.end());
      }
    }
    EXPECT_EQ(joined, expected) << shards;
  }
}

TEST(BatchLoaderTest, StartDropsWhatWasPrefetched) {
  const Dataset set = numbered(40);
  const BatchOptions options = augmented();
  const auto reference = take_many(set, options, 2, 1, 3);
  BatchLoader loader(set, measure_normalisation(set), options);
  take(loader, set, 8);
  loader.start(2, 1);
  for (const Taken& expected : reference) EXPECT_EQ(take(loader, set, 8), expected);
}

TEST(BatchLoaderTest, DropLastLeavesOutTheSmallerBatch) {
  const Dataset set = numbered(20);
  BatchOptions options;
  options.batch_size = 8;
  options.drop_last = true;
  BatchLoader loader(set, plain(set), options);
  EXPECT_EQ(loader.batches_per_epoch(), 2);
  EXPECT_EQ(loader.samples_per_epoch(), 16);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(take(loader, set, 8).position.size, 8);
}

TEST(BatchLoaderTest, RefusesABatchThatNoEpochFills) {
  const Dataset set = numbered(4);
  for (const int64_t size : {int64_t{0}, int64_t{-1}, int64_t{5}}) {
    BatchOptions options;
    options.batch_size = size;
    options.drop_last = true;
    try {
      BatchLoader(set, plain(set), options);
      FAIL() << size << " was accepted";
    } catch (const core::UserError& error) {
      EXPECT_EQ(error.refusal().key, "train.batch");
      EXPECT_EQ(error.refusal().allowed, "1..4");
    }
  }
}

TEST(BatchLoaderTest, RefusesSmallBuffersAndForeignNormalisation) {
  const Dataset set = numbered(8);
  BatchOptions options;
  options.batch_size = 4;
  BatchLoader loader(set, plain(set), options);
  std::vector<float> images(3 * 60);
  std::vector<int64_t> labels(4);
  EXPECT_THROW(loader.next(images, labels), core::ContractViolation);
  EXPECT_THROW(BatchLoader(set, {{0.0F}, {1.0F}}, options), core::ContractViolation);
}

TEST(NormalisationTest, GivesMeanZeroAndVarianceOne) {
  const Dataset set = numbered(50, 3);
  BatchOptions options;
  options.batch_size = 50;
  const Taken taken = take_many(set, options, 0, 0, 1)[0];
  for (size_t c = 0; c < 3; ++c) {
    double sum = 0;
    double squares = 0;
    for (size_t n = 0; n < 50; ++n) {
      for (size_t p = 0; p < 30; ++p) {
        const double value = taken.images[n * 90 + c * 30 + p];
        sum += value;
        squares += value * value;
      }
    }
    EXPECT_NEAR(sum / 1500, 0.0, 1e-5);
    EXPECT_NEAR(squares / 1500, 1.0, 1e-5);
  }
}

TEST(NormalisationTest, AFlatChannelDoesNotDivideByZero) {
  Dataset set = numbered(4, 1);
  std::fill(set.pixels.begin(), set.pixels.end(), uint8_t{9});
  EXPECT_GT(measure_normalisation(set).stddev[0], 0.0F);
}

/// The definition, pixel by pixel: what output (y, x) must show.
float expected_pixel(const Dataset& set, int64_t sample, const Augmentation& a, int c, int y,
                     int x) {
  const int column = a.left + (a.flip ? set.width - 1 - x : x);
  const int row = a.top + y;
  if (row < 0 || row >= set.height || column < 0 || column >= set.width) return 0.0F;
  return static_cast<float>(
      set.image(sample)[static_cast<size_t>((c * set.height + row) * set.width + column)]);
}

TEST(AugmentTest, EveryCropAndFlipShowsTheRightPixels) {
  const Dataset set = numbered(2, 2, 4, 5);
  const PixelTable table(plain(set), 2);
  std::vector<float> out(40);
  for (int top = -6; top <= 6; ++top) {
    for (int left = -6; left <= 6; ++left) {
      for (const bool flip : {false, true}) {
        const Augmentation augmentation{top, left, flip};
        copy_image(set, set.image(1), augmentation, table, Layout::kNchw, out);
        for (int i = 0; i < 40; ++i) {
          const float expected = expected_pixel(set, 1, augmentation, i / 20, i % 20 / 5, i % 5);
          ASSERT_NEAR(out[static_cast<size_t>(i)], expected, 1e-4)
              << top << " " << left << " " << flip;
        }
      }
    }
  }
}

TEST(AugmentTest, ChoicesAreUniformAndRepeatable) {
  std::vector<int> tops(9), lefts(9);
  int flips = 0;
  constexpr int kDraws = 9000;
  for (int sample = 0; sample < kDraws; ++sample) {
    const Augmentation chosen = choose_augmentation(3, 7, sample, 4);
    const Augmentation again = choose_augmentation(3, 7, sample, 4);
    ASSERT_TRUE(chosen.top == again.top && chosen.left == again.left && chosen.flip == again.flip);
    ++tops.at(static_cast<size_t>(chosen.top + 4));
    ++lefts.at(static_cast<size_t>(chosen.left + 4));
    flips += chosen.flip;
  }
  // Binomial, n = 9000: five standard deviations are 149 for p = 1/9 and 237 for p = 1/2.
  for (size_t place = 0; place < 9; ++place) {
    EXPECT_NEAR(tops[place], 1000, 149);
    EXPECT_NEAR(lefts[place], 1000, 149);
  }
  EXPECT_NEAR(flips, 4500, 237);
}

TEST(AugmentTest, AnEpochChangesTheChoice) {
  int equal = 0;
  for (int sample = 0; sample < 1000; ++sample) {
    const Augmentation a = choose_augmentation(3, 0, sample, 4);
    const Augmentation b = choose_augmentation(3, 1, sample, 4);
    equal += a.top == b.top && a.left == b.left && a.flip == b.flip;
  }
  EXPECT_LT(equal, 30);  // 1000 / 162 expected
}

}  // namespace
}  // namespace ranvier::train
