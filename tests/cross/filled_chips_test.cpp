// Networks that fill chips, from shapes to the simulator: layers over several chips, tensors over
// several die edges. Counts come from the mapping, the simulator and the closed forms, written
// apart.

#include "ranvier/analytic/model.hpp"
#include "ranvier/map/mapper.hpp"
#include "ranvier/map/search.hpp"
#include "ranvier/map/statistics.hpp"
#include "ranvier/shapes/bundle.hpp"
#include "ranvier/sim/simulator.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <tuple>

namespace ranvier {
namespace {

using codec::CodecKind;
using core::Event;

struct Inference {
  ir::Network network;
  map::Mapping mapping;
  map::BoundaryStatistics statistics;
  sim::Result simulated;
  analytic::Estimate estimated;
};

arch::PackageSpec package_of() {
  arch::PackageSpec package;
  package.chips_x = 12;
  package.chips_y = 8;
  package.chip.mesh = 5;
  package.chip.neurons_per_core = 64;
  return package;
}

Inference run_of(const shapes::Architecture& architecture, ir::NetworkKind kind,
                 codec::CodecSpec codec, int steps, codec::WireKind wire,
                 std::optional<map::Objective> searched = std::nullopt, int macs_per_cycle = 256) {
  shapes::Settings settings;
  settings.architecture = architecture;
  auto package = package_of();
  package.compute.macs_per_cycle = macs_per_cycle;
  Inference run;
  run.network = shapes::describe(
      settings,
      {.name = "test", .kind = kind, .codec = codec, .steps = steps, .events_per_neuron = {}});
  const bool is_dense = codec.kind == CodecKind::kDense;
  const auto activity =
      shapes::assume_activity(run.network, {.events_per_neuron = is_dense ? 0 : 0.3}, 3);
  run.mapping = searched ? map::search_mapping({run.network, activity, wire, package},
                                               {.objective = *searched})
                               .mapping
                         : map::map_network(run.network, package);
  run.statistics = map::boundary_statistics(run.network, run.mapping, activity, wire, package);
  const auto workload = map::build_workload(run.network, run.mapping, activity, 0, wire, package);
  run.simulated = sim::simulate(workload, package);
  run.estimated = analytic::estimate(workload, package);
  return run;
}

/// Values that decoders give, by the mapping.
int64_t crossing_values(const Inference& run) {
  int64_t values = 0;
  for (const auto& boundary : run.mapping.crossings) {
    for (const auto& crossing : boundary) values += crossing.region.neurons() * run.network.steps;
  }
  return values;
}

std::vector<Inference> every_kind() {
  const auto resnet = shapes::msresnet({8, 16}, {2, 2}, {3, 16, 16}, 10);
  const codec::CodecSpec dense{CodecKind::kDense, 8, 1, false};
  const codec::CodecSpec graded{CodecKind::kGraded, 2, 1, false};
  std::vector<Inference> runs;
  runs.push_back(run_of(resnet, ir::NetworkKind::kAnn, dense, 1, codec::WireKind::kPacket));
  runs.push_back(run_of(resnet, ir::NetworkKind::kAnn, dense, 1, codec::WireKind::kBurst));
  runs.push_back(run_of(resnet, ir::NetworkKind::kHnn, graded, 1, codec::WireKind::kAuto));
  runs.push_back(run_of(resnet, ir::NetworkKind::kSnn, {CodecKind::kRate, 1, 3, false}, 3,
                        codec::WireKind::kAuto));
  runs.push_back(run_of(shapes::efficientnet(0, {3, 16, 16}, 10), ir::NetworkKind::kHnn, graded, 1,
                        codec::WireKind::kAuto));
  runs.push_back(
      run_of(shapes::rwkv(2, 96, 256), ir::NetworkKind::kHnn, graded, 1, codec::WireKind::kAuto));
  return runs;
}

TEST(FilledChips, EveryValueThatCrossesIsCheckedOnTheFarChip) {
  for (const Inference& run : every_kind()) {
    bool far = false;
    for (const auto& boundary : run.mapping.crossings) {
      for (const auto& crossing : boundary) far = far || crossing.die_edges > 1;
    }
    EXPECT_GT(run.mapping.chips_used, 2);
    EXPECT_TRUE(far) << run.network.name << ": a tensor crosses more than one edge";
    EXPECT_EQ(run.simulated.values_checked, crossing_values(run));
  }
}

TEST(FilledChips, BitsPerActivationAreTheBitsOnTheLinks) {
  for (const Inference& run : every_kind()) {
    double activations = 0;  // times die edges
    for (const auto& boundary : run.mapping.crossings) {
      for (const auto& crossing : boundary) {
        activations += static_cast<double>(crossing.region.neurons() * crossing.die_edges);
      }
    }
    const auto bits = static_cast<double>(run.simulated.ledger[Event::kDieToDieBits]);
    EXPECT_NEAR(run.statistics.total.bits_per_activation * activations / bits, 1, 1e-9)
        << run.network.name << " " << ir::to_string(run.network.kind);
  }
}

TEST(FilledChips, TheTwoModelsCountTheSameEvents) {
  for (const Inference& run : every_kind()) {
    for (const auto event : {Event::kDieToDieBits, Event::kFlitHops, Event::kLinkBitHops,
                             Event::kMac, Event::kAc, Event::kClpDecodeEvents}) {
      EXPECT_EQ(run.simulated.ledger[event], run.estimated.ledger[event])
          << run.network.name << ": " << core::event_info(event).name;
    }
    const double ratio = static_cast<double>(run.estimated.latency.value()) /
                         static_cast<double>(run.simulated.latency.value());
    EXPECT_GT(ratio, 0.7) << run.network.name << " " << ir::to_string(run.network.kind);
    EXPECT_LT(ratio, 1.3) << run.network.name << " " << ir::to_string(run.network.kind);
  }
}

/// Tiles of a layer anywhere, every value still right, fewer bits over die edges in the simulator.
TEST(FilledChips, APartitionSendsFewerBitsAndEveryValueIsChecked) {
  const auto resnet = shapes::msresnet({8, 16}, {2, 2}, {3, 16, 16}, 10);
  const codec::CodecSpec graded{CodecKind::kGraded, 2, 1, false};
  const codec::CodecSpec rate{CodecKind::kRate, 1, 3, false};
  for (const auto& [kind, codec, steps] :
       {std::tuple(ir::NetworkKind::kHnn, graded, 1), std::tuple(ir::NetworkKind::kSnn, rate, 3)}) {
    const auto naive = run_of(resnet, kind, codec, steps, codec::WireKind::kAuto);
    const auto found =
        run_of(resnet, kind, codec, steps, codec::WireKind::kAuto, map::Objective::kBits);
    EXPECT_EQ(found.simulated.values_checked, crossing_values(found));
    EXPECT_EQ(found.mapping.chips_used, naive.mapping.chips_used);
    for (const auto event : {Event::kDieToDieBits, Event::kLinkBitHops, Event::kMac, Event::kAc}) {
      EXPECT_EQ(found.simulated.ledger[event], found.estimated.ledger[event]);
    }
    EXPECT_EQ(found.simulated.ledger[Event::kMac], naive.simulated.ledger[Event::kMac]);
    EXPECT_GE(static_cast<double>(naive.simulated.ledger[Event::kDieToDieBits]) /
                  static_cast<double>(found.simulated.ledger[Event::kDieToDieBits]),
              1.5)
        << ir::to_string(kind);
  }
}

/// Where computing takes long: layers over more cores and chips, every value still right, faster in
/// the simulator.
TEST(FilledChips, ASpreadNetworkIsFasterAndEveryValueIsChecked) {
  const auto resnet = shapes::msresnet({8, 16}, {1, 1}, {3, 16, 16}, 10);
  const codec::CodecSpec graded{CodecKind::kGraded, 2, 1, false};
  const auto run = [&](std::optional<map::Objective> searched) {
    return run_of(resnet, ir::NetworkKind::kHnn, graded, 1, codec::WireKind::kAuto, searched, 4);
  };
  const auto naive = run(std::nullopt);
  const auto found = run(map::Objective::kLatency);
  EXPECT_EQ(found.simulated.values_checked, crossing_values(found));
  EXPECT_EQ(found.simulated.ledger[Event::kMac], naive.simulated.ledger[Event::kMac]);
  EXPECT_GT(static_cast<double>(naive.simulated.latency.value()),
            1.3 * static_cast<double>(found.simulated.latency.value()));
  size_t tiles = 0;
  size_t fewest = 0;
  for (size_t l = 1; l < found.mapping.layers.size(); ++l) {
    tiles += found.mapping.layers[l].size();
    fewest += naive.mapping.layers[l].size();
  }
  EXPECT_GT(tiles, fewest) << "a layer is spread";
}

}  // namespace
}  // namespace ranvier
