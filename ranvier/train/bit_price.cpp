#include "ranvier/train/bit_price.hpp"

#include "ranvier/core/error.hpp"

namespace ranvier::train {

BitPrice::BitPrice(const Phase& phase) {
  if (phase.price == TrafficPrice::kBits) return;
  unit_ = 0.0;
  for (const Framing& framing : phase.framings) {
    const bool is_energy = phase.price == TrafficPrice::kEnergy;
    const LinkPrices& prices = framing.prices;
    per_bit_.push_back(is_energy ? prices.nanojoules_per_bit : prices.nanoseconds_per_bit);
    fixed_ += is_energy ? 0.0 : prices.nanoseconds_crossing;
    unit_ += per_bit_.back() * static_cast<double>(framing.crossings());
  }
  RANVIER_CONTRACT(unit_ > 0.0, "links charge for bits");
}

torch::Tensor BitPrice::of(const std::vector<Boundary>& boundaries,
                           const torch::Tensor& wire_bits) const {
  return per_bit_.empty() ? wire_bits : (weighted_bits(boundaries, per_bit_) + fixed_) / unit_;
}

}  // namespace ranvier::train
