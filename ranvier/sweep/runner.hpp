#pragma once
// Evaluates the points of a sweep that its database does not hold yet.

#include "ranvier/sweep/plan.hpp"
#include "ranvier/sweep/store.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace ranvier::sweep {

/// Throws UserError for a network that fits on the hardware of no point.
using Examine = std::function<void(const ir::Network&)>;

/// Trains the variants of an experiment into a run directory and goes on where an interrupted
/// training stopped; shows every network to `examine` before its first step.
/// Errors: UserError, RunError, Interrupted.
using Train = std::function<void(const Experiment&, const std::filesystem::path& run,
                                 const Examine& examine)>;

class Ranks;

struct SweepOptions {
  std::span<const config::Field> training;  // the training keys of an experiment
  std::vector<std::string> overrides = {};  // "a.b=c" of every point, below the axes
  std::filesystem::path runs = {};          // where trained runs go, one directory per training
  std::string program = {};                 // version that simulates; another one simulates again
  int jobs = 1;                             // threads; results do not depend on it
  int shard = 1;                            // 1..shards: every shards-th point
  int shards = 1;
  bool quiet = false;
  Train train = {};        // empty where nothing can be trained
  Ranks* ranks = nullptr;  // the other processes, on rank 0 of several
};

/// What a run of the sweep did.
struct SweepOutcome {
  int64_t points = 0;     // of the plan, in this shard
  int64_t known = 0;      // points that the database held
  int64_t simulated = 0;  // variants under a preset, the break-even links included
  int64_t refused = 0;    // points, known ones included
  int64_t failed = 0;
  std::string first_failure;
  std::string first_refusal;
  double seconds = 0;
  int workers = 1;        // threads, those of other ranks included
  double busy_share = 0;  // of the workers' time that was spent on work
};

/// What the points are made from. Errors: UserError (key "base") and those of ExperimentBase.
ExperimentBase base_of(const SweepSpec& spec, const SweepOptions& options);

/// Every key and every value of the axes is checked before the first point runs.
/// Errors: UserError with the place in the sweep file; Interrupted (what was found is kept);
/// RunError when the database cannot be written. A point that is refused or fails is recorded with
/// its message, and the others go on.
SweepOutcome run_sweep(const SweepSpec& spec, const SweepOptions& options, Store& store);

}  // namespace ranvier::sweep
