#pragma once
// BatchNorm over the whole batch, also where several processes share it.

#include "ranvier/train/processes.hpp"
#include "ranvier/train/torch_compat.hpp"

namespace ranvier::train {

/// LibTorch's BatchNorm1d and 2d: the same names, values and defaults. In training, mean and
/// variance are those of the batch over all processes, whose parts are equally large.
/// Source: Ioffe and Szegedy 2015, arXiv 1502.03167.
class NormImpl : public torch::nn::Module, public SharesBatch {
 public:
  explicit NormImpl(int64_t channels);

  /// Shape: [N, C, ...].
  torch::Tensor forward(const torch::Tensor& x);

  torch::Tensor weight, bias;                                    // [C]
  torch::Tensor running_mean, running_var, num_batches_tracked;  // buffers

 private:
  torch::Tensor forward_shared(const torch::Tensor& x);
};
TORCH_MODULE(Norm);

}  // namespace ranvier::train
