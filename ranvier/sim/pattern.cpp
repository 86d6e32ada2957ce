#include "ranvier/sim/pattern.hpp"

#include "ranvier/core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <string>
#include <vector>

namespace ranvier::sim {
namespace {

constexpr std::array<std::string_view, 7> kNames{"uniform", "transpose", "bitcomp", "tornado",
                                                 "shuffle", "neighbor",  "hotspot"};

[[noreturn]] void refuse(Pattern pattern, int width, int height, const char* allowed) {
  throw core::UserError({.key = "--mesh",
                         .given = fmt::format("{}x{}", width, height),
                         .allowed = fmt::format("{} for --traffic {}", allowed, to_string(pattern)),
                         .place = "the command line",
                         .hint = ""});
}

}  // namespace

std::span<const std::string_view> pattern_names() { return kNames; }

std::string_view to_string(Pattern pattern) { return kNames[static_cast<size_t>(pattern)]; }

Pattern parse_pattern(std::string_view text, std::string_view key) {
  const auto found = std::find(kNames.begin(), kNames.end(), text);
  if (found != kNames.end()) return static_cast<Pattern>(found - kNames.begin());
  const std::vector<std::string> names(kNames.begin(), kNames.end());
  const std::string near = core::nearest_name(text, names);
  throw core::UserError({.key = std::string(key),
                         .given = std::string(text),
                         .allowed = fmt::format("one of {}", fmt::join(names, ", ")),
                         .place = "the command line",
                         .hint = near.empty() ? "" : "Did you mean '" + near + "'?"});
}

Targets::Targets(Pattern pattern, int width, int height, Hotspot hotspot)
    : pattern_(pattern), width_(width), height_(height), hotspot_(hotspot) {
  const auto tiles = static_cast<uint32_t>(width * height);
  if (pattern == Pattern::kTranspose && width != height) {
    refuse(pattern, width, height, "equal sides");
  }
  if (pattern == Pattern::kShuffle && !std::has_single_bit(tiles)) {
    refuse(pattern, width, height, "a power of two of tiles");
  }
  RANVIER_CONTRACT(hotspot.tile >= 0 && hotspot.tile < width * height, "the hot tile exists");
}

int Targets::shuffled(int source) const {
  const int tiles = width_ * height_;
  const int twice = 2 * source;
  return twice < tiles ? twice : twice - tiles + 1;
}

int Targets::draw(int source, core::Rng& rng) const {
  const auto tiles = static_cast<uint64_t>(width_ * height_);
  const int x = source % width_;
  const int y = source / width_;
  switch (pattern_) {
    case Pattern::kUniform:
      return static_cast<int>(rng.below(tiles));
    case Pattern::kTranspose:
      return x * width_ + y;
    case Pattern::kBitcomp:
      return (height_ - 1 - y) * width_ + width_ - 1 - x;
    case Pattern::kTornado:
      return (y + (height_ + 1) / 2 - 1) % height_ * width_ + (x + (width_ + 1) / 2 - 1) % width_;
    case Pattern::kShuffle:
      return shuffled(source);
    case Pattern::kNeighbor:
      return (y + 1) % height_ * width_ + (x + 1) % width_;
    case Pattern::kHotspot:
      return rng.uniform() < hotspot_.share ? hotspot_.tile : static_cast<int>(rng.below(tiles));
  }
  return source;
}

}  // namespace ranvier::sim
