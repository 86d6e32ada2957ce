#pragma once
// The search for a mapping: candidates made in several ways, judged by the analytic model.

#include "ranvier/analytic/model.hpp"
#include "ranvier/map/mapper.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ranvier::map {

enum class Objective : uint8_t {
  kBits,     // bits over die edges; among equals, bit hops of the mesh
  kLatency,  // core cycles
  kEnergy,   // as SearchOptions::energy_pj prices it
  kEdp,      // energy x latency
};
std::string_view to_string(Objective objective);  // "bits", "latency", "energy", "edp"

/// One inference of one candidate, by the analytic model.
struct Merit {
  int64_t die_bits = 0;       // over die edges, tags and framing included
  int64_t mesh_bit_hops = 0;  // over on-chip links
  int64_t latency_cycles = 0;
  double energy_pj = 0;  // 0 without a price
  bool congested = false;
};

struct Candidate {
  std::string name;  // "naive", "spread 1 2 2 1", "placed for wire", ...
  Merit merit;
};

struct SearchOptions {
  Objective objective = Objective::kLatency;
  uint64_t seed = 1;
  int64_t moves_per_item = 300;
  /// Energy of one inference [pJ]; needed for kEnergy and kEdp.
  std::function<double(const analytic::Estimate&)> energy_pj = {};
  /// What is being done, and how much of it. May throw to stop the search.
  std::function<void(const std::string& what, int64_t done, int64_t total)> progress = {};
};

struct SearchResult {
  Mapping mapping;
  std::vector<Candidate> candidates;  // in the order tried; the first is the naive mapping
  size_t chosen = 0;
};

/// What every mapping is judged on: the network, one recorded sample, the wire format, the package.
struct SearchInput {
  const ir::Network& network;
  const ir::Activity& activity;
  codec::WireKind wire = codec::WireKind::kAuto;
  const arch::PackageSpec& package;
  int sample = 0;
  DeliveryMode delivery = DeliveryMode::kUnicast;
};

/// The best mapping found, never worse than map_network's in the analytic model. Same input and
/// seed, same result. Errors: those of map_network and build_workload.
SearchResult search_mapping(const SearchInput& input, const SearchOptions& options);

/// Whether `a` serves the objective better than `b`.
bool is_better(const Merit& a, const Merit& b, Objective objective);

}  // namespace ranvier::map
