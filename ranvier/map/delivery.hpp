#pragma once
// Who needs what: for every producer tile, the consumer tiles and how many of its elements each
// needs.

#include "ranvier/ir/network.hpp"
#include "ranvier/map/mapper.hpp"
#include "ranvier/map/region.hpp"

#include <array>
#include <vector>

namespace ranvier::map {

/// Some elements of one producer tile, or of one block that has crossed, that one consumer tile
/// needs as one operand.
struct Delivery {
  int layer = 0;  // of the consumer
  int tile = 0;   // index into the consumer layer's tiles
  Operand operand = Operand::kInput;
  int64_t elements = 0;
};

/// All deliveries of a mapped network: from tile to tile, and from the decoders of boundaries.
class Deliveries {
 public:
  Deliveries(const ir::Network& network, const Mapping& mapping);

  /// From the producer tile itself: to its own chip, and currents of a spiking network to any.
  const std::vector<Delivery>& direct(int layer, int tile) const;
  /// From the decoder of a crossing to tiles on its chip.
  const std::vector<Delivery>& decoded(int boundary, int crossing) const;
  const Need& need(const Delivery& delivery) const;
  /// The crossings of a producer tile, by index.
  const std::vector<int>& crossings(int boundary, int tile) const;

 private:
  using PerTile = std::vector<std::vector<Delivery>>;
  void add_operand(const ir::Network& network, const Mapping& mapping, int layer, Operand operand,
                   int source);
  void add(const Mapping& mapping, int boundary, int source, size_t producer, bool is_coded,
           const Delivery& delivery);
  std::vector<PerTile> direct_;                           // [layer][producer tile]
  std::vector<PerTile> decoded_;                          // [boundary][crossing]
  std::vector<std::vector<std::vector<int>>> crossings_;  // [boundary][producer tile] their indices
  std::vector<std::array<std::vector<Need>, kOperands>> needs_;  // [layer][operand][consumer tile]
};

}  // namespace ranvier::map
