#pragma once
// Codes and masks of the mesh kernel. Private to it.

#include <cstdint>

namespace ranvier::sim {

// What lies at the other end of a port: a router, nothing, or a lane of a die edge.
inline constexpr int32_t kNowhere = -1;
constexpr int32_t lane_link(int lane) { return -2 - lane; }
constexpr int lane_of_link(int32_t link) { return -2 - link; }

constexpr uint64_t bit(int channel) { return uint64_t{1} << channel; }

}  // namespace ranvier::sim
