#include "ranvier/sweep/batch.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/interrupt.hpp"

#include <fmt/format.h>

#include <atomic>
#include <cmath>
#include <exception>
#include <numeric>
#include <thread>
#include <utility>

namespace ranvier::sweep {
namespace {

constexpr double kPerGiga = 1e9;
constexpr double kMicro = 1e6;  // per unit
constexpr double kPicojoulesPerJoule = 1e12;
constexpr double kPicojoulesPerMicrojoule = 1e6;
constexpr double kSlowestLink = 1e7;  // of the break-even map [bit/s]
constexpr int kLinkDecades = 5;
constexpr int kLinksPerDecade = 4;
constexpr double kSlowestLane = 1e6;  // as hardware.serdes.lane_rate accepts [bit/s]
constexpr double kFastestLane = 1e12;

/// Points that are finished together, before the next ones are begun: a variant is mapped once for
/// each block, and a sweep that is stopped has finished points to show.
constexpr size_t kBlock = 32;

double link_gbps_of(const arch::PackageSpec& package) {
  return package.serdes.lane_rate.value() * package.serdes.lanes / kPerGiga;
}

PresetPrice price_of(const PresetSetup& setup) {
  PresetPrice price{
      .preset = setup.name,
      .cost = setup.cost,
      .prices = price_identity(setup),
      .link_gbps = link_gbps_of(setup.package),
      .link_pj_per_bit = setup.values.constant("cost.d2d_bit").value * kPicojoulesPerJoule,
      .idle_fraction = setup.values.constant("cost.d2d_idle_fraction").value};
  // A sweep keeps many of these; where a price comes from is told by its configuration.
  for (auto& item : price.cost.prices) {
    item.picojoules_per_count.key.clear();
    item.picojoules_per_count.source.clear();
  }
  return price;
}

/// What went wrong, for the database; interruptions pass.
void record_failure(SimulationRecord& record) {
  try {
    throw;
  } catch (const core::Interrupted&) {
    throw;
  } catch (const core::UserError& error) {
    record.state = State::kRefused;
    record.message = error.what();
  } catch (const std::exception& error) {
    record.state = State::kFailed;
    record.message = error.what();
  }
}

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

struct Batch::Resolved {
  PointWork work;
  std::vector<Simulation> simulations;
};

/// One link rate of the break-even map, every variant at it.
struct Batch::LinkPoint {
  size_t preset = 0;
  double lane_rate = 0;  // [bit/s]
  PresetPrice price;
  std::vector<Simulation> simulations;
};

/// Simulations that share a mapping; the first thread maps, the others wait for it.
struct Batch::Group {
  std::vector<size_t> simulations;
  struct Shared {
    std::once_flag once;
    std::unique_ptr<MappedVariant> mapped;
    std::exception_ptr refusal;
    std::atomic<size_t> left{0};
  };
  std::unique_ptr<Shared> shared = std::make_unique<Shared>();
};

Batch::Batch(const SweepSpec& spec, const SweepOptions& options, const ExperimentBase& base,
             const Source& source, Store& store, BusyTime& busy)
    : spec_(spec), options_(options), base_(base), source_(source), store_(store), busy_(busy) {}

Simulation Batch::simulation(const Experiment& experiment, size_t preset, size_t variant,
                             Fidelity fidelity) const {
  const PresetSetup& setup = experiment.presets[preset];
  const std::string& name = source_.bundles[variant].variant;
  Identity identity = simulation_identity(experiment, setup, name, fidelity,
                                          source_.bundle_hashes[variant], options_.program);
  return {.record = {.hash = std::move(identity.hash),
                     .variant = name,
                     .preset = setup.name,
                     .fidelity = fidelity,
                     .configuration = std::move(identity.text),
                     .message = {},
                     .measured = {}},
          .package = setup.package,
          .watchdog_cycles = experiment.values.integer("simulate.watchdog_cycles"),
          .wire = wire_of(experiment.values, name),
          .samples = experiment.simulated_samples,
          .variant = variant,
          .workload_key = workload_key(experiment, setup, name),
          .points = {},
          .links = {}};
}

Batch::Resolved Batch::resolve(const PlannedPoint& point) const {
  const auto overrides = overrides_of(spec_, point.settings);
  const Experiment experiment = base_.with(overrides);
  Resolved resolved{.work = {.hash = point.hash, .presets = {}, .simulations = {}},
                    .simulations = {}};
  for (const auto& setup : experiment.presets) resolved.work.presets.push_back(price_of(setup));
  for (size_t v = 0; v < source_.bundles.size(); ++v) {
    for (size_t p = 0; p < experiment.presets.size(); ++p) {
      resolved.simulations.push_back(simulation(experiment, p, v, spec_.fidelity));
    }
  }
  return resolved;
}

/// Index of the simulation of that hash, read from the database when it is there.
size_t Batch::intern(Simulation simulation) {
  const auto [at, is_new] = by_hash_.emplace(simulation.record.hash, simulations_.size());
  if (!is_new) return at->second;
  if (auto known = store_.find(simulation.record.hash)) simulation.record = std::move(*known);
  simulations_.push_back(std::move(simulation));
  return at->second;
}

void Batch::add_points(const std::vector<PlannedPoint>& points) {
  std::vector<Resolved> resolved(points.size());
  parallel_for(points.size(), options_.jobs, busy_,
               [&](size_t i) { resolved[i] = resolve(points[i]); });
  core::check_interrupt("run the same command again to go on");
  for (auto& one : resolved) {
    const size_t index = points_.size();
    for (auto& wanted : one.simulations) {
      const size_t at = intern(std::move(wanted));
      one.work.simulations.push_back(at);
      if (is_known(simulations_[at])) continue;
      simulations_[at].points.push_back(index);
      ++one.work.pending;
    }
    points_.push_back(std::move(one.work));
  }
}

std::vector<Batch::LinkPoint> Batch::link_points(const PlannedPoint& point) const {
  const Experiment at_point = base_.with(overrides_of(spec_, point.settings));
  std::vector<LinkPoint> points;
  for (size_t p = 0; p < at_point.presets.size(); ++p) {
    for (const double rate : lane_rates(at_point.presets[p].package.serdes.lanes)) {
      points.push_back({.preset = p, .lane_rate = rate, .price = {}, .simulations = {}});
    }
  }
  return points;
}

void Batch::add_links(const PlannedPoint& point) {
  std::vector<LinkPoint> at = link_points(point);
  parallel_for(at.size(), options_.jobs, busy_, [&](size_t i) {
    auto overrides = overrides_of(spec_, point.settings);
    overrides.push_back(fmt::format("hardware.serdes.lane_rate={:.0f} bit/s", at[i].lane_rate));
    const Experiment experiment = base_.with(overrides);
    at[i].price = price_of(experiment.presets[at[i].preset]);
    for (size_t v = 0; v < source_.bundles.size(); ++v) {
      at[i].simulations.push_back(simulation(experiment, at[i].preset, v, Fidelity::kAnalytic));
    }
  });
  core::check_interrupt("run the same command again to go on");
  for (auto& one : at) {
    for (auto& wanted : one.simulations) {
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

std::vector<Batch::Group> Batch::open_groups() const {
  std::vector<Group> groups;
  std::map<std::string, size_t> by_key;
  for (size_t s = 0; s < simulations_.size(); ++s) {
    if (is_known(simulations_[s])) continue;
    const auto& points = simulations_[s].points;
    const size_t block = points.empty() ? points_.size() : points.front() / kBlock;
    const auto [at, is_new] =
        by_key.emplace(fmt::format("{} {}", block, simulations_[s].workload_key), groups.size());
    if (is_new) groups.emplace_back();
    groups[at->second].simulations.push_back(s);
  }
  for (const auto& group : groups) group.shared->left = group.simulations.size();
  return groups;
}

/// Maps the group's variant if nobody has, then measures. Waiting for another thread's mapping is
/// no work.
void Batch::measure(const Group& group, Simulation& simulation) const {
  Group::Shared& shared = *group.shared;
  double start = monotonic_seconds();
  bool mapped_here = false;
  std::call_once(shared.once, [&] {
    mapped_here = true;
    try {
      shared.mapped =
          std::make_unique<MappedVariant>(source_.bundles[simulation.variant], simulation.wire,
                                          simulation.samples, simulation.package);
    } catch (...) {
      shared.refusal = std::current_exception();
    }
  });
  if (!mapped_here) start = monotonic_seconds();
  try {
    if (shared.refusal) std::rethrow_exception(shared.refusal);
    simulation.record.measured = shared.mapped->measure(
        simulation.package, simulation.record.fidelity, simulation.watchdog_cycles);
    simulation.record.state = State::kDone;
  } catch (...) {
    record_failure(simulation.record);
  }
  if (--shared.left == 0) shared.mapped.reset();
  simulation.record.seconds = monotonic_seconds() - start;
  busy_.add(simulation.record.seconds);
}

/// In one transaction: the simulations, and every point and link that waited for them alone.
void Batch::finish(const std::vector<size_t>& simulations) {
  auto transaction = store_.transaction();
  for (const size_t s : simulations) {
    store_.save(simulations_[s].record);
    for (const size_t index : simulations_[s].points) {
      if (--points_[index].pending == 0) finish_point(points_[index]);
    }
    for (const size_t index : simulations_[s].links) finish_link(links_[index]);
  }
  transaction.commit();
}

/// Results on their way to the database. Whoever finds nobody writing writes everything that has
/// come in, its own and the others' who do not wait.
struct Batch::Outbox {
  std::mutex mutex;
  std::vector<size_t> ready;
  bool is_writing = false;
  std::exception_ptr broken;
  int64_t done = 0;
};

/// False when the database cannot be written.
bool Batch::post(size_t simulation, Outbox& outbox, core::Progress& progress) {
  std::unique_lock lock(outbox.mutex);
  outbox.ready.push_back(simulation);
  progress.update(++outbox.done, simulations_[simulation].record.variant);
  if (outbox.is_writing) return !outbox.broken;
  outbox.is_writing = true;
  while (!outbox.ready.empty() && !outbox.broken) {
    const std::vector<size_t> taken = std::exchange(outbox.ready, {});
    lock.unlock();
    const double start = monotonic_seconds();
    std::exception_ptr broken;
    try {
      finish(taken);
    } catch (...) {
      broken = std::current_exception();
    }
    busy_.add(monotonic_seconds() - start);
    lock.lock();
    outbox.broken = broken;
  }
  outbox.is_writing = false;
  return !outbox.broken;
}

void Batch::finish_point(const PointWork& point) {
  PointRecord record{.hash = point.hash,
                     .source = source_.hash,
                     .state = State::kDone,
                     .message = {},
                     .results = {}};
  for (size_t i = 0; i < point.simulations.size(); ++i) {
    const Simulation& of = simulations_[point.simulations[i]];
    const PresetPrice& price = point.presets[i % point.presets.size()];
    if (!of.record.measured) {
      if (record.state != State::kFailed) record.state = of.record.state;
      if (record.message.empty()) {
        record.message =
            fmt::format("{} under {}: {}", of.record.variant, of.record.preset, of.record.message);
      }
      continue;
    }
    store_.save(price.prices);
    const Bundle& bundle = source_.bundles[i / point.presets.size()];
    const Measurement& m = *of.record.measured;
    record.results.push_back({.variant = of.record.variant,
                              .preset = price.preset,
                              .simulation = of.record.hash,
                              .prices = price.prices.hash,
                              .metrics = bundle.metrics,
                              .parameters = bundle.network.weights(),
                              .link_gbps = price.link_gbps,
                              .link_pj_per_bit = price.link_pj_per_bit,
                              .priced = price_mean(m.ledger, m.latency_s, m.samples, price.cost)});
  }
  store_.save(record);
}

void Batch::finish_link(LinkWork& link) {
  const SimulationRecord& record = simulations_[link.simulation].record;
  if (!record.measured) return;
  const Measurement& m = *record.measured;
  const auto priced = price_mean(m.ledger, m.latency_s, m.samples, link.price.cost);
  const double bits =
      static_cast<double>(m.ledger[core::Event::kDieToDieBits]) +
      link.price.idle_fraction * static_cast<double>(m.ledger[core::Event::kDieToDieIdleBits]);
  link.curve.latency_us = m.latency_s * kMicro;
  link.curve.fixed_uj = (priced.total_pj - priced.parts_pj.at("d2d")) / kPicojoulesPerMicrojoule;
  link.curve.link_bits = bits / m.samples;
  store_.save(link.curve);
}

/// Points and links for which nothing has to be simulated: their prices changed, or a sweep was
/// killed between the last simulation and its point.
void Batch::finish_known() {
  auto transaction = store_.transaction();
  for (const auto& point : points_) {
    if (point.pending == 0) finish_point(point);
  }
  for (auto& link : links_) {
    if (is_known(simulations_[link.simulation])) finish_link(link);
  }
  transaction.commit();
}

int64_t Batch::run() {
  finish_known();
  const std::vector<Group> groups = open_groups();
  std::vector<size_t> sizes;
  for (const auto& group : groups) sizes.push_back(group.simulations.size());
  const int64_t total = std::accumulate(sizes.begin(), sizes.end(), int64_t{0});
  GroupQueue queue(sizes);
  core::Progress progress("sweep", total, options_.quiet);
  Outbox outbox;
  const auto work = [&] {
    std::optional<size_t> own;
    while (!core::interrupt_requested()) {
      const auto item = queue.next(own);
      if (!item) return;
      own = item->group;
      const Group& group = groups[item->group];
      const size_t next = group.simulations[item->index];
      measure(group, simulations_[next]);
      if (!post(next, outbox, progress)) return;
    }
  };
  std::vector<std::jthread> pool;
  for (int t = 1; t < options_.jobs && t < total; ++t) pool.emplace_back(work);
  work();
  pool.clear();
  if (outbox.broken) std::rethrow_exception(outbox.broken);
  return outbox.done;
}

}  // namespace ranvier::sweep
