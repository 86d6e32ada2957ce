#include "ranvier/ir/network.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/ir/cut_names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "tests/support/fresh_directory.hpp"

namespace ranvier::ir {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

codec::BoundaryParams params_of(codec::CodecSpec spec, int channels) {
  codec::BoundaryParams params;
  params.spec = spec;
  params.decode_shift = 4;
  params.channels.assign(static_cast<size_t>(channels),
                         {.threshold = 128, .decode_multiplier = 16});
  return params;
}

/// image -> conv1 | conv2 -> conv3 (+ conv2) | head, cut after conv1 and conv3.
Network sample() {
  Network network;
  network.name = "tiny";
  network.kind = NetworkKind::kHnn;
  const auto conv = [](std::string name, int input, Shape out, int64_t weights, int stride) {
    Layer layer;
    layer.name = std::move(name);
    layer.op = Op::kConv2d;
    layer.input = input;
    layer.out = out;
    layer.kernel = 3;
    layer.stride = stride;
    layer.padding = 1;
    layer.weights = weights;
    return layer;
  };
  Layer image;
  image.name = "image";
  image.out = {3, 9, 8};
  Layer head;
  head.name = "head";
  head.op = Op::kPoolLinear;
  head.input = 3;
  head.out = {10, 1, 1};
  head.weights = 80;
  network.layers = {image, conv("conv1", 0, {4, 9, 8}, 108, 1), conv("conv2", 1, {8, 5, 4}, 288, 2),
                    conv("conv3", 2, {8, 5, 4}, 576, 1), head};
  network.layers[3].residual = 2;
  network.boundaries = {{"cut1", 1, params_of({codec::CodecKind::kGraded, 3, 1, false}, 4)},
                        {"cut2", 3, params_of({codec::CodecKind::kRate, 4, 4, true}, 8)}};
  return network;
}

class NetworkFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = ::ranvier::testing::fresh_directory();
    path_ = directory_ / "network.json";
  }
  void TearDown() override { fs::remove_all(directory_); }

  /// The refusal of the sample's file after replacing `from` by `to`.
  core::Refusal refusal(const std::string& from, const std::string& to) const {
    write_network(sample(), path_);
    std::string text = core::read_file(path_, "network");
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from << " is not in " << text;
    if (at != std::string::npos) text.replace(at, from.size(), to);
    std::ofstream(path_) << text;
    try {
      read_network(path_);
    } catch (const core::UserError& error) {
      EXPECT_THAT(error.refusal().place, HasSubstr(path_.string()));
      return error.refusal();
    }
    ADD_FAILURE() << to << " was accepted";
    return {};
  }

  fs::path directory_;
  fs::path path_;
};

void expect_equal(const Network& a, const Network& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.steps, b.steps);
  ASSERT_EQ(a.layers.size(), b.layers.size());
  for (size_t i = 0; i < a.layers.size(); ++i) {
    const Layer& x = a.layers[i];
    const Layer& y = b.layers[i];
    EXPECT_EQ(x.name, y.name);
    EXPECT_EQ(std::tuple(x.op, x.input, x.residual, x.kernel, x.stride, x.padding, x.weights),
              std::tuple(y.op, y.input, y.residual, y.kernel, y.stride, y.padding, y.weights));
    EXPECT_EQ(x.out, y.out);
  }
  ASSERT_EQ(a.boundaries.size(), b.boundaries.size());
  for (size_t i = 0; i < a.boundaries.size(); ++i) {
    const auto& x = a.boundaries[i];
    const auto& y = b.boundaries[i];
    EXPECT_EQ(std::tuple(x.name, x.layer, x.params.spec, x.params.current_frac_bits,
                         x.params.decode_shift, x.params.value_frac_bits, x.params.channels),
              std::tuple(y.name, y.layer, y.params.spec, y.params.current_frac_bits,
                         y.params.decode_shift, y.params.value_frac_bits, y.params.channels));
  }
}

TEST_F(NetworkFileTest, ReadsWhatItWrote) {
  write_network(sample(), path_);
  expect_equal(read_network(path_), sample());
}

