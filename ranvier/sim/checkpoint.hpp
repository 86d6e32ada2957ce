#pragma once
// The state of a simulation in one file that is either complete or absent.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace ranvier::sim {

/// Where and when a simulation keeps its state. No file: never.
struct Checkpointing {
  std::filesystem::path file = {};
  uint64_t identity = 0;  // of workload, hardware and options: a state of others is refused
  double every_s = 60;    // wall clock between two; results do not depend on it
  bool resume = false;    // start from the file, if there is one
};

/// Replaces the file in one step. Errors: RunError when it cannot be written; the one before then
/// remains.
void write_state(const Checkpointing& checkpointing, std::string_view state);

/// The state to go on from; nothing if none is asked for or there is no file.
/// Errors: UserError (--resume) when the file is damaged, of another program or another identity.
std::optional<std::string> read_state(const Checkpointing& checkpointing);

/// Says when it is time for the next checkpoint.
class CheckpointClock {
 public:
  explicit CheckpointClock(const Checkpointing& checkpointing)
      : every_(checkpointing.file.empty() ? -1 : checkpointing.every_s), last_(Clock::now()) {}

  /// True once per period. Cost: reads the clock.
  bool due() {
    if (every_ < 0) return false;
    const auto now = Clock::now();
    if (std::chrono::duration<double>(now - last_).count() < every_) return false;
    last_ = now;
    return true;
  }

 private:
  using Clock = std::chrono::steady_clock;
  double every_;  // [s]; below 0: never
  Clock::time_point last_;
};

}  // namespace ranvier::sim
