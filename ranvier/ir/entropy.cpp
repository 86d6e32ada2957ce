#include "ranvier/ir/entropy.hpp"

#include "ranvier/core/error.hpp"

#include <fmt/format.h>

namespace ranvier::ir {
namespace {

const BoundaryActivity& recorded(const Activity& activity, const std::string& name) {
  const auto found = activity.boundaries.find(name);
  if (found != activity.boundaries.end()) return found->second;
  throw core::UserError({"activity.boundaries", "no " + name, "every boundary of the network", "",
                         "Record the activity with the network it is for."});
}

}  // namespace

void learn_entropy(Network& network, const Activity& activity) {
  for (Boundary& boundary : network.boundaries) {
    const BoundaryActivity& from = recorded(activity, boundary.name);
    const Shape& shape = network.layers[static_cast<size_t>(boundary.layer)].out;
    const bool is_spiking = network.kind == NetworkKind::kSnn;
    codec::CodecSpec spec = boundary.params.spec;
    if (is_spiking) spec.steps = 1;
    const int64_t frames = int64_t{activity.samples} * (is_spiking ? network.steps : 1);
    const auto size = static_cast<size_t>(shape.size() * spec.steps);
    if (from.symbols.size() != size * static_cast<size_t>(frames)) {
      throw core::UserError({fmt::format("activity.boundaries.{}.symbols", boundary.name),
                             fmt::format("{} values", from.symbols.size()),
                             fmt::format("{} values", size * static_cast<size_t>(frames)), "",
                             "The activity was recorded for another network."});
    }
    codec::SymbolStatistics statistics(spec, shape.channels, shape.height, shape.width);
    auto next = from.symbols.begin();
    for (int64_t f = 0; f < frames; ++f, next += static_cast<int64_t>(size)) {
      statistics.add(
          {spec.steps, static_cast<int>(shape.size()), {next, next + static_cast<int64_t>(size)}});
    }
    boundary.params.entropy = statistics.tables();
  }
}

}  // namespace ranvier::ir
