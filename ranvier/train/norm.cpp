#include "ranvier/train/norm.hpp"

namespace ranvier::train {

namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr double kMomentum = 0.1;
constexpr double kEpsilon = 1e-5;

/// Of every channel over the whole batch, [C]; the variance divides by the number of values.
struct Moments {
  Tensor mean;
  Tensor variance;
};

/// From the moments of equal parts: their means, and the spread of their means besides.
/// Source: Chan, Golub and LeVeque 1979.
Moments moments_over(Processes& processes, const Tensor& x) {
  const auto [own_mean, own_variance] = at::batch_norm_update_stats(x, {}, {}, kMomentum);
  const Tensor parts = torch::zeros({processes.size(), 2, x.size(1)}, torch::kDouble);
  parts[processes.rank()][0].copy_(own_mean);
  parts[processes.rank()][1].copy_(own_variance);
  processes.all_reduce(parts);
  const Tensor means = parts.select(1, 0);
  const Tensor mean = means.mean(0);
  const Tensor variance = parts.select(1, 1).mean(0) + (means - mean).square().mean(0);
  return {mean.to(torch::kFloat32), variance.to(torch::kFloat32)};
}

/// [C] over x [N, C, ...].
Tensor over_channels(const Tensor& row, const Tensor& x) {
  std::vector<int64_t> shape(static_cast<size_t>(x.dim()), 1);
  shape[1] = x.size(1);
  return row.view(shape);
}

/// With y = weight xhat + bias, xhat = (x - mean) / sd, and means over the whole batch:
///   dx = weight / sd (dy - mean(dy) - xhat mean(dy xhat)).
class SharedNorm : public torch::autograd::Function<SharedNorm> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight,
                        const Tensor& bias, const Moments& moments, const ProcessesPtr& processes) {
    context->save_for_backward({x, weight, moments.mean, (moments.variance + kEpsilon).rsqrt()});
    context->saved_data["processes"] = c10::IValue::make_capsule(processes);
    return std::get<0>(torch::native_batch_norm(x, weight, bias, moments.mean, moments.variance,
                                                /*training=*/false, kMomentum, kEpsilon));
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const auto saved = context->get_saved_variables();
    const Tensor& x = saved[0];
    const Tensor& weight = saved[1];
    const Tensor& mean = saved[2];
    const Tensor& inverse_sd = saved[3];
    // Of this part: sums of dy xhat and of dy. LibTorch's own dx would take them for the whole.
    const auto own =
        torch::native_batch_norm_backward(grads[0], x, weight, {}, {}, mean, inverse_sd,
                                          /*train=*/true, kEpsilon, {false, true, true});
    const Tensor& grad_weight = std::get<1>(own);
    const Tensor& grad_bias = std::get<2>(own);
    const auto held = context->saved_data["processes"].toCapsule();
    auto& processes = static_cast<Processes&>(*held);
    const Tensor means = torch::stack({grad_weight, grad_bias}).to(torch::kDouble);
    processes.all_reduce(means);
    means.div_(static_cast<double>(x.numel() / x.size(1)) * processes.size());
    const Tensor slope = (means[0] * inverse_sd).to(torch::kFloat32);
    const Tensor level = means[1].to(torch::kFloat32);
    const Tensor centred = (x - over_channels(mean, x)).mul_(over_channels(slope, x));
    const Tensor grad_x = (grads[0] - over_channels(level, x)).sub_(centred);
    return {grad_x.mul_(over_channels(weight * inverse_sd, x)), grad_weight, grad_bias, Tensor(),
            Tensor()};
  }
};

}  // namespace

NormImpl::NormImpl(int64_t channels)
    : weight(register_parameter("weight", torch::ones({channels}))),
      bias(register_parameter("bias", torch::zeros({channels}))),
      running_mean(register_buffer("running_mean", torch::zeros({channels}))),
      running_var(register_buffer("running_var", torch::ones({channels}))),
      num_batches_tracked(
          register_buffer("num_batches_tracked", torch::tensor(int64_t{0}, torch::kLong))) {}

Tensor NormImpl::forward(const Tensor& x) {
  if (is_training()) num_batches_tracked.add_(1);
  if (is_training() && processes()->size() > 1) return forward_shared(x.to(torch::kFloat32));
  return torch::batch_norm(x, weight, bias, running_mean, running_var, is_training(), kMomentum,
                           kEpsilon, at::globalContext().userEnabledCuDNN());
}

Tensor NormImpl::forward_shared(const Tensor& x) {
  Moments moments;
  {
    torch::NoGradGuard no_grad;
    moments = moments_over(*processes(), x);
    const auto values = static_cast<double>(x.numel() / x.size(1)) * processes()->size();
    running_mean.lerp_(moments.mean, kMomentum);
    running_var.lerp_(moments.variance * (values / (values - 1)), kMomentum);
  }
  return SharedNorm::apply(x, weight, bias, moments, processes());
}

}  // namespace ranvier::train
