#include "ranvier/map/multicast.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/map/xy_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace ranvier::map {
namespace {

using arch::Coordinates;
using workload::Message;
using workload::Task;

/// Where the packets of one sender go.
class Ends {
 public:
  Ends(const arch::PackageSpec& package, const std::vector<Task>& tasks, int32_t source)
      : package_(package), tasks_(tasks), from_(place(source)) {}

  Coordinates place(int32_t task) const {
    return arch::coordinates(package_, tasks_[static_cast<size_t>(task)].tile);
  }

  /// Flits through the injection port, routers and links for a copy to each.
  int64_t copies(const Message& message, const std::vector<int32_t>& targets) const {
    int64_t passed = 0;
    for (const int32_t target : targets) {
      XyTree way(from_);
      way.add(place(target));
      passed += 2 + way.links();
    }
    return message.flits() * passed;
  }

  /// The same for one message that forks.
  int64_t tree(const Message& message, const std::vector<int32_t>& targets) const {
    XyTree tree(from_);
    std::vector<int32_t> tiles;
    for (const int32_t target : targets) {
      tree.add(place(target));
      const int32_t tile = tasks_[static_cast<size_t>(target)].tile.index();
      if (std::ranges::find(tiles, tile) == tiles.end()) tiles.push_back(tile);
    }
    return message.flits() * (1 + tree.links() + static_cast<int64_t>(tiles.size()));
  }

  /// Whether one message serves them with fewer flits than copies do.
  bool fork(const Message& message, const Message& cut, const std::vector<int32_t>& targets) const {
    return targets.size() > 1 && cut.flits_per_packet <= package_.router.fork_flits &&
           tree(cut, targets) < copies(message, targets);
  }

  int64_t least(const Message& message, const std::vector<int32_t>& targets) const {
    const Message cut = cut_to(message, package_.router.fork_flits);
    return fork(message, cut, targets) ? tree(cut, targets) : copies(message, targets);
  }

 private:
  const arch::PackageSpec& package_;
  const std::vector<Task>& tasks_;
  Coordinates from_;
};

/// Routers of the tree, each once.
void count_entries(const arch::PackageSpec& package, Coordinates from, const XyTree& tree,
                   std::map<int32_t, int64_t>& entries) {
  const auto count = [&](int x, int y) { ++entries[arch::tile_at(package, {x, y}).index()]; };
  for (int x = tree.west(); x <= tree.east(); ++x) count(x, from.y);
  for (const XyTree::Column& column : tree.columns()) {
    for (int y = column.north; y <= column.south; ++y) {
      if (y != from.y) count(column.x, y);
    }
  }
}

}  // namespace

Message cut_to(Message burst, int fork_flits) {
  if (burst.packets > 1 || burst.flits_per_packet <= fork_flits || fork_flits < 2) return burst;
  const int payload = burst.flits_per_packet - 1;
  burst.packets = static_cast<int32_t>(core::ceil_div(payload, fork_flits - 1));
  burst.flits_per_packet = 1 + static_cast<int32_t>(core::ceil_div(payload, burst.packets));
  burst.bits = burst.flits() * burst.bits_per_flit;
  return burst;
}

std::vector<Readers> join(std::vector<Readers> readers, const arch::PackageSpec& package,
                          const std::vector<Task>& tasks,
                          const std::function<Message(const Region&)>& whole) {
  if (readers.size() < 2) return readers;
  std::ranges::stable_sort(readers, std::ranges::greater{},
                           [](const Readers& one) { return one.message.flits(); });
  const Ends ends(package, tasks, readers.front().message.source);
  std::vector<Readers> joined;
  std::vector<int64_t> costs;  // of `joined`
  for (Readers& one : readers) {
    const int64_t alone = ends.least(one.message, one.tasks);
    int64_t most = 0;
    Readers best;
    size_t place = joined.size();
    for (size_t i = 0; i < joined.size(); ++i) {
      Readers both{hull(joined[i].box, one.box), {}, joined[i].tasks};
      both.message = both.box == joined[i].box ? joined[i].message : whole(both.box);
      both.tasks.insert(both.tasks.end(), one.tasks.begin(), one.tasks.end());
      const int64_t saved = costs[i] + alone - ends.least(both.message, both.tasks);
      if (saved <= most) continue;
      most = saved;
      best = std::move(both);
      place = i;
    }
    if (place == joined.size()) {
      joined.push_back(std::move(one));
      costs.push_back(alone);
    } else {
      costs[place] += alone - most;
      joined[place] = std::move(best);
    }
  }
  return joined;
}

void append_to_all(const Message& message, const std::vector<int32_t>& targets,
                   const arch::PackageSpec& package, workload::Workload& workload) {
  const Message cut = cut_to(message, package.router.fork_flits);
  const bool forks = Ends(package, workload.tasks, message.source).fork(message, cut, targets);
  for (size_t i = 0; i < targets.size(); ++i) {
    workload.messages.push_back(forks ? cut : message);
    workload.messages.back().target = targets[i];
    workload.messages.back().branch = forks && i > 0;
  }
}

TreeUse tree_use(const workload::Workload& workload, const arch::PackageSpec& package) {
  TreeUse use;
  std::set<std::vector<int32_t>> trees;  // tiles: the source, then the targets in order
  std::map<int32_t, int64_t> entries;    // by router
  const auto tile_of = [&](int32_t task) {
    return workload.tasks[static_cast<size_t>(task)].tile.index();
  };
  for (size_t m = 0; m < workload.messages.size();) {
    const size_t sharers = workload::sharers(workload, m);
    const size_t first = std::exchange(m, m + sharers);
    if (sharers == 1) continue;
    ++use.messages;
    use.targets += static_cast<int64_t>(sharers);
    std::set<int32_t> targets;
    for (size_t k = first; k < m; ++k) targets.insert(tile_of(workload.messages[k].target));
    std::vector<int32_t> name{tile_of(workload.messages[first].source)};
    name.insert(name.end(), targets.begin(), targets.end());
    if (!trees.insert(name).second) continue;
    ++use.trees;
    const Coordinates from = arch::coordinates(package, core::TileId(name.front()));
    XyTree tree(from);
    for (const int32_t tile : targets) tree.add(arch::coordinates(package, core::TileId(tile)));
    count_entries(package, from, tree, entries);
  }
  for (const auto& [router, count] : entries) use.most_entries = std::max(use.most_entries, count);
  return use;
}

void require_names(const TreeUse& use, const arch::PackageSpec& package) {
  const int bits = package.packet.dx_bits + package.packet.dy_bits;
  const int64_t names = int64_t{1} << bits;
  if (use.trees <= names) return;
  throw core::UserError(
      {.key = "mapping.delivery",
       .given = fmt::format("multicast along {} trees", use.trees),
       .allowed = fmt::format("at most {} trees, which dx and dy of a packet can name", names),
       .place = {},
       .hint = "hardware.packet.dx_bits and dy_bits name more."});
}

}  // namespace ranvier::map
