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

LifSite::LifSite(std::string layer, LifLayer lif, const LifSiteOptions& options)
    : Site(std::move(layer)), lif_(register_module("lif", std::move(lif))), options_(options) {}

torch::Tensor LifSite::forward(const torch::Tensor& x) {
  auto shape = x.sizes().vec();
  shape[0] /= options_.steps;
  shape.insert(shape.begin(), options_.steps);
  if (calibrate_) {
    torch::NoGradGuard no_grad;
    lif_->calibrate(x);
    calibrate_ = false;
    return options_.is_signed ? x : torch::relu(x);
  }
  const auto format = x.suggest_memory_format();
  const auto spikes = lif_->forward(x.contiguous().view(shape));
  if (recording_) spikes_ = spikes.detach();
  const auto flat = spikes.view(x.sizes()).contiguous(format);
  if (!options_.is_scaled) return flat;
  auto per_channel = std::vector<int64_t>(static_cast<size_t>(x.dim()), 1);
  per_channel[1] = x.size(1);
  return flat * lif_->threshold().view(per_channel);
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
