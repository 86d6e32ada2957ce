#pragma once
// Packages, codecs and refusals that the tests of this folder share.

#include "ranvier/arch/package.hpp"
#include "ranvier/codec/codec.hpp"
#include "ranvier/core/error.hpp"
#include "ranvier/ir/network.hpp"
#include "ranvier/map/mapper.hpp"

#include <gtest/gtest.h>

namespace ranvier::map::testing {

inline constexpr codec::CodecSpec kGraded{codec::CodecKind::kGraded, 3, 1, false};
inline constexpr codec::CodecSpec kDense8{codec::CodecKind::kDense, 8, 1, false};

inline arch::PackageSpec package_of(int chips_x, int chips_y, int mesh, int neurons_per_core) {
  arch::PackageSpec package;
  package.chips_x = chips_x;
  package.chips_y = chips_y;
  package.chip.mesh = mesh;
  package.chip.neurons_per_core = neurons_per_core;
  return package;
}

/// Where two_chip_network() fits.
inline arch::PackageSpec two_chip_package() { return package_of(2, 1, 6, 128); }

/// Why the mapper does not take the network; fails the test if it does.
inline core::Refusal refusal_of(const ir::Network& network, const arch::PackageSpec& package) {
  try {
    map_network(network, package);
  } catch (const core::UserError& error) {
    return error.refusal();
  }
  ADD_FAILURE() << "was not refused";
  return {};
}

}  // namespace ranvier::map::testing
