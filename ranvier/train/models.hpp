#pragma once
// Networks that can be built dense, hybrid or spiking from one description, and exported as IR.

#include "ranvier/ir/network.hpp"
#include "ranvier/train/boundaries.hpp"
#include "ranvier/train/processes.hpp"
#include "ranvier/train/settings.hpp"
#include "ranvier/train/sites.hpp"
#include "ranvier/train/torch_compat.hpp"

#include <memory>
#include <string>
#include <vector>

namespace ranvier::train {

/// What to build.
struct ModelSpec {
  NetworkSettings network;
  ir::Shape image{3, 32, 32};
  int classes = 10;
  ir::NetworkKind kind = ir::NetworkKind::kAnn;  // kAnn with a codec: dense boundaries at the cuts
  bool has_boundaries = false;                   // false: ReLU at the cuts too
  codec::CodecSpec codec;
  Projection bottleneck = {};  // before the codec
  codec::WireKind wire = codec::WireKind::kAuto;
  Surrogate surrogate = Surrogate::kArctan;
  int steps = 1;  // T of an SNN
  uint64_t seed = 1;

  bool is_spiking() const { return kind == ir::NetworkKind::kSnn; }
  int time_steps() const { return is_spiking() ? steps : 1; }
};

/// A network. Parameters start from `spec.seed` alone.
class Model : public torch::nn::Module {
 public:
  explicit Model(ModelSpec spec) : spec_(std::move(spec)) {}
  const ModelSpec& spec() const { return spec_; }

  /// Shape: images [N, C, H, W] -> logits [N, classes]; bytes [N, L] -> [N L, classes].
  virtual torch::Tensor forward(const torch::Tensor& inputs) = 0;

  /// After thresholds are calibrated: weights that were trained on activations take spikes instead
  /// (scale_inputs).
  virtual void fold_thresholds() = 0;

  /// The layers as the hardware sees them, with the boundaries' present integers.
  ir::Network describe() const;

  std::vector<Boundary> boundaries() const;
  std::vector<std::shared_ptr<BoundarySite>> boundary_sites() const;
  std::vector<std::shared_ptr<LifSite>> spiking_sites() const;

  /// Weights and norms, and apart from them the log-parameters of boundaries and neurons.
  std::vector<torch::Tensor> network_parameters() const;
  std::vector<torch::Tensor> boundary_parameters() const;

  void set_arithmetic(Arithmetic arithmetic);
  void set_boundary_mode(BoundaryMode mode);
  /// [boundary], in the order of describe(); none: even ones.
  void set_framings(const std::vector<Framing>& framings);

  /// Who shares the batches of its training.
  void set_processes(const ProcessesPtr& processes);

  /// Copies every parameter and buffer that `other` has under the same name and shape.
  void warm_start(const Model& other);

 protected:
  virtual std::vector<ir::Layer> layers() const = 0;
  std::shared_ptr<Site> make_site(const std::string& layer, int channels, const std::string& cut);
  /// What linear layers of an SNN read in place of a signed tensor; nothing in other networks.
  std::shared_ptr<Site> make_code_site(const std::string& layer, int channels) const;
  /// The codec of a signed stream behind `cut`, or its spikes times their threshold; nothing where
  /// the stream is not cut.
  std::shared_ptr<Site> make_stream_site(const std::string& layer, int channels,
                                         const std::string& cut) const;
  bool is_spiking() const { return spec_.is_spiking(); }
  /// Shape: [T N, classes], step by step -> [N, classes].
  torch::Tensor mean_over_steps(const torch::Tensor& logits) const;
  bool is_cut(const std::string& name) const;
  bool has_bottleneck_at(const std::string& cut) const;
  std::shared_ptr<Site> make_boundary_site(const std::string& layer, int channels,
                                           const std::string& cut, bool is_stream) const;
  std::shared_ptr<Site> make_signed_neurons(const std::string& layer, int channels,
                                            bool at_cut) const;
  bool is_channels_last() const;
  void initialise();

 private:
  ModelSpec spec_;
};

/// A network that reads a text from left to right.
class LanguageModel : public Model {
 public:
  using Model::Model;

  /// The next bytes of N texts, L of each, after those that `state` has seen (empty: none; it is
  /// moved past them). A text in one call or in pieces gives the same logits, up to the rounding of
  /// matrix products of other sizes. Shape: int64 [N, L] -> [N L, classes].
  virtual torch::Tensor advance(const torch::Tensor& bytes, std::vector<torch::Tensor>& state) = 0;

  torch::Tensor forward(const torch::Tensor& bytes) override {
    std::vector<torch::Tensor> state;
    return advance(bytes, state);
  }
};

std::shared_ptr<Model> make_model(const ModelSpec& spec);

}  // namespace ranvier::train
