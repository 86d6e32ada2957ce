#pragma once
// Links that lose values, between the side that knows hardware and the side that knows weights:
// what crosses where, and what that did to the network's quality. Fields:
// docs/models/bundle-format.md.

#include "ranvier/codec/lossy_boundary.hpp"
#include "ranvier/ir/network.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ranvier::ir {

/// One boundary as it is mapped.
struct BoundaryBlocks {
  std::string name;
  std::vector<codec::LossyBlock> blocks;  // in the simulator's order
  bool operator==(const BoundaryBlocks&) const = default;
};

/// A variant on the links of a preset: VARIANT.PRESET.links.json.
struct LinkLoss {
  std::string variant;
  std::string preset;
  codec::WireKind wire = codec::WireKind::kAuto;
  codec::WireLayout layout;
  codec::LinkNoise noise;
  std::vector<BoundaryBlocks> boundaries;  // as in the network
};

/// Whether both lose the same values of one variant, whatever their presets are called.
bool lose_alike(const LinkLoss& a, const LinkLoss& b);

/// Errors: UserError (file, path inside it) for anything that is not such a file.
LinkLoss read_link_loss(const std::filesystem::path& path);
void write_link_loss(const LinkLoss& loss, const std::filesystem::path& path);

/// Parameters of what one frame carries: a spiking network sends every step by itself.
codec::BoundaryParams carried_params(const Network& network, const Boundary& boundary);

/// The boundaries of `network` on these links. Errors: UserError when the file is of another
/// network.
std::vector<codec::LossyBoundary> lossy_boundaries(const LinkLoss& loss, const Network& network);

/// Quality of the deployed network with what its links left of every value, over the first
/// `samples` test samples: VARIANT.PRESET.score.json.
struct LossScore {
  std::string variant;
  std::string preset;
  std::string metric;       // accuracy_percent or bits_per_byte
  int64_t samples = 0;      // of the test set
  double without_loss = 0;  // of the same samples
  double with_loss = 0;
  std::vector<std::string> names;         // of the boundaries
  std::vector<codec::LossTotals> totals;  // of each, over the samples

  double changed_fraction() const;  // of boundary values
};

/// Errors: as above.
LossScore read_loss_score(const std::filesystem::path& path);
void write_loss_score(const LossScore& score, const std::filesystem::path& path);

}  // namespace ranvier::ir
