// Multi-layer perceptron: linear, BatchNorm, activation per hidden layer, then a linear classifier.

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
    const int steps = spec().time_steps();
    Tensor x = images.contiguous().flatten(1);
    for (size_t i = 0; i < linears_.size(); ++i) {
      x = norms_[i](linears_[i](x));
      if (i == 0 && steps > 1) x = x.repeat({steps, 1});
      x = sites_[i]->forward(x);
    }
    return mean_over_steps(head_(x));
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

}  // namespace ranvier::train