RC_GTEST_PROP(NetworkFileProperty, RoundTripsChainsOfLayers, ()) {
  Network network;
  network.name = "random";
  network.kind = NetworkKind::kHnn;
  Layer image;
  image.name = "image";
  image.out = {*rc::gen::inRange(1, 5), *rc::gen::inRange(4, 12), *rc::gen::inRange(4, 12)};
  network.layers = {image};
  const int depth = *rc::gen::inRange(2, 6);
  for (int i = 1; i <= depth; ++i) {
    const Shape in = network.layers.back().out;
    Layer layer;
    layer.name = "layer" + std::to_string(i);
    layer.op = Op::kConv2d;
    layer.input = i - 1;
    layer.kernel = *rc::gen::inRange(1, 4);
    layer.padding = layer.kernel / 2;
    layer.stride = *rc::gen::inRange(1, 3);
    layer.out = {*rc::gen::inRange(1, 7),
                 (in.height + 2 * layer.padding - layer.kernel) / layer.stride + 1,
                 (in.width + 2 * layer.padding - layer.kernel) / layer.stride + 1};
    layer.weights = int64_t{1} * in.channels * layer.out.channels * layer.kernel * layer.kernel;
    network.layers.push_back(layer);
    if (i == depth || *rc::gen::arbitrary<bool>()) continue;
    auto boundary = params_of({codec::CodecKind::kGraded, *rc::gen::inRange(0, 5), 1, false},
                              layer.out.channels);
    for (auto& channel : boundary.channels) {
      channel.threshold = *rc::gen::inRange(1, 32767);
      channel.decode_multiplier = static_cast<int16_t>(*rc::gen::inRange(0, 32767));
    }
    network.boundaries.push_back({"cut" + std::to_string(i), i, boundary});
  }
  const fs::path path = ::ranvier::testing::fresh_directory() / "network.json";
  write_network(network, path);
  const Network read = read_network(path);
  fs::remove_all(path.parent_path());
  expect_equal(read, network);
  RC_ASSERT_FALSE(::testing::Test::HasFailure());
}

TEST_F(NetworkFileTest, KeepsNamesThatNeedEscapes) {
  Network network = sample();
  network.name = "\"quoted\" \\ \xC3\xA9\n";
  write_network(network, path_);
  EXPECT_EQ(read_network(path_).name, network.name);
}

struct BadFile {
  const char* name;
  const char* from;
  const char* to;
  const char* key;
  const char* said;  // part of the whole message
};

class BadNetworkFileTest : public NetworkFileTest, public ::testing::WithParamInterface<BadFile> {};

TEST_P(BadNetworkFileTest, IsRefusedWithItsKey) {
  const auto r = refusal(GetParam().from, GetParam().to);
  EXPECT_EQ(r.key, GetParam().key);
  EXPECT_THAT(core::UserError(r).what(), HasSubstr(GetParam().said));
}

