#pragma once
// Stochastic gradient descent with Nesterov momentum, and AdamW; and the learning rate over time.

#include "ranvier/train/settings.hpp"
#include "ranvier/train/torch_compat.hpp"

#include <vector>

namespace ranvier::train {

/// One group of parameters under one rule. All state is in `state()`, so that a resumed run goes on
/// bit for bit. Sources: Sutskever et al. 2013 (Nesterov); Loshchilov and Hutter 2019 (AdamW).
class Optimiser {
 public:
  /// Weight decay acts on tensors of two or more dimensions only: never on norms, biases and
  /// log-parameters.
  Optimiser(std::vector<torch::Tensor> parameters, OptimizerKind kind, double momentum,
            double weight_decay);

  void zero_grad();
  void step(double learning_rate);

  /// Moments and the step count, in a fixed order. restore(state()) changes nothing.
  std::vector<torch::Tensor> state() const;
  void restore(const std::vector<torch::Tensor>& state);

 private:
  void step_sgd(size_t index, const torch::Tensor& gradient, double learning_rate);
  void step_adamw(size_t index, const torch::Tensor& gradient, double learning_rate);

  std::vector<torch::Tensor> parameters_;
  std::vector<torch::Tensor> first_;
  std::vector<torch::Tensor> second_;
  OptimizerKind kind_;
  double momentum_;
  double weight_decay_;
  int64_t steps_ = 0;
};

/// Factor on the peak learning rate at `step` of `total`: linear rise over the warm-up, then linear
/// (onecycle) or cosine fall to zero.
double schedule_factor(ScheduleKind kind, double warmup, int64_t step, int64_t total);

}  // namespace ranvier::train
