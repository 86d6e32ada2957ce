#pragma once
// Notices that flits are under way and none of them moves.

#include <cstdint>

namespace ranvier::sim {

class Watchdog {
 public:
  /// `patience`: core cycles without a move that are still no deadlock.
  explicit Watchdog(int64_t patience) : patience_(patience) {}

  /// `moves`: flits moved anywhere since the start. Cycles come in ascending order.
  bool is_stuck(int64_t moves, bool under_way, int64_t now) {
    if (moves != moves_ || !under_way) {
      moves_ = moves;
      last_move_ = now;
    }
    return now - last_move_ > patience_;
  }

  /// What a checkpoint keeps.
  template <class Archive>
  void persist(Archive& archive) {
    archive(moves_, last_move_);
  }

 private:
  int64_t patience_;  // [core cycles]
  int64_t moves_ = 0;
  int64_t last_move_ = 0;  // [core cycles]
};

}  // namespace ranvier::sim
