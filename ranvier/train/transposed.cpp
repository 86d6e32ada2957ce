#include "ranvier/train/transposed.hpp"

#include <array>
#include <tuple>

namespace ranvier::train {

namespace {

using torch::Tensor;

struct Window {
  int64_t stride, padding, groups;
};

/// Gradients of the convolution y -> x with respect to y and weight, as far as `wanted`.
std::tuple<Tensor, Tensor, Tensor> gradients(const Tensor& x, const Tensor& y, const Tensor& weight,
                                             const Window& window, std::array<bool, 3> wanted) {
  const std::array<int64_t, 2> stride{window.stride, window.stride};
  const std::array<int64_t, 2> padding{window.padding, window.padding};
  const std::array<int64_t, 2> dilation{1, 1};
  const std::array<int64_t, 2> none{0, 0};
  return at::convolution_backward(x, y, weight, at::OptionalIntArrayRef(), stride, padding,
                                  dilation, false, none, window.groups, wanted);
}

class TransposedConvolution : public torch::autograd::Function<TransposedConvolution> {
 public:
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& x,
                        const Tensor& weight, int64_t stride, int64_t padding, int64_t groups) {
    context->save_for_backward({x, weight});
    context->saved_data["stride"] = stride;
    context->saved_data["padding"] = padding;
    context->saved_data["groups"] = groups;
    const auto along = [&](int64_t dimension) {
      return (x.size(dimension) - 1) * stride - 2 * padding + weight.size(dimension);
    };
    // Only its shape matters.
    const Tensor y = torch::empty({x.size(0), groups * weight.size(1), along(2), along(3)},
                                  x.options().memory_format(x.suggest_memory_format()));
    return std::get<0>(gradients(x, y, weight, {stride, padding, groups}, {true, false, false}));
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& upstream) {
    const auto saved = context->get_saved_variables();
    const Tensor &x = saved[0], &weight = saved[1], &y = upstream[0];
    const Window window{context->saved_data["stride"].toInt(),
                        context->saved_data["padding"].toInt(),
                        context->saved_data["groups"].toInt()};
    const Tensor of_x =
        torch::conv2d(y, weight, {}, window.stride, window.padding, 1, window.groups);
    const Tensor of_weight = std::get<1>(gradients(x, y, weight, window, {false, true, false}));
    return {of_x, of_weight, Tensor(), Tensor(), Tensor()};
  }
};

}  // namespace

Tensor transposed_convolution(const Tensor& x, const Tensor& weight, int64_t stride,
                              int64_t padding, int64_t groups) {
  return TransposedConvolution::apply(x, weight, stride, padding, groups);
}

}  // namespace ranvier::train