INSTANTIATE_TEST_SUITE_P(
    Json, BadNetworkFileTest,
    ::testing::Values(
        BadFile{"Schema", "\"schema\": 1", "\"schema\": 2", "schema", "got 2, need 1"},
        BadFile{"SchemaReal", "\"schema\": 1", "\"schema\": 1.0", "schema", "whole number"},
        BadFile{"Kind", "\"hnn\"", "\"cnn\"", "kind", "one of ann, snn, hnn"},
        BadFile{"Steps", "\"steps\": 1", "\"steps\": 4", "steps", "1..1"},
        BadFile{"UnknownTop", "\"steps\": 1", "\"steps\": 1, \"stesp\": 2", "stesp",
                "Did you mean steps?"},
        BadFile{"MissingTop", "  \"steps\": 1,\n", "", "steps", "missing"},
        BadFile{"KeyTwice", "\"steps\": 1", "\"steps\": 1, \"steps\": 1", "steps", "twice"},
        BadFile{"UnknownInLayer", "\"kernel\":3", "\"kernal\":3", "layers[1].kernal",
                "Did you mean kernel?"},
        BadFile{"MissingInLayer", "\"kernel\":3,", "", "layers[1].kernel", "missing"},
        BadFile{"KernelOfImage", "\"op\":\"input\"", "\"op\":\"input\",\"kernel\":1",
                "layers[0].kernel", "unknown key"},
        BadFile{"Op", "\"pool_linear\"", "\"poollinear\"", "layers[4].op", "pool_linear"},
        BadFile{"InputName", "\"input\":\"conv2\"", "\"input\":\"conv9\"", "layers[3].input",
                "Did you mean"},
        BadFile{"InputLater", "\"input\":\"conv2\"", "\"input\":\"conv3\"", "layers[3].input",
                "earlier layer"},
        BadFile{"ShapeLength", "[3,9,8]", "[3,9]", "layers[0].out", "[channels, height, width]"},
        BadFile{"ShapeType", "[3,9,8]", "[3,9,\"8\"]", "layers[0].out[2]", "whole number"},
        BadFile{"ShapeZero", "[3,9,8]", "[3,0,8]", "layers[0].out[1]", "1..65536"},
        BadFile{"ShapeHuge", "[3,9,8]", "[3,99999999999,8]", "layers[0].out[1]", "whole number"},
        BadFile{"Weights", "\"weights\":288", "\"weights\":289", "layers[2].weights", "need 288"},
        BadFile{"Codec", "graded(3)", "graded(33)", "boundaries[0].codec", "graded"},
        BadFile{"BoundaryLayer", "\"layer\":\"conv1\"", "\"layer\":\"conv\"", "boundaries[0].layer",
                "conv1"},
        BadFile{"Channels", "\"threshold\":[128,128,128,128]", "\"threshold\":[128,128,128]",
                "boundaries[0].channels.decode_multiplier", "3 numbers"},
        BadFile{"MultiplierRange", "[16,16,16,16]", "[16,16,16,40000]",
                "boundaries[0].channels.decode_multiplier[3]", "32767"},
        BadFile{"NotAList", "\"layers\": [", "\"layers\": 3, \"x\": [", "x", "unknown key"},
        BadFile{"NotJson", "\"kind\": \"hnn\"", "\"kind\": hnn", "network", ":4"}),
    [](const auto& test) { return test.param.name; });

TEST_F(NetworkFileTest, RefusesATruncatedFileAtAnyLength) {
  write_network(sample(), path_);
  const std::string text = core::read_file(path_, "network");
  for (size_t length = 0; length + 2 < text.size(); length += 17) {
    std::ofstream(path_) << text.substr(0, length);
    EXPECT_THROW(read_network(path_), core::UserError) << length;
  }
}

TEST_F(NetworkFileTest, RefusesAMissingFile) {
  EXPECT_THROW(read_network(directory_ / "none.json"), core::UserError);
}

TEST_F(NetworkFileTest, DoesNotWriteAnInvalidNetwork) {
  Network network = sample();
  network.layers[2].out.channels = 9;
  EXPECT_THROW(write_network(network, path_), core::UserError);
  EXPECT_FALSE(fs::exists(path_));
}

struct BadNetwork {
  const char* name;
  std::function<void(Network&)> spoil;
  const char* key;
};

class BadNetworkTest : public ::testing::TestWithParam<BadNetwork> {};

TEST_P(BadNetworkTest, IsRefusedWithItsKey) {
  Network network = sample();
  GetParam().spoil(network);
  try {
    validate(network, "net.json");
    FAIL() << "accepted";
  } catch (const core::UserError& error) {
    EXPECT_EQ(error.refusal().key, GetParam().key) << error.what();
    EXPECT_EQ(error.refusal().place, "net.json");
  }
}

