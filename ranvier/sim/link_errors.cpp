#include "ranvier/sim/link_errors.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/rng.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace ranvier::sim {
namespace {

constexpr uint64_t kFlips = ~uint64_t{0};  // a stream of its own, beside those of the sides

}  // namespace

LinkErrors::LinkErrors(double rate, uint64_t seed, std::vector<Chosen> chosen)
    : rate_(rate), log_right_(std::log1p(-rate)), seed_(seed), chosen_(std::move(chosen)) {
  std::sort(chosen_.begin(), chosen_.end());
}

double LinkErrors::damage_probability(int64_t bits) const {
  return -std::expm1(static_cast<double>(bits) * log_right_);
}

bool LinkErrors::hits(int side, int64_t transmission, int64_t bits) const {
  if (std::binary_search(chosen_.begin(), chosen_.end(), Chosen{side, transmission})) return true;
  if (rate_ == 0) return false;
  core::Rng of_side(core::Rng(seed_).fork(static_cast<uint64_t>(side)).next());
  core::Rng draw(of_side.fork(static_cast<uint64_t>(transmission)).next());
  return draw.uniform() < damage_probability(bits);
}

std::vector<int64_t> LinkErrors::flips(uint64_t flit, int64_t bits) const {
  core::Rng of_flips(core::Rng(seed_).fork(kFlips).next());
  core::Rng draw(of_flips.fork(flit).next());
  // The limit of a vanishing rate: one flip, anywhere.
  if (rate_ == 0) return {static_cast<int64_t>(draw.uniform() * static_cast<double>(bits))};
  // The first gap is geometric under the condition that it ends inside the flit.
  const double inside = damage_probability(bits);
  auto at = static_cast<int64_t>(std::log1p(-draw.uniform() * inside) / log_right_);
  std::vector<int64_t> flips;
  for (at = std::min(at, bits - 1); at < bits;) {
    flips.push_back(at);
    const double gap = std::log1p(-draw.uniform()) / log_right_;
    if (gap >= static_cast<double>(bits)) break;
    at += 1 + static_cast<int64_t>(gap);
  }
  return flips;
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
  return {lowered.crossing.bit_error_rate, seed, std::move(chosen)};
}

}  // namespace ranvier::sim
