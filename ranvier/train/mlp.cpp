// Multi-layer perceptron: linear, BatchNorm, activation per hidden layer, then a linear classifier.

#include "ranvier/core/error.hpp"
#include "ranvier/train/models_internal.hpp"
#include "ranvier/train/norm.hpp"

#include <fmt/format.h>

namespace ranvier::train {

namespace {

namespace nn = torch::nn;
using torch::Tensor;

class Mlp : public Model {
 public:
  explicit Mlp(ModelSpec given) : Model(std::move(given)) {
    int64_t in = spec().image.size();
    for (const int units : spec().network.hidden) {
      const std::string name = fmt::format("fc{}", linears_.size() + 1);
      linears_.push_back(
          register_module(name, nn::Linear(nn::LinearOptions(in, units).bias(false))));
      norms_.push_back(register_module(name + "_bn", Norm(units)));
      sites_.push_back(make_site(name, units, name));
      register_module(name + "_act", sites_.back());
      in = units;
    }
    head_ = register_module("head", nn::Linear(in, spec().classes));
    initialise();
  }

  Tensor forward(const Tensor& images) override {
    const int steps = spec().kind == ir::NetworkKind::kSnn ? spec().steps : 1;
    Tensor x = images.contiguous().flatten(1);
    for (size_t i = 0; i < linears_.size(); ++i) {
      x = norms_[i](linears_[i](x));
      if (i == 0 && steps > 1) x = x.repeat({steps, 1});
      x = sites_[i]->forward(x);
    }
    const Tensor logits = head_(x);
    return steps == 1 ? logits : logits.view({steps, -1, logits.size(1)}).mean(0);
  }

  void fold_thresholds() override {
    for (size_t i = 1; i < linears_.size(); ++i) scale_inputs(linears_[i]->weight, *sites_[i - 1]);
    scale_inputs(head_->weight, *sites_.back());
  }

 protected:
  std::vector<ir::Layer> layers() const override {
    LayerList list;
    int from = list.add_input(spec().image);
    for (size_t i = 0; i < linears_.size(); ++i) {
      const std::string name = fmt::format("fc{}", i + 1);
      from = list.add_linear(name, from, spec().network.hidden[i]);
      if (has_bottleneck_at(name)) from = list.add_bottleneck(from, spec().bottleneck);
    }
    list.add_linear("head", from, spec().classes);
    return list.layers;
  }

 private:
  std::vector<nn::Linear> linears_;
  std::vector<Norm> norms_;
  std::vector<std::shared_ptr<Site>> sites_;
  nn::Linear head_{nullptr};
};

}  // namespace

std::shared_ptr<Model> make_mlp(const ModelSpec& spec) { return std::make_shared<Mlp>(spec); }

int LayerList::add_input(ir::Shape shape) {
  layers.push_back({.name = "input", .op = ir::Op::kInput, .residual = {}, .out = shape});
  return 0;
}

int LayerList::add_conv(const std::string& name, int input, int channels, int kernel, int stride) {
  const auto& in = layers[static_cast<size_t>(input)].out;
  // Centres an odd kernel; an even one covers whole patches of stride x stride.
  const int padding = (kernel - stride + 1) / 2;
  const auto side = [&](int size) { return (size + 2 * padding - kernel) / stride + 1; };
  layers.push_back({.name = name,
                    .op = ir::Op::kConv2d,
                    .input = input,
                    .residual = {},
                    .out = {channels, side(in.height), side(in.width)},
                    .kernel = kernel,
                    .stride = stride,
                    .padding = padding,
                    .weights = int64_t{1} * in.channels * channels * kernel * kernel});
  return static_cast<int>(layers.size()) - 1;
}

int LayerList::add_transposed(const std::string& name, int input, int channels, int kernel,
                              int stride) {
  const auto in = layers[static_cast<size_t>(input)].out;
  const int index = add_conv(name, input, channels, kernel, 1);
  auto& layer = layers.back();
  layer.op = ir::Op::kConvTranspose2d;
  layer.stride = stride;
  layer.padding = (kernel - stride) / 2;
  layer.out = {channels, in.height * stride, in.width * stride};
  return index;
}

int LayerList::add_depthwise(const std::string& name, int input, int kernel, int stride) {
  const int channels = layers[static_cast<size_t>(input)].out.channels;
  const int index = add_conv(name, input, channels, kernel, stride);
  layers.back().groups = channels;
  layers.back().weights /= channels;
  return index;
}

int LayerList::add_linear(const std::string& name, int input, int units) {
  const auto& in = layers[static_cast<size_t>(input)].out;
  layers.push_back({.name = name,
                    .op = ir::Op::kLinear,
                    .input = input,
                    .residual = {},
                    .out = {units, 1, 1},
                    .weights = in.size() * units});
  return static_cast<int>(layers.size()) - 1;
}

int LayerList::add_bottleneck(int input, Projection projection) {
  const std::string name = layers[static_cast<size_t>(input)].name;
  const auto [channels, rows, columns] = layers[static_cast<size_t>(input)].out;
  if (rows % projection.stride != 0 || columns % projection.stride != 0) {
    throw core::UserError(
        {.key = "codec",
         .given = fmt::format("a bottleneck of stride {}", projection.stride),
         .allowed = fmt::format("a divisor of {} x {}, what {} gives", rows, columns, name),
         .place = {},
         .hint = "bottleneck(ratio,kernel,stride)"});
  }
  const auto width = static_cast<int>(projection.width(channels));
  const int squeezed =
      add_conv(squeeze_name(name), input, width, projection.kernel, projection.stride);
  if (projection.stride == 1) {
    return add_conv(name + ".expand", squeezed, channels, projection.kernel, 1);
  }
  return add_transposed(name + ".expand", squeezed, channels, projection.kernel, projection.stride);
}

int LayerList::add_pool_linear(const std::string& name, int input, int units) {
  const auto& in = layers[static_cast<size_t>(input)].out;
  layers.push_back({.name = name,
                    .op = ir::Op::kPoolLinear,
                    .input = input,
                    .residual = {},
                    .out = {units, 1, 1},
                    .weights = int64_t{1} * in.channels * units});
  return static_cast<int>(layers.size()) - 1;
}

std::shared_ptr<Model> make_model(const ModelSpec& spec) {
  switch (spec.network.model) {
    case ModelKind::kMlp:
      return make_mlp(spec);
    case ModelKind::kRwkv:
      return make_rwkv(spec);
    case ModelKind::kEfficientNet:
      return make_efficientnet(spec);
    case ModelKind::kMsResnet:
      break;
  }
  return make_msresnet(spec);
}

}  // namespace ranvier::train
