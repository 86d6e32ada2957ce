#include "ranvier/train/sites.hpp"

namespace ranvier::train {

namespace {

constexpr double kUnsignedLevels = 255.0;
constexpr double kSignedLevels = 127.0;
constexpr double kSmallestRange = 1e-12;

}  // namespace

QuantiserImpl::QuantiserImpl(bool is_signed)
    : is_signed_(is_signed), largest_(register_buffer("largest", torch::zeros({}))) {}

torch::Tensor QuantiserImpl::forward(const torch::Tensor& x) {
  if (arithmetic_ == Arithmetic::kMeasure) {
    torch::NoGradGuard no_grad;
    largest_.copy_(torch::maximum(largest_, x.abs().max()));
  }
  if (arithmetic_ != Arithmetic::kDeployed) return x;
  const double levels = is_signed_ ? kSignedLevels : kUnsignedLevels;
  const double scale = std::max(largest_.item<double>(), kSmallestRange) / levels;
  return x.div(scale).round_().clamp_(is_signed_ ? -levels : 0.0, levels).mul_(scale);
}

ReluSite::ReluSite(std::string layer)
    : Site(std::move(layer)), quantiser_(register_module("range", Quantiser(false))) {}

torch::Tensor ReluSite::forward(const torch::Tensor& x) { return quantiser_(torch::relu(x)); }

BoundarySite::BoundarySite(std::string layer, Boundary boundary)
    : Site(std::move(layer)), boundary_(register_module("boundary", std::move(boundary))) {}

torch::Tensor BoundarySite::forward(const torch::Tensor& x) {
  const auto format = x.suggest_memory_format();
  return boundary_->forward(x.contiguous()).contiguous(format);
}

LifSite::LifSite(std::string layer, LifLayer lif, int steps, bool at_cut)
    : Site(std::move(layer)),
      lif_(register_module("lif", std::move(lif))),
      steps_(steps),
      at_cut_(at_cut) {}

torch::Tensor LifSite::forward(const torch::Tensor& x) {
  auto shape = x.sizes().vec();
  shape[0] /= steps_;
  shape.insert(shape.begin(), steps_);
  if (calibrate_) {
    torch::NoGradGuard no_grad;
    lif_->calibrate(x);
    calibrate_ = false;
    return torch::relu(x);
  }
  const auto format = x.suggest_memory_format();
  const auto spikes = lif_->forward(x.contiguous().view(shape));
  if (recording_) spikes_ = spikes.detach();
  return spikes.view(x.sizes()).contiguous(format);
}

void scale_inputs(torch::Tensor& weight, const Site& source) {
  const auto* site = dynamic_cast<const LifSite*>(&source);
  if (site == nullptr) return;
  torch::NoGradGuard no_grad;
  std::vector<int64_t> shape(static_cast<size_t>(weight.dim()), 1);
  shape[1] = weight.size(1);
  weight.mul_(site->lif()->threshold().view(shape));
}

}  // namespace ranvier::train
