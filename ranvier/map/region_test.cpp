#include "ranvier/map/region.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/map/test_network.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>

namespace ranvier::map {
namespace {

Interval random_interval(int size) {
  const int begin = *rc::gen::inRange(0, size);
  return {begin, *rc::gen::inRange(begin + 1, size + 1)};
}

Region random_region(const ir::Shape& shape) {
  return {random_interval(shape.channels), random_interval(shape.height),
          random_interval(shape.width)};
}

/// Input elements (and how often) that the outputs of `region` read, straight from the definition
/// of a convolution.
std::map<std::tuple<int, int, int>, int> enumerate_inputs(const ir::Layer& layer, ir::Shape in,
                                                          const Region& region) {
  std::map<std::tuple<int, int, int>, int> reads;
  for (int oy = region.rows.begin; oy < region.rows.end; ++oy) {
    for (int ox = region.columns.begin; ox < region.columns.end; ++ox) {
      for (int ky = 0; ky < layer.kernel; ++ky) {
        for (int kx = 0; kx < layer.kernel; ++kx) {
          const int y = oy * layer.stride - layer.padding + ky;
          const int x = ox * layer.stride - layer.padding + kx;
          if (y < 0 || x < 0 || y >= in.height || x >= in.width) continue;
          for (int c = 0; c < in.channels; ++c) ++reads[{c, y, x}];
        }
      }
    }
  }
  return reads;
}

RC_GTEST_PROP(Region, ReceptiveFieldOfAConvolutionIsWhatEnumerationFinds, ()) {
  ir::Network network;
  const ir::Shape in{*rc::gen::inRange(1, 4), *rc::gen::inRange(3, 10), *rc::gen::inRange(3, 10)};
  network.layers.push_back(testing::input_layer(in));
  testing::add_conv(network, 0, *rc::gen::inRange(1, 4), *rc::gen::inRange(1, 4),
                    *rc::gen::inRange(1, 4), *rc::gen::inRange(0, 3));
  const ir::Layer& layer = network.layers[1];
  const Region outputs = random_region(layer.out);
  const Region producer = random_region(in);
  const Need need = need_of(network, layer, outputs, Operand::kInput);
  const auto reads = enumerate_inputs(layer, in, outputs);
  int64_t inside = 0;
  for (const auto& [at, times] : reads) {
    const auto [c, y, x] = at;
    RC_ASSERT(need.rows.fan_out(y) * need.columns.fan_out(x) == times);
    inside += c >= producer.channels.begin && c < producer.channels.end &&
              y >= producer.rows.begin && y < producer.rows.end && x >= producer.columns.begin &&
              x < producer.columns.end;
  }
  RC_ASSERT(need.elements(producer) == inside);
  RC_ASSERT(need.elements(whole(in)) == static_cast<int64_t>(reads.size()));
}

TEST(Region, AStridedOneByOneKernelSkipsWhatItDoesNotRead) {
  ir::Network network;
  network.layers.push_back(testing::input_layer({2, 8, 8}));
  testing::add_conv(network, 0, 4, 1, 2, 0);
  const Need need =
      need_of(network, network.layers[1], whole(network.layers[1].out), Operand::kInput);
  EXPECT_EQ(need.elements(whole({2, 8, 8})), 2 * 4 * 4);
}

RC_GTEST_PROP(Region, ATransposedWindowIsAWindowBackwards, ()) {
  const int stride = *rc::gen::inRange(1, 4);
  const int kernel = stride * *rc::gen::inRange(1, 4);
  const int padding = (kernel - stride) / 2;
  const int size = *rc::gen::inRange(1, 12);
  const int outputs = (size - 1) * stride - 2 * padding + kernel;
  const int begin = *rc::gen::inRange(0, outputs);
  const Interval range{begin, *rc::gen::inRange(begin, outputs + 1)};
  const AxisNeed need = AxisNeed::transposed(range, kernel, stride, padding, size);
  for (int i = 0; i < size; ++i) {
    // Input i reaches the outputs that output i of a convolution over them would read.
    const AxisNeed forwards = AxisNeed::window({i, i + 1}, kernel, stride, padding, outputs);
    int reached = 0;
    for (int o = range.begin; o < range.end; ++o) reached += forwards.fan_out(o);
    RC_ASSERT(need.fan_out(i) == reached);
  }
}

TEST(Region, LinearLayersNeedEverythingAndResidualsTheirOwnPlace) {
  ir::Network network;
  network.layers.push_back(testing::input_layer({2, 4, 4}));
  testing::add_conv(network, 0, 2, 3, 1, 1);
  network.layers[1].residual = 0;
  testing::add_head(network, 1, 5, ir::Op::kLinear);
  const Region tile{{1, 2}, {0, 3}, {2, 4}};
  const Need residual = need_of(network, network.layers[1], tile, Operand::kResidual);
  EXPECT_EQ(residual.elements(whole({2, 4, 4})), tile.neurons());
  EXPECT_EQ(residual.elements({{0, 1}, {0, 4}, {0, 4}}), 0);
  const Need all = need_of(network, network.layers[2], {{0, 1}, {0, 1}, {0, 1}}, Operand::kInput);
  EXPECT_EQ(all.elements(whole({2, 4, 4})), 32);
}

TEST(Region, RefusesAnOperandTheLayerDoesNotHave) {
  ir::Network network;
  network.layers.push_back(testing::input_layer({2, 4, 4}));
  testing::add_conv(network, 0, 2, 3, 1, 1);
  EXPECT_THROW(need_of(network, network.layers[1], whole({2, 4, 4}), Operand::kResidual),
               core::ContractViolation);
}

TEST(Region, ElementsAreChwPositionsAscending) {
  const auto elements = elements_of({{1, 3}, {0, 1}, {2, 4}}, {3, 2, 4});
  EXPECT_EQ(elements, (std::vector<uint32_t>{10, 11, 18, 19}));
  EXPECT_TRUE(elements_of({{1, 1}, {0, 1}, {2, 4}}, {3, 2, 4}).empty());
}

RC_GTEST_PROP(Region, PartsCoverARangeOnceAndAreNearlyEqual, ()) {
  const int size = *rc::gen::inRange(1, 200);
  const int parts = *rc::gen::inRange(1, size + 1);
  int next = 0;
  for (int i = 0; i < parts; ++i) {
    const Interval part = part_of(size, parts, i);
    RC_ASSERT(part.begin == next);
    RC_ASSERT(part.size() >= size / parts && part.size() <= (size + parts - 1) / parts);
    next = part.end;
  }
  RC_ASSERT(next == size);
}

}  // namespace
}  // namespace ranvier::map
