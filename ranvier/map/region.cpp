#include "ranvier/map/region.hpp"

#include "ranvier/core/error.hpp"

namespace ranvier::map {

Region whole(const ir::Shape& shape) {
  return {{0, shape.channels}, {0, shape.height}, {0, shape.width}};
}

Region intersect(const Region& a, const Region& b) {
  return {intersect(a.channels, b.channels), intersect(a.rows, b.rows),
          intersect(a.columns, b.columns)};
}

Region hull(const Region& a, const Region& b) {
  if (a.neurons() == 0) return b;
  if (b.neurons() == 0) return a;
  const auto join = [](Interval x, Interval y) {
    return Interval{std::min(x.begin, y.begin), std::max(x.end, y.end)};
  };
  return {join(a.channels, b.channels), join(a.rows, b.rows), join(a.columns, b.columns)};
}

Region shifted(const Region& region, const Region& origin) {
  const auto shift = [](Interval x, Interval by) {
    return Interval{x.begin + by.begin, x.end + by.begin};
  };
  return {shift(region.channels, origin.channels), shift(region.rows, origin.rows),
          shift(region.columns, origin.columns)};
}

std::vector<uint32_t> elements_of(const Region& region, const ir::Shape& shape) {
  std::vector<uint32_t> elements;
  elements.reserve(static_cast<size_t>(region.neurons()));
  for (int c = region.channels.begin; c < region.channels.end; ++c) {
    for (int y = region.rows.begin; y < region.rows.end; ++y) {
      for (int x = region.columns.begin; x < region.columns.end; ++x) {
        const int64_t position = (int64_t{1} * c * shape.height + y) * shape.width + x;
        elements.push_back(static_cast<uint32_t>(position));
      }
    }
  }
  return elements;
}

AxisNeed::AxisNeed(std::vector<int> fan_out)
    : fan_out_(std::move(fan_out)), before_(fan_out_.size() + 1) {
  for (size_t i = 0; i < fan_out_.size(); ++i) before_[i + 1] = before_[i] + (fan_out_[i] > 0);
}

AxisNeed AxisNeed::window(Interval range, int kernel, int stride, int padding, int input_size) {
  std::vector<int> fan_out(static_cast<size_t>(input_size));
  for (int output = range.begin; output < range.end; ++output) {
    const int first = output * stride - padding;
    const Interval covered = map::intersect(Interval{first, first + kernel}, {0, input_size});
    for (int i = covered.begin; i < covered.end; ++i) ++fan_out[static_cast<size_t>(i)];
  }
  return AxisNeed(std::move(fan_out));
}

AxisNeed AxisNeed::transposed(Interval range, int kernel, int stride, int padding, int input_size) {
  std::vector<int> fan_out(static_cast<size_t>(input_size));
  for (int input = 0; input < input_size; ++input) {
    const int first = input * stride - padding;
    fan_out[static_cast<size_t>(input)] = map::intersect({first, first + kernel}, range).size();
  }
  return AxisNeed(std::move(fan_out));
}

AxisNeed AxisNeed::of(const ir::Layer& layer, Interval range, int input_size) {
  const auto make = layer.op == ir::Op::kConvTranspose2d ? transposed : window;
  return make(range, layer.kernel, layer.stride, layer.padding, input_size);
}

AxisNeed AxisNeed::identity(Interval range, int input_size) {
  return window(range, 1, 1, 0, input_size);
}

Interval AxisNeed::extent(Interval range) const {
  while (range.size() > 0 && fan_out(range.begin) == 0) ++range.begin;
  while (range.size() > 0 && fan_out(range.end - 1) == 0) --range.end;
  return range;
}

Region box_of(const Need& need, const Region& producer) {
  if (need.elements(producer) == 0) return {};
  return {intersect(need.channels, producer.channels), need.rows.extent(producer.rows),
          need.columns.extent(producer.columns)};
}

bool is_alike(const Need& a, const Need& b, const Region& producer) {
  const auto same = [](const AxisNeed& one, const AxisNeed& other, Interval range) {
    for (int at = range.begin; at < range.end; ++at) {
      if ((one.fan_out(at) > 0) != (other.fan_out(at) > 0)) return false;
    }
    return true;
  };
  return intersect(a.channels, producer.channels) == intersect(b.channels, producer.channels) &&
         same(a.rows, b.rows, producer.rows) && same(a.columns, b.columns, producer.columns);
}

int64_t Need::elements(const Region& producer) const {
  return int64_t{1} * intersect(channels, producer.channels).size() * rows.needed(producer.rows) *
         columns.needed(producer.columns);
}

int source_of(const ir::Layer& layer, Operand operand) {
  switch (operand) {
    case Operand::kInput:
      return layer.input;
    case Operand::kResidual:
      return layer.residual.value_or(-1);
    case Operand::kGate:
      return layer.gate.value_or(-1);
  }
  return -1;
}

Interval input_channels(const ir::Layer& layer, Interval outputs, int in_channels) {
  if (layer.groups == 1) return {0, in_channels};
  const int per_group = layer.out.channels / layer.groups;
  const int first = outputs.begin / per_group;
  const int last = (outputs.end - 1) / per_group;
  const int width = in_channels / layer.groups;
  return {first * width, (last + 1) * width};
}

Need need_of(const ir::Network& network, const ir::Layer& layer, const Region& outputs,
             Operand operand) {
  const int source = source_of(layer, operand);
  RANVIER_CONTRACT(source >= 0, "layer " + layer.name + " has no such operand");
  const ir::Shape& in = network.layers[static_cast<size_t>(source)].out;
  if (operand == Operand::kResidual) {
    return {outputs.channels, AxisNeed::identity(outputs.rows, in.height),
            AxisNeed::identity(outputs.columns, in.width)};
  }
  const int channels = network.layers[static_cast<size_t>(layer.input)].out.channels;
  const Interval read = input_channels(layer, outputs.channels, channels);
  if (operand == Operand::kGate) {
    return {read, AxisNeed::identity({0, 1}, 1), AxisNeed::identity({0, 1}, 1)};
  }
  if (ir::has_window(layer.op)) {
    return {read, AxisNeed::of(layer, outputs.rows, in.height),
            AxisNeed::of(layer, outputs.columns, in.width)};
  }
  return {{0, in.channels},
          AxisNeed::identity({0, in.height}, in.height),
          AxisNeed::identity({0, in.width}, in.width)};
}

}  // namespace ranvier::map
