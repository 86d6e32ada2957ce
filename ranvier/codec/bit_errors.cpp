#include "ranvier/codec/bit_errors.hpp"

#include "ranvier/core/rng.hpp"

#include <algorithm>
#include <cmath>

namespace ranvier::codec {
namespace {

constexpr uint64_t kFlips = ~uint64_t{0};       // a stream of its own,
constexpr uint64_t kChips = uint64_t{1} << 63;  // as have the chips that flits leave

}  // namespace

BitErrors::BitErrors(double rate, uint64_t seed)
    : rate_(rate), log_right_(std::log1p(-rate)), seed_(seed) {}

double BitErrors::damage_probability(int64_t bits) const {
  return -std::expm1(static_cast<double>(bits) * log_right_);
}

bool BitErrors::hits(uint64_t stream, uint64_t number, int64_t bits) const {
  if (rate_ == 0) return false;
  core::Rng of_stream(core::Rng(seed_).fork(stream).next());
  core::Rng draw(of_stream.fork(number).next());
  return draw.uniform() < damage_probability(bits);
}

bool BitErrors::hits_leaving(int32_t chip, uint64_t flit, int64_t bits) const {
  return hits(kChips + static_cast<uint64_t>(chip), flit, bits);
}

std::vector<int64_t> BitErrors::flips(uint64_t flit, int64_t bits) const {
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

uint64_t flit_name(int32_t block, int32_t packet, int32_t flit) {
  uint64_t name = core::Rng(static_cast<uint64_t>(block)).next();
  name = core::Rng(name ^ static_cast<uint64_t>(packet)).next();
  return core::Rng(name ^ static_cast<uint64_t>(flit)).next();
}

uint64_t error_seed(uint64_t seed, int64_t sample) {
  return core::Rng(seed).fork(static_cast<uint64_t>(sample)).next();
}

}  // namespace ranvier::codec
