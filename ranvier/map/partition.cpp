#include "ranvier/map/partition.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/rng.hpp"
#include "ranvier/map/chip_assignment.hpp"
#include "ranvier/map/metis.hpp"
#include "ranvier/map/placement.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace ranvier::map {
namespace {

constexpr int kTrialSwaps = 200;        // moves that set the first temperature
constexpr double kFirstOfTrials = 0.1;  // a seeded start is kept warm, not melted
constexpr double kColdest = 1e-3;       // relative to the first
constexpr int64_t kReportEvery = 1000;  // moves
constexpr int64_t kSwapsPerChip = 2000;

/// Tiles leave chips that hold too many, each time the one that costs least.
void fit(ChipAssignment& state, int tiles, int count, int capacity) {
  for (int chip = 0; chip < count; ++chip) {
    while (state.size_of(chip) > capacity) {
      int best_tile = -1;
      int best_chip = -1;
      double best = std::numeric_limits<double>::infinity();
      for (int tile = 0; tile < tiles; ++tile) {
        if (state.chip_of(tile) != chip) continue;
        for (int to = 0; to < count; ++to) {
          if (state.size_of(to) >= capacity) continue;
          state.move(tile, to);
          if (state.cost() < best) {
            best = state.cost();
            best_tile = tile;
            best_chip = to;
          }
          state.move(tile, chip);
        }
      }
      RANVIER_CONTRACT(best_tile >= 0, "all chips together have room");
      state.move(best_tile, best_chip);
    }
  }
}

/// Parts to chips: exchanges of whole chips, annealed; returns [part] its chip.
std::vector<int> lay_out(const std::vector<double>& traffic, const arch::PackageSpec& package,
                         int count, core::Rng rng) {
  std::vector<int> place(static_cast<size_t>(count));
  std::iota(place.begin(), place.end(), 0);
  const auto both = [&](int a, int b) {
    return traffic[static_cast<size_t>(a * count + b)] +
           traffic[static_cast<size_t>(b * count + a)];
  };
  const auto change = [&](int a, int b) {  // of exchanging the chips of two parts
    double delta = 0;
    const core::ChipId at_a(place[static_cast<size_t>(a)]), at_b(place[static_cast<size_t>(b)]);
    for (int other = 0; other < count; ++other) {
      if (other == a || other == b) continue;
      const core::ChipId at(place[static_cast<size_t>(other)]);
      delta += (both(a, other) - both(b, other)) *
               (die_edges(package, at_b, at) - die_edges(package, at_a, at));
    }
    return delta;
  };
  const auto pick = [&] { return static_cast<int>(rng.below(static_cast<uint64_t>(count))); };
  double scale = 0;
  for (int i = 0; i < kTrialSwaps; ++i) scale += std::abs(change(pick(), pick())) / kTrialSwaps;
  const int64_t total = kSwapsPerChip * count;
  for (int64_t done = 0; done < total && scale > 0; ++done) {
    const double cooled = static_cast<double>(done) / static_cast<double>(total);
    const double temperature = scale * std::pow(kColdest, cooled);
    const int a = pick();
    const int b = pick();
    if (a == b) continue;
    const double delta = change(a, b);
    if (delta <= 0 || rng.uniform() < std::exp(-delta / temperature)) {
      std::swap(place[static_cast<size_t>(a)], place[static_cast<size_t>(b)]);
    }
  }
  return place;
}

/// Single tiles to the chips of those they exchange bits with, in exchange for another when full.
class Refiner {
 public:
  Refiner(const TileGraph& graph, ChipAssignment& state, int capacity, core::Rng rng)
      : graph_(graph), state_(state), capacity_(capacity), rng_(rng) {
    for (int t = 0; t < static_cast<int>(graph.tiles.size()); ++t) {
      const auto chip = static_cast<size_t>(state.chip_of(t));
      if (members_.size() <= chip) members_.resize(chip + 1);
      slot_.push_back(members_[chip].size());
      members_[chip].push_back(t);
    }
  }

  void run(const PartitionOptions& options) {
    const auto total = options.moves_per_tile * static_cast<int64_t>(graph_.tiles.size()) / 2;
    const double first = kFirstOfTrials * mean_change();
    std::vector<int> best = state_.chips();
    double best_cost = state_.cost();
    for (int64_t done = 0; done < total && first > 0; ++done) {
      if (done % kReportEvery == 0 && options.progress) options.progress(done, total);
      const double cooled = static_cast<double>(done) / static_cast<double>(total);
      const double temperature = first * std::pow(kColdest, cooled);
      const double before = state_.cost();
      if (!propose()) continue;
      const double delta = state_.cost() - before;
      if (delta > 0 && rng_.uniform() >= std::exp(-delta / temperature)) undo();
      if (state_.cost() < best_cost) {
        best_cost = state_.cost();
        best = state_.chips();
      }
    }
    best_ = std::move(best);
  }
  const std::vector<int>& best() const { return best_; }

