#include "ranvier/map/tiling.hpp"

#include "ranvier/core/error.hpp"

#include <fmt/format.h>

#include <optional>
#include <tuple>

namespace ranvier::map {
namespace {

/// Sum over `parts` parts of an output axis of the input coordinates each part needs.
int64_t axis_traffic(const ir::Layer& layer, int out_size, int in_size, int parts) {
  if (layer.op == ir::Op::kInput) return 0;
  int64_t needed = 0;
  for (int i = 0; i < parts; ++i) {
    const AxisNeed need = ir::has_window(layer.op)
                              ? AxisNeed::of(layer, part_of(out_size, parts, i), in_size)
                              : AxisNeed::identity({0, in_size}, in_size);
    needed += need.needed({0, in_size});
  }
  return needed;
}

/// [groups] sum over that many parts of the output channels of the input channels they read.
std::vector<int64_t> channel_traffics(const ir::Layer& layer, int in_channels) {
  std::vector<int64_t> traffics(static_cast<size_t>(layer.out.channels) + 1);
  for (int parts = 1; parts <= layer.out.channels; ++parts) {
    int64_t& read = traffics[static_cast<size_t>(parts)];
    if (layer.groups == 1) {
      read = int64_t{1} * parts * in_channels;
      continue;
    }
    for (int i = 0; i < parts; ++i) {
      read += input_channels(layer, part_of(layer.out.channels, parts, i), in_channels).size();
    }
  }
  return traffics;
}

std::vector<int64_t> axis_traffics(const ir::Layer& layer, int out_size, int in_size) {
  std::vector<int64_t> traffics(static_cast<size_t>(out_size) + 1);
  for (int parts = 1; parts <= out_size; ++parts) {
    traffics[static_cast<size_t>(parts)] = axis_traffic(layer, out_size, in_size, parts);
  }
  return traffics;
}

int64_t largest(int size, int parts) { return core::ceil_div(size, parts); }

int64_t weight_bits_per_channel(const ir::Layer& layer, const CoreLimits& limits) {
  return core::ceil_div(layer.weights, layer.out.channels) * limits.bits_per_weight;
}

[[noreturn]] void refuse_weights(const ir::Layer& layer, const CoreLimits& limits) {
  const int64_t needed = weight_bits_per_channel(layer, limits);
  throw core::UserError(
      {"hardware.weight_sram_bytes", std::to_string(limits.weight_bits / 8),
       fmt::format("at least {}", core::ceil_div(needed, 8)), "",
       fmt::format("One output channel of layer {} has {} weights of {} bits.", layer.name,
                   needed / limits.bits_per_weight, limits.bits_per_weight)});
}

bool better(const Tiling& a, const Tiling& b, TilingGoal goal) {
  if (goal == TilingGoal::kLeastTraffic) {
    return std::pair(a.traffic, a.tiles()) < std::pair(b.traffic, b.tiles());
  }
  return std::pair(a.tiles(), a.traffic) < std::pair(b.tiles(), b.traffic);
}

}  // namespace

CoreLimits limits_of(const arch::ChipSpec& chip) {
  return {chip.neurons_per_core, chip.weight_sram_bytes * 8, chip.weight_bits};
}

CoreLimits spread_limits(CoreLimits limits, int spread) {
  limits.neurons = std::max<int64_t>(1, limits.neurons / spread);
  return limits;
}

Tiling best_tiling(const ir::Network& network, const ir::Layer& layer, const CoreLimits& limits,
                   TilingGoal goal) {
  if (weight_bits_per_channel(layer, limits) > limits.weight_bits) refuse_weights(layer, limits);
  const ir::Shape in =
      layer.input >= 0 ? network.layers[static_cast<size_t>(layer.input)].out : ir::Shape{};
  const ir::Shape& out = layer.out;
  const std::vector<int64_t> rows = axis_traffics(layer, out.height, in.height);
  const std::vector<int64_t> columns = axis_traffics(layer, out.width, in.width);
  const std::vector<int64_t> reads = channel_traffics(layer, in.channels);
  std::optional<Tiling> best;
  for (int groups = 1; groups <= out.channels; ++groups) {
    const int64_t channels = largest(out.channels, groups);
    if (channels * weight_bits_per_channel(layer, limits) > limits.weight_bits) continue;
    for (int a = 1; a <= out.height; ++a) {
      if (channels * largest(out.height, a) > limits.neurons) continue;
      for (int b = 1; b <= out.width; ++b) {
        if (channels * largest(out.height, a) * largest(out.width, b) > limits.neurons) continue;
        const int64_t traffic = reads[static_cast<size_t>(groups)] * rows[static_cast<size_t>(a)] *
                                columns[static_cast<size_t>(b)];
        const Tiling tiling{groups, a, b, traffic};
        if (!best || better(tiling, *best, goal)) best = tiling;
      }
    }
  }
  RANVIER_CONTRACT(best.has_value(), "a core holds at least one neuron");
  return *best;
}

std::vector<Region> regions_of(const Tiling& tiling, const ir::Shape& shape) {
  std::vector<Region> regions;
  regions.reserve(static_cast<size_t>(tiling.tiles()));
  for (int a = 0; a < tiling.row_parts; ++a) {
    for (int b = 0; b < tiling.column_parts; ++b) {
      for (int g = 0; g < tiling.channel_groups; ++g) {
        regions.push_back({part_of(shape.channels, tiling.channel_groups, g),
                           part_of(shape.height, tiling.row_parts, a),
                           part_of(shape.width, tiling.column_parts, b)});
      }
    }
  }
  return regions;
}

}  // namespace ranvier::map
