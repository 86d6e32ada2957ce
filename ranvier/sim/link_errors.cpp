#include "ranvier/sim/link_errors.hpp"

#include "ranvier/core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ranvier::sim {

LinkErrors::LinkErrors(codec::BitErrors bits, std::vector<Chosen> chosen)
    : bits_(bits), chosen_(std::move(chosen)) {
  std::sort(chosen_.begin(), chosen_.end());
}

bool LinkErrors::chosen(int side, int64_t transmission) const {
  return std::binary_search(chosen_.begin(), chosen_.end(), Chosen{side, transmission});
}

bool LinkErrors::hits(int side, int64_t transmission, int64_t bits) const {
  return chosen(side, transmission) ||
         bits_.hits(static_cast<uint64_t>(side), static_cast<uint64_t>(transmission), bits);
}

LinkErrors link_errors(const Lowered& lowered, uint64_t seed,
                       const std::vector<LinkFault>& faults) {
  std::vector<LinkErrors::Chosen> chosen;
  for (const LinkFault& fault : faults) {
    const auto side = std::ranges::find_if(lowered.sides, [&](const Side& candidate) {
      return candidate.near_chip == fault.from.index() && candidate.far_chip == fault.to.index();
    });
    if (side == lowered.sides.end()) {
      throw core::UserError({.key = "faults",
                             .given = fmt::format("a link from chip {} to chip {}",
                                                  fault.from.index(), fault.to.index()),
                             .allowed = "two chips that face each other",
                             .place = "",
                             .hint = ""});
    }
    chosen.push_back({static_cast<int32_t>(side - lowered.sides.begin()), fault.transmission});
  }
  return {{lowered.crossing.bit_error_rate, seed}, std::move(chosen)};
}

}  // namespace ranvier::sim
