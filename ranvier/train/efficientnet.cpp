// EfficientNet B0 to B4 (Tan and Le 2019, arXiv 1905.11946): mobile inverted bottlenecks with
// squeeze and excitation. What crosses a cut is the linear output of a stage, which has two signs.
// Kinds and what a spiking one computes: docs/models/training.md.

#include "ranvier/core/error.hpp"
#include "ranvier/train/models_internal.hpp"
#include "ranvier/train/norm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace ranvier::train {

namespace {

namespace nn = torch::nn;
using torch::Tensor;

/// Blocks of one stage of B0 (table 1).
struct Stage {
  int expansion;
  int kernel;
  int stride;  // of the first block
  int channels;
  int blocks;
};

constexpr std::array<Stage, kEfficientNetStages> kStages{{{1, 3, 1, 16, 1},
                                                          {6, 3, 2, 24, 2},
                                                          {6, 5, 2, 40, 2},
                                                          {6, 3, 2, 80, 3},
                                                          {6, 5, 1, 112, 3},
                                                          {6, 5, 2, 192, 4},
                                                          {6, 3, 1, 320, 1}}};
constexpr int kStem = 32;
constexpr int kTop = 1280;
constexpr int kSqueeze = 4;  // channels of a block's input per channel of its squeeze
constexpr int kStemKernel = 3;
constexpr const char* kStream = ".stream";  // behind the name of a stage that a spiking cut follows

/// Width and depth of B0 to B4, as in the authors' code.
struct Scale {
  double width;
  double depth;
};
constexpr std::array<Scale, 5> kScales{
    {{1.0, 1.0}, {1.0, 1.1}, {1.1, 1.2}, {1.2, 1.4}, {1.4, 1.8}}};

/// The nearest multiple of 8, but not more than a tenth below.
int to_eights(double channels) {
  constexpr int kMultiple = 8;
  const int nearest = std::max(kMultiple, static_cast<int>(channels / kMultiple + 0.5) * kMultiple);
  return nearest < 0.9 * channels ? nearest + kMultiple : nearest;
}

nn::Conv2d make_conv(int in, int out, int kernel, int stride, int groups = 1) {
  return nn::Conv2d(nn::Conv2dOptions(in, out, kernel)
                        .stride(stride)
                        .padding(kernel / 2)
                        .groups(groups)
                        .bias(false));
}

/// One block as numbers.
struct BlockShape {
  std::string name;
  int in = 0;
  int wide = 0;  // channels between expansion and projection
  int out = 0;
  int kernel = 3;
  int stride = 1;

  bool expands() const { return wide != in; }
  bool has_shortcut() const { return stride == 1 && in == out; }
  int squeezed() const { return std::max(1, in / kSqueeze); }
};

/// Neurons of a spiking block; none in other networks.
struct BlockSites {
  std::shared_ptr<Site> input;   // signed, of the stream that the first convolution reads
  std::shared_ptr<Site> expand;  // none either where nothing expands
  std::shared_ptr<Site> squeeze;
  std::shared_ptr<Site> gated;
};

/// Spikes of x; x where there are no neurons.
Tensor fired(const std::shared_ptr<Site>& neurons, const Tensor& x) {
  return neurons ? neurons->forward(x) : x;
}

/// project(gate * depthwise(expand(x))), and x where the shape stays; every operand of a
/// multiplication in 8 bits when deployed.
class Block : public nn::Module {
 public:
  Block(const BlockShape& shape, BlockSites neurons)
      : has_shortcut_(shape.has_shortcut()),
        neurons_(std::move(neurons)),
        stream_(register_module("stream", Quantiser(true))),
        depthwise_(register_module("depthwise", make_conv(shape.wide, shape.wide, shape.kernel,
                                                          shape.stride, shape.wide))),
        depthwise_bn_(register_module("depthwise_bn", Norm(shape.wide))),
        spatial_range_(register_module("spatial_range", Quantiser(true))),
        squeeze_(register_module("squeeze", nn::Linear(shape.wide, shape.squeezed()))),
        squeeze_range_(register_module("squeeze_range", Quantiser(true))),
        excite_(register_module("excite", nn::Linear(shape.squeezed(), shape.wide))),
        gate_range_(register_module("gate_range", Quantiser(false))),
        gated_range_(register_module("gated_range", Quantiser(true))),
        project_(register_module("project", make_conv(shape.wide, shape.out, 1, 1))),
        project_bn_(register_module("project_bn", Norm(shape.out))) {
    register_neurons();
    if (!shape.expands()) return;
    expand_ = register_module("expand", make_conv(shape.in, shape.wide, 1, 1));
    expand_bn_ = register_module("expand_bn", Norm(shape.wide));
    expand_range_ = register_module("expand_range", Quantiser(true));
  }

