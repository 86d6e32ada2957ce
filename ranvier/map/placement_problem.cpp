#include "ranvier/map/placement_problem.hpp"

#include "ranvier/core/error.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace ranvier::map {
namespace {

using workload::Task;
using workload::TaskKind;

constexpr int kPhasesPerLayer = 3;  // from tiles, from encoders, from decoders

/// Items of a mapping, in a fixed order: layer by layer, then boundary by boundary.
class Items {
 public:
  Items(const ir::Network& network, const Mapping& mapping) : network_(network) {
    for (size_t l = 0; l < mapping.layers.size(); ++l) add_layer(mapping, l);
    for (size_t b = 0; b < mapping.crossings.size(); ++b) {
      crossings_.emplace_back();
      const auto layer = static_cast<size_t>(network.boundaries[b].layer);
      for (size_t i = 0; i < mapping.crossings[b].size(); ++i) {
        const Crossing& crossing = mapping.crossings[b][i];
        if (crossing.shares < 0) {
          PlacedItem item;
          item.kind = PlacedItem::Kind::kCrossing;
          item.group = static_cast<int>(b);
          item.chip = mapping.layers[layer][static_cast<size_t>(crossing.producer)].chip;
          all_.push_back(item);
        }
        PlacedItem& item = all_.back();
        item.indices.push_back(static_cast<int>(i));
        item.far_chips.push_back(crossing.far_chip);
        item.decode_cycles.push_back(0);
        crossings_.back().push_back(
            {static_cast<int>(all_.size()) - 1, static_cast<int>(item.far_chips.size())});
      }
    }
  }

  /// `nth` task of its kind, layer and step, in the order of the workload; no encoder.
  FlowEnd end_of(const Task& task, int nth) const {
    if (task.kind != TaskKind::kDecode) {
      return {tiles_[static_cast<size_t>(task.layer)][static_cast<size_t>(nth)], 0};
    }
    const int boundary = network_.boundary_after(task.layer);
    return crossings_[static_cast<size_t>(boundary)][static_cast<size_t>(nth)];
  }

  std::vector<PlacedItem>& all() { return all_; }

 private:
  void add_layer(const Mapping& mapping, size_t layer) {
    const bool image = network_.layers[layer].op == ir::Op::kInput;
    std::map<core::TileId, int> of_core;
    tiles_.emplace_back();
    for (size_t t = 0; t < mapping.layers[layer].size(); ++t) {
      const LayerTile& tile = mapping.layers[layer][t];
      const auto [known, is_new] = of_core.try_emplace(tile.tile, static_cast<int>(all_.size()));
      if (is_new) {
        PlacedItem item;
        item.kind = image ? PlacedItem::Kind::kFixed : PlacedItem::Kind::kTile;
        item.group = static_cast<int>(layer);
        item.chip = tile.chip;
        all_.push_back(item);
      }
      all_[static_cast<size_t>(known->second)].indices.push_back(static_cast<int>(t));
      tiles_.back().push_back(known->second);
    }
  }

  const ir::Network& network_;
  std::vector<PlacedItem> all_;
  std::vector<std::vector<int>> tiles_;          // [layer][tile] its item
  std::vector<std::vector<FlowEnd>> crossings_;  // [boundary][crossing] its far gateway
};

/// [task]
std::vector<FlowEnd> ends_of_tasks(Items& items, const workload::Workload& workload) {
  std::map<std::tuple<TaskKind, int32_t, int32_t>, int> seen;
  std::vector<FlowEnd> ends;
  ends.reserve(workload.tasks.size());
  for (const Task& task : workload.tasks) {
    if (task.kind == TaskKind::kEncode) {
      ends.emplace_back();  // known by its decoder
      continue;
    }
    ends.push_back(items.end_of(task, seen[{task.kind, task.layer, task.step}]++));
    if (task.kind != TaskKind::kDecode) continue;
    PlacedItem& item = items.all()[static_cast<size_t>(ends.back().item)];
    item.decode_cycles[static_cast<size_t>(ends.back().far - 1)] += task.service.value();
  }
  for (const auto& message : workload.messages) {
    if (message.kind != workload::MessageKind::kBoundary || message.branch) continue;
    const auto encoder = static_cast<size_t>(message.source);
    ends[encoder] = {ends[static_cast<size_t>(message.target)].item, 0};
    items.all()[static_cast<size_t>(ends[encoder].item)].encode_cycles +=
        workload.tasks[encoder].service.value();
  }
  return ends;
}

int phase_of(const Task& task) {
  const int stage = task.kind == TaskKind::kEncode ? 1 : task.kind == TaskKind::kDecode ? 2 : 0;
  return task.layer * kPhasesPerLayer + stage;
}

}  // namespace

PlacementProblem placement_problem(const ir::Network& network, const Mapping& mapping,
                                   const workload::Workload& workload) {
  Items items(network, mapping);
  const auto ends = ends_of_tasks(items, workload);
  std::map<std::tuple<FlowEnd, std::vector<FlowEnd>, int>, size_t> known;
  PlacementProblem problem;
  problem.phases = static_cast<int>(network.layers.size()) * kPhasesPerLayer;
  for (size_t m = 0; m < workload.messages.size();) {
    const workload::Message& message = workload.messages[m];
    const FlowEnd from = ends[static_cast<size_t>(message.source)];
    std::vector<FlowEnd> to;
    for (const size_t end = m + workload::sharers(workload, m); m < end; ++m) {
      const FlowEnd one = ends[static_cast<size_t>(workload.messages[m].target)];
      if (one != from) to.push_back(one);
    }
    std::ranges::sort(to);
    to.erase(std::unique(to.begin(), to.end()), to.end());
    if (to.empty()) continue;
    const int phase = phase_of(workload.tasks[static_cast<size_t>(message.source)]);
    const auto [entry, is_new] =
        known.try_emplace(std::tuple(from, to, phase), problem.flows.size());
    if (is_new) problem.flows.push_back({from, to, phase, 0, 0});
    problem.flows[entry->second].bits += message.bits;
    problem.flows[entry->second].flits += message.flits();
  }
  problem.items = std::move(items.all());
  return problem;
}

}  // namespace ranvier::map
