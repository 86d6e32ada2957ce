#include "ranvier/sweep/runner.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/interrupt.hpp"
#include "ranvier/sweep/batch.hpp"
#include "ranvier/sweep/evaluate.hpp"
#include "ranvier/sweep/ranks.hpp"
#include "ranvier/sweep/resolver.hpp"
#include "ranvier/sweep/source.hpp"
#include "ranvier/sweep/summary.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace ranvier::sweep {
namespace fs = std::filesystem;
namespace {

// Points that are evaluated together, while the next ones are resolved. Few, so that threads soon
// have both kinds of work; with other ranks many, as these wait between batches.
constexpr size_t kFewestTogether = 64;
constexpr size_t kMostTogether = 2048;
constexpr size_t kBatches = 8;  // at least, of many points
constexpr const char* kGoOn = "what was found is kept; run the same command again to go on";

/// A point of the plan with what has to be known before it can run.
struct OpenPoint {
  PlannedPoint planned;
  std::string source;   // its trained run
  std::string refusal;  // why it cannot be evaluated; empty when it can
};

/// The base is an experiment, not a trained run.
bool trains(const SweepSpec& spec) { return !fs::is_directory(spec.base); }

class Sweep {
 public:
  Sweep(const SweepSpec& spec, const SweepOptions& options, Store& store)
      : spec_(spec),
        options_(options),
        store_(store),
        trains_(trains(spec)),
        base_(base_of(spec, options)) {}

  SweepOutcome run();

 private:
  void check_axes() const;
  void check_variants(const config::Values& values);
  OpenPoint plan(size_t position, const Assignment& settings) const;
  std::vector<OpenPoint> plan_all();
  void run_source(const std::string& hash, const std::vector<const OpenPoint*>& points);
  Source prepare(const std::string& hash, const std::vector<const OpenPoint*>& points) const;
  void train(const fs::path& run, const std::vector<const OpenPoint*>& points) const;
  void require_fit_somewhere(const ir::Network& network,
                             const std::vector<const OpenPoint*>& points) const;
  void record(const OpenPoint& point, State state, const std::string& message);
  size_t batch_size(size_t points) const;
  void evaluate(const Source& source, const std::vector<const OpenPoint*>& points);
  void count(const std::vector<OpenPoint>& points);