  Tensor forward(const Tensor& x) {
    const Tensor from = stream_(x);
    Tensor wide = fired(neurons_.input, from);
    if (expand_) wide = activated(neurons_.expand, expand_range_, expand_bn_(expand_(wide)));
    const Tensor current = depthwise_bn_(depthwise_(wide));
    const Tensor spatial = spatial_range_(torch::silu(current));
    const Tensor squeezed =
        activated(neurons_.squeeze, squeeze_range_, squeeze_(spatial.mean({2, 3})));
    const Tensor gate = gate_range_(torch::sigmoid(excite_(squeezed))).unsqueeze(2).unsqueeze(3);
    // Neurons behind the gate take the positive part; SiLU of every step would not average out.
    const Tensor gated =
        neurons_.gated ? neurons_.gated->forward(current * gate) : gated_range_(spatial * gate);
    const Tensor out = project_bn_(project_(gated));
    return has_shortcut_ ? from + out : out;
  }

  void fold_thresholds() {
    if (!neurons_.input) return;
    scale_inputs(expand_ ? expand_->weight : depthwise_->weight, *neurons_.input);
    if (expand_) scale_inputs(depthwise_->weight, *neurons_.expand);
    scale_inputs(excite_->weight, *neurons_.squeeze);
    scale_inputs(project_->weight, *neurons_.gated);
  }

 private:
  /// Spikes of the positive part; SiLU, in 8 bits when deployed, where there are no neurons.
  static Tensor activated(const std::shared_ptr<Site>& neurons, Quantiser& range, const Tensor& x) {
    return neurons ? neurons->forward(x) : range(torch::silu(x));
  }

  void register_neurons() {
    if (!neurons_.input) return;
    register_module("input_neurons", neurons_.input);
    if (neurons_.expand) register_module("expand_neurons", neurons_.expand);
    register_module("squeeze_neurons", neurons_.squeeze);
    register_module("gated_neurons", neurons_.gated);
  }

  bool has_shortcut_;
  BlockSites neurons_;
  Quantiser stream_;
  nn::Conv2d expand_{nullptr};
  Norm expand_bn_{nullptr};
  Quantiser expand_range_{nullptr};
  nn::Conv2d depthwise_;
  Norm depthwise_bn_;
  Quantiser spatial_range_;
  nn::Linear squeeze_;
  Quantiser squeeze_range_;
  nn::Linear excite_;
  Quantiser gate_range_;
  Quantiser gated_range_;
  nn::Conv2d project_;
  Norm project_bn_;
};

class EfficientNet : public Model {
 public:
  explicit EfficientNet(ModelSpec given) : Model(std::move(given)) {
    const int stem = channels_of(kStem);
    stem_ = register_module(
        "stem", make_conv(spec().image.channels, stem, kStemKernel, spec().network.stem_stride));
    stem_bn_ = register_module("stem_bn", Norm(stem));
    int in = stem;
    for (int s = 0; s < kEfficientNetStages; ++s) in = add_stage(s, in);
    const int top = channels_of(kTop);
    top_input_ = make_code_site(stream_, in);
    if (top_input_) register_module("top_input", top_input_);
    top_range_ = register_module("top_range", Quantiser(true));
    top_ = register_module("top", make_conv(in, top, 1, 1));
    top_bn_ = register_module("top_bn", Norm(top));
    if (is_spiking()) top_neurons_ = register_module("top_neurons", make_site("top", top, ""));
    head_range_ = register_module("head_range", Quantiser(true));
    head_ = register_module("head", nn::Linear(top, spec().classes));
    initialise();
  }

  Tensor forward(const Tensor& images) override {
    Tensor x = torch::silu(stem_bn_(stem_(images)));
    const int steps = spec().time_steps();
    if (steps > 1) x = x.repeat({steps, 1, 1, 1}).contiguous(x.suggest_memory_format());
    for (auto& stage : stages_) {
      for (const auto& block : stage.blocks) x = block->forward(x);
      if (stage.cut) x = stage.cut->forward(x);
    }
    x = top_bn_(top_(fired(top_input_, top_range_(x))));
    x = top_neurons_ ? top_neurons_->forward(x) : head_range_(torch::silu(x));
    return mean_over_steps(head_(x.mean({2, 3})));
  }

  void fold_thresholds() override {
    for (const auto& stage : stages_) {
      for (const auto& block : stage.blocks) block->fold_thresholds();
    }
    if (!is_spiking()) return;
    scale_inputs(top_->weight, *top_input_);
    scale_inputs(head_->weight, *top_neurons_);
  }

