#include "ranvier/map/delivery.hpp"

namespace ranvier::map {

Deliveries::Deliveries(const ir::Network& network, const Mapping& mapping)
    : direct_(mapping.layers.size()),
      decoded_(mapping.layers.size()),
      needs_(mapping.layers.size()) {
  for (size_t l = 0; l < mapping.layers.size(); ++l) {
    direct_[l].resize(mapping.layers[l].size());
    decoded_[l].resize(mapping.layers[l].size());
  }
  for (size_t l = 0; l < mapping.layers.size(); ++l) {
    const ir::Layer& layer = network.layers[l];
    if (layer.op == ir::Op::kInput) continue;
    add_operand(network, mapping, static_cast<int>(l), Operand::kInput, layer.input);
    if (layer.residual) {
      add_operand(network, mapping, static_cast<int>(l), Operand::kResidual, *layer.residual);
    }
  }
}

void Deliveries::add_operand(const ir::Network& network, const Mapping& mapping, int layer,
                             Operand operand, int source) {
  const auto& consumers = mapping.layers[static_cast<size_t>(layer)];
  const auto& producers = mapping.layers[static_cast<size_t>(source)];
  auto& needs = needs_[static_cast<size_t>(layer)][static_cast<size_t>(operand)];
  auto& routes = network.chip_of(layer) == network.chip_of(source) ? direct_ : decoded_;
  for (size_t c = 0; c < consumers.size(); ++c) {
    needs.push_back(
        need_of(network, network.layers[static_cast<size_t>(layer)], consumers[c].region, operand));
    for (size_t p = 0; p < producers.size(); ++p) {
      const int64_t elements = needs.back().elements(producers[p].region);
      if (elements == 0) continue;
      routes[static_cast<size_t>(source)][p].push_back(
          {layer, static_cast<int>(c), operand, elements});
    }
  }
}

const std::vector<Delivery>& Deliveries::direct(int layer, int tile) const {
  return direct_[static_cast<size_t>(layer)][static_cast<size_t>(tile)];
}

const std::vector<Delivery>& Deliveries::decoded(int layer, int tile) const {
  return decoded_[static_cast<size_t>(layer)][static_cast<size_t>(tile)];
}

const Need& Deliveries::need(const Delivery& delivery) const {
  return needs_[static_cast<size_t>(delivery.layer)][static_cast<size_t>(delivery.operand)]
               [static_cast<size_t>(delivery.tile)];
}

}  // namespace ranvier::map
