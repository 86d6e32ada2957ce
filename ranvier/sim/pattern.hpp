#pragma once
// Synthetic traffic: which tile a packet goes to.

#include "ranvier/core/rng.hpp"
#include "ranvier/sim/packet_pool.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace ranvier::sim {

enum class Pattern : uint8_t {
  kUniform,    // any tile, the sender included
  kTranspose,  // (x, y) -> (y, x)
  kBitcomp,    // (x, y) -> (W - 1 - x, H - 1 - y): the complement of the address bits
  kTornado,    // each coordinate + ceil(side / 2) - 1, going round
  kShuffle,    // tile number rotated left by one bit
  kNeighbor,   // each coordinate + 1, going round
  kHotspot,    // one tile, for a share of the packets; the others uniform
};

std::span<const std::string_view> pattern_names();  // in the order of the enumeration
std::string_view to_string(Pattern pattern);
/// Errors: UserError naming `key`, the given text and the nearest name.
Pattern parse_pattern(std::string_view text, std::string_view key);

/// Targets of one pattern on a mesh of width x height tiles. Tiles are numbered y * width + x.
/// Source: Dally & Towles (2004), section 3.2; docs/models/noc.md.
class Targets {
 public:
  struct Hotspot {
    int tile = 0;
    double share = 1.0;  // of all packets
  };

  /// Errors: UserError (key --mesh) when the pattern does not exist on such a mesh: transpose needs
  /// equal sides, shuffle a power of two of tiles.
  Targets(Pattern pattern, int width, int height, Hotspot hotspot);

  /// Draws from `rng` only if the pattern is random.
  int draw(int source, core::Rng& rng) const;

 private:
  int shuffled(int source) const;

  Pattern pattern_;
  int width_;
  int height_;
  Hotspot hotspot_;
};

}  // namespace ranvier::sim
