#include "ranvier/train/surrogate_tensor.hpp"

#include "ranvier/core/error.hpp"

#include <numbers>

namespace ranvier::train {

torch::Tensor surrogate_slope_of(Surrogate kind, const torch::Tensor& v) {
  switch (kind) {
    case Surrogate::kArctan:
      return 1.0 / (1.0 + (std::numbers::pi * v).square());
    case Surrogate::kFastSigmoid:
      return 1.0 / (1.0 + 2.0 * v.abs()).square();
    case Surrogate::kTriangle:
      return (1.0 - v.abs()).clamp_min(0.0);
    case Surrogate::kSigmoid:
      return 4.0 * torch::sigmoid(4.0 * v) * torch::sigmoid(-4.0 * v);
  }
  throw core::ContractViolation("every surrogate has a slope");
}

}  // namespace ranvier::train
