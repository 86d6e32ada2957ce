#pragma once
// Schedules up to their first die-to-die link. They depend on routers and converters, not on links
// and clocks, so the points of most sweeps share one.

#include "ranvier/analytic/plan.hpp"
#include "ranvier/arch/package.hpp"

#include <array>
#include <memory>
#include <mutex>

namespace ranvier::analytic {

class ListScheduler;

/// Of one plan. Safe from several threads.
class Starts {
 public:
  /// The start for the package's routers and converters. The second of two calls in a row that ask
  /// for it makes it; before, and while another thread does, there is none.
  std::shared_ptr<const ListScheduler> find(const Plan& plan, const arch::PackageSpec& package);

 private:
  using Key = std::array<int, 5>;  // everything of a package that a start depends on

  std::mutex mutex_;  // of what follows
  Key key_{};
  int asked_ = 0;
  std::shared_ptr<const ListScheduler> start_;
};

}  // namespace ranvier::analytic
