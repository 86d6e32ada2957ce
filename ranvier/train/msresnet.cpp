// Membrane-shortcut residual network (Hu et al. 2021, "Advancing residual learning towards powerful
// deep spiking neural networks"), which as a dense network is a pre-activation ResNet (He et al.
// 2016).

#include "ranvier/train/models.hpp"
#include "ranvier/train/models_internal.hpp"
#include "ranvier/train/norm.hpp"

#include <fmt/format.h>

namespace ranvier::train {

namespace {

namespace nn = torch::nn;
using torch::Tensor;

nn::Conv2d make_conv(int in, int out, int kernel, int stride) {
  return nn::Conv2d(
      nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false));
}

/// [N, ...] -> [T * N, ...], the same at every step.
Tensor repeat_steps(const Tensor& x, int steps) {
  return steps == 1 ? x : torch::cat(std::vector<Tensor>(static_cast<size_t>(steps), x));
}

/// x -> shortcut + conv2(act2(bn2(conv1(a)))) with a = act1(bn1(x)); a changed shape takes
/// projection(a) as shortcut.
class Block : public nn::Module {
 public:
  Block(int in, int out, int stride, std::shared_ptr<Site> act1, std::shared_ptr<Site> act2)
      : bn1_(register_module("bn1", Norm(in))),
        act1_(register_module("act1", std::move(act1))),
        conv1_(register_module("conv1", make_conv(in, out, 3, stride))),
        bn2_(register_module("bn2", Norm(out))),
        act2_(register_module("act2", std::move(act2))),
        conv2_(register_module("conv2", make_conv(out, out, 3, 1))),
        residual_(register_module("residual", Quantiser(true))) {
    if (in != out || stride != 1) {
      projection_ = register_module("projection", make_conv(in, out, 1, stride));
    }
  }

  /// `repeat` steps are made of one where the input does not change over time.
  Tensor forward(const Tensor& x, int repeat) {
    const Tensor a = act1_->forward(repeat_steps(bn1_(x), repeat));
    const Tensor shortcut = projection_ ? projection_(a) : repeat_steps(x, repeat);
    return residual_(shortcut) + conv2_(act2_->forward(bn2_(conv1_(a))));
  }

  void fold_thresholds() {
    scale_inputs(conv1_->weight, *act1_);
    if (projection_) scale_inputs(projection_->weight, *act1_);
    scale_inputs(conv2_->weight, *act2_);
  }

  bool has_projection() const { return !projection_.is_empty(); }

 private:
  Norm bn1_;
  std::shared_ptr<Site> act1_;
  nn::Conv2d conv1_;
  Norm bn2_;
  std::shared_ptr<Site> act2_;
  nn::Conv2d conv2_;
  Quantiser residual_;
  nn::Conv2d projection_{nullptr};
};

class MsResnet : public Model {
 public:
  explicit MsResnet(ModelSpec given) : Model(std::move(given)) {
    const auto& net = spec().network;
    int channels = net.widths.front();
    stem_ = register_module("stem", make_conv(spec().image.channels, channels, 3, 1));
    std::string previous = "stem";
    std::string cut;
    for (size_t s = 0; s < net.widths.size(); ++s) {
      const std::string stage_name = fmt::format("stage{}", s + 1);
      auto stage = register_module(stage_name, std::make_shared<nn::Module>("stage"));
      for (int b = 0; b < net.blocks[s]; ++b) {
        const std::string name = fmt::format("{}.block{}", stage_name, b + 1);
        auto block = std::make_shared<Block>(channels, net.widths[s], stride_of(s, b),
                                             make_site(previous, channels, cut),
                                             make_site(name + ".conv1", net.widths[s], ""));
        stage->register_module(fmt::format("block{}", b + 1), block);
        blocks_.push_back(block);
        names_.push_back(name);
        channels = net.widths[s];
        previous = name + ".conv2";
        cut.clear();
      }
      cut = stage_name;
    }
    bn_ = register_module("head_bn", Norm(channels));
    act_ = register_module("head_act", make_site(previous, channels, cut));
    head_ = register_module("head", nn::Linear(channels, spec().classes));
    initialise();
  }

  Tensor forward(const Tensor& images) override {
    Tensor x = stem_(is_channels_last() ? images : images.contiguous());
    int repeat = spec().time_steps();
    for (const auto& block : blocks_) {
      x = block->forward(x, repeat);
      repeat = 1;
    }
    const Tensor pooled = act_->forward(bn_(x)).mean({2, 3});
    return mean_over_steps(head_(pooled));
  }

  void fold_thresholds() override {
    for (const auto& block : blocks_) block->fold_thresholds();
    scale_inputs(head_->weight, *act_);
  }

 protected:
  std::vector<ir::Layer> layers() const override {
    LayerList list;
    const auto& net = spec().network;
    int from = list.add_input(spec().image);
    from = list.add_conv("stem", from, net.widths.front(), 3, 1);
    size_t index = 0;
    for (size_t s = 0; s < net.widths.size(); ++s) {
      from = narrowed(list, from, s);
      for (int b = 0; b < net.blocks[s]; ++b, ++index) {
        const auto& name = names_[index];
        const int conv1 = list.add_conv(name + ".conv1", from, net.widths[s], 3, stride_of(s, b));
        const int shortcut =
            blocks_[index]->has_projection()
                ? list.add_conv(name + ".projection", from, net.widths[s], 1, stride_of(s, b))
                : from;
        from = list.add_conv(name + ".conv2", conv1, net.widths[s], 3, 1);
        list.layers.back().residual = shortcut;
      }
    }
    from = narrowed(list, from, net.widths.size());
    list.add_pool_linear("head", from, spec().classes);
    return list.layers;
  }

 private:
  /// What stage `stage` (counted from 0) reads: the layer before it, behind a bottleneck if the cut
  /// there has one.
  int narrowed(LayerList& list, int from, size_t stage) const {
    const bool is_first = stage == 0;
    if (is_first || !has_bottleneck_at(fmt::format("stage{}", stage))) return from;
    return list.add_bottleneck(from, spec().bottleneck);
  }

  static int stride_of(size_t stage, int block) { return stage > 0 && block == 0 ? 2 : 1; }

  nn::Conv2d stem_{nullptr};
  std::vector<std::shared_ptr<Block>> blocks_;
  std::vector<std::string> names_;
  Norm bn_{nullptr};
  std::shared_ptr<Site> act_;
  nn::Linear head_{nullptr};
};

}  // namespace

std::shared_ptr<Model> make_msresnet(const ModelSpec& spec) {
  return std::make_shared<MsResnet>(spec);
}

}  // namespace ranvier::train
