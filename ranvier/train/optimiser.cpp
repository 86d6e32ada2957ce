#include "ranvier/train/optimiser.hpp"

#include "ranvier/core/error.hpp"

#include <cmath>
#include <numbers>

namespace ranvier::train {

namespace {

constexpr double kAdamBeta2 = 0.999;
constexpr double kAdamEpsilon = 1e-8;

}  // namespace

Optimiser::Optimiser(std::vector<torch::Tensor> parameters, OptimizerKind kind, double momentum,
                     double weight_decay)
    : parameters_(std::move(parameters)),
      kind_(kind),
      momentum_(momentum),
      weight_decay_(weight_decay) {
  for (const auto& p : parameters_) {
    first_.push_back(torch::zeros_like(p));
    if (kind_ == OptimizerKind::kAdamW) second_.push_back(torch::zeros_like(p));
  }
}

void Optimiser::zero_grad() {
  for (auto& p : parameters_) p.mutable_grad() = torch::Tensor();
}

void Optimiser::step(double learning_rate) {
  torch::NoGradGuard no_grad;
  ++steps_;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const auto& gradient = parameters_[i].grad();
    if (!gradient.defined()) continue;
    if (kind_ == OptimizerKind::kSgd) {
      step_sgd(i, gradient, learning_rate);
    } else {
      step_adamw(i, gradient, learning_rate);
    }
  }
}

void Optimiser::step_sgd(size_t index, const torch::Tensor& gradient, double learning_rate) {
  auto& p = parameters_[index];
  const double decay = p.dim() >= 2 ? weight_decay_ : 0.0;
  const auto g = decay > 0 ? gradient.add(p, decay) : gradient;
  first_[index].mul_(momentum_).add_(g);
  p.add_(g.add(first_[index], momentum_), -learning_rate);
}

void Optimiser::step_adamw(size_t index, const torch::Tensor& gradient, double learning_rate) {
  auto& p = parameters_[index];
  if (p.dim() >= 2 && weight_decay_ > 0) p.mul_(1.0 - learning_rate * weight_decay_);
  first_[index].mul_(momentum_).add_(gradient, 1.0 - momentum_);
  second_[index].mul_(kAdamBeta2).addcmul_(gradient, gradient, 1.0 - kAdamBeta2);
  const double t = static_cast<double>(steps_);
  const double unbias1 = 1.0 - std::pow(momentum_, t);
  const double unbias2 = std::sqrt(1.0 - std::pow(kAdamBeta2, t));
  const auto denominator = second_[index].sqrt().div_(unbias2).add_(kAdamEpsilon);
  p.addcdiv_(first_[index], denominator, -learning_rate / unbias1);
}

std::vector<torch::Tensor> Optimiser::state() const {
  std::vector<torch::Tensor> out = first_;
  out.insert(out.end(), second_.begin(), second_.end());
  out.push_back(torch::tensor(steps_, torch::kLong));
  return out;
}

void Optimiser::restore(const std::vector<torch::Tensor>& state) {
  RANVIER_CONTRACT(state.size() == first_.size() + second_.size() + 1, "optimiser state fits");
  torch::NoGradGuard no_grad;
  for (size_t i = 0; i < first_.size(); ++i) first_[i].copy_(state[i]);
  for (size_t i = 0; i < second_.size(); ++i) second_[i].copy_(state[first_.size() + i]);
  steps_ = state.back().item<int64_t>();
}

double schedule_factor(ScheduleKind kind, double warmup, int64_t step, int64_t total) {
  const double done = static_cast<double>(step) + 0.5;
  const double rise = warmup * static_cast<double>(total);
  if (done < rise) return done / rise;
  const double x = (done - rise) / (static_cast<double>(total) - rise);
  return kind == ScheduleKind::kOneCycle ? 1.0 - x : 0.5 * (1.0 + std::cos(std::numbers::pi * x));
}

}  // namespace ranvier::train
