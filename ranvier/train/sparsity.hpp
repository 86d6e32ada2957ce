#pragma once
// What a boundary's traffic costs, as a differentiable number, and who steers it: a fixed lambda or
// a budget held by dual ascent. Equations: docs/models/boundary-training.md.

#include "ranvier/codec/codec.hpp"
#include "ranvier/codec/wire.hpp"
#include "ranvier/train/torch_compat.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace ranvier::train {

/// Traffic of a boundary, per neuron and channel [C], differentiable.
struct Traffic {
  torch::Tensor events;      // dense: 1
  torch::Tensor magnitude;   // mean |level|; steers `rans`
  double rans_bits = -1.0;   // link bits per neuron that real frames took; below 0: not measured
  double rans_price = -1.0;  // price_per_neuron when they were measured; below 0: that of now
};

/// Frames of equal size, of one sample.
struct BlockSize {
  int elements = 256;
  double frames = 1.0;  // weights; only their ratios matter
};

/// Expected link bits per neuron of a boundary cut into blocks of these sizes. Header, padding to
/// whole flits, lane tag and framing are included as expectations; kAuto is a soft minimum.
/// rans: what was measured, moved from then to now along the slopes of price_per_neuron.
/// Returns a scalar; differentiable.
torch::Tensor wire_bits_per_neuron(const Traffic& traffic, const codec::CodecSpec& spec,
                                   codec::WireKind wire, const codec::WireLayout& layout,
                                   std::span<const BlockSize> blocks);

/// The same for blocks of one size and channels that all send `events` events per neuron; without
/// rans.
torch::Tensor wire_bits_per_neuron(const torch::Tensor& events, const codec::CodecSpec& spec,
                                   codec::WireKind wire, const codec::WireLayout& layout,
                                   int block_elements);

/// Entropy [bits per neuron] of a memoryless source with these events and magnitudes per channel,
/// levels geometric (which no other distribution of that mean exceeds). Scalar; differentiable.
torch::Tensor entropy_per_neuron(const Traffic& traffic, const codec::CodecSpec& spec);

/// What events and levels are charged: that entropy, until one more event would be worth less than
/// kLeastEventBits; from there on each costs as much. Rises with events and with levels
/// everywhere, so a price never makes a boundary fire more. Scalar; differentiable.
torch::Tensor price_per_neuron(const Traffic& traffic, const codec::CodecSpec& spec);

inline constexpr double kLeastEventBits = 0.25;  // [bits per event], choice: little beside a sign

/// [C] channels that pass that point: an event more would hardly be more bits, or fewer.
torch::Tensor is_crowded(const Traffic& traffic, const codec::CodecSpec& spec);

enum class Objective : uint8_t { kLambda, kBudget };
enum class CostUnit : uint8_t { kEvents, kWireBits };  // events per neuron, or wire bits per neuron

struct SparsityOptions {
  Objective objective = Objective::kLambda;
  CostUnit unit = CostUnit::kWireBits;
  double lambda = 0.0;     // kLambda: the factor; kBudget: where the search starts (0 = 0.05)
  double target = 0.0;     // kBudget: cost per neuron to hold
  double ramp = 0.3;       // fraction of training over which lambda (or the target) is brought in
  double integral = 40.0;  // kBudget: gain on log(cost / target), summed over the whole training
  double proportional = 4.0;  // kBudget: gain on log(cost / target) now
  double servo_start = 0.7;   // kBudget: from this part of the training on thresholds follow too
  double servo = 0.05;        // kBudget: their gain on log(cost / target) per step
  double min_lambda = 1e-6;
  double max_lambda = 1e3;
};

/// Steers lambda. Per step: loss = task + lambda() * cost, then observe(cost) once.
/// kBudget keeps cost <= target; lambda falls to its minimum while the network needs less than its
/// budget.
class BudgetController {
 public:
  /// Errors: UserError when a value is outside its range (key "variants.<...>" prefix given by
  /// `key`).
  BudgetController(SparsityOptions options, int64_t total_steps,
                   std::string_view key = "objective");

  double lambda() const { return lambda_; }
  double current_target() const;  // the target of this step, ramped
  void observe(double cost);

  /// What the deployed network was found to pay now. Batches are augmented, normalised by
  /// themselves and coded with tables of few samples: from here on costs are scaled by the
  /// difference.
  void correct(double deployed);

  /// The budget does not bind: the network needs less, and lambda has given way.
  bool needs_less() const;

  /// What to add to the logs of all thresholds after this step: lambda acts through gradients,
  /// whose rate falls to nothing, this holds the target until the end. 0 before servo_start, and
  /// while the network needs less than its budget.
  double threshold_move() const;

  /// Everything that changes, for checkpoints: restore(state()) continues bit for bit.
  std::vector<double> state() const;
  void restore(std::span<const double> state);

 private:
  double progress() const;  // of the ramp, 0..1

  SparsityOptions options_;
  int64_t total_steps_;
  int64_t step_ = 0;
  double first_cost_ = 0.0;  // smoothed cost before the ramp
  double smooth_ = 0.0;      // running mean of the cost, as deployed
  double scale_ = 1.0;       // deployed cost over observed
  double log_lambda_ = 0.0;  // integral part
  double lambda_ = 0.0;
};

}  // namespace ranvier::train
