#pragma once
// The real bits of a boundary: one block per producer tile (and step of a spiking network), from
// recorded activity.

#include "ranvier/arch/package.hpp"
#include "ranvier/codec/codec.hpp"
#include "ranvier/codec/wire.hpp"
#include "ranvier/ir/activity.hpp"
#include "ranvier/ir/network.hpp"
#include "ranvier/map/region.hpp"
#include "ranvier/workload/workload.hpp"

#include <memory>

namespace ranvier::map {

/// Makes the blocks of one boundary and encodes them as the gateway cores will.
class BoundarySource {
 public:
  /// Errors: UserError when the boundary was not recorded, or with another number of elements or
  /// samples.
  BoundarySource(const ir::Network& network, int boundary, const ir::Activity& activity);

  int samples() const { return samples_; }
  int steps() const { return steps_; }  // blocks per producer tile: T of a spiking network, else 1
  /// Parameters as carried on the wire: a spiking network sends one rate(1) frame per step.
  const codec::BoundaryParams& params() const { return params_; }

  /// Outputs of `region` at `step` (ignored unless spiking) in `sample`. Cost: O(elements).
  workload::Block block(const Region& region, int sample, int step) const;

  /// What the encoder sends for it.
  codec::Frame frame(const workload::Block& block) const;

  /// Events that are sent for a frame: of a dense code every element, else symbols that are not 0.
  int64_t events(const codec::Frame& frame) const;

 private:
  const ir::BoundaryActivity& activity_;
  ir::Shape shape_;
  int boundary_ = 0;
  int samples_ = 0;
  int steps_ = 1;
  bool spiking_ = false;
  codec::BoundaryParams params_;
  std::unique_ptr<codec::Codec> codec_;  // null for spiking networks
};

}  // namespace ranvier::map
