#include "ranvier/map/delivery.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/map/crossing.hpp"

namespace ranvier::map {

Deliveries::Deliveries(const ir::Network& network, const Mapping& mapping)
    : direct_(mapping.layers.size()),
      decoded_(mapping.crossings.size()),
      crossings_(mapping.crossings.size()),
      needs_(mapping.layers.size()) {
  for (size_t l = 0; l < mapping.layers.size(); ++l) direct_[l].resize(mapping.layers[l].size());
  for (size_t b = 0; b < mapping.crossings.size(); ++b) {
    decoded_[b].resize(mapping.crossings[b].size());
    crossings_[b].resize(mapping.layers[static_cast<size_t>(network.boundaries[b].layer)].size());
    for (size_t i = 0; i < mapping.crossings[b].size(); ++i) {
      const auto producer = static_cast<size_t>(mapping.crossings[b][i].producer);
      crossings_[b][producer].push_back(static_cast<int>(i));
    }
  }
  for (size_t l = 0; l < mapping.layers.size(); ++l) {
    const ir::Layer& layer = network.layers[l];
    if (layer.op == ir::Op::kInput) continue;
    for (const Operand operand : {Operand::kInput, Operand::kResidual, Operand::kGate}) {
      const int source = source_of(layer, operand);
      if (source >= 0) add_operand(network, mapping, static_cast<int>(l), operand, source);
    }
  }
}

void Deliveries::add_operand(const ir::Network& network, const Mapping& mapping, int layer,
                             Operand operand, int source) {
  const auto& consumers = mapping.layers[static_cast<size_t>(layer)];
  const auto& producers = mapping.layers[static_cast<size_t>(source)];
  auto& needs = needs_[static_cast<size_t>(layer)][static_cast<size_t>(operand)];
  const int boundary = network.boundary_after(source);
  const bool is_image = network.layers[static_cast<size_t>(source)].op == ir::Op::kInput;
  for (size_t c = 0; c < consumers.size(); ++c) {
    needs.push_back(
        need_of(network, network.layers[static_cast<size_t>(layer)], consumers[c].region, operand));
    for (size_t p = 0; p < producers.size(); ++p) {
      // Every chip has its own copy of the image.
      if (is_image && producers[p].chip != consumers[c].chip) continue;
      const int64_t elements = needs.back().elements(producers[p].region);
      if (elements == 0) continue;
      add(mapping, boundary, source, p, !is_current(network, source, operand),
          {layer, static_cast<int>(c), operand, elements});
    }
  }
}

void Deliveries::add(const Mapping& mapping, int boundary, int source, size_t producer,
                     bool is_coded, const Delivery& delivery) {
  const int from = mapping.layers[static_cast<size_t>(source)][producer].chip;
  const int to =
      mapping.layers[static_cast<size_t>(delivery.layer)][static_cast<size_t>(delivery.tile)].chip;
  if (from == to || !is_coded) {
    direct_[static_cast<size_t>(source)][producer].push_back(delivery);
    return;
  }
  const auto b = static_cast<size_t>(boundary);
  for (const int i : crossings_[b][producer]) {
    if (mapping.crossings[b][static_cast<size_t>(i)].far_chip != to) continue;
    decoded_[b][static_cast<size_t>(i)].push_back(delivery);
    return;
  }
  RANVIER_CONTRACT(false, "what another chip needs has a crossing to it");
}

const std::vector<Delivery>& Deliveries::direct(int layer, int tile) const {
  return direct_[static_cast<size_t>(layer)][static_cast<size_t>(tile)];
}

const std::vector<Delivery>& Deliveries::decoded(int boundary, int crossing) const {
  return decoded_[static_cast<size_t>(boundary)][static_cast<size_t>(crossing)];
}

const Need& Deliveries::need(const Delivery& delivery) const {
  return needs_[static_cast<size_t>(delivery.layer)][static_cast<size_t>(delivery.operand)]
               [static_cast<size_t>(delivery.tile)];
}

const std::vector<int>& Deliveries::crossings(int boundary, int tile) const {
  return crossings_[static_cast<size_t>(boundary)][static_cast<size_t>(tile)];
}

}  // namespace ranvier::map
