#include "ranvier/train/teacher.hpp"

#include "ranvier/train/test_images.hpp"

#include <gtest/gtest.h>

namespace ranvier::train {
namespace {

TEST(Teacher, SaysTheSameWhetherItRemembersOrNot) {
  const auto sets = testing::small_images(30, 10);
  ModelSpec spec;
  spec.image = {sets.data.train.channels, 8, 8};
  spec.classes = sets.data.train.classes;
  spec.network.widths = {4, 6};
  spec.network.blocks = {1, 1};
  spec.network.cuts = {};
  const auto knows = make_model(spec);
  knows->eval();
  Teacher remembers(*knows);
  Teacher forgets(*knows, 0);
  BatchOptions options{.batch_size = 10, .crop = true, .drop_last = true};
  const auto ask = [&](Teacher& teacher, uint64_t seed, double temperature) {
    options.seed = seed;
    Batches batches(sets, Half::kTrain, options);
    return teacher.targets(batches.next(), options, temperature);
  };
  const auto first = ask(remembers, 1, 2.0);
  EXPECT_TRUE(ask(remembers, 1, 2.0).is_same(first));
  EXPECT_FALSE(ask(forgets, 1, 2.0).is_same(ask(forgets, 1, 2.0)));
  EXPECT_TRUE(ask(forgets, 1, 2.0).equal(first));
  EXPECT_FALSE(ask(remembers, 2, 2.0).equal(first));  // another batch
  EXPECT_FALSE(ask(remembers, 1, 1.0).equal(first));
  EXPECT_NEAR(first.sum(1).max().item<double>(), 1.0, 1e-5);
}

}  // namespace
}  // namespace ranvier::train
