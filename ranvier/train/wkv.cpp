#include "ranvier/train/wkv.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/train/kernels/threads.hpp"
#include "ranvier/train/kernels/wkv.hpp"

namespace ranvier::train {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

template <class Real>
WkvArguments<Real> arguments_of(const Tensor& key, const Tensor& decay, const Tensor& bonus) {
  return {key.size(0),
          key.size(1),
          key.size(2),
          decay.data_ptr<Real>(),
          bonus.data_ptr<Real>(),
          at::get_num_threads()};
}

template <class Real>
WkvThreads<Real> threads_of(const Tensor& key, const Tensor& value, const Tensor& decay,
                            const Tensor& bonus) {
  return {key.size(0),
          key.size(1),
          key.size(2),
          decay.data_ptr<Real>(),
          bonus.data_ptr<Real>(),
          key.data_ptr<Real>(),
          value.data_ptr<Real>()};
}

class FusedWkv : public torch::autograd::Function<FusedWkv> {
 public:
  /// -> out, and the state after the last token.
  static variable_list forward(AutogradContext* context, const Tensor& key, const Tensor& value,
                               const Tensor& decay, const Tensor& bonus, const Tensor& start,
                               bool is_threaded) {
    Tensor out = torch::empty_like(key);
    Tensor state = start.clone();
    AT_DISPATCH_FLOATING_TYPES(key.scalar_type(), "wkv", [&] {
      if (is_threaded) {
        wkv_forward_threads(thread_place(key.device()),
                            threads_of<scalar_t>(key, value, decay, bonus),
                            state.data_ptr<scalar_t>(), out.data_ptr<scalar_t>());
        return;
      }
      wkv_forward(arguments_of<scalar_t>(key, decay, bonus), key.data_ptr<scalar_t>(),
                  value.data_ptr<scalar_t>(), state.data_ptr<scalar_t>(), out.data_ptr<scalar_t>());
    });
    context->saved_data["threaded"] = is_threaded;
    context->save_for_backward({key, value, decay, bonus, start, out});
    context->mark_non_differentiable({state});
    return {out, state};
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const variable_list saved = context->get_saved_variables();
    const Tensor grad_out = grads[0].contiguous();
    Tensor grad_key = torch::empty_like(saved[0]);
    Tensor grad_value = torch::empty_like(saved[1]);
    Tensor sums;
    AT_DISPATCH_FLOATING_TYPES(saved[0].scalar_type(), "wkv", [&] {
      sums = context->saved_data["threaded"].toBool()
                 ? backward_threads<scalar_t>(saved, grad_out, grad_key, grad_value)
                 : backward_loops<scalar_t>(saved, grad_out, grad_key, grad_value);
    });
    sums = sums.to(saved[0].scalar_type());
    return {grad_key, grad_value, sums[0], sums[1], Tensor(), Tensor()};
  }

 private:
  /// saved: key, value, decay, bonus, start, out. -> gradients of decay and bonus, [2, C] float64.
  template <class Real>
  static Tensor backward_loops(const variable_list& saved, const Tensor& grad_out, Tensor& grad_key,
                               Tensor& grad_value) {
    Tensor sums = torch::empty({2, saved[0].size(2)}, torch::kFloat64);
    wkv_backward<Real>(arguments_of<Real>(saved[0], saved[2], saved[3]), saved[0].data_ptr<Real>(),
                       saved[1].data_ptr<Real>(), saved[4].data_ptr<Real>(),
                       saved[5].data_ptr<Real>(), grad_out.data_ptr<Real>(),
                       grad_key.data_ptr<Real>(), grad_value.data_ptr<Real>(),
                       sums.data_ptr<double>());
    return sums;
  }

  template <class Real>
  static Tensor backward_threads(const variable_list& saved, const Tensor& grad_out,
                                 Tensor& grad_key, Tensor& grad_value) {
    const Tensor& key = saved[0];
    const Tensor kept = torch::empty({key.size(1), 5, key.size(0), key.size(2)}, key.options());
    const Tensor terms = torch::empty({2, key.size(0), key.size(2)}, key.options());
    wkv_backward_threads(
        thread_place(key.device()), threads_of<Real>(key, saved[1], saved[2], saved[3]),
        WkvThreadGradients<Real>{saved[4].data_ptr<Real>(), saved[5].data_ptr<Real>(),
                                 grad_out.data_ptr<Real>(), grad_key.data_ptr<Real>(),
                                 grad_value.data_ptr<Real>(), kept.data_ptr<Real>(),
                                 terms.data_ptr<Real>()});
    return terms.sum(1, false, torch::kFloat64);
  }
};

}  // namespace

Tensor wkv_start_state(int64_t texts, int64_t channels, const torch::TensorOptions& options) {
  const auto type = c10::typeMetaToScalarType(options.dtype());
  Tensor state = torch::empty({3, texts, channels}, type);
  AT_DISPATCH_FLOATING_TYPES(type, "wkv", [&] {
    const auto values = wkv_start<scalar_t>(texts, channels);
    std::copy(values.begin(), values.end(), state.data_ptr<scalar_t>());
  });
  return state.to(options.device());
}

Tensor fused_wkv(const Tensor& key, const Tensor& value, const Tensor& decay, const Tensor& bonus,
                 Tensor& state) {
  RANVIER_CONTRACT(key.dim() == 3 && key.sizes() == value.sizes() && decay.numel() == key.size(2) &&
                       bonus.numel() == key.size(2),
                   "keys and values are [N, L, C], decays and bonuses [C]");
  const auto runner = kernel_runner(key);
  return runner ? fused_wkv_by(*runner, key, value, decay, bonus, state)
                : stepwise_wkv(key, value, decay, bonus, state);
}

Tensor fused_wkv_by(KernelRunner runner, const Tensor& key, const Tensor& value,
                    const Tensor& decay, const Tensor& bonus, Tensor& state) {
  const variable_list result =
      FusedWkv::apply(key.contiguous(), value.contiguous(), decay.contiguous(), bonus.contiguous(),
                      state.contiguous(), runner == KernelRunner::kThreads);
  state = result[1];
  return result[0];
}

Tensor stepwise_wkv(const Tensor& key, const Tensor& value, const Tensor& decay,
                    const Tensor& bonus, Tensor& state) {
  Tensor sum = state[0], weight = state[1], top = state[2];
  std::vector<Tensor> out;
  for (int64_t t = 0; t < key.size(1); ++t) {
    const Tensor k = key.select(1, t);
    const Tensor v = value.select(1, t);
    const Tensor seen = torch::maximum(top, bonus + k).detach();
    const Tensor before = (top - seen).exp();
    const Tensor now = (bonus + k - seen).exp();
    out.push_back((before * sum + now * v) / (before * weight + now));
    const Tensor next = torch::maximum(top + decay, k).detach();
    const Tensor kept = (top + decay - next).exp();
    const Tensor added = (k - next).exp();
    sum = kept * sum + added * v;
    weight = kept * weight + added;
    top = next;
  }
  state = torch::stack({sum, weight, top}).detach();
  return torch::stack(out, 1);
}

}  // namespace ranvier::train
