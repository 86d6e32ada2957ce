#pragma once
// The network as the hardware sees it: layers with shapes, and the boundaries at chip cuts. Read
// from and written to network.json (schema 1). No weights, no Torch.

#include "ranvier/codec/codec.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ranvier::ir {

struct Shape {
  int channels = 1;
  int height = 1;
  int width = 1;
  int64_t size() const { return int64_t{1} * channels * height * width; }
  bool operator==(const Shape&) const = default;
};

enum class Op : uint8_t {
  kInput,            // the image; layer 0 of every network
  kConv2d,           // square kernel, BatchNorm folded, activation fused
  kLinear,           // from all input elements
  kPoolLinear,       // global average pool, then linear (the classifier head)
  kConvTranspose2d,  // conv2d backwards: every input reaches kernel x kernel outputs
};

/// Whether an output reads a window of its input: kernel, stride and padding say which.
inline bool has_window(Op op) { return op == Op::kConv2d || op == Op::kConvTranspose2d; }

enum class NetworkKind : uint8_t { kAnn, kSnn, kHnn };

/// One layer: its outputs are neurons. `residual`, where set, is added element by element before
/// the activation; `gate` multiplies the input, channel by channel (squeeze and excitation,
/// receptance).
struct Layer {
  std::string name;
  Op op = Op::kInput;
  int input = -1;                // index of the layer it reads
  std::optional<int> residual;   // index of a layer of the same shape
  std::optional<int> gate = {};  // index of a layer of shape [channels of the input, 1, 1]
  Shape out;
  int kernel = 1;
  int stride = 1;
  int padding = 0;
  int groups = 1;       // of channels, each with its own inputs; as many as channels: depthwise
  int64_t weights = 0;  // parameters, without biases
  bool gives_currents = false;  // in an SNN: has no neurons, its outputs travel as values
};

/// A tensor that crosses a chip cut: the output of `layer` goes to the next chip through a codec.
struct Boundary {
  std::string name;
  int layer = 0;
  codec::BoundaryParams params;  // channel of element e (CHW order) = e / (height * width)
  int64_t activations = 0;  // that the layer was projected from (bottleneck); 0: its own outputs
};

/// How layers come to chips.
enum class ChipRule : uint8_t {
  kCut,     // boundaries are the cuts: chip of a layer = number of boundaries whose layer is before
  kFilled,  // mapping fills chip after chip; a boundary codes its layer wherever that leaves a chip
};

/// Layers are in topological order.
struct Network {
  std::string name;
  NetworkKind kind = NetworkKind::kAnn;
  int steps = 1;  // T of an SNN; 1 otherwise
  std::vector<Layer> layers;
  std::vector<Boundary> boundaries;  // in layer order
  ChipRule chip_rule = ChipRule::kCut;

  int64_t neurons() const;
  int64_t weights() const;
  /// Of a network with cuts; the chips of a filled one depend on the hardware (map::Mapping).
  int chips() const;
  int chip_of(int layer) const;
  /// Index of the boundary behind `layer`, or -1.
  int boundary_after(int layer) const;
};

int64_t macs(const Network& network, const Layer& layer);

std::string_view to_string(NetworkKind kind);

/// Errors: UserError (file, key) for anything that is not a schema-1 network; every index and shape
/// is checked, and that no tensor but the boundary's crosses each cut (ChipRule::kCut).
Network read_network(const std::filesystem::path& path);
void write_network(const Network& network, const std::filesystem::path& path);
void validate(const Network& network, std::string_view place);

}  // namespace ranvier::ir
