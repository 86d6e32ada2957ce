// Layers of a spiking network that have no neurons: what they may be, and that files keep them.

#include "ranvier/core/error.hpp"
#include "ranvier/ir/network.hpp"
#include "ranvier/ir/test_refused.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace ranvier::ir {
namespace {

using testing::refused_key;

constexpr int kSteps = 4;

/// token -> code | -> key, value -> key gated by value -> code -> head; cut behind the first code.
Network gated_snn() {
  Network network;
  network.name = "gated";
  network.kind = NetworkKind::kSnn;
  network.steps = kSteps;
  const auto add = [&](const std::string& name, Op op, int input, int64_t weights) {
    Layer layer;
    layer.name = name;
    layer.op = op;
    layer.input = input;
    layer.out = {8, 1, 1};
    layer.weights = weights;
    network.layers.push_back(layer);
  };
  add("token", Op::kInput, -1, 0);
  add("code", Op::kLinear, 0, 64);
  add("key", Op::kLinear, 1, 64);
  add("value", Op::kLinear, 1, 64);
  add("gated", Op::kLinear, 2, 64);
  add("head", Op::kLinear, 4, 64);
  network.layers[2].gives_currents = network.layers[3].gives_currents = true;
  network.layers[4].gate = 3;
  codec::BoundaryParams params;
  params.spec = {codec::CodecKind::kRate, 1, kSteps, false};
  params.channels.resize(8);
  network.boundaries.push_back({"cut", 1, params});
  return network;
}

TEST(Currents, AreWhatGatesOfASpikingNetworkMultiply) {
  EXPECT_EQ(refused_key(gated_snn()), "");
  Network fires = gated_snn();
  fires.layers[2].gives_currents = false;
  EXPECT_EQ(refused_key(fires), "layers[4].input");
  fires.layers[2].gives_currents = true;
  fires.layers[3].gives_currents = false;
  EXPECT_EQ(refused_key(fires), "layers[4].gate");
}

TEST(Currents, DoNotCrossABoundaryAndBelongToSpikingNetworks) {
  Network network = gated_snn();
  network.layers[1].gives_currents = true;
  EXPECT_EQ(refused_key(network), "layers[1].gives_currents");
  network.kind = NetworkKind::kHnn;
  network.steps = 1;
  network.boundaries.clear();
  EXPECT_EQ(refused_key(network), "layers[1].gives_currents");
}

TEST(Currents, AreKeptByFiles) {
  const auto path = std::filesystem::temp_directory_path() / "ranvier_currents_network.json";
  write_network(gated_snn(), path);
  const Network read = read_network(path);
  std::filesystem::remove(path);
  for (size_t l = 0; l < read.layers.size(); ++l) {
    EXPECT_EQ(read.layers[l].gives_currents, l == 2 || l == 3) << l;
  }
}

}  // namespace
}  // namespace ranvier::ir
