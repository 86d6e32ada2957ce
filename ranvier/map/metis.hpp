#pragma once
// METIS behind one function; nothing else of ranvier sees its types.

#include "ranvier/map/tile_graph.hpp"

#include <cstdint>
#include <vector>

namespace ranvier::map {

/// [tile] part 0..count-1: k-way, parts of nearly equal size (not exactly: METIS balances within a
/// tolerance), small sum of the expected bits between tiles of different parts. A part may be
/// empty. Errors: RunError when METIS reports one. Source: Karypis and Kumar, SIAM J. Sci. Comput.
/// 20 (1998) 359.
std::vector<int> metis_parts(const TileGraph& graph, int count, uint64_t seed);

}  // namespace ranvier::map
