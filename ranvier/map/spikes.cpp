#include "ranvier/map/spikes.hpp"

#include "ranvier/core/error.hpp"

#include <fmt/format.h>

namespace ranvier::map {
namespace {

[[noreturn]] void refuse(const ir::Layer& layer, const std::string& given,
                         const std::string& allowed) {
  throw core::UserError({"activity.layers." + layer.name, given, allowed, "",
                         "Record the activity again with the network it is mapped with."});
}

/// [T][N] spikes of one sample: the boundary's symbols where the layer is cut, else the layer's own
/// record.
std::vector<uint8_t> recorded(const ir::Network& network, size_t index,
                              const ir::Activity& activity, int sample) {
  const ir::Layer& layer = network.layers[index];
  const auto size = static_cast<size_t>(layer.out.size() * network.steps);
  const size_t first = size * static_cast<size_t>(sample);
  const auto found = activity.layer_spikes.find(layer.name);
  if (found != activity.layer_spikes.end()) {
    const std::vector<uint8_t>& all = found->second;
    if (all.size() < first + size) {
      refuse(layer, fmt::format("{} values", all.size()),
             fmt::format("{} per sample, sample {}", size, sample));
    }
    return {all.begin() + static_cast<std::ptrdiff_t>(first),
            all.begin() + static_cast<std::ptrdiff_t>(first + size)};
  }
  for (const ir::Boundary& boundary : network.boundaries) {
    const auto cut = activity.boundaries.find(boundary.name);
    if (boundary.layer != static_cast<int>(index) || cut == activity.boundaries.end()) continue;
    if (cut->second.symbols.size() < first + size) break;
    const int16_t* symbols = cut->second.symbols.data() + first;
    return {symbols, symbols + size};
  }
  refuse(layer, "no recorded spikes", "the spikes of every layer that another one reads");
}

/// Layers whose spikes somebody needs. A layer that is read only as a residual, or has no neurons,
/// never fires.
std::vector<bool> read_by_others(const ir::Network& network) {
  std::vector<bool> read(network.layers.size());
  for (const ir::Layer& layer : network.layers) {
    if (layer.input >= 0) read[static_cast<size_t>(layer.input)] = true;
  }
  for (size_t l = 0; l < read.size(); ++l) {
    read[l] = read[l] && !network.layers[l].gives_currents;
  }
  return read;
}

}  // namespace

Spikes::Spikes(const ir::Network& network, const ir::Activity& activity, int sample)
    : layers_(network.layers.size()) {
  if (network.kind != ir::NetworkKind::kSnn) return;
  const std::vector<bool> read = read_by_others(network);
  for (size_t l = 0; l < network.layers.size(); ++l) {
    if (!read[l] || network.layers[l].op == ir::Op::kInput) continue;
    LayerSpikes& layer = layers_[l];
    layer.shape = network.layers[l].out;
    layer.spikes = recorded(network, l, activity, sample);
    const auto positions = static_cast<size_t>(layer.shape.height * layer.shape.width);
    const auto channels = static_cast<size_t>(layer.shape.channels);
    layer.over_channels.resize(positions * static_cast<size_t>(network.steps));
    for (size_t i = 0; i < layer.spikes.size(); ++i) {
      const size_t step = i / (positions * channels);
      layer.over_channels[step * positions + i % positions] += layer.spikes[i];
    }
  }
}

std::span<const uint8_t> Spikes::plane(int layer, int step) const {
  const LayerSpikes& of = layers_[static_cast<size_t>(layer)];
  const auto size = static_cast<size_t>(of.shape.size());
  return std::span(of.spikes).subspan(size * static_cast<size_t>(step), size);
}

int64_t Spikes::count(int layer, int step, const Region& producer, const Need& need) const {
  const ir::Shape& shape = layers_[static_cast<size_t>(layer)].shape;
  const uint8_t* spikes = plane(layer, step).data();
  const Interval channels = intersect(producer.channels, need.channels);
  int64_t total = 0;
  for (int c = channels.begin; c < channels.end; ++c) {
    for (int y = producer.rows.begin; y < producer.rows.end; ++y) {
      if (need.rows.fan_out(y) == 0) continue;
      const uint8_t* row = spikes + (int64_t{1} * c * shape.height + y) * shape.width;
      for (int x = producer.columns.begin; x < producer.columns.end; ++x) {
        if (need.columns.fan_out(x) > 0) total += row[x];
      }
    }
  }
  return total;
}

int64_t Spikes::count(int layer, int step, const Region& producer) const {
  const ir::Shape& shape = layers_[static_cast<size_t>(layer)].shape;
  return count(layer, step, producer,
               {producer.channels, AxisNeed::identity(producer.rows, shape.height),
                AxisNeed::identity(producer.columns, shape.width)});
}

int64_t Spikes::accumulates(const ir::Layer& consumer, int step, const Need& need,
                            Interval outputs) const {
  if (consumer.groups > 1) return grouped_accumulates(consumer, step, need, outputs);
  const LayerSpikes& of = layers_[static_cast<size_t>(consumer.input)];
  const int32_t* sums =
      of.over_channels.data() + int64_t{1} * step * of.shape.height * of.shape.width;
  int64_t total = 0;
  for (int y = 0; y < of.shape.height; ++y) {
    const int rows = need.rows.fan_out(y);
    if (rows == 0) continue;
    for (int x = 0; x < of.shape.width; ++x) {
      total += int64_t{1} * sums[y * of.shape.width + x] * rows * need.columns.fan_out(x);
    }
  }
  return total * outputs.size();
}

int64_t Spikes::grouped_accumulates(const ir::Layer& consumer, int step, const Need& need,
                                    Interval outputs) const {
  const ir::Shape& in = layers_[static_cast<size_t>(consumer.input)].shape;
  const uint8_t* spikes = plane(consumer.input, step).data();
  const int reads = in.channels / consumer.groups;
  const int writes = consumer.out.channels / consumer.groups;
  int64_t total = 0;
  for (int c = need.channels.begin; c < need.channels.end; ++c) {
    const int group = c / reads;
    const int reached = intersect(outputs, {group * writes, (group + 1) * writes}).size();
    for (int y = 0; y < in.height; ++y) {
      const int64_t rows = int64_t{1} * need.rows.fan_out(y) * reached;
      const uint8_t* row = spikes + (int64_t{1} * c * in.height + y) * in.width;
      for (int x = 0; x < in.width; ++x) total += row[x] * rows * need.columns.fan_out(x);
    }
  }
  return total;
}

}  // namespace ranvier::map
