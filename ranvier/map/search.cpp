#include "ranvier/map/search.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/map/anneal.hpp"
#include "ranvier/map/chain_cuts.hpp"
#include "ranvier/map/partition.hpp"
#include "ranvier/map/placement.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <tuple>

namespace ranvier::map {
namespace {

constexpr int kSpreads[] = {2, 4};
constexpr int64_t kNoticeable = 50;  // a layer that computes for 1 / 50 of the latency
constexpr double kContentionWeights[] = {0, 1, 10};

class Search {
 public:
  Search(const SearchInput& input, const SearchOptions& options)
      : input_(input), options_(options) {
    const bool priced =
        options.objective == Objective::kEnergy || options.objective == Objective::kEdp;
    RANVIER_CONTRACT(!priced || options.energy_pj, "an energy objective has prices");
  }

  SearchResult run() {
    consider("naive", map_network(input_.network, input_.package, {}, input_.delivery));
    spread();
    cut();
    place();
    return std::move(result_);
  }

 private:
  workload::Workload workload_of(const Mapping& mapping) const {
    return build_workload(input_.network, mapping, input_.activity, input_.sample, input_.wire,
                          input_.package);
  }
  void report(const std::string& what, int64_t done, int64_t total) const {
    if (options_.progress) options_.progress(what, done, total);
  }
  Merit merit_of(const workload::Workload& workload) const;
  bool consider(const std::string& name, Mapping mapping);
  void spread();
  std::vector<size_t> all_chips() const;
  std::vector<size_t> slow_layers() const;
  std::string name_of(const std::vector<int>& spreads, bool is_filled) const;
  void cut();
  void place();

