#include "ranvier/core/error.hpp"
#include "ranvier/ir/network.hpp"
#include "ranvier/ir/test_refused.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/fresh_directory.hpp"

namespace ranvier::ir {
namespace {

using testing::refused_key;

/// image [8, 5, 4] -> wide [6, 10, 8] -> head.
Network widened(int kernel = 4, int padding = 1) {
  Network network;
  network.name = "widened";
  Layer image;
  image.name = "image";
  image.out = {8, 5, 4};
  Layer wide;
  wide.name = "wide";
  wide.op = Op::kConvTranspose2d;
  wide.input = 0;
  wide.out = {6, 10, 8};
  wide.kernel = kernel;
  wide.stride = 2;
  wide.padding = padding;
  wide.weights = int64_t{8} * 6 * kernel * kernel;
  Layer head;
  head.name = "head";
  head.op = Op::kPoolLinear;
  head.input = 1;
  head.out = {10, 1, 1};
  head.weights = 60;
  network.layers = {image, wide, head};
  return network;
}

/// What validation refuses; empty for nothing.
TEST(TransposedConvolution, UsesEveryWeightOnceForEveryInput) {
  const Network network = widened();
  EXPECT_EQ(refused_key(network), "");
  EXPECT_EQ(macs(network, network.layers[1]), 5 * 4 * network.layers[1].weights);
  // That is a quarter of the kernel for an output.
  EXPECT_EQ(macs(network, network.layers[1]), network.layers[1].out.size() * 8 * 16 / 4);
}

TEST(TransposedConvolution, CoversWholePatches) {
  EXPECT_EQ(refused_key(widened(2, 0)), "");
  EXPECT_EQ(refused_key(widened(6, 2)), "");
  EXPECT_EQ(refused_key(widened(3, 0)), "layers[1].kernel");
  EXPECT_EQ(refused_key(widened(4, 2)), "layers[1].padding");
  Network narrow = widened();
  narrow.layers[1].out.width = 7;
  EXPECT_EQ(refused_key(narrow), "layers[1].out");
}

TEST(TransposedConvolution, IsKeptByItsFile) {
  const auto directory = ::ranvier::testing::fresh_directory();
  const auto path = directory / "network.json";
  write_network(widened(), path);
  const Network again = read_network(path);
  std::filesystem::remove_all(directory);
  const Layer& wide = again.layers.at(1);
  EXPECT_EQ(wide.op, Op::kConvTranspose2d);
  EXPECT_EQ(wide.out, (Shape{6, 10, 8}));
  EXPECT_EQ(std::tuple(wide.kernel, wide.stride, wide.padding), std::tuple(4, 2, 1));
}

}  // namespace
}  // namespace ranvier::ir
