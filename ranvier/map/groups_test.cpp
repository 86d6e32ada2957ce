// Channel groups and gates: who reads what, counted one multiplication at a time.

#include "ranvier/core/error.hpp"
#include "ranvier/map/mapper.hpp"
#include "ranvier/map/test_network.hpp"
#include "ranvier/map/tiling.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace ranvier::map {
namespace {

using codec::CodecKind;
using workload::Task;
using workload::TaskKind;

constexpr int kGroupedSteps = 3;

/// image -> conv 12 -> grouped conv 3x3 (12 -> out, `groups`) -> squeeze -> excite -> conv gated by
/// excite -> head. A spiking one has no gate.
ir::Network grouped_network(ir::NetworkKind kind, int groups, int out) {
  ir::Network network;
  network.name = "grouped";
  network.kind = kind;
  network.steps = kind == ir::NetworkKind::kSnn ? kGroupedSteps : 1;
  network.chip_rule = ir::ChipRule::kFilled;
  network.layers.push_back(testing::input_layer({3, 6, 6}));
  const int first = testing::add_conv(network, 0, 12, 3, 1, 1);
  const int grouped = testing::add_conv(network, first, out, 3, 1, 1);
  network.layers.back().groups = groups;
  network.layers.back().weights = int64_t{12} / groups * 9 * out;
  int read = grouped;
  if (kind != ir::NetworkKind::kSnn) {
    const int squeeze = testing::add_head(network, grouped, 3, ir::Op::kPoolLinear);
    network.layers.back().name = "squeeze";
    const int excite = testing::add_head(network, squeeze, out, ir::Op::kLinear);
    network.layers.back().name = "excite";
    read = testing::add_conv(network, grouped, 8, 1, 1, 0);
    network.layers.back().gate = excite;
  }
  testing::add_head(network, read, 10, ir::Op::kPoolLinear);
  const codec::CodecSpec spec = kind == ir::NetworkKind::kSnn
                                    ? codec::CodecSpec{CodecKind::kRate, 1, kGroupedSteps, false}
                                    : codec::CodecSpec{CodecKind::kDense, 8, 1, false};
  for (size_t l = 1; l + 1 < network.layers.size(); ++l) {
    network.boundaries.push_back({"b" + std::to_string(l), static_cast<int>(l),
                                  testing::params_for(spec, network.layers[l].out.channels)});
  }
  ir::validate(network, "test");
  return network;
}

arch::PackageSpec twelve_chips() {
  arch::PackageSpec package;
  package.chips_x = 6;
  package.chips_y = 2;
  package.chip.mesh = 2;
  package.chip.neurons_per_core = 50;
  return package;
}

TEST(Groups, ATileNeedsTheChannelsOfItsGroupsOnly) {
  for (const auto& [groups, out] : {std::pair(12, 12), {12, 24}, {3, 6}, {4, 12}, {1, 5}}) {
    const auto network = grouped_network(ir::NetworkKind::kAnn, groups, out);
    const ir::Layer& layer = network.layers[2];
    for (int begin = 0; begin < out; ++begin) {
      for (int end = begin + 1; end <= out; ++end) {
        std::set<int> read;
        for (int o = begin; o < end; ++o) {
          const int group = o / (out / groups);
          for (int c = 0; c < 12; ++c) {
            if (c / (12 / groups) == group) read.insert(c);
          }
        }
        const Need need = need_of(network, layer, {{begin, end}, {0, 6}, {0, 6}}, Operand::kInput);
        EXPECT_EQ((std::pair(need.channels.begin, need.channels.end - 1)),
                  (std::pair(*read.begin(), *read.rbegin())));
        EXPECT_EQ(need.channels.size(), static_cast<int>(read.size()));
      }
    }
  }
}

TEST(Groups, SpikesReachTheOutputsOfTheirGroup) {
  for (const auto& [groups, out] : {std::pair(12, 12), {3, 6}}) {
    const auto network = grouped_network(ir::NetworkKind::kSnn, groups, out);
    const auto activity = testing::random_activity(network, 1, 0.4, 9);
    const auto mapping = map_network(network, twelve_chips());
    const auto workload =
        build_workload(network, mapping, activity, 0, codec::WireKind::kAuto, twelve_chips());
    int64_t counted = 0;
    for (const Task& task : workload.tasks) {
      if (task.kind == TaskKind::kCompute && task.layer == 2) counted += task.acs;
    }
    const auto& spikes = activity.layer_spikes.at(network.layers[1].name);
    int64_t expected = 0;
    for (size_t i = 0; i < spikes.size(); ++i) {
      if (spikes[i] == 0) continue;
      const int y = static_cast<int>(i) / 6 % 6, x = static_cast<int>(i) % 6;
      for (int dy = -1; dy <= 1; ++dy) {
        for (int dx = -1; dx <= 1; ++dx) {
          const bool inside = y + dy >= 0 && y + dy < 6 && x + dx >= 0 && x + dx < 6;
          expected += inside ? out / groups : 0;
        }
      }
    }
    EXPECT_EQ(counted, expected);
  }
}

TEST(Groups, DepthwiseTilesOfChannelsShareNoInput) {
  const auto network = grouped_network(ir::NetworkKind::kAnn, 12, 12);
  const Tiling tiling =
      best_tiling(network, network.layers[2], {36, 1 << 20, 8}, TilingGoal::kLeastTraffic);
  EXPECT_EQ(tiling.channel_groups, 12) << "a channel in one piece has no halo";
  EXPECT_EQ(tiling.traffic, 12 * 36);
}

TEST(Groups, AGateTravelsToEveryTileThatReadsItsChannels) {
  const auto network = grouped_network(ir::NetworkKind::kAnn, 12, 12);
  const auto activity = testing::random_activity(network, 1, 0.4, 9);
  const auto mapping = map_network(network, twelve_chips());
  const auto workload =
      build_workload(network, mapping, activity, 0, codec::WireKind::kBurst, twelve_chips());
  EXPECT_NO_THROW(workload::check(workload, twelve_chips()));
  std::set<core::TileId> gated;
  for (const auto& message : workload.messages) {
    const Task& from = workload.tasks[static_cast<size_t>(message.source)];
    const Task& to = workload.tasks[static_cast<size_t>(message.target)];
    if (to.kind == TaskKind::kCompute && from.layer == 4 && to.layer == 5) gated.insert(to.tile);
  }
  EXPECT_EQ(gated.size(), mapping.layers[5].size());
}

TEST(Groups, AGateOfASpikingNetworkMultipliesCurrents) {
  auto network = grouped_network(ir::NetworkKind::kAnn, 3, 6);
  network.kind = ir::NetworkKind::kSnn;
  network.steps = kGroupedSteps;
  for (const size_t layer : {2, 4}) network.layers[layer].gives_currents = true;  // input and gate
  std::erase_if(network.boundaries, [](const ir::Boundary& b) { return b.layer % 2 == 0; });
  const codec::CodecSpec spec{CodecKind::kRate, 1, kGroupedSteps, false};
  for (ir::Boundary& b : network.boundaries) {
    b.params = testing::params_for(spec, network.layers[static_cast<size_t>(b.layer)].out.channels);
  }
  ir::validate(network, "test");
  auto activity = testing::random_activity(network, 1, 0.4, 9);
  for (const size_t layer : {2, 4}) activity.layer_spikes.erase(network.layers[layer].name);
  const auto package = twelve_chips();
  const auto workload = build_workload(network, map_network(network, package), activity, 0,
                                       codec::WireKind::kAuto, package);
  EXPECT_NO_THROW(workload::check(workload, package));
  const ir::Layer& gated = network.layers[5];
  ASSERT_TRUE(gated.gate);
  int64_t macs = 0, accumulates = 0;
  std::set<int> steps;
  for (const Task& task : workload.tasks) {
    if (task.kind != TaskKind::kCompute || task.layer != 5) continue;
    macs += task.macs;
    accumulates += task.acs;
    steps.insert(task.step);
  }
  EXPECT_EQ(macs, kGroupedSteps * ir::macs(network, gated)) << "currents, at every step";
  EXPECT_EQ(accumulates, 0);
  EXPECT_EQ(steps.size(), size_t{kGroupedSteps});
  std::set<std::pair<int, int>> sources;  // layer, step
  for (const auto& message : workload.messages) {
    const Task& from = workload.tasks[static_cast<size_t>(message.source)];
    const Task& to = workload.tasks[static_cast<size_t>(message.target)];
    if (to.layer != 5 || to.kind != TaskKind::kCompute) continue;
    EXPECT_EQ(message.kind, workload::MessageKind::kDense);
    EXPECT_EQ(from.step, to.step);
    sources.emplace(from.layer, from.step);
  }
  EXPECT_EQ(sources.size(), size_t{2 * kGroupedSteps}) << "input and gate, at every step";
}

}  // namespace
}  // namespace ranvier::map