  const SearchInput& input_;
  const SearchOptions& options_;
  SearchResult result_;
  std::vector<int64_t>
      slowest_;  // [layer] cycles that its slowest tile computes, in the naive mapping
};

/// [layer] Cycles that its slowest tile computes.
std::vector<int64_t> slowest_tiles(const workload::Workload& workload) {
  std::vector<int64_t> cycles(workload.layer_names.size());
  for (const auto& task : workload.tasks) {
    if (task.kind != workload::TaskKind::kCompute) continue;
    int64_t& slowest = cycles[static_cast<size_t>(task.layer)];
    slowest = std::max(slowest, task.service.value());
  }
  return cycles;
}

Merit Search::merit_of(const workload::Workload& workload) const {
  const auto estimate = analytic::estimate(workload, input_.package);
  return {.die_bits = estimate.ledger[core::Event::kDieToDieBits],
          .mesh_bit_hops = estimate.ledger[core::Event::kLinkBitHops],
          .latency_cycles = estimate.latency.value(),
          .energy_pj = options_.energy_pj ? options_.energy_pj(estimate) : 0,
          .congested = estimate.congested};
}

/// Keeps the candidate if it is the best so far.
bool Search::consider(const std::string& name, Mapping mapping) {
  const auto workload = workload_of(mapping);
  const Merit merit = merit_of(workload);
  result_.candidates.push_back({name, merit});
  const bool first = result_.candidates.size() == 1;
  if (first) slowest_ = slowest_tiles(workload);
  const Merit& best = result_.candidates[result_.chosen].merit;
  if (!first && !is_better(merit, best, options_.objective)) return false;
  result_.chosen = result_.candidates.size() - 1;
  result_.mapping = std::move(mapping);
  return true;
}

/// Chip by chip, of filled networks layer by layer, onto more cores as long as that helps.
void Search::spread() {
  const bool is_filled = input_.network.chip_rule == ir::ChipRule::kFilled;
  const std::vector<size_t> items = is_filled ? slow_layers() : all_chips();
  std::vector<int> spreads(is_filled ? input_.network.layers.size() : items.size(), 1);
  for (size_t i = 0; i < items.size(); ++i) {
    for (const int factor : kSpreads) {
      report("spread", static_cast<int64_t>(i), static_cast<int64_t>(items.size()));
      auto trial = spreads;
      trial[items[i]] = factor;
      if (!can_spread(input_.network, input_.package, trial)) break;
      if (consider(name_of(trial, is_filled),
                   map_network(input_.network, input_.package, trial, input_.delivery))) {
        spreads = trial;
      }
    }
  }
}

std::vector<size_t> Search::all_chips() const {
  std::vector<size_t> chips(static_cast<size_t>(input_.network.chips()));
  std::iota(chips.begin(), chips.end(), size_t{0});
  return chips;
}

/// Layers whose tiles compute for a noticeable part of the latency, the slowest first; none when
/// only bits count, which more tiles can but add to.
std::vector<size_t> Search::slow_layers() const {
  if (options_.objective == Objective::kBits) return {};
  const int64_t latency = result_.candidates.front().merit.latency_cycles;
  std::vector<size_t> layers;
  for (size_t l = 1; l < slowest_.size(); ++l) {
    if (kNoticeable * slowest_[l] >= latency) layers.push_back(l);
  }
  std::ranges::stable_sort(layers, std::greater<>{}, [&](size_t l) { return slowest_[l]; });
  return layers;
}

std::string Search::name_of(const std::vector<int>& spreads, bool is_filled) const {
  if (!is_filled) return fmt::format("spread {}", fmt::join(spreads, " "));
  std::vector<std::string> parts;
  for (size_t l = 0; l < spreads.size(); ++l) {
    if (spreads[l] == 1) continue;
    parts.push_back(fmt::format("{} {}", input_.network.layers[l].name, spreads[l]));
  }
  return fmt::format("spread {}", fmt::join(parts, ", "));
}

/// Filled networks: which tiles share a chip. Cuts between whole layers, exactly; any tile on any
/// chip, by partition.
void Search::cut() {
  if (!can_partition(input_.network) || result_.mapping.chips_used < 2) return;
  const Mapping before = result_.mapping;
  const auto& [network, activity, wire, package, sample, delivery] = input_;
  const TileGraph graph = tile_graph(
      network, before, expected_bits(network, before, activity, sample, wire, package), package);
  std::vector<std::vector<int>> starts(1);
  for (const auto& tile : graph.tiles) {
    const auto& tiles = before.layers[static_cast<size_t>(tile.layer)];
    starts.front().push_back(tiles[static_cast<size_t>(tile.index)].chip);
  }
  if (const auto cuts = best_cuts(chain_of(network, before, graph, package))) {
    starts.push_back(chips_between(graph, *cuts));
    std::vector<std::string_view> names;
    for (const int layer : *cuts) names.push_back(network.layers[static_cast<size_t>(layer)].name);
    consider(fmt::format("cut after {}", fmt::join(names, ", ")),
             on_chips(network, package, graph, before, starts.back()));
  }
  const PartitionOptions options{
      .moves_per_tile = options_.moves_per_item,
      .seed = options_.seed,
      .progress = [&](int64_t done, int64_t total) { report("partition", done, total); }};
  const auto capacity = static_cast<int>(usable_cores(package.chip.mesh, margin_of(network)));
  int count = 0;
  for (const auto& start : starts) count = std::max(count, *std::ranges::max_element(start) + 1);
  const auto chips = partition_tiles(graph, package, starts, count, capacity, options);
  consider("partition", on_chips(network, package, graph, before, chips));
}

/// Anneals the best mapping so far under several weights of contention.
void Search::place() {
  const Mapping start = result_.mapping;
  const auto problem = placement_problem(input_.network, start, workload_of(start));
  for (const double weight : kContentionWeights) {
    const auto name = weight > 0 ? fmt::format("placed for wire and {:g} x contention", weight)
                                 : std::string("placed for wire");
    AnnealOptions options{
        .contention_weight = weight,
        .moves_per_item = options_.moves_per_item,
        .seed = options_.seed,
        .progress = [&](int64_t done, int64_t total) { report(name, done, total); }};
    consider(name, anneal_placement(input_.network, problem, start, input_.package, options));
  }
}

}  // namespace

std::string_view to_string(Objective objective) {
  switch (objective) {
    case Objective::kBits:
      return "bits";
    case Objective::kLatency:
      return "latency";
    case Objective::kEnergy:
      return "energy";
    case Objective::kEdp:
      break;
  }
  return "edp";
}

bool is_better(const Merit& a, const Merit& b, Objective objective) {
  switch (objective) {
    case Objective::kBits:
      return std::tuple(a.die_bits, a.mesh_bit_hops) < std::tuple(b.die_bits, b.mesh_bit_hops);
    case Objective::kLatency:
      return std::tuple(a.latency_cycles, a.mesh_bit_hops) <
             std::tuple(b.latency_cycles, b.mesh_bit_hops);
    case Objective::kEnergy:
      return a.energy_pj < b.energy_pj;
    case Objective::kEdp:
      break;
  }
  return a.energy_pj * static_cast<double>(a.latency_cycles) <
         b.energy_pj * static_cast<double>(b.latency_cycles);
}

SearchResult search_mapping(const SearchInput& input, const SearchOptions& options) {
  return Search(input, options).run();
}

}  // namespace ranvier::map
