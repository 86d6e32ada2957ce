#pragma once
// Who needs what: for every producer tile, the consumer tiles and how many of its elements each
// needs.

#include "ranvier/ir/network.hpp"
#include "ranvier/map/mapper.hpp"
#include "ranvier/map/region.hpp"

#include <array>
#include <vector>

namespace ranvier::map {

/// Some elements of one producer tile that one consumer tile needs as one operand.
struct Delivery {
  int layer = 0;  // of the consumer
  int tile = 0;   // index into the consumer layer's tiles
  Operand operand = Operand::kInput;
  int64_t elements = 0;
};

/// All deliveries of a mapped network, within a chip and (through a boundary) into the next one.
class Deliveries {
 public:
  Deliveries(const ir::Network& network, const Mapping& mapping);

  /// To tiles on the producer's own chip.
  const std::vector<Delivery>& direct(int layer, int tile) const;
  /// To tiles on the next chip, by way of the boundary.
  const std::vector<Delivery>& decoded(int layer, int tile) const;
  const Need& need(const Delivery& delivery) const;

 private:
  using PerTile = std::vector<std::vector<Delivery>>;
  void add_operand(const ir::Network& network, const Mapping& mapping, int layer, Operand operand,
                   int source);
  std::vector<PerTile> direct_;  // [layer][producer tile]
  std::vector<PerTile> decoded_;
  std::vector<std::array<std::vector<Need>, 2>> needs_;  // [layer][operand][consumer tile]
};

}  // namespace ranvier::map
