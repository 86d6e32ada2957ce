#include "ranvier/train/lif.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/train/kernels/threads.hpp"
#include "ranvier/train/surrogate_tensor.hpp"

#include <cmath>

namespace ranvier::train {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

/// True when every step of x [T, N, C, H, W] lies channels-last, steps one after the other.
bool is_channels_last(const Tensor& x) {
  return x.dim() == 5 && !x.is_contiguous() && x.stride(0) == x.numel() / x.size(0) &&
         x[0].is_contiguous(torch::MemoryFormat::ChannelsLast);
}

/// `grad` in the memory layout of `x`.
Tensor laid_out_like(const Tensor& grad, const Tensor& x) {
  return grad.strides() == x.strides() ? grad : torch::empty_like(x).copy_(grad);
}

/// Parameters of one call, [C] each; the loops read them on the processor.
struct LifParameters {
  Tensor inverse_gain, theta, beta;

  LifArguments arguments_for(const Tensor& x, const LifOptions& options) const {
    LifArguments a;
    a.steps = x.size(0);
    a.layout.size = x.numel() / x.size(0);
    a.layout.channels = x.size(2);
    a.layout.inner = is_channels_last(x) ? 1 : a.layout.size / (x.size(1) * x.size(2));
    a.options = options;
    a.inverse_gain = inverse_gain.data_ptr<float>();
    a.theta = theta.data_ptr<float>();
    a.beta = beta.data_ptr<float>();
    a.threads = at::get_num_threads();
    return a;
  }
};

/// A call of the threads of x's device, and the table that they read there.
class ThreadCall {
 public:
  ThreadCall(const LifArguments& arguments, const Tensor& x)
      : threads(lif_threads(arguments)), place(thread_place(x.device())) {
    const LifTable host = make_lif_table(arguments);
    table_ = torch::tensor(host.values).to(x.device());
    threads.table = table_.data_ptr<float>();
    threads.x = x.data_ptr<float>();
  }

  LifThreads threads;
  ThreadPlace place;

 private:
  Tensor table_;
};

/// Sums over all neurons of a channel: [3, size] -> [3, C] float64.
Tensor by_channel(const Tensor& terms, const ChannelLayout& layout) {
  return terms.view({3, -1, layout.channels, layout.inner})
      .sum(torch::IntArrayRef{1, 3}, false, torch::kFloat64);
}

class FusedLif : public Function<FusedLif> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& inverse_gain,
                        const Tensor& theta, const Tensor& beta, const LifOptions& options,
                        bool is_threaded) {
    Tensor spikes = torch::empty_like(x);
    const LifParameters parameters{inverse_gain.cpu(), theta.cpu(), beta.cpu()};
    const LifArguments arguments = parameters.arguments_for(x, options);
    if (is_threaded) {
      const ThreadCall call(arguments, x);
      lif_forward_threads(call.place, call.threads, options, spikes.data_ptr<float>());
    } else {
      lif_forward(arguments, x.data_ptr<float>(), spikes.data_ptr<float>());
    }
    context->save_for_backward({x, parameters.inverse_gain, parameters.theta, parameters.beta});
    context->saved_data["options"] = pack(options);
    context->saved_data["threaded"] = is_threaded;
    return spikes;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const variable_list saved = context->get_saved_variables();
    const Tensor& x = saved[0];
    const LifOptions options = unpack(context->saved_data["options"].toDoubleVector());
    const LifArguments arguments =
        LifParameters{saved[1], saved[2], saved[3]}.arguments_for(x, options);
    const Tensor grad_spikes = laid_out_like(grads[0], x);
    Tensor grad_x = torch::empty_like(x);
    Tensor sums;
    if (context->saved_data["threaded"].toBool()) {
      const ThreadCall call(arguments, x);
      Tensor terms = torch::empty({3, arguments.layout.size}, x.options());
      lif_backward_threads(call.place, call.threads, options, grad_spikes.data_ptr<float>(),
                           grad_x.data_ptr<float>(), terms.data_ptr<float>());
      sums = by_channel(terms, arguments.layout);
    } else {
      sums = torch::empty({3, x.size(2)}, torch::kFloat64);
      lif_backward(arguments, x.data_ptr<float>(), grad_spikes.data_ptr<float>(),
                   grad_x.data_ptr<float>(), sums.data_ptr<double>());
    }
    sums = sums.to(torch::kFloat32);
    return {grad_x, sums[0], sums[1], sums[2], Tensor(), Tensor()};
  }

 private:
  static std::vector<double> pack(const LifOptions& o) {
    return {static_cast<double>(o.surrogate),
            o.surrogate_width,
            double(o.is_signed),
            double(o.start_half),
            double(o.centred),
            double(o.detach_reset),
            double(o.decayed_reset),
            double(o.integer_leak)};
  }
  static LifOptions unpack(const std::vector<double>& v) {
    return {static_cast<Surrogate>(static_cast<int>(v[0])),
            v[1],
            v[2] != 0,
            v[3] != 0,
            v[4] != 0,
            v[5] != 0,
            v[6] != 0,
            v[7] != 0};
  }
};

/// H(v) with a surrogate derivative, any float type.
class Step : public Function<Step> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& v, int64_t kind) {
    context->save_for_backward({v});
    context->saved_data["kind"] = kind;
    return v.ge(0).to(v.dtype());
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const Tensor v = context->get_saved_variables()[0];
    return {grads[0] *
                surrogate_slope_of(static_cast<Surrogate>(context->saved_data["kind"].toInt()), v),
            Tensor()};
  }
};

