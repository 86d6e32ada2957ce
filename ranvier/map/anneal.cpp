#include "ranvier/map/anneal.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/rng.hpp"
#include "ranvier/map/placement.hpp"
#include "ranvier/map/placement_state.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace ranvier::map {
namespace {

using arch::Coordinates;

constexpr int kProbes = 200;               // moves that set the first temperature
constexpr double kLastTemperature = 1e-4;  // relative to the first
constexpr int64_t kPerTemperature = 1000;  // moves

class Annealer {
 public:
  Annealer(const ir::Network& network, const PlacementProblem& problem, const Mapping& mapping,
           const arch::PackageSpec& package, const AnnealOptions& options)
      : problem_(problem),
        package_(package),
        options_(options),
        margin_(margin_of(network)),
        state_(problem, mapping, package, options.contention_weight > 0),
        rng_(core::Rng(options.seed)),
        start_(state_.cost()),
        occupant_(static_cast<size_t>(package.width()) * static_cast<size_t>(package.height()),
                  -1) {
    for (size_t i = 0; i < problem.items.size(); ++i) {
      const auto item = static_cast<int>(i);
      if (problem.items[i].kind == PlacedItem::Kind::kFixed) continue;
      movable_.push_back(item);
      if (problem.items[i].kind == PlacedItem::Kind::kTile) at(state_.core(item, 0)) = item;
    }
  }

  void run();
  bool improved() const { return cost() < 1 - 1e-12; }
  /// Writes where everything lies now.
  void store(Mapping& mapping) const;

 private:
  /// One proposal; undo() takes it back.
  struct Move {
    int item = -1;
    int other = -1;    // tile that changed places with it
    Coordinates near;  // where the item was
  };
  std::optional<Move> propose(int window);
  std::optional<Move> propose_core(int item, int window);
  std::optional<Move> propose_lane(int item, int window);
  void relocate(int item, int other, Coordinates near);
  void undo(const Move& move) { relocate(move.item, move.other, move.near); }
  double first_temperature();
  int shifted(int from, int window, int low, int high);

  int& at(Coordinates place) {
    return occupant_[static_cast<size_t>(place.y) * static_cast<size_t>(package_.width()) +
                     static_cast<size_t>(place.x)];
  }
  /// Relative to the start: 1 there.
  double cost() const {
    const double wire = relative(static_cast<double>(state_.cost().wire_bit_hops),
                                 static_cast<double>(start_.wire_bit_hops));
    if (options_.contention_weight <= 0) return wire;
    const double contention = relative(static_cast<double>(state_.cost().contention),
                                       static_cast<double>(start_.contention));
    return (wire + options_.contention_weight * contention) / (1 + options_.contention_weight);
  }
  static double relative(double now, double start) { return start > 0 ? now / start : 1; }

