#include "ranvier/sweep/workshop.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/sweep/pool.hpp"

#include <exception>
#include <optional>

namespace ranvier::sweep {
namespace {

/// What went wrong, for the database. An interruption is no result.
void record_failure(SimulationRecord& record) {
  try {
    throw;
  } catch (const core::Interrupted&) {
    return;
  } catch (const core::UserError& error) {
    record.state = State::kRefused;
    record.message = error.what();
  } catch (const std::exception& error) {
    record.state = State::kFailed;
    record.message = error.what();
  }
}

/// Something dear that the first who needs it makes while the others wait.
template <class T>
class MadeOnce {
 public:
  /// `waited` grows by the time for which somebody else was waited for [s]. Errors: that of `make`,
  /// for everybody.
  template <class Make>
  const T& get(const Make& make, double& waited) {
    const double start = monotonic_seconds();
    bool made_here = false;
    std::call_once(once_, [&] {
      made_here = true;
      try {
        made_.emplace(make());
      } catch (...) {
        refusal_ = std::current_exception();
      }
    });
    if (!made_here) waited += monotonic_seconds() - start;
    if (refusal_) std::rethrow_exception(refusal_);
    return *made_;
  }

 private:
  std::once_flag once_;
  std::optional<T> made_;
  std::exception_ptr refusal_;
};

}  // namespace

struct Workshop::Mapped {
  MadeOnce<MappedVariant> variant;
};

std::shared_ptr<Workshop::Mapped> Workshop::mapped(const Trial& trial) {
  const std::lock_guard lock(mutex_);
  std::weak_ptr<Mapped>& known = mapped_[trial.workload_key];
  std::shared_ptr<Mapped> held = known.lock();
  if (!held) known = held = std::make_shared<Mapped>();
  return held;
}

double Desk::measure(Trial& trial) {
  const double start = monotonic_seconds();
  double waited = 0;
  try {
    mapped_ = workshop_.mapped(trial);
    const MappedVariant& mapped = mapped_->variant.get(
        [&] {
          return MappedVariant(workshop_.source_.bundles[trial.at.variant], trial.wire,
                               trial.samples, trial.package);
        },
        waited);
    trial.record.measured = mapped.measure(trial.package, trial.at.fidelity, trial.watchdog_cycles);
    trial.record.state = State::kDone;
  } catch (...) {
    record_failure(trial.record);
  }
  trial.record.seconds = monotonic_seconds() - start - waited;
  return trial.record.seconds;
}

}  // namespace ranvier::sweep
