#include "ranvier/sim/pace.hpp"

namespace ranvier::sim {
namespace {

constexpr int64_t kFewMoves = 64;  // about five microseconds: meeting costs as much as it saves
constexpr int64_t kPeriod = 512;   // windows from one look at the slower way to the next
constexpr int64_t kLook = 4;       // windows that it lasts
constexpr double kMemory = 0.25;   // weight of the newest window

}  // namespace

void Pace::note(int64_t nanoseconds, int64_t moves) {
  if (sharing_ == Sharing::kAlways) return;
  if (moves < kFewMoves) {
    together_ = false;
    return;
  }
  const double now = static_cast<double>(nanoseconds) / static_cast<double>(moves);
  cost() = cost() == 0 ? now : cost() + kMemory * (now - cost());
  const bool faster = alone_cost_ == 0 || (shared_cost_ != 0 && shared_cost_ <= alone_cost_);
  const bool look = ++windows_ % kPeriod < kLook;
  if (look && windows_ % kPeriod == 0) (faster ? alone_cost_ : shared_cost_) = 0;
  together_ = look ? !faster : faster;
}

}  // namespace ranvier::sim