INSTANTIATE_TEST_SUITE_P(
    Validate, BadNetworkTest,
    ::testing::Values(
        BadNetwork{"NoName", [](Network& n) { n.name.clear(); }, "name"},
        BadNetwork{"SlashInName", [](Network& n) { n.layers[1].name = "a/b"; }, "layers[1].name"},
        BadNetwork{"NameTwice", [](Network& n) { n.layers[2].name = "conv1"; }, "layers[2].name"},
        BadNetwork{"CutNameTwice", [](Network& n) { n.boundaries[1].name = "cut1"; },
                   "boundaries[1].name"},
        BadNetwork{"NoLayers", [](Network& n) { n.layers.resize(1); }, "layers"},
        BadNetwork{"NoImage", [](Network& n) { n.layers[0].op = Op::kLinear; }, "layers[0].op"},
        BadNetwork{"TwoImages", [](Network& n) { n.layers[2].op = Op::kInput; }, "layers[2].op"},
        BadNetwork{"ReadsItself", [](Network& n) { n.layers[2].input = 2; }, "layers[2].input"},
        BadNetwork{"ReadsNothing", [](Network& n) { n.layers[2].input = -1; }, "layers[2].input"},
        BadNetwork{"TooManyNeurons",
                   [](Network& n) {
                     n.layers[1].out = {65536, 65536, 65536};
                   },
                   "layers[1].out"},
        BadNetwork{"ConvHeight", [](Network& n) { n.layers[2].out.height = 4; }, "layers[2].out"},
        BadNetwork{"Stride", [](Network& n) { n.layers[1].stride = 0; }, "layers[1].stride"},
        BadNetwork{"Padding", [](Network& n) { n.layers[1].padding = 3; }, "layers[1].padding"},
        BadNetwork{"KernelTooLarge",
                   [](Network& n) {
                     n.layers[3].kernel = 9;
                     n.layers[3].padding = 0;
                   },
                   "layers[3].kernel"},
        BadNetwork{"HeadWithKernel", [](Network& n) { n.layers[4].kernel = 3; },
                   "layers[4].kernel"},
        BadNetwork{"HeadWithPlane", [](Network& n) { n.layers[4].out.width = 2; }, "layers[4].out"},
        BadNetwork{"Weights", [](Network& n) { n.layers[4].weights = 81; }, "layers[4].weights"},
        BadNetwork{"ResidualShape", [](Network& n) { n.layers[3].residual = 1; },
                   "layers[3].residual"},
        BadNetwork{"ResidualLater", [](Network& n) { n.layers[3].residual = 3; },
                   "layers[3].residual"},
        BadNetwork{"ResidualOfImage", [](Network& n) { n.layers[0].residual = 0; },
                   "layers[0].residual"},
        BadNetwork{"Unread",
                   [](Network& n) {
                     n.layers[4].input = 2;
                     n.layers[3].residual.reset();
                     n.boundaries.resize(1);
                   },
                   "layers[3]"},
        BadNetwork{"CutAfterImage", [](Network& n) { n.boundaries[0].layer = 0; },
                   "boundaries[0].layer"},
        BadNetwork{"CutAfterLast", [](Network& n) { n.boundaries[1].layer = 4; },
                   "boundaries[1].layer"},
        BadNetwork{"CutsOutOfOrder",
                   [](Network& n) { std::swap(n.boundaries[0], n.boundaries[1]); },
                   "boundaries[1].layer"},
        BadNetwork{"ChannelCount", [](Network& n) { n.boundaries[0].params.channels.pop_back(); },
                   "boundaries[0].channels"},
        BadNetwork{"AnnWithSpikes", [](Network& n) { n.kind = NetworkKind::kAnn; },
                   "boundaries[0].codec"},
        BadNetwork{"SnnWithGraded",
                   [](Network& n) {
                     n.kind = NetworkKind::kSnn;
                     n.steps = 4;
                   },
                   "boundaries[0].codec"},
        BadNetwork{"InputCrossesCut",
                   [](Network& n) {
                     n.boundaries = {{"late", 2, params_of(n.boundaries[0].params.spec, 8)}};
                     n.layers[3].input = 1;
                     n.layers[3].stride = 2;
                     n.layers[3].weights = 288;
                   },
                   "layers[3].input"},
        BadNetwork{"ResidualCrossesCut",
                   [](Network& n) {
                     Layer extra = n.layers[3];
                     extra.name = "extra";
                     extra.input = 3;
                     n.layers.insert(n.layers.begin() + 4, extra);
                     n.layers[5].input = 4;
                   },
                   "layers[4].residual"}),
    [](const auto& test) { return test.param.name; });

TEST(CutNames, AreWhatBoundariesAreNamedAfter) {
  EXPECT_EQ(boundary_name("stage1"), "after_stage1");
  EXPECT_EQ(cut_name(boundary_name("stage1")), "stage1");
  EXPECT_EQ(cut_name("cut"), "cut");
}

