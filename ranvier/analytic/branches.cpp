#include "ranvier/analytic/branches.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <tuple>
#include <utility>

namespace ranvier::analytic {
namespace {

int sign(int value) { return (value > 0) - (value < 0); }

/// A target as seen from the source.
struct Aim {
  int dx = 0;
  int dy = 0;
  int32_t message = 0;

  int hops() const { return std::abs(dx) + std::abs(dy); }
};

/// Which message's way another one parts from, and after how many hops.
using Splits = std::vector<std::pair<int32_t, Branches::Part>>;  // (whose way, part)

/// Of targets in one direction of one column the farthest carries the packets to the others.
/// Returns the carriers. `aims`: any order.
std::vector<Aim> carry_columns(std::vector<Aim> aims, Splits& splits) {
  std::ranges::stable_sort(aims, {}, [](const Aim& aim) {
    return std::tuple(sign(aim.dx), -std::abs(aim.dx), sign(aim.dy), -std::abs(aim.dy));
  });
  std::vector<Aim> carriers;
  const Aim* before = nullptr;
  for (const Aim& aim : aims) {
    if (before != nullptr && before->dx == aim.dx && before->dy == aim.dy) {
      splits.push_back({before->message, {Branches::kAtTarget, aim.message}});
      continue;
    }
    before = &aim;
    const bool same_column = !carriers.empty() && carriers.back().dx == aim.dx &&
                             sign(carriers.back().dy) == sign(aim.dy);
    if (same_column) {
      splits.push_back({carriers.back().message, {aim.hops(), aim.message}});
    } else {
      carriers.push_back(aim);
    }
  }
  return carriers;
}

/// East and west, the farthest column's carrier carries along the row. Returns who leaves the
/// source on a way of its own.
std::vector<Aim> carry_rows(const std::vector<Aim>& columns, Splits& splits) {
  std::map<int, Aim> spines;  // by direction
  for (const Aim& aim : columns) {
    if (aim.dx == 0) continue;
    const auto [spine, is_new] = spines.try_emplace(sign(aim.dx), aim);
    const auto reach = [](const Aim& a) { return std::pair(std::abs(a.dx), a.hops()); };
    if (!is_new && reach(aim) > reach(spine->second)) spine->second = aim;
  }
  std::vector<Aim> leaving;
  for (const Aim& aim : columns) {
    if (aim.dx == 0 || spines.at(sign(aim.dx)).message == aim.message) {
      leaving.push_back(aim);
    } else {
      splits.push_back({spines.at(sign(aim.dx)).message, {std::abs(aim.dx), aim.message}});
    }
  }
  return leaving;
}

/// Adds the parts of messages first..first + count - 1; returns the root.
int32_t split(const workload::Workload& workload, const arch::PackageSpec& package, size_t first,
              size_t count, Splits& splits) {
  const auto at = [&](int32_t task) {
    return arch::coordinates(package, workload.tasks[static_cast<size_t>(task)].tile);
  };
  const auto from = at(workload.messages[first].source);
  std::vector<Aim> aims;
  for (size_t m = first; m < first + count; ++m) {
    const auto to = at(workload.messages[m].target);
    aims.push_back({to.x - from.x, to.y - from.y, static_cast<int32_t>(m)});
  }
  const std::vector<Aim> leaving = carry_rows(carry_columns(std::move(aims), splits), splits);
  const Aim root = *std::ranges::max_element(leaving, {}, &Aim::hops);
  for (const Aim& aim : leaving) {
    if (aim.message != root.message) splits.push_back({root.message, {0, aim.message}});
  }
  return root.message;
}

}  // namespace

void append_tree(const arch::PackageSpec& package, core::TileId from,
                 std::span<const core::TileId> targets, std::vector<Leg>& legs) {
  const auto start = arch::coordinates(package, from);
  int east = start.x;
  int west = start.x;
  std::map<int, std::pair<int, int>> columns;  // x: northernmost and southernmost y
  for (const core::TileId target : targets) {
    const auto to = arch::coordinates(package, target);
    east = std::max(east, to.x);
    west = std::min(west, to.x);
    auto& [north, south] = columns.try_emplace(to.x, start.y, start.y).first->second;
    north = std::min(north, to.y);
    south = std::max(south, to.y);
  }
  const auto line = [&](arch::Coordinates a, arch::Coordinates b) {
    append_way(package, arch::tile_at(package, a), arch::tile_at(package, b), legs);
  };
  line(start, {east, start.y});
  line(start, {west, start.y});
  for (const auto& [x, ends] : columns) {
    line({x, start.y}, {x, ends.first});
    line({x, start.y}, {x, ends.second});
  }
}

Branches::Branches(const workload::Workload& workload, const arch::PackageSpec& package) {
  const auto& messages = workload.messages;
  if (std::ranges::none_of(messages, &workload::Message::branch)) return;
  Splits splits;
  for (size_t m = 0; m < messages.size();) {
    const size_t count = workload::sharers(workload, m);
    const int32_t root =
        count == 1 ? static_cast<int32_t>(m) : split(workload, package, m, count, splits);
    roots_.insert(roots_.end(), count, root);
    m += count;
  }
  std::ranges::sort(splits, {}, [](const auto& split) {
    return std::tuple(split.first, split.second.hops, split.second.message);
  });
  first_part_.reserve(messages.size() + 1);
  for (size_t m = 0, next = 0; m <= messages.size(); ++m) {
    first_part_.push_back(parts_.size());
    for (; next < splits.size() && splits[next].first == static_cast<int32_t>(m); ++next) {
      parts_.push_back(splits[next].second);
    }
  }
}

}  // namespace ranvier::analytic
