#include "ranvier/sweep/batch.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/interrupt.hpp"
#include "ranvier/core/quantity.hpp"
#include "ranvier/sweep/ranks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <iterator>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

namespace ranvier::sweep {
namespace {

constexpr double kSlowestLink = 1e7;  // of the break-even map [bit/s]
constexpr int kLinkDecades = 5;
constexpr int kLinksPerDecade = 4;
constexpr double kSlowestLane = 1e6;  // as hardware.serdes.lane_rate accepts [bit/s]
constexpr double kFastestLane = 1e12;

/// Points that are finished together, before the next ones are begun: a variant is mapped once for
/// each block, and a sweep that is stopped has finished points to show.
constexpr size_t kBlock = 32;

/// Lane rates at which a link of `lanes` runs at 0.01 to 1000 Gbit/s, inside what the key accepts.
/// [bit/s, whole]
std::vector<double> lane_rates(int lanes) {
  std::vector<double> rates;
  for (int i = 0; i <= kLinkDecades * kLinksPerDecade; ++i) {
    const double link = kSlowestLink * std::pow(10.0, static_cast<double>(i) / kLinksPerDecade);
    const double rate = std::round(link / lanes);
    if (rate >= kSlowestLane && rate <= kFastestLane) rates.push_back(rate);
  }
  return rates;
}

}  // namespace

/// What threads have found, on its way to the database; texts and prices are theirs to work out.
struct Batch::Rows {
  struct Simulated {
    size_t simulation = 0;
    std::string ledger;  // as text
  };
  std::vector<Simulated> simulations;  // those of `points` and `links` are here or came before
  std::vector<PointRecord> points;
  std::vector<LinkCurve> links;
  bool empty() const { return simulations.empty() && points.empty() && links.empty(); }
};

/// One link rate of the break-even map, every variant at it.
struct Batch::LinkPoint {
  size_t preset = 0;
  std::string lane_rate;
  PresetPrice price;
  std::vector<Trial> trials;
};

Batch::Batch(const SweepSpec& spec, const SweepOptions& options, const ExperimentBase& base,
             const Source& source, Store& store, BusyTime& busy)
    : spec_(spec), options_(options), base_(base), source_(source), store_(store), busy_(busy) {}

/// Index of the simulation of that hash, read from the database when it is there.
size_t Batch::intern(Trial trial) {
  const auto [at, is_new] = by_hash_.emplace(trial.record.hash, simulations_.size());
  if (!is_new) return at->second;
  if (auto known = store_.find(trial.record.hash)) trial.record = std::move(*known);
  simulations_.push_back({.trial = std::move(trial), .points = {}, .links = {}});
  return at->second;
}

void Batch::add_points(std::vector<ResolvedPoint> points) {
  for (auto& one : points) {
    const size_t index = points_.size();
    PointWork work{
        .hash = std::move(one.hash), .presets = std::move(one.presets), .simulations = {}};
    for (auto& wanted : one.trials) {
      const size_t at = intern(std::move(wanted));
      work.simulations.push_back(at);
      if (is_known(simulations_[at])) continue;
      simulations_[at].points.push_back(index);
      ++work.pending;
    }
    points_.push_back(std::move(work));
  }
}

std::vector<Batch::LinkPoint> Batch::link_points(const Experiment& at_point) const {
  std::vector<LinkPoint> points;
  for (size_t p = 0; p < at_point.presets.size(); ++p) {
    for (const double rate : lane_rates(at_point.presets[p].package.serdes.lanes)) {
      points.push_back(
          {.preset = p, .lane_rate = fmt::format("{:.0f} bit/s", rate), .price = {}, .trials = {}});
    }
  }
  return points;
}

void Batch::add_links(const PlannedPoint& point) {
  const Experiment at_point = base_.with(overrides_of(spec_, point.settings));
  std::vector<LinkPoint> links = link_points(at_point);
  parallel_for(links.size(), options_.jobs, busy_, [&](size_t i) {
    LinkPoint& link = links[i];
    Address at{.settings = point.settings,
               .lane_rate = link.lane_rate,
               .preset = link.preset,
               .fidelity = Fidelity::kAnalytic};
    const Experiment experiment = experiment_at(base_, spec_, at);
    link.price = price_of(experiment.presets[link.preset]);
    for (at.variant = 0; at.variant < source_.bundles.size(); ++at.variant) {
      link.trials.push_back(trial_at(at, experiment, at_point, source_, options_.program));
    }
  });
  core::check_interrupt("run the same command again to go on");
  for (auto& one : links) {
    for (auto& wanted : one.trials) {
      LinkWork link{.curve = {.source = source_.hash,
                              .variant = wanted.record.variant,
                              .preset = one.price.preset,
                              .gbps = one.price.link_gbps,
                              .simulation = wanted.record.hash},
                    .price = one.price,
                    .simulation = intern(std::move(wanted))};
      simulations_[link.simulation].links.push_back(links_.size());
      links_.push_back(std::move(link));
    }
  }
}

/// Simulations that share a mapping, or the search for one: those of the
/// break-even links that of their point.
std::vector<std::vector<size_t>> Batch::open_groups() const {
  std::vector<std::vector<size_t>> groups;
  std::map<std::string, size_t> by_key;
  for (size_t s = 0; s < simulations_.size(); ++s) {
    if (is_known(simulations_[s])) continue;
    const auto& [trial, points, links] = simulations_[s];
    const size_t links_block = trial.search ? 0 : points_.size();
    const size_t block = points.empty() ? links_block : points.front() / kBlock;
    const std::string& shared = trial.search ? trial.search->hash : trial.workload_key;
    const auto [at, is_new] = by_key.emplace(fmt::format("{} {}", block, shared), groups.size());
    if (is_new) groups.emplace_back();
    groups[at->second].push_back(s);
  }
  return groups;
}

/// In one transaction.
void Batch::save(const Rows& rows) {
  auto transaction = store_.transaction();
  for (const auto& [simulation, ledger] : rows.simulations) {
    const Trial& trial = simulations_[simulation].trial;
    store_.save(trial.record, ledger);
    if (trial.search) store_.save(*trial.search);
  }
  for (const PointRecord& point : rows.points) store_.save(point);
  for (const LinkCurve& link : rows.links) store_.save(link);
  transaction.commit();
}

/// Its simulations are known.
PointRecord Batch::record_of(const PointWork& point) const {
  PointRecord record{.hash = point.hash,
                     .source = source_.hash,
                     .state = State::kDone,
                     .message = {},
                     .results = {}};
  for (size_t i = 0; i < point.simulations.size(); ++i) {
    const SimulationRecord& of = simulations_[point.simulations[i]].trial.record;
    const PresetPrice& price = point.presets[i % point.presets.size()];
    if (!of.measured) {
      if (record.state != State::kFailed) record.state = of.state;
      if (record.message.empty()) {
        record.message = fmt::format("{} under {}: {}", of.variant, of.preset, of.message);
      }
      continue;
    }
    const Bundle& bundle = source_.bundles[i / point.presets.size()];
    const Measurement& m = *of.measured;
    const auto priced = price_mean(m.ledger, m.latency_s, m.samples, price.cost);
    record.results.push_back({.variant = of.variant,
                              .preset = price.preset,
                              .simulation = of.hash,
                              .prices = price.prices.hash,
                              .metrics = bundle.metrics,
                              .parameters = bundle.network.weights(),
                              .link_gbps = price.link_gbps,
                              .link_pj_per_bit = price.link_pj_per_bit,
                              .energy_uj = priced.total_pj / core::kPicojoulesPerMicrojoule,
                              .average_watts = priced.average_watts,
                              .energy_parts_uj = parts_text(priced)});
  }
  return record;
}

/// Its simulation was measured.
LinkCurve Batch::curve_of(const LinkWork& link) const {
  const Measurement& m = *simulations_[link.simulation].trial.record.measured;
  const auto priced = price_mean(m.ledger, m.latency_s, m.samples, link.price.cost);
  const double bits =
      static_cast<double>(m.ledger[core::Event::kDieToDieBits]) +
      link.price.idle_fraction * static_cast<double>(m.ledger[core::Event::kDieToDieIdleBits]);
  LinkCurve curve = link.curve;
  curve.latency_us = m.latency_s * core::kMicro;
  curve.fixed_uj = (priced.total_pj - priced.parts_pj.at("d2d")) / core::kPicojoulesPerMicrojoule;
  curve.link_bits = bits / m.samples;
  return curve;
}

/// The texts that the points' prices are named by, once.
void Batch::save_prices() {
  std::set<std::string> saved;
  auto transaction = store_.transaction();
  for (const auto& point : points_) {
    for (const auto& preset : point.presets) {
      if (saved.insert(preset.prices.hash).second) store_.save(preset.prices);
    }
  }
  transaction.commit();
}

/// Points and links for which nothing has to be simulated: their prices changed, or a sweep was
/// killed between the last simulation and its point.
void Batch::finish_known() {
  Rows rows;
  for (const auto& point : points_) {
    if (point.pending == 0) rows.points.push_back(record_of(point));
  }
  for (const auto& link : links_) {
    if (simulations_[link.simulation].trial.record.measured) rows.links.push_back(curve_of(link));
  }
  if (!rows.empty()) save(rows);
}

/// Everything that is to be simulated, shared by threads and ranks.
class Batch::Shift {
 public:
  Shift(Batch& batch, Resolver& ahead)
      : batch_(batch),
        ahead_(ahead),
        groups_(batch.open_groups()),
        queue_(sizes(groups_)),
        workshop_(batch.spec_, batch.base_, batch.source_),
        progress_("sweep", total(), batch.options_.quiet) {}