  const PlacementProblem& problem_;
  const arch::PackageSpec& package_;
  const AnnealOptions& options_;
  int margin_;
  PlacementState state_;
  core::Rng rng_;
  PlacementCost start_;
  std::vector<int> occupant_;  // [core] tile item, or -1
  std::vector<int> movable_;
};

/// Another coordinate within `window` of `from` and within low..high.
int Annealer::shifted(int from, int window, int low, int high) {
  const int first = std::max(low, from - window);
  const int last = std::min(high, from + window);
  return first + static_cast<int>(rng_.below(static_cast<uint64_t>(last - first + 1)));
}

std::optional<Annealer::Move> Annealer::propose(int window) {
  const int item = movable_[rng_.below(movable_.size())];
  const bool tile = problem_.items[static_cast<size_t>(item)].kind == PlacedItem::Kind::kTile;
  return tile ? propose_core(item, window) : propose_lane(item, window);
}

std::optional<Annealer::Move> Annealer::propose_core(int item, int window) {
  const Coordinates from = state_.core(item, 0);
  const Coordinates origin =
      arch::chip_origin(package_, core::ChipId(problem_.items[static_cast<size_t>(item)].chip));
  const int last = package_.chip.mesh - 1 - margin_;
  const Coordinates to{shifted(from.x, window, origin.x + margin_, origin.x + last),
                       shifted(from.y, window, origin.y + margin_, origin.y + last)};
  if (to == from) return std::nullopt;
  const Move move{item, at(to), from};
  relocate(item, move.other, to);
  return move;
}

std::optional<Annealer::Move> Annealer::propose_lane(int item, int window) {
  const PlacedItem& of = problem_.items[static_cast<size_t>(item)];
  const core::ChipId near(of.chip);
  const Side out = leaving_side(package_, near, core::ChipId(of.far_chips.front()));
  const Coordinates was = state_.core(item, 0);
  const int lane = nearest_lane(package_, arch::tile_at(package_, was), out);
  const int to = shifted(lane, window, 0, package_.chip.mesh - 1);
  if (to == lane) return std::nullopt;
  const Move move{item, -1, was};
  relocate(item, -1, arch::coordinates(package_, gateway(package_, near, out, to)));
  return move;
}

void Annealer::relocate(int item, int other, Coordinates near) {
  const bool tile = problem_.items[static_cast<size_t>(item)].kind == PlacedItem::Kind::kTile;
  if (tile) {
    at(state_.core(item, 0)) = other;
    at(near) = item;
  }
  if (other >= 0) {
    state_.swap(item, other);
  } else {
    state_.move(item, near);
  }
}

/// Mean size of the change of a random move.
double Annealer::first_temperature() {
  double sum = 0;
  for (int i = 0; i < kProbes; ++i) {
    const double before = cost();
    const auto move = propose(package_.chip.mesh);
    if (!move) continue;
    sum += std::abs(cost() - before);
    undo(*move);
  }
  return sum / kProbes;
}

void Annealer::run() {
  if (movable_.empty()) return;
  const int64_t total = options_.moves_per_item * static_cast<int64_t>(movable_.size());
  const double first = first_temperature();
  if (first <= 0) return;
  double now = cost();
  for (int64_t done = 0; done < total; ++done) {
    const double progress = static_cast<double>(done) / static_cast<double>(total);
    const double temperature = first * std::pow(kLastTemperature, progress);
    const int window = std::max(
        1, static_cast<int>(std::lround(package_.chip.mesh * std::pow(1 - progress, 1.5))));
    if (done % kPerTemperature == 0 && options_.progress) options_.progress(done, total);
    const auto move = propose(window);
    if (!move) continue;
    const double after = cost();
    if (after <= now || rng_.uniform() < std::exp((now - after) / temperature)) {
      now = after;
    } else {
      undo(*move);
    }
  }
}

void Annealer::store(Mapping& mapping) const {
  for (size_t i = 0; i < problem_.items.size(); ++i) {
    const PlacedItem& item = problem_.items[i];
    const auto group = static_cast<size_t>(item.group);
    const auto place = [&](int far) {
      return arch::tile_at(package_, state_.core(static_cast<int>(i), far));
    };
    if (item.kind == PlacedItem::Kind::kTile) {
      for (const int t : item.indices)
        mapping.layers[group][static_cast<size_t>(t)].tile = place(0);
    }
    for (size_t k = 0; k < item.far_chips.size(); ++k) {
      auto& crossing = mapping.crossings[group][static_cast<size_t>(item.indices[k])];
      const core::ChipId near(item.chip), far(item.far_chips[k]);
      crossing.lane = nearest_lane(package_, place(0), leaving_side(package_, near, far));
      crossing.near_gateway = place(0);
      crossing.far_gateway = place(static_cast<int>(k) + 1);
    }
  }
}

}  // namespace

PlacementCost placement_cost(const PlacementProblem& problem, const Mapping& mapping,
                             const arch::PackageSpec& package) {
  return PlacementState(problem, mapping, package, true).cost();
}

Mapping anneal_placement(const ir::Network& network, const PlacementProblem& problem,
                         const Mapping& mapping, const arch::PackageSpec& package,
                         const AnnealOptions& options) {
  Annealer annealer(network, problem, mapping, package, options);
  annealer.run();
  Mapping found = mapping;
  if (!annealer.improved()) return found;
  annealer.store(found);
  found.tiles_used = count_tiles(found);
  return found;
}

}  // namespace ranvier::map