  const SweepSpec& spec_;
  const SweepOptions& options_;
  Store& store_;
  bool trains_;
  ExperimentBase base_;
  std::string run_hash_;               // of a trained base
  std::vector<std::string> variants_;  // of a trained base
  std::map<std::string, PlannedPoint> first_of_source_;
  BusyTime busy_;
  SweepOutcome outcome_;
};

/// Every value of every axis by itself, so that a typo is found before an hour of work.
void Sweep::check_axes() const {
  for (const auto& axis : spec_.axes) {
    if (!trains_ && is_training_key(axis.key)) {
      throw core::UserError(
          {.key = axis.key,
           .given = "an axis over what training reads",
           .allowed = "keys of hardware, cost, mapping and simulate, and wire formats",
           .place = axis.place,
           .hint = "The base is a trained run; name its experiment file instead."});
    }
    for (const auto& value : extremes_of(axis)) {
      try {
        const std::string one[]{axis.key + "=" + value};
        base_.values(one);
      } catch (const core::UserError& error) {
        core::Refusal refusal = error.refusal();
        refusal.place = axis.place;
        throw core::UserError(refusal);
      }
    }
  }
}

/// An axis over a variant that does not exist would change nothing.
void Sweep::check_variants(const config::Values& values) {
  std::vector<std::string> names = values.children("variants");
  for (const auto& name : baseline_names()) names.push_back(name);
  const auto check = [&](const std::string& name, const std::string& key,
                         const std::string& place) {
    if (std::ranges::find(names, name) != names.end()) return;
    const std::string near = core::nearest_name(name, names);
    throw core::UserError({.key = key,
                           .given = name,
                           .allowed = fmt::format("one of {}", fmt::join(names, ", ")),
                           .place = place,
                           .hint = near.empty() ? "" : "Did you mean " + near + "?"});
  };
  for (const auto& axis : spec_.axes) {
    if (!axis.key.starts_with("variants.")) continue;
    const std::string rest = axis.key.substr(std::string("variants.").size());
    check(rest.substr(0, rest.find('.')), axis.key, axis.place);
  }
  for (const auto& name : spec_.variants) check(name, "variants", spec_.file);
  if (trains_) return;
  variants_ = wanted_variants(spec_.base, values, spec_.variants, spec_.file);
  run_hash_ = sweep::run_hash(spec_.base, variants_);
}

/// Everything a point depends on, or why it depends on nothing.
OpenPoint Sweep::plan(size_t position, const Assignment& settings) const {
  OpenPoint point{
      .planned = {.position = static_cast<int64_t>(position), .hash = {}, .settings = settings},
      .source = run_hash_,
      .refusal = {}};
  const auto overrides = overrides_of(spec_, settings);
  std::string text = fmt::format("program: {}\nfidelity: {}\nvariants: {}\n", options_.program,
                                 to_string(spec_.fidelity), fmt::join(spec_.variants, ", "));
  try {
    if (trains_) point.source = training_identity(base_.values(overrides)).hash;
    text += fmt::format("source: {}\n", point.source);
    const Experiment experiment = base_.with(overrides);
    if (depends_on_seed(experiment, spec_.fidelity)) {
      text += fmt::format("seed: {}\n", experiment.seed);
    }
    for (const auto& setup : experiment.presets) {
      text += fmt::format("preset: {}\n", setup.name);
      for (const auto& item : setup.values.items()) {
        if (!is_training_key(item.key)) text += fmt::format("{}: {}\n", item.key, item.text);
      }
    }
  } catch (const core::UserError& error) {
    point.refusal = error.what();
    text += fmt::format("base: {}\nset: {}\nrefused: {}\n", spec_.base.string(),
                        fmt::join(overrides, " "), point.refusal);
  }
  point.planned.hash = identity_of(std::move(text)).hash;
  return point;
}

std::vector<OpenPoint> Sweep::plan_all() {
  const auto settings = points_of(spec_);
  std::vector<OpenPoint> all(settings.size());
  parallel_for(settings.size(), options_.jobs, busy_,
               [&](size_t i) { all[i] = plan(i, settings[i]); });
  core::check_interrupt(kGoOn);
  std::vector<PlannedPoint> planned;
  for (const auto& point : all) {
    planned.push_back(point.planned);
    if (point.refusal.empty()) first_of_source_.emplace(point.source, point.planned);
  }
  store_.set_plan(spec_, planned);
  return all;
}

void Sweep::record(const OpenPoint& point, State state, const std::string& message) {
  auto transaction = store_.transaction();
  store_.save(PointRecord{.hash = point.planned.hash,
                          .source = point.source,
                          .state = state,
                          .message = message,
                          .results = {}});
  transaction.commit();
}

void Sweep::require_fit_somewhere(const ir::Network& network,
                                  const std::vector<const OpenPoint*>& points) const {
  std::exception_ptr refusal;
  for (const OpenPoint* point : points) {
    try {
      require_fit(base_.with(overrides_of(spec_, point->planned.settings)), network);
      return;
    } catch (const core::UserError&) {
      refusal = std::current_exception();
    }
  }
  if (refusal) std::rethrow_exception(refusal);
}

/// config.resolved.yaml comes last, so a run without it is not trained.
void Sweep::train(const fs::path& run, const std::vector<const OpenPoint*>& points) const {
  if (!options_.train) {
    throw core::UserError({.key = "base",
                           .given = "'" + spec_.base.string() + "', which has to be trained",
                           .allowed = "the directory of a trained run",
                           .place = spec_.file,
                           .hint = "This program was built with RANVIER_WITH_TORCH=OFF."});
  }
  options_.train(base_.with(overrides_of(spec_, points.front()->planned.settings)), run,
                 [&](const ir::Network& network) { require_fit_somewhere(network, points); });
}

Source Sweep::prepare(const std::string& hash, const std::vector<const OpenPoint*>& points) const {
  if (!trains_) return read_source(hash, spec_.base, variants_);
  const fs::path run = options_.runs / hash;
  if (!fs::exists(run / "config.resolved.yaml")) train(run, points);
  const auto values = base_.values(overrides_of(spec_, first_of_source_.at(hash).settings));
  return read_source(hash, run, wanted_variants(run, values, spec_.variants, spec_.file));
}

size_t Sweep::batch_size(size_t points) const {
  if (options_.ranks != nullptr) return kMostTogether;
  return std::clamp(points / kBatches, kFewestTogether, kMostTogether);
}

void Sweep::evaluate(const Source& source, const std::vector<const OpenPoint*>& points) {
  if (options_.ranks != nullptr) options_.ranks->set_source(source);
  std::vector<PlannedPoint> planned;
  for (const OpenPoint* point : points) planned.push_back(point->planned);
  Resolver resolver(spec_, options_, base_, source, std::move(planned), busy_);
  const size_t size = batch_size(points.size());
  resolver.open(size);
  for (size_t begin = 0; begin == 0 || begin < points.size(); begin += size) {
    resolver.resolve_open();
    core::check_interrupt(kGoOn);
    Batch batch(spec_, options_, base_, source, store_, busy_);
    batch.add_points(resolver.take(begin, std::min(points.size(), begin + size)));
    if (begin == 0 && spec_.break_even) batch.add_links(first_of_source_.at(source.hash));
    resolver.open(begin + 2 * size);
    outcome_.simulated += batch.run(resolver);
    core::check_interrupt(kGoOn);
    if (options_.ranks != nullptr && options_.ranks->interrupted()) {
      throw core::Interrupted(std::string("interrupted on another rank: ") + kGoOn);
    }
  }
  if (spec_.break_even) store_.set_links_done(source.hash);
}

/// All open points of one trained run. A training that fails takes its points with it, not the
/// sweep.
void Sweep::run_source(const std::string& hash, const std::vector<const OpenPoint*>& points) {
  Source source;
  State state = State::kOpen;
  std::string message;
  try {
    source = prepare(hash, points);
  } catch (const core::Interrupted&) {
    throw;
  } catch (const core::UserError& error) {
    if (!trains_ || !options_.train) throw;
    state = State::kRefused;
    message = error.what();
  } catch (const std::exception& error) {
    state = State::kFailed;
    message = error.what();
  }
  if (state == State::kOpen) {
    if (!source.bundles.empty()) store_.set_metric(source.bundles.front().metrics.metric);
    evaluate(source, points);
    return;
  }
  for (const OpenPoint* point : points) record(*point, state, message);
}

void Sweep::count(const std::vector<OpenPoint>& points) {
  for (const auto& point : points) {
    const auto [state, message] = store_.point_outcome(point.planned.hash);
    if (state == State::kRefused && outcome_.refused++ == 0) outcome_.first_refusal = message;
    if (state == State::kFailed && outcome_.failed++ == 0) outcome_.first_failure = message;
  }
}

SweepOutcome Sweep::run() {
  const double start = monotonic_seconds();
  check_axes();
  check_variants(base_.values({}));
  std::vector<OpenPoint> all = plan_all();
  std::erase_if(all, [&](const OpenPoint& point) {
    return point.planned.position % options_.shards != options_.shard - 1;
  });
  outcome_.points = static_cast<int64_t>(all.size());
  std::vector<std::string> order;
  std::map<std::string, std::vector<const OpenPoint*>> by_source;
  std::set<std::string> taken;
  const auto open = [&](const std::string& source) -> std::vector<const OpenPoint*>& {
    const auto [at, is_new] = by_source.try_emplace(source);
    if (is_new) order.push_back(source);
    return at->second;
  };
  for (const auto& point : all) {
    const State state = store_.point_outcome(point.planned.hash).state;
    const bool known = state == State::kDone || state == State::kRefused;
    outcome_.known += known;
    if (!known && !point.refusal.empty()) record(point, State::kRefused, point.refusal);
    if (!point.refusal.empty()) continue;
    if (!known && taken.insert(point.planned.hash).second) open(point.source).push_back(&point);
    const bool wants_links = spec_.break_even && !store_.links_done(point.source);
    if (state == State::kDone && wants_links) open(point.source);
  }
  for (const auto& source : order) run_source(source, by_source[source]);
  count(all);
  outcome_.seconds = monotonic_seconds() - start;
  outcome_.workers = options_.jobs + (options_.ranks == nullptr ? 0 : options_.ranks->threads());
  outcome_.busy_share = busy_.seconds() / (outcome_.seconds * outcome_.workers);
  return outcome_;
}

}  // namespace

ExperimentBase base_of(const SweepSpec& spec, const SweepOptions& options) {
  const fs::path file = trains(spec) ? spec.base : spec.base / "config.resolved.yaml";
  if (!fs::is_regular_file(file)) {
    throw core::UserError({.key = "base",
                           .given = "'" + spec.base.string() + "'",
                           .allowed = "an experiment file or a run directory",
                           .place = spec.file,
                           .hint = "--base names another one."});
  }
  std::vector<std::string> overrides = options.overrides;
  if (!spec.presets.empty()) {
    overrides.push_back(fmt::format("presets=[{}]", fmt::join(spec.presets, ", ")));
  }
  return {file, overrides, options.training};
}

SweepOutcome run_sweep(const SweepSpec& spec, const SweepOptions& options, Store& store) {
  return Sweep(spec, options, store).run();
}

}  // namespace ranvier::sweep
