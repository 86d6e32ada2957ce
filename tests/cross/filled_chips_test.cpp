// Networks that fill chips, from shapes to the simulator: layers over several chips, tensors over
// several die edges. Counts come from the mapping, the simulator and the closed forms, written
// apart.

#include "ranvier/analytic/model.hpp"
#include "ranvier/map/mapper.hpp"
#include "ranvier/map/statistics.hpp"
#include "ranvier/shapes/bundle.hpp"
#include "ranvier/sim/simulator.hpp"

#include <gtest/gtest.h>

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
                 codec::CodecSpec codec, int steps, codec::WireKind wire) {
  shapes::Settings settings;
  settings.architecture = architecture;
  const auto package = package_of();
  Inference run;
  run.network = shapes::describe(
      settings,
      {.name = "test", .kind = kind, .codec = codec, .steps = steps, .events_per_neuron = {}});
  const bool is_dense = codec.kind == CodecKind::kDense;
  const auto activity =
      shapes::assume_activity(run.network, {.events_per_neuron = is_dense ? 0 : 0.3}, 3);
  run.mapping = map::map_network(run.network, package);
  run.statistics = map::boundary_statistics(run.network, run.mapping, activity, wire, package);
  const auto workload = map::build_workload(run.network, run.mapping, activity, 0, wire, package);
  run.simulated = sim::simulate(workload, package);
  run.estimated = analytic::estimate(workload, package);
  return run;
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
    int64_t values = 0;
    bool far = false;
    for (const auto& boundary : run.mapping.crossings) {
      for (const auto& crossing : boundary) {
        values += crossing.region.neurons() * run.network.steps;
        far = far || crossing.die_edges > 1;
      }
    }
    EXPECT_GT(run.mapping.chips_used, 2);
    EXPECT_TRUE(far) << run.network.name << ": a tensor crosses more than one edge";
    EXPECT_EQ(run.simulated.values_checked, values);
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

}  // namespace
}  // namespace ranvier
