// What a GPU's threads compute, run in order on the processor.

#include "ranvier/train/kernels/threads.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/rng.hpp"
#include "ranvier/train/kernels/wkv.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace ranvier::train {
namespace {

template <class Real>
std::vector<Real> random_values(int64_t count, double low, double high, uint64_t seed) {
  core::Rng rng(seed);
  std::vector<Real> values(static_cast<size_t>(count));
  for (Real& v : values) v = static_cast<Real>(low + (high - low) * rng.uniform());
  return values;
}

constexpr int64_t kCaseSteps = 5;
constexpr int64_t kCaseChannels = 6;
constexpr int64_t kCaseSamples = 4;
constexpr int64_t kCaseInner = 35;
constexpr int64_t kCaseSize = kCaseSamples * kCaseChannels * kCaseInner;

/// Every combination that the kernels know.
std::vector<LifOptions> all_options() {
  std::vector<LifOptions> all;
  for (const bool is_signed : {false, true}) {
    for (const int reset : {0, 1, 2}) {
      for (const Surrogate surrogate : {Surrogate::kArctan, Surrogate::kFastSigmoid,
                                        Surrogate::kTriangle, Surrogate::kSigmoid}) {
        LifOptions o;
        o.surrogate = surrogate;
        o.surrogate_width = 0.7;
        o.is_signed = is_signed;
        o.centred = is_signed && reset == 1;
        o.start_half = !is_signed && reset != 0;
        o.decayed_reset = reset > 0;
        o.integer_leak = reset == 2;
        o.detach_reset = reset == 0;
        all.push_back(o);
      }
    }
  }
  return all;
}

TEST(LifThreads, HaveTheBitsOfTheLoops) {
  const auto x = random_values<float>(kCaseSteps * kCaseSize, -1.5, 2.0, 1);
  const auto grad = random_values<float>(kCaseSteps * kCaseSize, -1.0, 1.0, 2);
  const auto gain = random_values<float>(kCaseChannels, 0.5, 2.0, 3);
  const auto theta = random_values<float>(kCaseChannels, 0.5, 1.5, 4);
  const auto beta = random_values<float>(kCaseChannels, 0.5, 1.0, 5);
  for (const int64_t inner : {kCaseInner, int64_t{1}}) {
    for (const LifOptions& options : all_options()) {
      const LifArguments a{kCaseSteps,
                           {kCaseSize, kCaseChannels, inner},
                           options,
                           gain.data(),
                           theta.data(),
                           beta.data(),
                           1};
      std::vector<float> expected(x.size()), expected_grad(x.size());
      std::vector<double> expected_sums(3 * kCaseChannels);
      lif_forward(a, x.data(), expected.data());
      lif_backward(a, x.data(), grad.data(), expected_grad.data(), expected_sums.data());

      const LifTable table = make_lif_table(a);
      LifThreads threads = lif_threads(a);
      threads.table = table.values.data();
      threads.x = x.data();
      std::vector<float> spikes(x.size()), grad_x(x.size()), terms(3 * kCaseSize);
      lif_forward_threads({}, threads, options, spikes.data());
      lif_backward_threads({}, threads, options, grad.data(), grad_x.data(), terms.data());
      EXPECT_EQ(spikes, expected);
      EXPECT_EQ(grad_x, expected_grad);
      std::vector<double> sums(3 * kCaseChannels);
      for (int64_t i = 0; i < 3 * kCaseSize; ++i) {
        const int64_t row = i / kCaseSize * kCaseChannels + i % kCaseSize / inner % kCaseChannels;
        sums[static_cast<size_t>(row)] += double{terms[static_cast<size_t>(i)]};
      }
      for (size_t i = 0; i < sums.size(); ++i) {
        EXPECT_NEAR(sums[i], expected_sums[i], 1e-4 * (1.0 + std::abs(expected_sums[i]))) << i;
      }
    }
  }
}

TEST(LifThreads, RefuseMoreStepsThanTheyHaveRoomFor) {
  LifThreads threads{};
  threads.steps = kMostThreadSteps + 1;
  EXPECT_THROW(lif_backward_threads({}, threads, {}, nullptr, nullptr, nullptr),
               core::ContractViolation);
}

TEST(Threads, NeedABuildWithCudaOnAGpu) {
  if (has_gpu_threads()) GTEST_SKIP() << "built with CUDA";
  EXPECT_THROW(lif_forward_threads({.is_gpu = true}, LifThreads{}, {}, nullptr),
               core::ContractViolation);
}

TEST(WkvThreads, GiveWhatTheLoopsGive) {
  constexpr int64_t kBatch = 3, kTokens = 40;
  const int64_t count = kBatch * kTokens * kCaseChannels;
  const auto key = random_values<double>(count, -3.0, 3.0, 1);
  const auto value = random_values<double>(count, -1.0, 1.0, 2);
  const auto decay = random_values<double>(kCaseChannels, -2.0, -0.01, 3);
  const auto bonus = random_values<double>(kCaseChannels, -1.0, 1.0, 4);
  const auto grad = random_values<double>(count, -1.0, 1.0, 5);
  const WkvArguments<double> a{kBatch, kTokens, kCaseChannels, decay.data(), bonus.data(), 1};
  const auto start = wkv_start<double>(kBatch, kCaseChannels);
  auto state = start;
  std::vector<double> out(key.size()), grad_key(key.size()), grad_value(key.size());
  std::vector<double> sums(2 * kCaseChannels);
  wkv_forward(a, key.data(), value.data(), state.data(), out.data());
  wkv_backward<double>(a, key.data(), value.data(), start.data(), out.data(), grad.data(),
                       grad_key.data(), grad_value.data(), sums.data());

  const WkvThreads<double> threads{kBatch,       kTokens,    kCaseChannels, decay.data(),
                                   bonus.data(), key.data(), value.data()};
  auto moved = start;
  std::vector<double> y(key.size()), of_key(key.size()), of_value(key.size());
  std::vector<double> kept(5 * key.size()), terms(2 * kBatch * kCaseChannels);
  wkv_forward_threads({}, threads, moved.data(), y.data());
  wkv_backward_threads(
      {}, threads,
      WkvThreadGradients<double>{start.data(), y.data(), grad.data(), of_key.data(),
                                 of_value.data(), kept.data(), terms.data()});
  for (size_t i = 0; i < y.size(); ++i) {
    EXPECT_NEAR(y[i], out[i], 1e-13) << i;
    EXPECT_NEAR(of_key[i], grad_key[i], 1e-13) << i;
    EXPECT_NEAR(of_value[i], grad_value[i], 1e-13) << i;
  }
  for (size_t i = 0; i < state.size(); ++i) EXPECT_NEAR(moved[i], state[i], 1e-12) << i;
  for (size_t i = 0; i < sums.size(); ++i) {
    double sum = 0;
    for (size_t b = 0; b < kBatch; ++b) {
      sum += terms[(i / kCaseChannels * kBatch + b) * kCaseChannels + i % kCaseChannels];
    }
    EXPECT_NEAR(sum, sums[i], 1e-12) << i;
  }
}

}  // namespace
}  // namespace ranvier::train
