#include "ranvier/sweep/workshop.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/sweep/mapping.hpp"
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

struct Workshop::Found {
  MadeOnce<map::Mapping> mapping;
};

struct Workshop::Mapped {
  MadeOnce<MappedVariant> variant;
};

template <class T>
std::shared_ptr<T> Workshop::taken(Shelf<T>& shelf, const std::string& name) {
  const std::lock_guard lock(mutex_);
  std::weak_ptr<T>& known = shelf[name];
  std::shared_ptr<T> held = known.lock();
  if (!held) known = held = std::make_shared<T>();
  return held;
}

map::Mapping Workshop::search(const Trial& trial) const {
  const Experiment point = point_of(base_, spec_, trial.at);
  return *found_mapping(point, source_.bundles[trial.at.variant], true);
}

/// Errors: those of the search and of MappedVariant.
const MappedVariant& Desk::mapped(const Trial& trial, double& waited) {
  const Bundle& bundle = workshop_.source_.bundles[trial.at.variant];
  if (trial.search) {
    found_ = workshop_.taken(workshop_.found_, trial.search->hash);
  } else {
    found_.reset();
  }
  mapped_ = workshop_.taken(workshop_.mapped_, trial.workload_key);
  return mapped_->variant.get(
      [&] {
        if (!found_) {
          return MappedVariant(bundle,
                               map::map_network(bundle.network, trial.package, {}, trial.delivery),
                               trial.wire, trial.samples, trial.package);
        }
        const map::Mapping& found =
            found_->mapping.get([&] { return workshop_.search(trial); }, waited);
        return MappedVariant(bundle, found, trial.wire, trial.samples, trial.package);
      },
      waited);
}

double Desk::measure(Trial& trial) {
  const double start = monotonic_seconds();
  double waited = 0;
  try {
    trial.record.measured =
        mapped(trial, waited)
            .measure(trial.package, trial.at.fidelity, trial.watchdog_cycles, trial.seed);
    trial.record.state = State::kDone;
  } catch (...) {
    record_failure(trial.record);
  }
  trial.record.seconds = monotonic_seconds() - start - waited;
  return trial.record.seconds;
}

}  // namespace ranvier::sweep
