#pragma once
// The recorded spikes of one sample of a spiking network, and how many of them go where.

#include "ranvier/ir/activity.hpp"
#include "ranvier/ir/network.hpp"
#include "ranvier/map/region.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace ranvier::map {

class Spikes {
 public:
  /// Empty for networks that are not spiking.
  /// Errors: UserError when a layer that others read was not recorded for `sample`, or with another
  /// shape.
  Spikes(const ir::Network& network, const ir::Activity& activity, int sample);

  /// Whether the neurons of `layer` fire: another layer reads their spikes.
  bool has(int layer) const { return !layers_[static_cast<size_t>(layer)].spikes.empty(); }

  /// Plane of CHW spikes (0 or 1) of `layer` at `step`.
  std::span<const uint8_t> plane(int layer, int step) const;

  /// Spikes of `producer`'s region that `need` asks for.
  int64_t count(int layer, int step, const Region& producer, const Need& need) const;
  int64_t count(int layer, int step, const Region& producer) const;

  /// Accumulates they cause in one tile of `consumer`: every spike times the outputs it reaches
  /// through the window. Cost: O(positions), with channel groups O(inputs).
  int64_t accumulates(const ir::Layer& consumer, int step, const Need& need,
                      Interval outputs) const;

 private:
  int64_t grouped_accumulates(const ir::Layer& consumer, int step, const Need& need,
                              Interval outputs) const;

  struct LayerSpikes {
    ir::Shape shape;
    std::vector<uint8_t> spikes;         // [T][C][H][W]
    std::vector<int32_t> over_channels;  // [T][H][W] sum over all channels
  };
  std::vector<LayerSpikes> layers_;
};

}  // namespace ranvier::map