 private:
  /// A tile that this one reads or feeds, or -1.
  int neighbour(int tile) {
    const auto& of = graph_.tiles[static_cast<size_t>(tile)];
    const size_t all = of.readers.size() + of.feeders.size();
    if (all == 0) return -1;
    const size_t i = rng_.below(all);
    return i < of.readers.size() ? of.readers[i].tile : of.feeders[i - of.readers.size()];
  }

  bool propose() {
    const int tile = static_cast<int>(rng_.below(graph_.tiles.size()));
    const int beside = neighbour(tile);
    if (beside < 0) return false;
    const int from = state_.chip_of(tile);
    const int to = state_.chip_of(beside);
    if (from == to) return false;
    moved_ = tile;
    home_ = from;
    exchanged_ = -1;
    const auto& there = members_[static_cast<size_t>(to)];
    if (state_.size_of(to) >= capacity_) exchanged_ = there[rng_.below(there.size())];
    relocate(tile, to);
    if (exchanged_ >= 0) relocate(exchanged_, from);
    return true;
  }

  void undo() {
    const int away = state_.chip_of(moved_);
    relocate(moved_, home_);
    if (exchanged_ >= 0) relocate(exchanged_, away);
  }

  void relocate(int tile, int to) {
    auto& old = members_[static_cast<size_t>(state_.chip_of(tile))];
    const size_t slot = slot_[static_cast<size_t>(tile)];
    old[slot] = old.back();
    slot_[static_cast<size_t>(old[slot])] = slot;
    old.pop_back();
    auto& all = members_[static_cast<size_t>(to)];
    slot_[static_cast<size_t>(tile)] = all.size();
    all.push_back(tile);
    state_.move(tile, to);
  }

  double mean_change() {
    double sum = 0;
    for (int i = 0; i < kTrialSwaps; ++i) {
      const double before = state_.cost();
      if (!propose()) continue;
      sum += std::abs(state_.cost() - before);
      undo();
    }
    return sum / kTrialSwaps;
  }

  const TileGraph& graph_;
  ChipAssignment& state_;
  int capacity_;
  core::Rng rng_;
  std::vector<std::vector<int>> members_;  // [chip] tiles
  std::vector<size_t> slot_;               // [tile] place in its chip's members
  int moved_ = -1;
  int home_ = 0;
  int exchanged_ = -1;
  std::vector<int> best_;
};

/// METIS parts that fit, laid on chips.
std::vector<int> seeded(const TileGraph& graph, const arch::PackageSpec& package, int count,
                        int capacity, uint64_t seed) {
  const auto tiles = static_cast<int>(graph.tiles.size());
  ChipAssignment parts(graph, package, metis_parts(graph, count, seed), count);
  fit(parts, tiles, count, capacity);
  const auto place = lay_out(parts.traffic(), package, count, core::Rng(seed).fork(1));
  std::vector<int> chips;
  for (const int part : parts.chips()) chips.push_back(place[static_cast<size_t>(part)]);
  return chips;
}

}  // namespace

double expected_die_bits(const TileGraph& graph, const arch::PackageSpec& package,
                         const std::vector<int>& chips) {
  return ChipAssignment(graph, package, chips, *std::ranges::max_element(chips) + 1).cost();
}

bool can_partition(const ir::Network& network) {
  if (network.chip_rule != ir::ChipRule::kFilled) return false;
  for (const ir::Layer& layer : network.layers) {
    for (const Operand operand : {Operand::kInput, Operand::kResidual, Operand::kGate}) {
      const int source = source_of(layer, operand);
      if (source > 0 && network.boundary_after(source) < 0) return false;
    }
  }
  return true;
}

std::vector<int> partition_tiles(const TileGraph& graph, const arch::PackageSpec& package,
                                 const std::vector<std::vector<int>>& starts, int count,
                                 int capacity, const PartitionOptions& options) {
  RANVIER_CONTRACT(!starts.empty(), "a partition starts somewhere");
  const auto cost = [&](const std::vector<int>& chips) {
    return ChipAssignment(graph, package, chips, count).cost();
  };
  std::vector<int> best = *std::ranges::min_element(starts, {}, cost);
  if (count < 2) return best;
  uint64_t stream = 2;
  for (const auto& from : {seeded(graph, package, count, capacity, options.seed), best}) {
    ChipAssignment state(graph, package, from, count);
    Refiner refiner(graph, state, capacity, core::Rng(options.seed).fork(stream++));
    refiner.run(options);
    if (cost(refiner.best()) < cost(best)) best = refiner.best();
  }
  return best;
}

}  // namespace ranvier::map