  int64_t run();

 private:
  static std::vector<size_t> sizes(const std::vector<std::vector<size_t>>& groups) {
    std::vector<size_t> all;
    for (const auto& group : groups) all.push_back(group.size());
    return all;
  }
  int64_t total() const {
    int64_t all = 0;
    for (const auto& group : groups_) all += static_cast<int64_t>(group.size());
    return all;
  }
  std::optional<size_t> next(std::optional<size_t>& own);
  void work();
  void share(Ranks& ranks);
  bool take(ResultLetter result);
  bool post(size_t simulation);
  std::vector<size_t> completed_by(size_t simulation);
  Rows priced(const std::vector<size_t>& complete, size_t simulation) const;
  void write_ready(std::unique_lock<std::mutex>& lock);

  Batch& batch_;
  Resolver& ahead_;
  std::vector<std::vector<size_t>> groups_;
  GroupQueue queue_;
  Workshop workshop_;
  std::atomic<bool> is_over_{false};
  // Results on their way to the database. Whoever finds nobody writing writes everything that has
  // come in, its own and the others' who do not wait.
  std::mutex mutex_;  // of what follows
  core::Progress progress_;
  Rows ready_;
  bool is_writing_ = false;
  std::exception_ptr broken_;
  int64_t done_ = 0;
};

/// The next simulation for whoever had one of group `own`.
std::optional<size_t> Batch::Shift::next(std::optional<size_t>& own) {
  const auto item = queue_.next(own);
  if (!item) return std::nullopt;
  own = item->group;
  return groups_[item->group][item->index];
}

/// One thread of this process.
void Batch::Shift::work() {
  Desk desk(workshop_);
  std::optional<size_t> own;
  while (!is_over_ && !core::interrupt_requested()) {
    const auto simulation = next(own);
    if (!simulation) break;
    Simulation& at = batch_.simulations_[*simulation];
    batch_.busy_.add(desk.measure(at.trial));
    if (!batch_.is_known(at) || !post(*simulation)) return;
  }
  while (!is_over_ && !core::interrupt_requested() && ahead_.resolve_one()) {
  }
}

/// What another rank found.
bool Batch::Shift::take(ResultLetter result) {
  SimulationRecord& record = batch_.simulations_[result.simulation].trial.record;
  record.state = result.record.state;
  record.message = std::move(result.record.message);
  record.measured = std::move(result.record.measured);
  record.seconds = result.record.seconds;
  batch_.busy_.add(result.busy_s);
  return post(result.simulation);
}

void Batch::Shift::share(Ranks& ranks) {
  const SharedWork work{.next = [&](std::optional<size_t>& own) { return next(own); },
                        .trial = [&](size_t simulation) -> const Trial& {
                          return batch_.simulations_[simulation].trial;
                        },
                        .take = [&](ResultLetter result) { return take(std::move(result)); }};
  try {
    ranks.share(work);
  } catch (...) {
    is_over_ = true;
    throw;
  }
  if (ranks.interrupted()) is_over_ = true;
}

/// Points of which this was the last simulation. The caller holds the lock.
std::vector<size_t> Batch::Shift::completed_by(size_t simulation) {
  std::vector<size_t> complete;
  for (const size_t index : batch_.simulations_[simulation].points) {
    if (--batch_.points_[index].pending == 0) complete.push_back(index);
  }
  return complete;
}

/// Prices the points that `simulation` completes, and its links. Errors: those of the prices.
Batch::Rows Batch::Shift::priced(const std::vector<size_t>& complete, size_t simulation) const {
  Rows rows;
  for (const size_t index : complete) {
    rows.points.push_back(batch_.record_of(batch_.points_[index]));
  }
  const Simulation& found = batch_.simulations_[simulation];
  for (const size_t index : found.links) {
    if (found.trial.record.measured) rows.links.push_back(batch_.curve_of(batch_.links_[index]));
  }
  return rows;
}

/// False when the database cannot be written. The simulation is among the results before the points
/// that it completes, whoever makes their records.
bool Batch::Shift::post(size_t simulation) {
  const SimulationRecord& record = batch_.simulations_[simulation].trial.record;
  const double begin = monotonic_seconds();
  std::string ledger = record.measured ? ledger_text(record.measured->ledger) : std::string();
  std::unique_lock lock(mutex_);
  ready_.simulations.push_back({simulation, std::move(ledger)});
  const std::vector<size_t> complete = completed_by(simulation);
  progress_.update(++done_, record.variant);
  lock.unlock();
  Rows rows;
  std::exception_ptr broken;
  try {
    rows = priced(complete, simulation);
  } catch (...) {
    broken = std::current_exception();
  }
  batch_.busy_.add(monotonic_seconds() - begin);
  lock.lock();
  if (broken) broken_ = broken;
  std::ranges::move(rows.points, std::back_inserter(ready_.points));
  std::ranges::move(rows.links, std::back_inserter(ready_.links));
  if (is_writing_) return !broken_;
  is_writing_ = true;
  write_ready(lock);
  is_writing_ = false;
  return !broken_;
}

/// Until nothing comes in any more. The lock is held but while the database is written.
void Batch::Shift::write_ready(std::unique_lock<std::mutex>& lock) {
  while (!ready_.empty() && !broken_) {
    const Rows taken = std::exchange(ready_, {});
    lock.unlock();
    const double start = monotonic_seconds();
    std::exception_ptr broken;
    try {
      batch_.save(taken);
    } catch (...) {
      broken = std::current_exception();
    }
    batch_.busy_.add(monotonic_seconds() - start);
    lock.lock();
    if (broken) broken_ = broken;
  }
}

int64_t Batch::Shift::run() {
  if (groups_.empty()) return 0;
  Ranks* const ranks = batch_.options_.ranks;
  {
    std::vector<std::jthread> pool;
    const int beside = ranks == nullptr ? batch_.options_.jobs - 1 : batch_.options_.jobs;
    for (int t = 0; t < beside && t < total(); ++t) pool.emplace_back([this] { work(); });
    ranks == nullptr ? work() : share(*ranks);
  }
  if (broken_) std::rethrow_exception(broken_);
  return done_;
}

int64_t Batch::run(Resolver& ahead) {
  save_prices();
  finish_known();
  return Shift(*this, ahead).run();
}

}  // namespace ranvier::sweep