/// Tensors of one call of the reference, broadcast over [N, C, ...].
struct ReferenceNeurons {
  Tensor inverse_gain, theta, beta, level, inverse_width;
};

Tensor reference_fire(const Tensor& u, const ReferenceNeurons& p, const LifOptions& o) {
  const auto kind = static_cast<int64_t>(o.surrogate);
  const Tensor up = Step::apply((u - p.level) * p.inverse_width, kind);
  if (!o.is_signed) return up;
  return up - Step::apply((-u - p.level) * p.inverse_width, kind);
}

Tensor reference_charge(const Tensor& u, const Tensor& s, const Tensor& input,
                        const ReferenceNeurons& p, const LifOptions& o) {
  if (!o.decayed_reset) return (p.beta * u + input) - p.theta * s;
  const Tensor v = u - p.theta * s;
  const Tensor leaked = p.beta * v;
  if (!o.integer_leak) return leaked + input;
  const Tensor exact = (v - torch::floor(v * (1.0 - p.beta))).detach();
  return exact + (leaked - leaked.detach()) + input;
}

/// [C] or [1] -> [1, C, 1, ...] for x [T, N, C, ...].
Tensor over_channels(const Tensor& parameter, const Tensor& x) {
  std::vector<int64_t> shape(static_cast<size_t>(x.dim()) - 1, 1);
  shape[1] = parameter.numel();
  return parameter.view(shape);
}

void require_input(const Tensor& x) {
  RANVIER_CONTRACT(x.dim() >= 3 && x.size(0) >= 1, "a LIF input is [T, N, C, ...]");
}

}  // namespace

Tensor fused_lif(const Tensor& x, const Tensor& gain, const Tensor& theta, const Tensor& beta,
                 const LifOptions& options) {
  require_input(x);
  const auto runner = kernel_runner(x);
  const bool has_room = runner != KernelRunner::kThreads || x.size(0) <= kMostThreadSteps;
  return runner && has_room && x.scalar_type() == torch::kFloat32
             ? fused_lif_by(*runner, x, gain, theta, beta, options)
             : reference_lif(x, gain, theta, beta, options);
}

Tensor fused_lif_by(KernelRunner runner, const Tensor& x, const Tensor& gain, const Tensor& theta,
                    const Tensor& beta, const LifOptions& options) {
  require_input(x);
  const int64_t channels = x.size(2);
  const auto per_channel = [&](const Tensor& p) { return p.expand({channels}).contiguous(); };
  const Tensor dense = is_channels_last(x) ? x : x.contiguous();
  return FusedLif::apply(dense, per_channel(gain.reciprocal()), per_channel(theta),
                         per_channel(beta), options, runner == KernelRunner::kThreads);
}

Tensor reference_lif(const Tensor& x, const Tensor& gain, const Tensor& theta, const Tensor& beta,
                     const LifOptions& options) {
  require_input(x);
  ReferenceNeurons p;
  p.inverse_gain = over_channels(gain.reciprocal(), x);
  p.theta = over_channels(theta, x);
  p.beta = over_channels(beta, x);
  p.level = options.centred ? 0.5 * p.theta : p.theta;
  p.inverse_width = (options.surrogate_width * p.theta.detach()).reciprocal();
  Tensor s = torch::zeros_like(x[0]);
  Tensor u = options.start_half ? (0.5 * p.theta).expand_as(x[0]) : s;
  std::vector<Tensor> spikes;
  for (int64_t t = 0; t < x.size(0); ++t) {
    const Tensor carried = options.detach_reset ? s.detach() : s;
    u = reference_charge(u, carried, x[t] * p.inverse_gain, p, options);
    s = reference_fire(u, p, options);
    spikes.push_back(s);
  }
  return torch::stack(spikes);
}

LifLayerImpl::LifLayerImpl(int64_t channels, double threshold, double leak, LifOptions options)
    : channels_(channels), options_(options) {
  RANVIER_CONTRACT(threshold > 0.0 && leak > 0.0 && leak <= 1.0,
                   "a threshold is positive and a leak lies in (0, 1]");
  log_threshold = register_parameter("log_threshold", torch::full({channels}, std::log(threshold)));
  if (leak < 1.0) {
    leak_logit =
        register_parameter("leak_logit", torch::full({channels}, std::log(leak / (1.0 - leak))));
  }
}

Tensor LifLayerImpl::threshold() const { return log_threshold.exp(); }

Tensor LifLayerImpl::leak() const {
  return leak_logit.defined() ? torch::sigmoid(leak_logit) : torch::ones_like(log_threshold);
}

Tensor LifLayerImpl::forward(const Tensor& x) {
  const Tensor spikes = fused_lif(x.to(log_threshold.scalar_type()),
                                  torch::ones_like(log_threshold), threshold(), leak(), options_);
  spikes_per_neuron_ =
      (options_.is_signed ? spikes.abs() : spikes).mean() * static_cast<double>(x.size(0));
  return spikes;
}

void LifLayerImpl::calibrate(const Tensor& samples, double factor) {
  const torch::NoGradGuard no_grad;
  const Tensor rows = samples.to(torch::kFloat32).transpose(0, 1).reshape({channels_, -1});
  const Tensor fed = options_.is_signed ? rows.abs() : rows.clamp_min(0.0);
  const Tensor positive = fed.sum(1) / fed.gt(0.0).sum(1).clamp_min(1);
  log_threshold.copy_((factor * positive).clamp_min(1e-3).log());
}

}  // namespace ranvier::train
