#include "ranvier/map/block.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/ir/link_loss.hpp"

#include <fmt/format.h>

namespace ranvier::map {
namespace {

const ir::BoundaryActivity& recorded(const ir::Activity& activity, const std::string& name) {
  const auto found = activity.boundaries.find(name);
  if (found != activity.boundaries.end()) return found->second;
  std::string known;
  for (const auto& [other, unused] : activity.boundaries) {
    known += (known.empty() ? "" : ", ") + other;
  }
  throw core::UserError({"activity.boundaries", name, "one of " + known, "",
                         "Record the activity again with the network it is mapped with."});
}

void require_size(const std::string& name, const char* what, size_t size, int64_t expected) {
  if (size == static_cast<size_t>(expected)) return;
  throw core::UserError({fmt::format("activity.boundaries.{}.{}", name, what),
                         fmt::format("{} values", size), fmt::format("{} values", expected), "",
                         "The activity was recorded for another network."});
}

template <class T>
std::vector<T> pick(const std::vector<T>& from, size_t offset,
                    const std::vector<uint32_t>& elements) {
  std::vector<T> picked;
  picked.reserve(elements.size());
  for (const uint32_t element : elements) picked.push_back(from[offset + element]);
  return picked;
}

}  // namespace

BoundarySource::BoundarySource(const ir::Network& network, int boundary,
                               const ir::Activity& activity)
    : activity_(recorded(activity, network.boundaries[static_cast<size_t>(boundary)].name)),
      boundary_(boundary),
      samples_(activity.samples),
      spiking_(network.kind == ir::NetworkKind::kSnn) {
  const ir::Boundary& cut = network.boundaries[static_cast<size_t>(boundary)];
  shape_ = network.layers[static_cast<size_t>(cut.layer)].out;
  steps_ = spiking_ ? network.steps : 1;
  params_ = ir::carried_params(network, cut);
  const int64_t values = shape_.size() * samples_;
  if (spiking_) {
    require_size(cut.name, "symbols", activity_.symbols.size(), values * steps_);
    return;
  }
  require_size(cut.name, "current", activity_.current.size(), values);
  require_size(cut.name, "value", activity_.value.size(), values);
  codec_ = codec::make_codec(params_);
}

workload::Block BoundarySource::block(const Region& region, int sample, int step) const {
  workload::Block block;
  block.boundary = boundary_;
  block.step = spiking_ ? step : -1;
  block.elements = elements_of(region, shape_);
  const auto positions = static_cast<uint32_t>(shape_.height * shape_.width);
  block.channel.reserve(block.elements.size());
  for (const uint32_t element : block.elements) {
    block.channel.push_back(static_cast<uint16_t>(element / positions));
  }
  const auto plane = static_cast<size_t>(sample * steps_ + (spiking_ ? step : 0));
  const size_t offset = plane * static_cast<size_t>(shape_.size());
  if (spiking_) {
    block.symbols = pick(activity_.symbols, offset, block.elements);
    block.expected.assign(block.symbols.begin(), block.symbols.end());
  } else {
    block.current = pick(activity_.current, offset, block.elements);
    block.expected = pick(activity_.value, offset, block.elements);
  }
  return block;
}

codec::Frame BoundarySource::frame(const workload::Block& block) const {
  if (codec_) return codec_->encode(block.current, block.channel);
  return {1, static_cast<int>(block.elements.size()), block.symbols};
}

int64_t BoundarySource::events(const codec::Frame& frame) const {
  return params_.spec.kind == codec::CodecKind::kDense ? frame.elements : frame.events();
}

}  // namespace ranvier::map