 protected:
  std::vector<ir::Layer> layers() const override {
    LayerList list;
    int from = list.add_conv("stem", list.add_input(spec().image), channels_of(kStem), kStemKernel,
                             spec().network.stem_stride);
    for (const auto& stage : stages_) {
      for (const auto& shape : stage.shapes) from = add_layers(list, shape, from);
      if (has_bottleneck_at(stage.name)) from = list.add_bottleneck(from, spec().bottleneck);
      // On the far chip: spikes become the stream again.
      if (is_spiking() && is_cut(stage.name)) from = list.add_depthwise(stage.name + kStream, from);
    }
    from = list.add_conv("top", from, channels_of(kTop), 1, 1);
    list.add_pool_linear("head", from, spec().classes);
    return list.layers;
  }

 private:
  struct Built {
    std::string name;
    std::vector<BlockShape> shapes;
    std::vector<std::shared_ptr<Block>> blocks;
    std::shared_ptr<Site> cut;  // none: the stream stays on the chip
  };

  const Scale& scale() const { return kScales.at(static_cast<size_t>(spec().network.scale)); }
  int channels_of(int of_b0) const {
    return to_eights(of_b0 * scale().width * spec().network.width_factor);
  }
  int blocks_of(int of_b0) const {
    return static_cast<int>(std::ceil(of_b0 * scale().depth * spec().network.depth_factor));
  }

  /// Registers stage `s` behind `in` channels; returns its channels.
  int add_stage(int s, int in) {
    const Stage& stage = kStages[static_cast<size_t>(s)];
    const std::string name = fmt::format("stage{}", s + 1);
    auto module = register_module(name, std::make_shared<nn::Module>("stage"));
    Built built{.name = name, .shapes = {}, .blocks = {}, .cut = nullptr};
    for (int b = 0; b < blocks_of(stage.blocks); ++b) {
      BlockShape shape{.name = fmt::format("{}.block{}", name, b + 1),
                       .in = in,
                       .wide = in * stage.expansion,
                       .out = channels_of(stage.channels),
                       .kernel = stage.kernel,
                       .stride = b == 0 ? stage.stride : 1};
      built.blocks.push_back(std::make_shared<Block>(shape, make_neurons(shape)));
      stream_ = shape.name + ".project";
      module->register_module(fmt::format("block{}", b + 1), built.blocks.back());
      in = shape.out;
      built.shapes.push_back(std::move(shape));
    }
    built.cut = make_stream_site(built.shapes.back().name + ".project", in, name);
    if (built.cut) module->register_module("cut", built.cut);
    if (built.cut && is_spiking()) stream_ = name + kStream;
    stages_.push_back(std::move(built));
    return in;
  }

  BlockSites make_neurons(const BlockShape& shape) {
    if (!is_spiking()) return {};
    BlockSites sites;
    sites.input = make_code_site(stream_, shape.in);
    if (shape.expands()) sites.expand = make_site(shape.name + ".expand", shape.wide, "");
    sites.squeeze = make_site(shape.name + ".squeeze", shape.squeezed(), "");
    sites.gated = make_site(shape.name + ".gated", shape.wide, "");
    return sites;
  }

  int add_layers(LayerList& list, const BlockShape& shape, int from) const {
    int wide = from;
    if (shape.expands()) wide = list.add_conv(shape.name + ".expand", from, shape.wide, 1, 1);
    const int spatial =
        list.add_depthwise(shape.name + ".depthwise", wide, shape.kernel, shape.stride);
    list.layers.back().gives_currents = is_spiking();
    const int squeeze = list.add_pool_linear(shape.name + ".squeeze", spatial, shape.squeezed());
    const int excite = list.add_linear(shape.name + ".excite", squeeze, shape.wide);
    list.layers.back().gives_currents = is_spiking();
    int gated = spatial;
    if (is_spiking()) {  // a gate multiplies currents; the neurons are behind it
      gated = list.add_depthwise(shape.name + ".gated", spatial);
      list.layers.back().gate = excite;
    }
    const int project = list.add_conv(shape.name + ".project", gated, shape.out, 1, 1);
    if (!is_spiking()) list.layers.back().gate = excite;
    if (shape.has_shortcut()) list.layers.back().residual = from;
    return project;
  }

  nn::Conv2d stem_{nullptr};
  Norm stem_bn_{nullptr};
  std::string stream_ = "stem";  // the layer that gives the stream so far
  std::vector<Built> stages_;
  std::shared_ptr<Site> top_input_;    // of a spiking network
  std::shared_ptr<Site> top_neurons_;  // the same
  Quantiser top_range_{nullptr};
  nn::Conv2d top_{nullptr};
  Norm top_bn_{nullptr};
  Quantiser head_range_{nullptr};
  nn::Linear head_{nullptr};
};

}  // namespace

std::shared_ptr<Model> make_efficientnet(const ModelSpec& spec) {
  return std::make_shared<EfficientNet>(spec);
}

}  // namespace ranvier::train
