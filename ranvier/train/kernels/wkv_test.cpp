#include "ranvier/train/kernels/wkv.hpp"

#include "ranvier/core/rng.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace ranvier::train {
namespace {

using Reals = std::vector<double>;

/// Keys, values, decays and bonuses of a few texts.
struct Case {
  int64_t batch, tokens, channels;
  Reals key, value, decay, bonus;

  Case(int64_t b, int64_t t, int64_t c, double key_range, uint64_t seed)
      : batch(b), tokens(t), channels(c) {
    core::Rng rng(seed);
    const auto fill = [&](Reals& to, int64_t count, double low, double high) {
      for (int64_t i = 0; i < count; ++i) to.push_back(low + (high - low) * rng.uniform());
    };
    fill(key, b * t * c, -key_range, key_range);
    fill(value, b * t * c, -1.0, 1.0);
    fill(decay, c, -2.0, -0.01);
    fill(bonus, c, -1.0, 1.0);
  }

  size_t place(int64_t b, int64_t t, int64_t c) const {
    return static_cast<size_t>((b * tokens + t) * channels + c);
  }
};

/// Every token against every earlier one, straight from the definition.
Reals brute_force(const Case& x) {
  Reals out(x.key.size());
  for (int64_t b = 0; b < x.batch; ++b) {
    for (int64_t t = 0; t < x.tokens; ++t) {
      for (int64_t c = 0; c < x.channels; ++c) {
        const auto ch = static_cast<size_t>(c);
        Reals exponent;
        for (int64_t i = 0; i < t; ++i) {
          exponent.push_back(static_cast<double>(t - 1 - i) * x.decay[ch] +
                             x.key[x.place(b, i, c)]);
        }
        exponent.push_back(x.bonus[ch] + x.key[x.place(b, t, c)]);
        const double top = *std::max_element(exponent.begin(), exponent.end());
        double sum = 0, weight = 0;
        for (int64_t i = 0; i <= t; ++i) {
          const double e = std::exp(exponent[static_cast<size_t>(i)] - top);
          sum += e * x.value[x.place(b, i, c)];
          weight += e;
        }
        out[x.place(b, t, c)] = sum / weight;
      }
    }
  }
  return out;
}

template <class Real>
std::vector<Real> as(const Reals& values) {
  return {values.begin(), values.end()};
}

template <class Real>
struct Scan {
  std::vector<Real> key, value, decay, bonus, out, grad_key, grad_value;
  Reals grad_parameters;
  WkvArguments<Real> arguments;

  explicit Scan(const Case& x, int threads = 1)
      : key(as<Real>(x.key)),
        value(as<Real>(x.value)),
        decay(as<Real>(x.decay)),
        bonus(as<Real>(x.bonus)),
        out(key.size()),
        grad_key(key.size()),
        grad_value(key.size()),
        grad_parameters(2 * decay.size()),
        arguments{x.batch, x.tokens, x.channels, decay.data(), bonus.data(), threads} {
    auto state = wkv_start<Real>(x.batch, x.channels);
    wkv_forward(arguments, key.data(), value.data(), state.data(), out.data());
  }

  void backward(const Reals& grad_out) {
    const auto gy = as<Real>(grad_out);
    wkv_backward<Real>(arguments, key.data(), value.data(), nullptr, out.data(), gy.data(),
                       grad_key.data(), grad_value.data(), grad_parameters.data());
  }
};

Reals random_gradient(const Case& x) {
  core::Rng rng(99);
  Reals g(x.key.size());
  for (double& v : g) v = 2.0 * rng.uniform() - 1.0;
  return g;
}

TEST(Wkv, IsTheWeightedAverageOfItsDefinition) {
  const Case x(2, 40, 19, 3.0, 1);
  const Reals expected = brute_force(x);
  const Scan<double> exact(x);
  const Scan<float> rounded(x);
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(exact.out[i], expected[i], 1e-13) << i;
    EXPECT_NEAR(rounded.out[i], expected[i], 3e-6) << i;
  }
}

TEST(Wkv, StandsKeysWhoseExponentialsOverflow) {
  const Case x(1, 64, 16, 300.0, 2);
  const Reals expected = brute_force(x);
  Scan<float> run(x);
  // A float holds a key of 300 to 3e-5, and so a weight to as much.
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(run.out[i], expected[i], 2e-4) << i;
  run.backward(random_gradient(x));
  for (const float g : run.grad_key) EXPECT_TRUE(std::isfinite(g));
  for (const double g : run.grad_parameters) EXPECT_TRUE(std::isfinite(g));
}

