#pragma once
// Threads that measure trials of one trained run, and the mappings they share.

#include "ranvier/sweep/trial.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace ranvier::sweep {

/// Safe to use from several threads.
class Workshop {
 public:
  /// All must outlive it.
  Workshop(const SweepSpec& spec, const ExperimentBase& base, const Source& source)
      : spec_(spec), base_(base), source_(source) {}

 private:
  friend class Desk;
  struct Found;
  struct Mapped;
  /// Things that threads share, by name; one lives as long as a desk holds it.
  template <class T>
  using Shelf = std::map<std::string, std::weak_ptr<T>>;
  template <class T>
  std::shared_ptr<T> taken(Shelf<T>& shelf, const std::string& name);
  map::Mapping search(const Trial& trial) const;

  const SweepSpec& spec_;
  const ExperimentBase& base_;
  const Source& source_;
  std::mutex mutex_;
  Shelf<Found> found_;    // by the search
  Shelf<Mapped> mapped_;  // by the workload key
};

/// Where one thread works. It keeps what its last trial was mapped by, for the
/// next one.
class Desk {
 public:
  explicit Desk(Workshop& workshop) : workshop_(workshop) {}
  /// Fills what came of it into the record: done, refused or failed; still open when it was
  /// interrupted. Returns the seconds of work; waiting for another thread's mapping is none.
  double measure(Trial& trial);

 private:
  const MappedVariant& mapped(const Trial& trial, double& waited);

  Workshop& workshop_;
  std::shared_ptr<Workshop::Found> found_;
  std::shared_ptr<Workshop::Mapped> mapped_;
};

}  // namespace ranvier::sweep
