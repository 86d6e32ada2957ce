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
  /// `source` must outlive it.
  explicit Workshop(const Source& source) : source_(source) {}

 private:
  friend class Desk;
  struct Mapped;
  std::shared_ptr<Mapped> mapped(const Trial& trial);

  const Source& source_;
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<Mapped>> mapped_;  // lives as long as a desk holds it
};

/// Where one thread works. It keeps the mapping of its last trial, for the next one.
class Desk {
 public:
  explicit Desk(Workshop& workshop) : workshop_(workshop) {}
  /// Fills what came of it into the record: done, refused or failed; still open when it was
  /// interrupted. Returns the seconds of work; waiting for another thread's mapping is none.
  double measure(Trial& trial);

 private:
  Workshop& workshop_;
  std::shared_ptr<Workshop::Mapped> mapped_;
};

}  // namespace ranvier::sweep
