#pragma once
// Size of a tree of XY routes, target by target.

#include "ranvier/arch/package.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace ranvier::map {

/// The union of the XY routes from one place: a row east and west, columns north and south.
class XyTree {
 public:
  struct Column {
    int x = 0;
    int north = 0;  // northernmost and southernmost y
    int south = 0;
  };

  explicit XyTree(arch::Coordinates from) : from_(from), east_(from.x), west_(from.x) {}

  void add(arch::Coordinates to) {
    east_ = std::max(east_, to.x);
    west_ = std::min(west_, to.x);
    auto column = std::ranges::find(columns_, to.x, &Column::x);
    if (column == columns_.end()) column = columns_.insert(column, {to.x, from_.y, from_.y});
    column->north = std::min(column->north, to.y);
    column->south = std::max(column->south, to.y);
  }

  /// Steps from place to place, each once.
  int64_t links() const {
    int64_t links = east_ - west_;
    for (const Column& column : columns_) links += column.south - column.north;
    return links;
  }

  int east() const { return east_; }
  int west() const { return west_; }
  const std::vector<Column>& columns() const { return columns_; }

 private:
  arch::Coordinates from_;
  int east_;
  int west_;
  std::vector<Column> columns_;
};

}  // namespace ranvier::map
