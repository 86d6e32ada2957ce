#include "ranvier/train/optimiser.hpp"

#include <gtest/gtest.h>

namespace ranvier::train {
namespace {

using torch::Tensor;

Tensor parameter() {
  torch::manual_seed(3);
  return torch::randn({4, 5}).requires_grad_(true);
}

Tensor loss_of(const Tensor& p) { return (p * p * p.abs()).sum() + p.sin().sum(); }

TEST(Optimiser, FollowsTheLibrarysNesterovStep) {
  Tensor mine = parameter();
  Tensor theirs = parameter();
  Optimiser optimiser({mine}, OptimizerKind::kSgd, 0.9, 0.01);
  torch::optim::SGD reference(
      {theirs},
      torch::optim::SGDOptions(0.05).momentum(0.9).dampening(0).nesterov(true).weight_decay(0.01));
  for (int i = 0; i < 10; ++i) {
    optimiser.zero_grad();
    loss_of(mine).backward();
    optimiser.step(0.05);
    reference.zero_grad();
    loss_of(theirs).backward();
    reference.step();
  }
  EXPECT_TRUE(torch::allclose(mine, theirs, 1e-5, 1e-6));
}

TEST(Optimiser, FollowsTheLibrarysAdamWStep) {
  Tensor mine = parameter();
  Tensor theirs = parameter();
  Optimiser optimiser({mine}, OptimizerKind::kAdamW, 0.9, 0.1);
  torch::optim::AdamW reference({theirs}, torch::optim::AdamWOptions(0.02).weight_decay(0.1));
  for (int i = 0; i < 10; ++i) {
    optimiser.zero_grad();
    loss_of(mine).backward();
    optimiser.step(0.02);
    reference.zero_grad();
    loss_of(theirs).backward();
    reference.step();
  }
  EXPECT_TRUE(torch::allclose(mine, theirs, 1e-5, 1e-6));
}

TEST(Optimiser, NeverDecaysVectors) {
  Tensor vector = torch::ones({3}).requires_grad_(true);
  Optimiser optimiser({vector}, OptimizerKind::kSgd, 0.0, 0.5);
  vector.mutable_grad() = torch::zeros({3});
  optimiser.step(1.0);
  EXPECT_TRUE(torch::equal(vector, torch::ones({3})));
}

TEST(Optimiser, GoesOnFromItsStateBitForBit) {
  for (const auto kind : {OptimizerKind::kSgd, OptimizerKind::kAdamW}) {
    Tensor straight = parameter();
    Tensor resumed = parameter();
    Optimiser one({straight}, kind, 0.9, 0.01);
    Optimiser first({resumed}, kind, 0.9, 0.01);
    const auto step = [](Tensor& p, Optimiser& optimiser) {
      optimiser.zero_grad();
      loss_of(p).backward();
      optimiser.step(0.01);
    };
    for (int i = 0; i < 3; ++i) step(straight, one);
    for (int i = 0; i < 3; ++i) step(resumed, first);
    Optimiser second({resumed}, kind, 0.9, 0.01);
    second.restore(first.state());
    for (int i = 0; i < 3; ++i) step(straight, one);
    for (int i = 0; i < 3; ++i) step(resumed, second);
    EXPECT_TRUE(torch::equal(straight, resumed));
  }
}

TEST(Schedule, RisesThenFallsToZero) {
  for (const auto kind : {ScheduleKind::kOneCycle, ScheduleKind::kCosine}) {
    EXPECT_NEAR(schedule_factor(kind, 0.2, 0, 1000), 0.0025, 1e-9);
    EXPECT_NEAR(schedule_factor(kind, 0.2, 200, 1000), 1.0, 2e-3);
    EXPECT_LT(schedule_factor(kind, 0.2, 999, 1000), 1e-3);
    EXPECT_GT(schedule_factor(kind, 0.2, 999, 1000), 0.0);
  }
  EXPECT_NEAR(schedule_factor(ScheduleKind::kOneCycle, 0.0, 499, 999), 0.5, 1e-9);
}

}  // namespace
}  // namespace ranvier::train
