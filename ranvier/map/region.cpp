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

AxisNeed AxisNeed::identity(Interval range, int input_size) {
  return window(range, 1, 1, 0, input_size);
}

int64_t Need::elements(const Region& producer) const {
  return int64_t{1} * intersect(channels, producer.channels).size() * rows.needed(producer.rows) *
         columns.needed(producer.columns);
}

Need need_of(const ir::Network& network, const ir::Layer& layer, const Region& outputs,
             Operand operand) {
  const int source = operand == Operand::kInput ? layer.input : layer.residual.value_or(-1);
  RANVIER_CONTRACT(source >= 0, "layer " + layer.name + " has no such operand");
  const ir::Shape& in = network.layers[static_cast<size_t>(source)].out;
  if (operand == Operand::kResidual) {
    return {outputs.channels, AxisNeed::identity(outputs.rows, in.height),
            AxisNeed::identity(outputs.columns, in.width)};
  }
  if (layer.op == ir::Op::kConv2d) {
    const auto axis = [&](Interval range, int size) {
      return AxisNeed::window(range, layer.kernel, layer.stride, layer.padding, size);
    };
    return {{0, in.channels}, axis(outputs.rows, in.height), axis(outputs.columns, in.width)};
  }
  return {{0, in.channels},
          AxisNeed::identity({0, in.height}, in.height),
          AxisNeed::identity({0, in.width}, in.width)};
}

}  // namespace ranvier::map
