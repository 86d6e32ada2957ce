#include "ranvier/sim/latency_histogram.hpp"

#include "ranvier/core/error.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace ranvier::sim {
namespace {

// Values below 2 * kSteps have a bucket each; every further power of two is cut into kSteps.
constexpr int kStepBits = 11;
constexpr int64_t kSteps = int64_t{1} << kStepBits;

}  // namespace

size_t LatencyHistogram::bucket_of(int64_t cycles) {
  const int shift = static_cast<int>(std::bit_width(static_cast<uint64_t>(cycles))) - 1 - kStepBits;
  if (shift <= 0) return static_cast<size_t>(cycles);
  return static_cast<size_t>(shift * kSteps + (cycles >> shift));
}

int64_t LatencyHistogram::lowest_of(size_t bucket) {
  const auto place = static_cast<int64_t>(bucket);
  if (place < 2 * kSteps) return place;
  const int64_t shift = place / kSteps - 1;
  return (place - shift * kSteps) << shift;
}

void LatencyHistogram::add(const LatencyHistogram& other) {
  if (other.counts_.size() > counts_.size()) counts_.resize(other.counts_.size());
  for (size_t bucket = 0; bucket < other.counts_.size(); ++bucket) {
    counts_[bucket] += other.counts_[bucket];
  }
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

double LatencyHistogram::mean() const {
  RANVIER_CONTRACT(count_ > 0, "a mean needs a latency");
  return static_cast<double>(sum_) / static_cast<double>(count_);
}

int64_t LatencyHistogram::quantile(double q) const {
  RANVIER_CONTRACT(count_ > 0, "a quantile needs a latency");
  const auto wanted = static_cast<int64_t>(std::ceil(q * static_cast<double>(count_)));
  int64_t seen = 0;
  for (size_t bucket = 0; bucket < counts_.size(); ++bucket) {
    seen += counts_[bucket];
    if (seen >= wanted) return lowest_of(bucket);
  }
  return max_;
}

}  // namespace ranvier::sim
