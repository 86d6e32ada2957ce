#pragma once
// What the user asked training to do: the keys data, network, train, finetune and variants, typed
// and checked. No Torch.

#include "ranvier/codec/codec.hpp"
#include "ranvier/codec/wire.hpp"
#include "ranvier/config/values.hpp"
#include "ranvier/ir/network.hpp"
#include "ranvier/train/data/dataset.hpp"
#include "ranvier/train/kernels/surrogate.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ranvier::train {

enum class ModelKind : uint8_t { kMlp, kMsResnet, kRwkv, kEfficientNet };
enum class OptimizerKind : uint8_t { kSgd, kAdamW };
enum class ScheduleKind : uint8_t { kOneCycle, kCosine };

/// How a variant's boundary traffic is held down.
enum class ObjectiveKind : uint8_t { kNone, kLambda, kBudget };

/// What is charged for it: bits (or events), or what the links of a preset make of the bits.
enum class TrafficPrice : uint8_t { kBits, kEnergy, kLatency };

struct NetworkSettings {
  ModelKind model = ModelKind::kMsResnet;
  std::vector<int> widths{16, 32, 64, 128};  // channels of each stage
  std::vector<int> blocks{1, 1, 1, 1};       // residual blocks of each stage
  std::vector<int> hidden{256, 256};         // MLP layers
  int depth = 4;                             // RWKV: blocks
  int width = 128;                           // RWKV: residual stream of a token
  int context = 128;                         // RWKV: bytes of a training window
  int scale = 0;                             // EfficientNet: B0 to B4
  double width_factor = 1;                   // EfficientNet: on the channels of that scale
  double depth_factor = 1;                   // EfficientNet: on the blocks of that scale
  int stem_stride = 2;                       // EfficientNet: 1 for small images
  std::vector<std::string> cuts{"stage1", "stage2", "stage3"};
};

/// One run of stochastic gradient descent.
struct OptimSettings {
  int epochs = 1;
  int batch = 100;
  OptimizerKind optimizer = OptimizerKind::kSgd;
  ScheduleKind schedule = ScheduleKind::kOneCycle;
  double learning_rate = 0.3;
  double momentum = 0.9;
  double weight_decay = 5e-4;
  double warmup = 0.2;  // fraction of all steps
  double label_smoothing = 0;
  bool is_mixed = false;  // products in bfloat16, the rest and all weights in float32
};

struct FinetuneSettings {
  OptimSettings optim;
  double boundary_learning_rate = 0.02;
  double distill = 0;  // weight of the teacher's part of the loss, 0..1
  double distill_temperature = 2;
  int calibration_samples = 300;
};

/// bottleneck(ratio, kernel, stride, groups): one value in place of `ratio` by a convolution before
/// a codec, and back behind it. With a stride, patches of stride x stride pixels are what it turns
/// the axes of, as the block transform of an image code does: C channels become C stride^2 / ratio.
/// Groups of neighbouring channels are turned by themselves, with as much less arithmetic. A ratio
/// of 1 narrows nothing.
struct Projection {
  int ratio = 0;   // 0: none
  int kernel = 1;  // above 1 only where pixels have neighbours
  int stride = 1;  // kernel = stride + 2 padding
  int groups = 1;  // of channels

  bool exists() const { return ratio > 0; }
  int padding() const { return (kernel - stride) / 2; }
  int pixels() const { return stride * stride; }
  int64_t width(int64_t channels) const {
    return std::max<int64_t>(1, channels * pixels() / ratio);
  }
};

struct VariantSettings {
  std::string name;
  ir::NetworkKind kind = ir::NetworkKind::kHnn;
  codec::CodecSpec codec;
  Projection bottleneck = {};  // before the codec
  codec::WireKind wire = codec::WireKind::kAuto;
  ObjectiveKind objective = ObjectiveKind::kNone;
  double lambda = 0;
  std::optional<double> events_per_neuron;  // budgets
  std::optional<double> bits_per_activation;
  TrafficPrice price = TrafficPrice::kBits;
  std::optional<double> energy_nj;   // of one inference on all links
  std::optional<double> latency_ns;  // of one inference, all crossings one after the other
  Surrogate surrogate = Surrogate::kArctan;
  int epochs = 1;
  int batch = 100;
  double learning_rate = 0.03;
  double distill = 0;
  bool has_finetuned_teacher = false;  // distil from the reference in place of the dense network
  int steps = 1;                       // T of an SNN
};

struct Settings {
  std::string name;
  uint64_t seed = 1;
  DataSpec data;
  uint64_t data_hash =
      0;  // of the images and labels, once they are loaded: where they lie is no matter
  bool augment = false;  // crop (4 pixels of padding; image_folder: resized) and flip
  int loader_threads = 1;
  NetworkSettings network;
  OptimSettings train;
  FinetuneSettings finetune;
  double checkpoint_seconds = 60;
  int evaluate_samples = 2000;  // of the test set, after each epoch; the final score uses all of it
  int record_samples = 64;      // test samples whose events are stored
  std::vector<VariantSettings> variants;  // baselines first, then in the user's order

  /// Text of everything that the weights of a phase depend on; equal text, equal weights.
  std::string dense_signature() const;      // the dense network from scratch
  std::string reference_signature() const;  // the same, fine-tuned
  std::string signature_of(const VariantSettings& variant) const;
};

/// Keys data.*, network.*, train.*, finetune.*, record_samples and variants.*.
std::span<const config::Field> training_schema();

/// Errors: UserError for values that contradict each other or the codec grammar; cuts are checked
/// too.
Settings parse_settings(const config::Values& values);

std::string_view to_string(ModelKind kind);
std::string_view to_string(TrafficPrice price);

inline constexpr int kEfficientNetStages = 7;

/// True when what crosses a cut is a stream with two signs and no activation behind it.
bool has_signed_stream(ModelKind kind);

/// Names a cut may have: stage1, stage2, ... or fc1, fc2, ... or block1, block2, ...
std::vector<std::string> allowed_cuts(const NetworkSettings& network);

}  // namespace ranvier::train
