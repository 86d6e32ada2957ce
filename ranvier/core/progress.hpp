#pragma once
// One line of progress with rate and time left, on stderr, only when it is a terminal.

#include <chrono>
#include <cstdint>
#include <string>

namespace ranvier::core {

/// Draws `label 123/1000 12 % 4.5 it/s, 0:03:10 left  note`. Silent when stderr is no terminal or
/// `quiet`.
class Progress {
 public:
  Progress(std::string label, int64_t total, bool quiet);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Part of what the next update counts as done, but no part of the rate: restored, not worked.
  void skip(int64_t work) { skipped_ += work; }

  /// Work done so far. Redraws at most ten times a second.
  void update(int64_t done, const std::string& note = {});

 private:
  using Clock = std::chrono::steady_clock;
  std::string label_;
  int64_t total_;
  int64_t skipped_ = 0;
  bool visible_;
  bool drawn_ = false;
  Clock::time_point start_;
  Clock::time_point last_;
};

}  // namespace ranvier::core
