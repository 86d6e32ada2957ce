#include "ranvier/train/sites.hpp"

#include "ranvier/train/loss_hook.hpp"
#include "ranvier/train/transposed.hpp"

#include <algorithm>
#include <cmath>

namespace ranvier::train {

namespace {

constexpr double kUnsignedLevels = 255.0;
constexpr double kSignedLevels = 127.0;
constexpr double kSmallestRange = 1e-12;
constexpr int64_t kRanges = 12;  // that kChoose compares

/// Range i as a part of the largest magnitude: 1, 0.92, ... down to 0.4.
double part_of(int64_t i) { return std::pow(0.92, static_cast<double>(i)); }

}  // namespace

QuantiserImpl::QuantiserImpl(bool is_signed)
    : is_signed_(is_signed), largest_(register_buffer("largest", torch::zeros({}))) {}

torch::Tensor QuantiserImpl::rounded(const torch::Tensor& x, double range) const {
  const double levels = is_signed_ ? kSignedLevels : kUnsignedLevels;
  const double scale = std::max(range, kSmallestRange) / levels;
  return x.div(scale).round_().clamp_(is_signed_ ? -levels : 0.0, levels).mul_(scale);
}

void QuantiserImpl::set_arithmetic(Arithmetic arithmetic) {
  const torch::NoGradGuard no_grad;
  if (arithmetic == Arithmetic::kMeasure) largest_.zero_();
  if (arithmetic == Arithmetic::kChoose) squared_errors_.assign(kRanges, 0.0);
  if (arithmetic_ == Arithmetic::kChoose && arithmetic != Arithmetic::kChoose) {
    const auto best = std::min_element(squared_errors_.begin(), squared_errors_.end());
    largest_.mul_(part_of(best - squared_errors_.begin()));
  }
  arithmetic_ = arithmetic;
}

torch::Tensor QuantiserImpl::forward(const torch::Tensor& x) {
  const torch::Tensor seen = x.detach();
  if (arithmetic_ == Arithmetic::kMeasure) {
    torch::NoGradGuard no_grad;
    largest_.copy_(torch::maximum(largest_, seen.abs().max()));
  }
  if (arithmetic_ == Arithmetic::kChoose) {
    const auto largest = largest_.item<double>();
    for (int64_t i = 0; i < kRanges; ++i) {
      squared_errors_[static_cast<size_t>(i)] +=
          rounded(seen, part_of(i) * largest).sub_(seen).square_().sum().item<double>();
    }
  }
  return arithmetic_ == Arithmetic::kDeployed ? rounded(x, largest_.item<double>()) : x;
}

ReluSite::ReluSite(std::string layer)
    : Site(std::move(layer)), quantiser_(register_module("range", Quantiser(false))) {}

torch::Tensor ReluSite::forward(const torch::Tensor& x) { return quantiser_(torch::relu(x)); }

namespace {

/// Neighbouring pixels are alike, so the gradients of a kernel's taps are: together they would move
/// what it does (kernel / stride)^2 times as far as a single one would, which no learning rate for
/// 1 x 1 allows.
torch::nn::Conv2d make_projection(int64_t in, int64_t out, const Projection& projection) {
  torch::nn::Conv2d made(torch::nn::Conv2dOptions(in, out, projection.kernel)
                             .stride(projection.stride)
                             .padding(projection.padding())
                             .groups(projection.groups)
                             .bias(false));
  if (projection.kernel > projection.stride) {
    const double share = 1.0 * projection.pixels() / (projection.kernel * projection.kernel);
    made->weight.register_hook([share](const torch::Tensor& g) { return g * share; });
  }
  return made;
}

/// weight [O, I, K, K] becomes `patch` [O, I, S, S] in its middle, 0 around it.
void set_middle(torch::Tensor weight, const torch::Tensor& patch, const Projection& projection) {
  const int64_t begin = projection.padding();
  const int64_t end = begin + projection.stride;
  weight.zero_();
  weight.slice(2, begin, end).slice(3, begin, end).copy_(patch);
}

/// Rows of what a patch of stride x stride pixels holds.
/// Shape: [S, C, H, W] or [S, C] -> [C * stride^2, patches].
torch::Tensor patches_of(const torch::Tensor& x, int64_t stride) {
  if (stride == 1) return x.transpose(0, 1).reshape({x.size(1), -1});
  const auto split =
      x.reshape({x.size(0), x.size(1), x.size(2) / stride, stride, x.size(3) / stride, stride});
  return split.permute({1, 3, 5, 0, 2, 4}).reshape({x.size(1) * stride * stride, -1});
}

/// The axes of most power of the rows. Shape: [rows, samples] -> [kept, rows].
torch::Tensor principal_axes(const torch::Tensor& rows, int64_t kept) {
  const auto power = torch::mm(rows, rows.t()) / static_cast<double>(rows.size(1));
  const auto axes = std::get<1>(torch::linalg_eigh(power)).to(torch::kFloat);  // ascending
  const auto chosen = axes.slice(1, rows.size(0) - kept).flip(1).t();
  // Eigenvectors are known up to their sign: make the largest entry positive.
  return chosen * chosen.gather(1, chosen.abs().argmax(1, true)).sign();
}

/// What a transposed convolution wants of the weight of a convolution back: [O, I / G, K, K] ->
/// [I, O / G, K, K].
torch::Tensor transposed(const torch::Tensor& weight, int64_t groups) {
  const auto split = weight.unflatten(0, {groups, -1});
  return split.transpose(1, 2).flatten(0, 1);
}

/// A convolution of [N, C] (kernel 1) or [N, C, H, W].
torch::Tensor project_channels(torch::nn::Conv2d& projection, const torch::Tensor& x) {
  if (x.dim() == 4) return projection(x);
  return projection(x.view({x.size(0), x.size(1), 1, -1})).view({x.size(0), -1});
}

}  // namespace

BottleneckImpl::BottleneckImpl(int64_t channels, Projection projection, bool is_signed)
    : projection_(projection),
      is_signed_(is_signed),
      squeeze_(register_module("squeeze",
                               make_projection(channels, projection.width(channels), projection))),
      expand_(register_module("expand",
                              make_projection(projection.width(channels), channels, projection))),
      near_(register_module("near_range", Quantiser(is_signed))),
      far_(register_module("far_range", Quantiser(is_signed))) {}

torch::Tensor BottleneckImpl::rectified(const torch::Tensor& x) const {
  return is_signed_ ? x : torch::relu(x);
}

torch::Tensor BottleneckImpl::squeeze(const torch::Tensor& x) {
  return project_channels(squeeze_, near_(rectified(x)));
}

torch::Tensor BottleneckImpl::expand(const torch::Tensor& x) {
  const int64_t groups = projection_.groups;
  const auto expanded =
      projection_.stride > 1
          ? transposed_convolution(x, transposed(expand_->weight, groups), projection_.stride,
                                   projection_.padding(), groups)
          : project_channels(expand_, x);
  return far_(rectified(expanded));
}

void BottleneckImpl::calibrate(const torch::Tensor& samples) {
  const torch::NoGradGuard no_grad;
  const int64_t stride = projection_.stride;
  const auto rows = patches_of(rectified(samples), stride).to(torch::kCPU, torch::kDouble);
  std::vector<torch::Tensor> squeezing, expanding;
  for (const auto& group : rows.chunk(projection_.groups)) {
    const int64_t kept = squeeze_->weight.size(0) / projection_.groups;
    const auto patches = principal_axes(group, kept).reshape({kept, -1, stride, stride});
    squeezing.push_back(patches);
    expanding.push_back(patches.transpose(0, 1));
  }
  set_middle(squeeze_->weight, torch::cat(squeezing), projection_);
  set_middle(expand_->weight, torch::cat(expanding), projection_);
}

BoundarySite::BoundarySite(std::string layer, Boundary boundary, Bottleneck bottleneck)
    : Site(std::move(layer)), boundary_(register_module("boundary", std::move(boundary))) {
  if (!bottleneck.is_empty()) bottleneck_ = register_module("bottleneck", std::move(bottleneck));
}

torch::Tensor BoundarySite::forward(const torch::Tensor& x) {
  const auto format = x.suggest_memory_format();
  if (!has_bottleneck()) return boundary_->forward(x).contiguous(format);
  if (boundary_->mode() != BoundaryMode::kBypass) {
    const auto sent = boundary_->forward(bottleneck_->squeeze(x));
    return bottleneck_->expand(sent).contiguous(format);
  }
  if (capture_left_ > 0) {
    const int64_t taken = std::min(capture_left_, x.size(0));
    const auto part = x.slice(0, 0, taken).detach().contiguous().clone();
    captured_ = captured_.defined() ? torch::cat({captured_, part}) : part;
    capture_left_ -= taken;
  }
  return bottleneck_->rectified(x);
}

void BoundarySite::capture(int64_t samples) {
  if (!has_bottleneck()) {
    boundary_->capture(samples);
    return;
  }
  capture_left_ = samples;
  captured_ = torch::Tensor();
}

void BoundarySite::calibrate() {
  if (!has_bottleneck()) {
    boundary_->calibrate();
    return;
  }
  const torch::NoGradGuard no_grad;
  bottleneck_->calibrate(captured_);
  boundary_->calibrate(bottleneck_->squeeze(captured_));
  captured_ = torch::Tensor();
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
  // Steps follow each other in either layout, so that a view is enough.
  const bool is_pixels = x.is_contiguous(at::MemoryFormat::ChannelsLast);
  auto spikes = lif_->forward((is_pixels ? x : x.contiguous()).view(shape));
  if (recording_) spikes_ = spikes.detach();
  if (loss_) spikes = loss_->lose_spikes(spikes);
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
  const torch::Tensor threshold = site->lif()->threshold();
  const bool is_depthwise = weight.size(1) == 1 && threshold.numel() == weight.size(0);
  std::vector<int64_t> shape(static_cast<size_t>(weight.dim()), 1);
  shape[is_depthwise ? 0 : 1] = threshold.numel();
  weight.mul_(threshold.view(shape));
}

}  // namespace ranvier::train
