#include "ranvier/ir/entropy.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/rng.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/fresh_directory.hpp"

namespace ranvier::ir {
namespace {

/// image -> conv | head: one boundary of 2 x 4 x 4 elements.
Network network_with(NetworkKind kind, const codec::CodecSpec& spec, int steps) {
  Network network;
  network.name = "tiny";
  network.kind = kind;
  network.steps = steps;
  network.layers = {{.name = "image", .residual = {}, .out = {1, 4, 4}},
                    {.name = "conv",
                     .op = Op::kConv2d,
                     .input = 0,
                     .residual = {},
                     .out = {2, 4, 4},
                     .weights = 2},
                    {.name = "head",
                     .op = Op::kPoolLinear,
                     .input = 1,
                     .residual = {},
                     .out = {3, 1, 1},
                     .weights = 6}};
  codec::BoundaryParams params;
  params.spec = spec;
  params.channels.resize(2);
  network.boundaries.push_back({"cut", 1, params});
  return network;
}

Activity activity_of(const codec::CodecSpec& spec, int samples, double density) {
  core::Rng rng(3);
  Activity activity;
  activity.samples = samples;
  BoundaryActivity& of = activity.boundaries["cut"];
  of.elements = 32;
  of.steps = spec.steps;
  for (int i = 0; i < samples * spec.steps * 32; ++i) {
    of.symbols.push_back(rng.uniform() < density ? 1 : 0);
  }
  return activity;
}

const codec::CodecSpec kGraded{codec::CodecKind::kGraded, 2, 1, false};
const codec::CodecSpec kSpikes{codec::CodecKind::kRate, 1, 4, false};

TEST(Entropy, GivesRareSymbolsFewCounts) {
  Network network = network_with(NetworkKind::kHnn, kGraded, 1);
  learn_entropy(network, activity_of(kGraded, 400, 0.25));
  const auto& tables = *network.boundaries[0].params.entropy;
  ASSERT_EQ(tables.frequency.size(), 2U * 5U * 5U);
  // Contexts 1..4 know neighbours, which tell nothing here: a quarter of 4096 fires, always as 1.
  for (size_t row = 1; row < 5; ++row) {
    EXPECT_NEAR(tables.frequency[row * 5 + 1], 1024, 120) << row;
    EXPECT_LE(tables.frequency[row * 5 + 4], 10) << row;
  }
}

TEST(Entropy, SurvivesTheFile) {
  const auto directory = ::ranvier::testing::fresh_directory();
  for (const bool spiking : {false, true}) {
    Network network = spiking ? network_with(NetworkKind::kSnn, kSpikes, 4)
                              : network_with(NetworkKind::kHnn, kGraded, 1);
    learn_entropy(network, activity_of(spiking ? kSpikes : kGraded, 3, 0.5));
    const auto path = directory / "network.json";
    write_network(network, path);
    EXPECT_EQ(read_network(path).boundaries[0].params.entropy,
              network.boundaries[0].params.entropy);
  }
  std::filesystem::remove_all(directory);
}

TEST(Entropy, RefusesActivityOfAnotherNetwork) {
  Network network = network_with(NetworkKind::kHnn, kGraded, 1);
  Activity activity = activity_of(kGraded, 2, 0.5);
  activity.boundaries["cut"].symbols.pop_back();
  EXPECT_THROW(learn_entropy(network, activity), core::UserError);
  activity.boundaries.clear();
  EXPECT_THROW(learn_entropy(network, activity), core::UserError);
}

TEST(Entropy, TablesOfAnotherTensorAreRefused) {
  Network network = network_with(NetworkKind::kHnn, kGraded, 1);
  learn_entropy(network, activity_of(kGraded, 2, 0.5));
  EXPECT_NO_THROW(validate(network, "here"));
  network.boundaries[0].params.entropy->width = 5;
  EXPECT_THROW(validate(network, "here"), core::UserError);
}

}  // namespace
}  // namespace ranvier::ir
