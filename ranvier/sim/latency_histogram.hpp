#pragma once
// Quantiles of latencies in memory that does not grow with their number.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ranvier::sim {

/// Latencies [core cycles]. Mean and maximum are exact; quantiles are exact below 4096 cycles and
/// rounded down by less than 1/2048 above.
class LatencyHistogram {
 public:
  void add(int64_t cycles) {
    const size_t bucket = bucket_of(cycles);
    if (bucket >= counts_.size()) counts_.resize(bucket + 1);
    ++counts_[bucket];
    ++count_;
    sum_ += cycles;
    if (cycles > max_) max_ = cycles;
  }

  /// All latencies of another one.
  void add(const LatencyHistogram& other);

  int64_t count() const { return count_; }
  int64_t max() const { return max_; }
  /// Errors: ContractViolation when nothing was added.
  double mean() const;
  /// Smallest latency that at least the share `q` in (0, 1] does not exceed. Errors: as mean().
  int64_t quantile(double q) const;

 private:
  static size_t bucket_of(int64_t cycles);
  static int64_t lowest_of(size_t bucket);

  std::vector<int64_t> counts_;
  int64_t count_ = 0;
  int64_t sum_ = 0;
  int64_t max_ = 0;
};

}  // namespace ranvier::sim
