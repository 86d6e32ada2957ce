#include "ranvier/train/encode_tensors.hpp"

#include "ranvier/train/kernels/encode_table.hpp"
#include "ranvier/train/surrogate_tensor.hpp"

#include <cmath>

namespace ranvier::train {
namespace {

using codec::CodecKind;
using torch::Tensor;

/// What the operators below read: rows of the table beside a, as [1, C, 1, ...].
class Rows {
 public:
  Rows(const EncodeTable& table, const Tensor& a)
      : values_(torch::from_blob(const_cast<float*>(table.values.data()),
                                 {kEncodeRowCount, table.channels})
                    .to(a.device(), torch::kFloat32, /*non_blocking=*/false, /*copy=*/true)),
        shape_(static_cast<size_t>(a.dim()), 1) {
    shape_[1] = table.channels;
  }

  Tensor operator[](EncodeRow row) const { return values_[row].view(shape_); }

 private:
  Tensor values_;
  std::vector<int64_t> shape_;
};

/// floor(x / 2^shift) of integers held as floats.
Tensor shifted(const Tensor& x, int32_t shift) { return x.mul(std::ldexp(1.0, -shift)).floor_(); }

/// The deployed encoder, as in docs/models/converter.md: integers, held as floats.
Tensor level_of(const codec::CodecSpec& spec, const EncodeConstants& g, const Rows& rows,
                const Tensor& a) {
  const Tensor current = (a * rows[kGain]).clamp_(-32768.0, 32767.0).round_();
  if (spec.kind == CodecKind::kDense) {
    return shifted(current + g.half, g.shift).clamp_(spec.is_signed ? -g.top : 0, g.top);
  }
  const Tensor magnitude = spec.is_signed ? current.abs() : current.clamp_min(0.0);
  const Tensor threshold = rows[kThreshold];
  Tensor level;
  if (spec.kind == CodecKind::kGraded) {
    const Tensor fired = magnitude.ge(threshold);
    level = shifted(magnitude + g.half, g.shift).clamp_(1, g.top).mul_(fired);
  } else {
    const Tensor charge = magnitude.mul(g.steps).add_(shifted(threshold, 1));
    level = charge.div_(threshold).floor_().clamp_max_(g.top);
  }
  return spec.is_signed ? level.mul_(current.sign()) : level;
}

/// Sums over all but the channels, [C] float64: exact for counts.
Tensor by_channel(const Tensor& x) {
  std::vector<int64_t> others{0};
  for (int64_t d = 2; d < x.dim(); ++d) others.push_back(d);
  return x.sum(others, false, torch::kFloat64);
}

/// Rows of [C] on the processor, in one transfer.
std::vector<Tensor> on_processor(const std::vector<Tensor>& rows) {
  return torch::stack(rows).to(torch::kCPU).unbind(0);
}

template <class Number>
std::vector<Number> list_of(const Tensor& row) {
  return {row.data_ptr<double>(), row.data_ptr<double>() + row.numel()};
}

/// -1 where a signed code has x below 0, else 1.
Tensor sign_of(const Tensor& x, bool is_signed) {
  return x.lt(0.0).mul(is_signed ? -2.0 : 0.0).add_(1.0);
}

/// Gradients of one element each.
struct Terms {
  Tensor a, log_step, log_threshold;
};

/// Within the range of a code without a threshold, a line.
Terms linear_terms(const EncodeArguments& arg, const EncodeConstants& g, const Rows& rows,
                   const Tensor& x, const Tensor& to_scale, const Tensor& to_level,
                   const Tensor& level) {
  const bool is_signed = arg.params->spec.is_signed;
  const Tensor inside = is_signed ? x.abs().le(g.top) : x.le(g.top).logical_and_(x.ge(0.0));
  if (arg.params->spec.kind == CodecKind::kDense) {
    const Tensor drive = to_level * inside;
    return {drive * rows[kInverseStep], to_scale * level - drive * x, torch::zeros_like(x)};
  }
  const Tensor drive = (to_level + sign_of(x, is_signed) * rows[kGradEvents]).mul_(inside);
  return {drive * rows[kInverseStep], torch::zeros_like(x), -(drive * x)};
}

/// A graded code: a line from its first level to the top, and the spike itself, as wide as the
/// surrogate.
Terms graded_terms(const EncodeArguments& arg, const EncodeConstants& g, const Rows& rows,
                   const Tensor& a, const Tensor& x, const Tensor& grad_value,
                   const Tensor& to_level, const Tensor& level) {
  const bool is_signed = arg.params->spec.is_signed;
  const Tensor size = is_signed ? x.abs() : x;
  const Tensor drive =
      to_level * level.ne(0.0).logical_and_(size.ge(1.0)).logical_and_(size.le(g.top));
  const Tensor width = rows[kInverseWidth];
  const Tensor threshold = rows[kRealThreshold];
  const Tensor up = surrogate_slope_of(arg.surrogate, (a - threshold) * width) * width;
  const Tensor down = is_signed ? surrogate_slope_of(arg.surrogate, (a + threshold) * width) * width
                                : torch::zeros_like(up);
  // Odd in a: the value. Even: the event, and the level that it starts with.
  const Tensor odd = grad_value * rows[kJump];
  const Tensor even = rows[kGradEvents] + rows[kGradMagnitude] * rows[kJumpLevel];
  return {drive * rows[kInverseStep] + odd * (up + down) + even * (up - down), -(drive * x),
          -threshold * (odd * (up - down) + even * (up + down))};
}

}  // namespace

EncodeTotals encode_forward(const EncodeArguments& arg, const Tensor& a, Tensor& value) {
  const torch::NoGradGuard no_grad;
  const codec::CodecSpec& spec = arg.params->spec;
  const EncodeConstants g = make_encode_constants(*arg.params);
  const Rows rows(make_encode_table(arg, g, {}), a);
  const Tensor level = level_of(spec, g, rows, a);
  const Tensor scaled = level.to(torch::kInt32) * rows[kMultiplier].to(torch::kInt32);
  const Tensor decoded = at::bitwise_right_shift(scaled + g.value_half, g.value_shift);
  value.copy_(decoded.to(torch::kFloat32).mul_(g.value_unit));
  const Tensor magnitude = level.abs();
  const Tensor fired = spec.kind == CodecKind::kRate ? magnitude : magnitude.gt(0.0);
  const auto sums = on_processor({by_channel(fired), by_channel(magnitude.eq(g.top)),
                                  by_channel(magnitude), by_channel(a), by_channel(a.square())});
  return {list_of<int64_t>(sums[0]), list_of<int64_t>(sums[1]), list_of<int64_t>(sums[2]),
          list_of<double>(sums[3]), list_of<double>(sums[4])};
}

EncodeGradients encode_backward(const EncodeArguments& arg, const Tensor& a,
                                const Tensor& grad_value, const EncodeUpstream& upstream,
                                Tensor& grad_a) {
  const torch::NoGradGuard no_grad;
  const codec::CodecSpec& spec = arg.params->spec;
  const EncodeConstants g = make_encode_constants(*arg.params);
  const Rows rows(make_encode_table(arg, g, upstream), a);
  const Tensor level = level_of(spec, g, rows, a);
  const Tensor x = a * rows[kInverseStep];
  const Tensor to_scale = grad_value * rows[kScale];
  const Tensor to_level = to_scale + sign_of(x, spec.is_signed) * rows[kGradMagnitude];
  const Terms terms = spec.kind == CodecKind::kGraded
                          ? graded_terms(arg, g, rows, a, x, grad_value, to_level, level)
                          : linear_terms(arg, g, rows, x, to_scale, to_level, level);
  grad_a.copy_(terms.a);
  const auto sums = on_processor(
      {by_channel(terms.log_step), by_channel(terms.log_threshold), by_channel(to_scale * level)});
  return {list_of<double>(sums[0]), list_of<double>(sums[1]), list_of<double>(sums[2])};
}

}  // namespace ranvier::train
