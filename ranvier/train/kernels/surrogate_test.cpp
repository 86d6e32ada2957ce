#include "ranvier/train/kernels/surrogate.hpp"

#include "ranvier/core/error.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace ranvier::train {
namespace {

constexpr Surrogate kAll[] = {Surrogate::kArctan, Surrogate::kFastSigmoid, Surrogate::kTriangle,
                              Surrogate::kSigmoid};

double slope(Surrogate surrogate, double v) {
  double result = 0.0;
  dispatch_surrogate(surrogate,
                     [&](auto kind) { result = surrogate_slope<kind>(static_cast<float>(v)); });
  return result;
}

/// Integral over the whole line with v = sinh(s): heavy tails fit into a short range of s.
double area(Surrogate surrogate) {
  constexpr double kStep = 1e-3;
  double sum = 0.0;
  for (double s = -16.0; s <= 16.0; s += kStep) {
    sum += slope(surrogate, std::sinh(s)) * std::cosh(s) * kStep;
  }
  return sum;
}

TEST(Surrogate, HasUnitArea) {
  for (const Surrogate surrogate : kAll) {
    EXPECT_NEAR(area(surrogate), 1.0, 1e-3) << to_string(surrogate);
  }
}

TEST(Surrogate, IsEvenAndOneAtZero) {
  for (const Surrogate surrogate : kAll) {
    EXPECT_FLOAT_EQ(static_cast<float>(slope(surrogate, 0.0)), 1.0F);
    EXPECT_EQ(slope(surrogate, 0.7), slope(surrogate, -0.7));
  }
}

TEST(Surrogate, NamesAreReadBack) {
  for (const Surrogate surrogate : kAll) {
    EXPECT_EQ(parse_surrogate(to_string(surrogate), "surrogate"), surrogate);
  }
}

TEST(Surrogate, RefusesAnUnknownNameAndSuggestsTheNearest) {
  try {
    parse_surrogate("arctn", "variants.hnn.surrogate");
    FAIL();
  } catch (const core::UserError& error) {
    EXPECT_EQ(error.refusal().key, "variants.hnn.surrogate");
    EXPECT_EQ(error.refusal().given, "arctn");
    EXPECT_NE(error.refusal().allowed.find("fast_sigmoid"), std::string::npos);
    EXPECT_NE(error.refusal().hint.find("arctan"), std::string::npos);
  }
}

}  // namespace
}  // namespace ranvier::train
