#include "ranvier/train/wkv.hpp"

#include "ranvier/core/error.hpp"
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

class FusedWkv : public torch::autograd::Function<FusedWkv> {
 public:
  /// -> out, and the state after the last token.
  static variable_list forward(AutogradContext* context, const Tensor& key, const Tensor& value,
                               const Tensor& decay, const Tensor& bonus, const Tensor& start) {
    Tensor out = torch::empty_like(key);
    Tensor state = start.clone();
    AT_DISPATCH_FLOATING_TYPES(key.scalar_type(), "wkv", [&] {
      wkv_forward(arguments_of<scalar_t>(key, decay, bonus), key.data_ptr<scalar_t>(),
                  value.data_ptr<scalar_t>(), state.data_ptr<scalar_t>(), out.data_ptr<scalar_t>());
    });
    context->save_for_backward({key, value, decay, bonus, start, out});
    context->mark_non_differentiable({state});
    return {out, state};
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const variable_list saved = context->get_saved_variables();
    const Tensor &key = saved[0], &value = saved[1], &start = saved[4], &out = saved[5];
    const Tensor grad_out = grads[0].contiguous();
    Tensor grad_key = torch::empty_like(key);
    Tensor grad_value = torch::empty_like(value);
    Tensor sums = torch::empty({2, key.size(2)}, torch::kFloat64);
    AT_DISPATCH_FLOATING_TYPES(key.scalar_type(), "wkv", [&] {
      wkv_backward<scalar_t>(arguments_of<scalar_t>(key, saved[2], saved[3]),
                             key.data_ptr<scalar_t>(), value.data_ptr<scalar_t>(),
                             start.data_ptr<scalar_t>(), out.data_ptr<scalar_t>(),
                             grad_out.data_ptr<scalar_t>(), grad_key.data_ptr<scalar_t>(),
                             grad_value.data_ptr<scalar_t>(), sums.data_ptr<double>());
    });
    sums = sums.to(key.scalar_type());
    return {grad_key, grad_value, sums[0], sums[1], Tensor()};
  }
};

}  // namespace

Tensor wkv_start_state(int64_t texts, int64_t channels, c10::ScalarType type) {
  Tensor state = torch::empty({3, texts, channels}, type);
  AT_DISPATCH_FLOATING_TYPES(type, "wkv", [&] {
    const auto values = wkv_start<scalar_t>(texts, channels);
    std::copy(values.begin(), values.end(), state.data_ptr<scalar_t>());
  });
  return state;
}

Tensor fused_wkv(const Tensor& key, const Tensor& value, const Tensor& decay, const Tensor& bonus,
                 Tensor& state) {
  RANVIER_CONTRACT(key.dim() == 3 && key.sizes() == value.sizes() && decay.numel() == key.size(2) &&
                       bonus.numel() == key.size(2),
                   "keys and values are [N, L, C], decays and bonuses [C]");
  const variable_list result =
      FusedWkv::apply(key.contiguous(), value.contiguous(), decay.contiguous(), bonus.contiguous(),
                      state.contiguous());
  state = result[1];
  return result[0];
}

Tensor reference_wkv(const Tensor& key, const Tensor& value, const Tensor& decay,
                     const Tensor& bonus) {
  Tensor sum = torch::zeros_like(key.select(1, 0));
  Tensor weight = sum;
  Tensor top = torch::full_like(sum, -1e38);
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
  return torch::stack(out, 1);
}

}  // namespace ranvier::train