TEST(NetworkTest, AcceptsEachKind) {
  Network network = sample();
  EXPECT_NO_THROW(validate(network, "hnn"));
  network.kind = NetworkKind::kAnn;
  for (Boundary& cut : network.boundaries)
    cut.params.spec = {codec::CodecKind::kDense, 8, 1, false};
  EXPECT_NO_THROW(validate(network, "ann"));
  network.kind = NetworkKind::kSnn;
  network.steps = 4;
  for (Boundary& cut : network.boundaries) cut.params.spec = {codec::CodecKind::kRate, 4, 4, false};
  EXPECT_NO_THROW(validate(network, "snn"));
  network.boundaries.clear();
  EXPECT_NO_THROW(validate(network, "one chip"));
}

TEST(NetworkTest, CountsNeuronsWeightsAndMacs) {
  const Network network = sample();
  EXPECT_EQ(network.neurons(), 4 * 72 + 8 * 20 + 8 * 20 + 10);
  EXPECT_EQ(network.weights(), 108 + 288 + 576 + 80);
  EXPECT_EQ(macs(network, network.layers[0]), 0);
  EXPECT_EQ(macs(network, network.layers[1]), 72 * 4 * 3 * 9);
  EXPECT_EQ(macs(network, network.layers[2]), 20 * 8 * 4 * 9);
  EXPECT_EQ(macs(network, network.layers[4]), 80);
}

TEST(NetworkTest, ALinearLayerReadsEveryElement) {
  Network network = sample();
  network.boundaries.clear();
  network.layers[4].op = Op::kLinear;
  network.layers[4].weights = 160 * 10;
  EXPECT_NO_THROW(validate(network, "linear"));
  EXPECT_EQ(macs(network, network.layers[4]), 1600);
}

TEST_F(NetworkFileTest, KeepsGroupsGatesAndFilledChips) {
  Network network = sample();
  Layer depthwise = network.layers[3];
  depthwise.name = "depthwise";
  depthwise.groups = depthwise.out.channels;
  depthwise.input = 3;
  depthwise.weights /= depthwise.out.channels;
  depthwise.residual.reset();
  Layer gate = network.layers[4];
  gate.name = "gate";
  gate.input = 4;
  gate.out = {depthwise.out.channels, 1, 1};
  gate.weights = int64_t{1} * depthwise.out.channels * depthwise.out.channels;
  network.layers.insert(network.layers.begin() + 4, {depthwise, gate});
  network.layers[6].input = 4;
  network.layers[6].gate = 5;
  network.boundaries.clear();
  network.chip_rule = ChipRule::kFilled;
  write_network(network, path_);
  const Network read = read_network(path_);
  expect_equal(read, network);
  EXPECT_EQ(read.chip_rule, ChipRule::kFilled);
  EXPECT_EQ(read.layers[4].groups, depthwise.out.channels);
  EXPECT_EQ(read.layers[6].gate, 5);
  EXPECT_EQ(macs(read, read.layers[4]), depthwise.out.size() * 9);
  const auto refused = [&](const std::string& key, auto spoil) {
    Network bad = network;
    spoil(bad);
    try {
      validate(bad, "bad");
      ADD_FAILURE() << key << " was accepted";
    } catch (const core::UserError& error) {
      EXPECT_EQ(error.refusal().key, key) << error.what();
    }
  };
  refused("layers[4].groups", [](Network& bad) { bad.layers[4].groups = 3; });
  refused("layers[4].groups", [](Network& bad) { bad.layers[4].groups = 0; });
  refused("layers[6].groups", [](Network& bad) { bad.layers[6].groups = 2; });
  refused("layers[6].gate", [](Network& bad) { bad.layers[6].gate = 4; });
  refused("layers[6].gate", [](Network& bad) { bad.layers[6].gate = 6; });
  refused("layers[5]", [](Network& bad) { bad.layers[6].gate.reset(); });
}

TEST(NetworkTest, CutsSeparateChips) {
  const Network network = sample();
  EXPECT_EQ(network.chips(), 3);
  const std::vector<int> chips{0, 0, 1, 1, 2};
  for (int layer = 0; layer < 5; ++layer)
    EXPECT_EQ(network.chip_of(layer), chips[static_cast<size_t>(layer)]);
}

}  // namespace
}  // namespace ranvier::ir
