#include "ranvier/map/metis.hpp"

#include "ranvier/core/error.hpp"

#include <metis.h>

#include <algorithm>
#include <map>

namespace ranvier::map {
namespace {

constexpr double kWeightSum = 1e9;  // METIS adds weights in idx_t
constexpr idx_t kImbalance = 1;     // thousandths above the mean size of a part
constexpr uint64_t kSeedMask = 0x7fffffff;

using Weights = std::vector<std::map<int, double>>;  // [tile] neighbour -> bits, both ways

Weights weights_of(const TileGraph& graph) {
  Weights weights(graph.tiles.size());
  for (size_t t = 0; t < graph.tiles.size(); ++t) {
    const auto& tile = graph.tiles[t];
    const ExpectedBits& bits = graph.bits[static_cast<size_t>(tile.layer)];
    for (const auto& reader : tile.readers) {
      if (reader.tile == static_cast<int>(t)) continue;
      const double weight = reader.current_bits > 0
                                ? reader.current_bits
                                : bits.per_element * static_cast<double>(reader.box.neurons());
      weights[t][reader.tile] += weight;
      weights[static_cast<size_t>(reader.tile)][static_cast<int>(t)] += weight;
    }
  }
  return weights;
}

/// The adjacency lists that METIS reads; weights are whole and at least 1.
struct Csr {
  std::vector<idx_t> first{0}, neighbours, weights;
};

Csr csr_of(const Weights& all) {
  double sum = 0;
  for (const auto& of_tile : all) {
    for (const auto& [neighbour, weight] : of_tile) sum += weight;
  }
  const double scale = sum > 0 ? std::min(1.0, kWeightSum / sum) : 1;
  Csr csr;
  for (const auto& of_tile : all) {
    for (const auto& [neighbour, weight] : of_tile) {
      csr.neighbours.push_back(static_cast<idx_t>(neighbour));
      csr.weights.push_back(std::max<idx_t>(1, static_cast<idx_t>(weight * scale)));
    }
    csr.first.push_back(static_cast<idx_t>(csr.neighbours.size()));
  }
  return csr;
}

}  // namespace

std::vector<int> metis_parts(const TileGraph& graph, int count, uint64_t seed) {
  Csr csr = csr_of(weights_of(graph));
  idx_t options[METIS_NOPTIONS];
  METIS_SetDefaultOptions(options);
  options[METIS_OPTION_SEED] = static_cast<idx_t>(seed & kSeedMask);
  options[METIS_OPTION_UFACTOR] = kImbalance;
  options[METIS_OPTION_NUMBERING] = 0;
  auto vertices = static_cast<idx_t>(graph.tiles.size());
  idx_t constraints = 1;
  idx_t parts = count;
  idx_t cut = 0;
  std::vector<idx_t> part(graph.tiles.size());
  const int status = METIS_PartGraphKway(
      &vertices, &constraints, csr.first.data(), csr.neighbours.data(), nullptr, nullptr,
      csr.weights.data(), &parts, nullptr, nullptr, options, &cut, part.data());
  if (status != METIS_OK) throw core::RunError("METIS could not partition the tiles");
  return {part.begin(), part.end()};
}

}  // namespace ranvier::map
