#pragma once
// The learned codec at a chip cut, as a module. It trains on the deployed grid (int16 currents,
// integer thresholds, int16 multipliers; straight through): the integer codec gives the same
// values. Equations: docs/models/boundary-training.md and docs/models/converter.md.

#include "ranvier/codec/codec.hpp"
#include "ranvier/codec/wire.hpp"
#include "ranvier/ir/activity.hpp"
#include "ranvier/train/boundary_counts.hpp"
#include "ranvier/train/framing.hpp"
#include "ranvier/train/kernels/grid.hpp"
#include "ranvier/train/kernels/surrogate.hpp"
#include "ranvier/train/processes.hpp"
#include "ranvier/train/sparsity.hpp"
#include "ranvier/train/torch_compat.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace ranvier::train {

class LossHook;

struct BoundaryOptions {
  std::string name;
  codec::CodecSpec spec;
  int64_t channels = 1;    // dim 1 of the input
  int64_t stands_for = 0;  // channels that they carry the content of (bottleneck); 0 = channels
  codec::WireKind wire = codec::WireKind::kAuto;
  Surrogate surrogate = Surrogate::kArctan;
  double surrogate_width = 0.5;  // [standard deviations of the channel]
  // rate: initial leak 1 - 2^-k, learned per channel, stepped path; 0 = none, closed form
  int leak_shift = 0;
};

enum class BoundaryMode : uint8_t {
  kTrain,     // float graph on the deployed grid, differentiable
  kDeployed,  // codec::Codec on int16 currents, no gradient; can record
  kBypass,    // unsigned: relu(a), signed: a; gathers channel statistics and calibration samples
};

class BoundaryImpl : public torch::nn::Module, public SharesBatch {
 public:
  /// Errors: UserError when the wire cannot carry the codec or a value is out of range (key = the
  /// boundary's name).
  explicit BoundaryImpl(BoundaryOptions options);

  /// Activation before its nonlinearity -> value at the far chip. Shape: [N, C, ...] float32.
  torch::Tensor forward(const torch::Tensor& a);

  void set_mode(BoundaryMode mode) { mode_ = mode; }
  BoundaryMode mode() const { return mode_; }
  const BoundaryOptions& options() const { return options_; }
  const BoundaryCost& cost() const { return cost_; }
  RansMeter& rans_meter() { return rans_; }  // for checkpoints
  const BoundaryCounts& counts() const { return counts_; }
  void reset_counts() { counts_ = {}; }

  /// Keep the inputs of up to `samples` samples; calibrate() or revive() then uses and drops them.
  void capture(int64_t samples);
  const torch::Tensor& captured() const { return captured_; }

  /// Per-channel step and threshold of least mean square error against the bypass value. Shape:
  /// samples [S, C, ...]. Cost: O(samples x candidates).
  void calibrate(const torch::Tensor& samples);
  void calibrate() {
    calibrate(captured_);
    captured_ = torch::Tensor();
  }

  /// Brings back the channels that are dead or saturated in counts(), which must be those of the
  /// captured samples: of a dead one the largest `share` of its elements fires again, of a
  /// saturated one only the largest `share` stays at the highest level. A channel without positive
  /// input stays dead: there is nothing to send. Returns how many were changed; resets the counts.
  Revived revive(double share);

  /// Adds to the log of every learned threshold (dense: step), without gradients; a fall leaves out
  /// the channels in `crowded` [C], to which more events would not bring more bits.
  void move_thresholds(double by, const torch::Tensor& crowded);
  torch::Tensor crowded() const { return is_crowded(traffic_, options_.spec); }  // last kTrain pass

  void set_framing(Framing framing);  // in which it crosses; else in even ones

  /// kDeployed: append every forward to record() (currents, symbols, values in CHW order).
  void set_recording(bool on) { recording_ = on; }
  const ir::BoundaryActivity& record() const { return record_; }
  ir::BoundaryActivity take_record();

  /// kDeployed: gives what these links leave of the values; null: all of them. Counts and records
  /// stay those of what was sent.
  void set_loss(std::shared_ptr<LossHook> loss) { loss_ = std::move(loss); }

  /// Neurons of this boundary per activation that they stand for: below 1 behind a bottleneck.
  double share() const;

  /// The integers as deployed.
  codec::BoundaryParams params() const;
  std::vector<float> gains() const;  // [C] current per unit of activation

  // Learned per channel [C], as natural logs of real units; the optimiser does not decay them.
  torch::Tensor log_step, log_threshold, log_scale;
  torch::Tensor leak_logit;         // only with a leak
  torch::Tensor log_gap, log_rise;  // ttfs: logs of the steps between thresholds [T-1], values [T]
  torch::Tensor sigma;  // buffer: running standard deviation of the input, the surrogate's scale

 private:
  Grid grid() const;
  torch::Tensor forward_train(const torch::Tensor& a);
  torch::Tensor forward_stepped(const torch::Tensor& a);
  torch::Tensor forward_straight(const torch::Tensor& a);
  struct Smooth {  // [N, C, P]: what gradients flow through; no signs
    torch::Tensor value, events, magnitude;
  };
  Smooth smooth_topk(const torch::Tensor& flat, const torch::Tensor& level) const;
  Smooth smooth_ttfs(const torch::Tensor& flat, const torch::Tensor& level, const Grid& now) const;
  std::vector<double> calibrate_levels(const torch::Tensor& rows);
  void reset_channel(int64_t c, double at, bool fires);
  void update_moments(const torch::Tensor& flat);
  void frame_evenly(int64_t elements);
  void renew_rans(const torch::Tensor& a);
  double measure_rans(const torch::Tensor& a) const;
  ProcessesPtr sharers() const { return is_training() ? processes() : one_process(); }
  torch::Tensor forward_deployed(const torch::Tensor& a);
  torch::Tensor forward_bypass(const torch::Tensor& a);
  void update_sigma(const std::vector<double>& sum, const std::vector<double>& square_sum,
                    int64_t values);
  void finish_cost(const torch::Tensor& events, const torch::Tensor& magnitude,
                   const torch::Tensor& a);
  void count(int64_t samples, int64_t neurons, const std::vector<int64_t>& events,
             const std::vector<int64_t>& saturated);
  void count_levels(const torch::Tensor& level);
  void record_samples(const codec::Codec& coder, std::span<const int16_t> current,
                      std::span<const uint16_t> channel, std::span<const int32_t> value,
                      int64_t samples);

  BoundaryOptions options_;
  BoundaryMode mode_ = BoundaryMode::kTrain;
  BoundaryCost cost_;
  Traffic traffic_;  // of the last kTrain forward, without gradients
  RansMeter rans_;
  Framing framing_;
  std::vector<BlockSize> block_sizes_;  // of framing_
  bool is_framed_ = false;              // by set_framing
  BoundaryCounts counts_;
  bool recording_ = false;
  ir::BoundaryActivity record_;
  std::shared_ptr<LossHook> loss_;
  int64_t capture_left_ = 0;
  torch::Tensor captured_;
};
TORCH_MODULE(Boundary);

}  // namespace ranvier::train
