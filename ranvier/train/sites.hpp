#pragma once
// Where a nonlinearity stands in a network: a ReLU, a boundary codec or spiking neurons, behind one
// interface.

#include "ranvier/train/boundary.hpp"
#include "ranvier/train/lif.hpp"
#include "ranvier/train/settings.hpp"
#include "ranvier/train/torch_compat.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace ranvier::train {

/// What the network computes with: float; float while ranges are measured, or chosen; or the
/// deployed integers.
enum class Arithmetic : uint8_t { kFloat, kMeasure, kChoose, kDeployed };

/// 8-bit rounding of a dense tensor, one scale for all of it. kMeasure finds the largest magnitude,
/// kChoose the range below it with the least squared error: a few large values would make all
/// others coarse. The range is chosen when kChoose ends.
class QuantiserImpl : public torch::nn::Module {
 public:
  explicit QuantiserImpl(bool is_signed);
  torch::Tensor forward(const torch::Tensor& x);
  void set_arithmetic(Arithmetic arithmetic);

 private:
  torch::Tensor rounded(const torch::Tensor& x, double range) const;

  bool is_signed_;
  Arithmetic arithmetic_ = Arithmetic::kFloat;
  torch::Tensor largest_;               // buffer, scalar: the magnitude of the last level
  std::vector<double> squared_errors_;  // in kChoose, of every candidate range
};
TORCH_MODULE(Quantiser);

/// One nonlinearity. `layer` names the IR layer whose output it is.
class Site : public torch::nn::Module {
 public:
  explicit Site(std::string layer) : layer_(std::move(layer)) {}
  const std::string& layer() const { return layer_; }
  virtual torch::Tensor forward(const torch::Tensor& x) = 0;

 private:
  std::string layer_;
};

/// max(0, x), in 8 bits when deployed.
class ReluSite : public Site {
 public:
  explicit ReluSite(std::string layer);
  torch::Tensor forward(const torch::Tensor& x) override;

 private:
  Quantiser quantiser_;
};

/// Learned projection around a codec: relu, C -> width before it, width -> C and relu after it;
/// without the relus where a signed tensor crosses. Two convolutions without bias, one on each
/// chip, deployed as every dense layer; with a kernel above 1 they see neighbouring pixels, with a
/// stride the second is transposed.
class BottleneckImpl : public torch::nn::Module {
 public:
  BottleneckImpl(int64_t channels, Projection projection, bool is_signed = false);

  /// The tensor as it would cross without a codec.
  torch::Tensor rectified(const torch::Tensor& x) const;

  /// Shape: [N, C, H, W] before its nonlinearity -> [N, width, H / stride, W / stride]; or
  /// [N, C] -> [N, width].
  torch::Tensor squeeze(const torch::Tensor& x);
  /// Back.
  torch::Tensor expand(const torch::Tensor& x);

  /// The projection that keeps most of the power of these activations (principal axes through 0, of
  /// patches of stride x stride), in the middle of the kernel.
  /// Shape: [S, C, ...], before their nonlinearity.
  void calibrate(const torch::Tensor& samples);

 private:
  Projection projection_;
  bool is_signed_;
  torch::nn::Conv2d squeeze_ = nullptr;
  torch::nn::Conv2d expand_ = nullptr;
  Quantiser near_;
  Quantiser far_;
};
TORCH_MODULE(Bottleneck);

/// A codec, behind a bottleneck or alone.
class BoundarySite : public Site {
 public:
  BoundarySite(std::string layer, Boundary boundary, Bottleneck bottleneck = nullptr);
  torch::Tensor forward(const torch::Tensor& x) override;
  const Boundary& boundary() const { return boundary_; }
  bool has_bottleneck() const { return !bottleneck_.is_empty(); }

  /// Keeps up to `samples` inputs of kBypass; calibrate() sets projection and codec from them.
  void capture(int64_t samples);
  void calibrate();

 private:
  Boundary boundary_;
  Bottleneck bottleneck_ = nullptr;
  int64_t capture_left_ = 0;
  torch::Tensor captured_;
};

/// What spiking neurons stand for, and where.
struct LifSiteOptions {
  int steps = 1;
  bool at_cut = false;
  bool is_signed = false;  // spikes -1, 0, +1 of a signed tensor; else of its ReLU
  bool is_scaled = false;  // gives spikes times their threshold
};

/// Spiking neurons; time is folded into the batch, step by step: [T * N, C, ...].
class LifSite : public Site {
 public:
  LifSite(std::string layer, LifLayer lif, const LifSiteOptions& options);
  torch::Tensor forward(const torch::Tensor& x) override;
  const LifLayer& lif() const { return lif_; }
  bool at_cut() const { return options_.at_cut; }
  bool is_signed() const { return options_.is_signed; }

  /// Sets thresholds from the input of the next forward, which gives the ReLU of it (signed: it).
  void calibrate_next() { calibrate_ = true; }
  /// Keeps the spikes of the last forward, [T, N, C, ...].
  void set_recording(bool on) { recording_ = on; }
  const torch::Tensor& spikes() const { return spikes_; }
  /// Gives what these links leave of the spikes; null: all of them.
  void set_loss(std::shared_ptr<LossHook> loss) { loss_ = std::move(loss); }

 private:
  LifLayer lif_;
  LifSiteOptions options_;
  bool calibrate_ = false;
  bool recording_ = false;
  torch::Tensor spikes_;
  std::shared_ptr<LossHook> loss_;
};

/// Multiplies a weight [out, in, ...] (depthwise: [channels, 1, ...]) that reads spikes of `source`
/// by their thresholds, so that spikes per step stand for the activations that the weight was
/// trained on. Nothing happens for other sites.
void scale_inputs(torch::Tensor& weight, const Site& source);

}  // namespace ranvier::train
