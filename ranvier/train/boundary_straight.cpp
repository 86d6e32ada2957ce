// ttfs and topk in training: the deployed values, with the gradients of smooth ones. Equations:
// docs/models/boundary-training.md.

#include "ranvier/train/boundary_internal.hpp"

#include <algorithm>

namespace ranvier::train {
namespace {

using codec::CodecKind;
using torch::Tensor;

/// phi(v), element by element; no gradient.
Tensor slope_of(Surrogate surrogate, const Tensor& v) {
  const torch::NoGradGuard no_grad;
  const Tensor from = v.contiguous();
  Tensor out = torch::empty_like(from);
  const float* in = from.data_ptr<float>();
  float* to = out.data_ptr<float>();
  dispatch_surrogate(surrogate, [&](auto kind) {
    for (int64_t i = 0; i < from.numel(); ++i) to[i] = surrogate_slope<kind>(in[i]);
  });
  return out;
}

/// 0, with the gradient of x.
Tensor ripple(const Tensor& x) { return x - x.detach(); }

Tensor per_channel(const Tensor& row) { return row.view({1, -1, 1}); }

/// Around every threshold [T-1] between levels: half way to its neighbours; as far outwards as
/// inwards at the ends.
struct LevelCells {
  Tensor middles;  // [T-2]
  Tensor widths;   // [T-1]
  double lowest = 0.0;
  double highest = 0.0;
};

LevelCells level_cells(const Tensor& bounds) {
  const int64_t count = bounds.numel();
  LevelCells cells;
  cells.middles = (0.5 * (bounds.slice(0, 1) + bounds.slice(0, 0, count - 1))).contiguous();
  const double first = bounds[0].item<double>();
  const double last = bounds[count - 1].item<double>();
  const double below = count > 1 ? cells.middles[0].item<double>() - first : 0.5;
  const double above = count > 1 ? last - cells.middles[count - 2].item<double>() : 0.5;
  cells.lowest = first - below;
  cells.highest = last + above;
  const Tensor edges =
      torch::cat({torch::full({1}, cells.lowest), cells.middles, torch::full({1}, cells.highest)});
  cells.widths = edges.slice(0, 1) - edges.slice(0, 0, count);
  return cells;
}

}  // namespace

Tensor BoundaryImpl::forward_straight(const Tensor& a) {
  const Grid now = grid();
  const auto coder = codec::make_codec(now.params);
  const Tensor host = a.to(torch::kCPU, torch::kFloat32).contiguous();
  const Sent sent = send(*coder, now, options_.surrogate, host.detach());
  const Tensor flat = host.reshape({host.size(0), host.size(1), -1});
  const Tensor level = level_tensor(sent, flat).abs().to(torch::kInt64);
  const Smooth smooth = options_.spec.kind == CodecKind::kTopk ? smooth_topk(flat, level)
                                                               : smooth_ttfs(flat, level, now);
  count_levels(level_tensor(sent, flat));
  if (is_training()) update_moments(flat);
  finish_cost(smooth.events.sum(torch::IntArrayRef{0, 2}),
              smooth.magnitude.sum(torch::IntArrayRef{0, 2}), a);
  const Tensor sign = options_.spec.is_signed ? flat.detach().sign() : torch::ones({});
  const Tensor value = straight_through(value_tensor(sent, now, flat), sign * smooth.value);
  return value.reshape(a.sizes()).to(a.device());
}

BoundaryImpl::Smooth BoundaryImpl::smooth_topk(const Tensor& flat, const Tensor& level) const {
  const Tensor x =
      (options_.spec.is_signed ? flat.abs() : flat) / per_channel(log_step.cpu().exp());
  const Tensor kept = level.gt(0).to(torch::kFloat32);
  const Tensor inside = kept * x.detach().le(top_level(options_.spec));
  const Tensor scale = per_channel(log_scale.cpu().exp());
  const Tensor moved = inside * ripple(x);
  return {scale * level + scale.detach() * moved, kept, level + moved};
}

BoundaryImpl::Smooth BoundaryImpl::smooth_ttfs(const Tensor& flat, const Tensor& level,
                                               const Grid& now) const {
  const Tensor size = options_.spec.is_signed ? flat.abs() : flat;
  const Tensor scale = per_channel(log_scale.cpu().exp());
  const Tensor threshold = per_channel(log_threshold.cpu().exp());
  const Tensor worth =
      torch::cat({torch::zeros({1}), log_rise.cpu().exp().cumsum(0)});  // of level 0..T
  const Tensor fired = level.gt(0).to(torch::kFloat32);
  const auto of_level = [](const Tensor& table, const Tensor& at) {
    return table.index_select(0, at.reshape({-1})).view(at.sizes());
  };
  // The spike itself: as the event of a graded code, worth what the level at the threshold is.
  std::vector<float> widths;
  for (const ChannelScales& channel : now.scales) widths.push_back(channel.surrogate);
  const Tensor width = to_tensor(widths, flat);
  const Tensor slope = slope_of(options_.surrogate, (size - threshold).detach() / width) / width;
  const Tensor event = slope * (ripple(size) - ripple(threshold));
  Tensor first = torch::ones({flat.size(1)}, torch::kInt64);  // level at the threshold
  Smooth out{scale * of_level(worth, level), fired + event, level + torch::zeros_like(flat)};
  if (log_gap.defined()) {
    // Its time: the nearest falling threshold, as wide as the cell around it.
    const Tensor bounds = log_gap.cpu().exp().cumsum(0);
    const LevelCells cells = level_cells(bounds.detach());
    const Tensor x = size / per_channel(log_step.cpu().exp());
    const Tensor near = torch::bucketize(x.detach(), cells.middles);
    const Tensor inside = fired * x.detach().ge(cells.lowest) * x.detach().lt(cells.highest);
    const Tensor moved =
        inside * of_level(1.0 / cells.widths, near) * (ripple(x) - ripple(of_level(bounds, near)));
    const Tensor rise = (worth.slice(0, 2) - worth.slice(0, 1, -1)).detach();
    out.value = out.value + scale.detach() * of_level(rise, near) * moved;
    out.magnitude = out.magnitude + moved;
    const Tensor reached = (threshold / per_channel(log_step.cpu().exp())).detach().view({-1});
    first = 1 + torch::bucketize(reached, bounds.detach(), false, true);
  }
  out.value =
      out.value + scale.detach() * per_channel(worth.detach().index_select(0, first)) * event;
  out.magnitude = out.magnitude + per_channel(first) * event;
  return out;
}

/// Mean and variance of every channel, for the surrogate's width.
void BoundaryImpl::update_moments(const Tensor& flat) {
  const Tensor wide = flat.detach().to(torch::kFloat64);
  const auto sum = wide.sum(torch::IntArrayRef{0, 2});
  const auto squares = wide.square().sum(torch::IntArrayRef{0, 2});
  const auto list = [](const Tensor& t) {
    return std::vector<double>(t.data_ptr<double>(), t.data_ptr<double>() + t.numel());
  };
  update_sigma(list(sum), list(squares), flat.numel() / options_.channels);
}

}  // namespace ranvier::train
