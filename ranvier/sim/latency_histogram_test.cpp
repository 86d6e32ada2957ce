// Are quantiles exact where they say so, and near elsewhere?

#include "ranvier/sim/latency_histogram.hpp"

#include "ranvier/core/error.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace ranvier::sim {
namespace {

TEST(LatencyHistogram, IsExactForShortLatencies) {
  LatencyHistogram histogram;
  for (int64_t value = 4095; value >= 1; --value) histogram.add(value);
  EXPECT_EQ(histogram.count(), 4095);
  EXPECT_EQ(histogram.mean(), 2048);
  EXPECT_EQ(histogram.quantile(0.5), 2048);
  EXPECT_EQ(histogram.quantile(0.99), 4055);  // ceil(0.99 * 4095)
  EXPECT_EQ(histogram.quantile(1.0), 4095);
  EXPECT_EQ(histogram.max(), 4095);
}

TEST(LatencyHistogram, RoundsLongLatenciesDownByLessThanOneIn2048) {
  for (int64_t value = 4096; value < int64_t{1} << 50; value = value * 5 / 4 + 3) {
    LatencyHistogram histogram;
    histogram.add(value);
    const int64_t seen = histogram.quantile(1.0);
    ASSERT_LE(seen, value);
    ASSERT_LT(value - seen, std::max<int64_t>(1, value / 2048) + 1) << value;
    ASSERT_EQ(histogram.max(), value);
  }
}

TEST(LatencyHistogram, KeepsTheOrderAcrossItsBuckets) {
  int64_t last = -1;
  for (int64_t value = 0; value < 300000; value += 211) {
    LatencyHistogram histogram;
    histogram.add(value);
    ASSERT_GE(histogram.quantile(1.0), last);
    last = histogram.quantile(1.0);
  }
}

TEST(LatencyHistogram, RefusesToAverageNothing) {
  EXPECT_THROW(LatencyHistogram().mean(), core::ContractViolation);
  EXPECT_THROW(LatencyHistogram().quantile(0.5), core::ContractViolation);
}

}  // namespace
}  // namespace ranvier::sim
