#pragma once
// Whether the threads of a rank share the next window, or one of them does it all.

#include "ranvier/sim/team.hpp"

#include <cstdint>

namespace ranvier::sim {

/// Sharing pays when a window holds enough work and every thread has a core of its own. Neither is
/// known beforehand, so both ways are timed now and then. Decides how fast a run is, never its
/// result.
class Pace {
 public:
  explicit Pace(Sharing sharing) : sharing_(sharing) {}

  /// For the next window.
  bool together() const { return together_; }
  /// What the window took that was run last, and how many flits it moved.
  void note(int64_t nanoseconds, int64_t moves);

 private:
  double& cost() { return together_ ? shared_cost_ : alone_cost_; }

  Sharing sharing_;
  bool together_ = true;
  int64_t windows_ = 0;     // with enough work, so far
  double shared_cost_ = 0;  // [ns per move], of late; 0: not known
  double alone_cost_ = 0;   // [the same]
};

}  // namespace ranvier::sim