TEST(Wkv, GivesTheSameBitsInPiecesOfAnySize) {
  const Case x(3, 37, 21, 4.0, 3);
  const Scan<float> whole(x);
  for (const int64_t piece : {1, 5, 36}) {
    auto state = wkv_start<float>(x.batch, x.channels);
    for (int64_t from = 0; from < x.tokens; from += piece) {
      const int64_t count = std::min(piece, x.tokens - from);
      auto a = whole.arguments;
      a.tokens = count;
      std::vector<float> key, value;
      for (int64_t b = 0; b < x.batch; ++b) {
        const auto row = static_cast<int64_t>(x.place(b, from, 0));
        key.insert(key.end(), whole.key.begin() + row,
                   whole.key.begin() + row + count * x.channels);
        value.insert(value.end(), whole.value.begin() + row,
                     whole.value.begin() + row + count * x.channels);
      }
      std::vector<float> out(key.size());
      wkv_forward(a, key.data(), value.data(), state.data(), out.data());
      for (int64_t b = 0; b < x.batch; ++b) {
        for (int64_t i = 0; i < count * x.channels; ++i) {
          ASSERT_EQ(out[static_cast<size_t>(b * count * x.channels + i)],
                    whole.out[x.place(b, from, 0) + static_cast<size_t>(i)])
              << "piece " << piece << " from " << from;
        }
      }
    }
  }
}

/// Loss = sum of out x grad_out; its slope in one input, by differences.
TEST(Wkv, HasTheGradientsOfDifferences) {
  const Case x(2, 12, 3, 2.0, 4);
  const Reals gy = random_gradient(x);
  Scan<double> run(x);
  run.backward(gy);
  const auto slope = [&](Reals Case::*member, size_t i) {
    constexpr double kStep = 1e-5;
    double loss[2] = {0, 0};
    for (int side = 0; side < 2; ++side) {
      Case moved = x;
      (moved.*member)[i] += side == 0 ? -kStep : kStep;
      const Reals out = brute_force(moved);
      for (size_t j = 0; j < out.size(); ++j) loss[side] += out[j] * gy[j];
    }
    return (loss[1] - loss[0]) / (2 * kStep);
  };
  for (size_t i = 0; i < x.key.size(); ++i) {
    EXPECT_NEAR(run.grad_key[i], slope(&Case::key, i), 1e-8) << "key " << i;
    EXPECT_NEAR(run.grad_value[i], slope(&Case::value, i), 1e-8) << "value " << i;
  }
  for (size_t c = 0; c < x.decay.size(); ++c) {
    EXPECT_NEAR(run.grad_parameters[c], slope(&Case::decay, c), 1e-8) << "decay " << c;
    EXPECT_NEAR(run.grad_parameters[x.decay.size() + c], slope(&Case::bonus, c), 1e-8)
        << "bonus " << c;
  }
}

TEST(Wkv, RoundsItsGradientsToFloat) {
  const Case x(2, 200, 33, 3.0, 5);
  const Reals gy = random_gradient(x);
  Scan<double> exact(x);
  Scan<float> rounded(x);
  exact.backward(gy);
  rounded.backward(gy);
  for (size_t i = 0; i < gy.size(); ++i) {
    EXPECT_NEAR(rounded.grad_key[i], exact.grad_key[i], 2e-5) << i;
    EXPECT_NEAR(rounded.grad_value[i], exact.grad_value[i], 2e-5) << i;
  }
  for (size_t i = 0; i < exact.grad_parameters.size(); ++i) {
    EXPECT_NEAR(rounded.grad_parameters[i], exact.grad_parameters[i],
                1e-4 * (1.0 + std::abs(exact.grad_parameters[i])))
        << i;
  }
}

TEST(Wkv, GivesTheSameBitsForAnyNumberOfThreads) {
  const Case x(5, 30, 40, 3.0, 6);
  const Reals gy = random_gradient(x);
  Scan<float> one(x, 1);
  one.backward(gy);
  for (const int threads : {2, 3, 7}) {
    Scan<float> many(x, threads);
    many.backward(gy);
    EXPECT_EQ(one.out, many.out);
    EXPECT_EQ(one.grad_key, many.grad_key);
    EXPECT_EQ(one.grad_value, many.grad_value);
    EXPECT_EQ(one.grad_parameters, many.grad_parameters);
  }
}

}  // namespace
}  // namespace ranvier::train
