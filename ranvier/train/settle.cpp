#include "ranvier/train/settle.hpp"

#include "ranvier/train/paid.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

namespace ranvier::train {
namespace {

using torch::Tensor;

constexpr double kTolerance = 0.01;   // of log(cost / target)
constexpr double kFirstSlope = -0.7;  // of log cost over log threshold
constexpr double kMostMove = 1.0;
constexpr int kMostTries = 7;

double in_unit(const Phase& phase, const Paid& paid) {
  if (phase.price == TrafficPrice::kEnergy) return paid.nanojoules(phase.framings);
  if (phase.price == TrafficPrice::kLatency) return paid.nanoseconds(phase.framings);
  return phase.events_per_neuron ? paid.events_per_neuron() : paid.bits_per_activation();
}

/// Thresholds of all boundaries, to move them from where they were.
class Thresholds {
 public:
  explicit Thresholds(Model& model) : boundaries_(model.boundaries()) {
    for (const auto& boundary : boundaries_) {
      before_.emplace_back(boundary->log_step.detach().clone(),
                           boundary->log_threshold.detach().clone());
      crowded_.push_back(boundary->crowded());
    }
  }

  void move_to(double by) {
    const torch::NoGradGuard no_grad;
    for (size_t b = 0; b < boundaries_.size(); ++b) {
      boundaries_[b]->log_step.copy_(before_[b].first);
      boundaries_[b]->log_threshold.copy_(before_[b].second);
      boundaries_[b]->move_thresholds(by, crowded_[b]);
    }
  }

 private:
  std::vector<Boundary> boundaries_;
  std::vector<std::pair<Tensor, Tensor>> before_;
  std::vector<Tensor> crowded_;
};

struct Try {
  double move = 0;
  double error = 0;  // log(cost / target)
};

/// Where the line through two tries meets 0, at most kMostMove away.
double next_move(const Try& last, const std::optional<Try>& before) {
  double slope = kFirstSlope;
  if (before && before->move != last.move) {
    const double measured = (last.error - before->error) / (last.move - before->move);
    if (measured < -0.05) slope = measured;
  }
  return std::clamp(last.move - last.error / slope, -kMostMove, kMostMove);
}

}  // namespace

double deployed_cost(Model& model, const Sets& sets, const Phase& phase) {
  return in_unit(phase,
                 deployed_paid(model, sets, phase.calibration_samples, phase.wire, phase.framings));
}

double settle_budget(Model& model, const Sets& sets, const Phase& phase, double target) {
  const auto error_now = [&] {
    return std::log(std::max(deployed_cost(model, sets, phase), 1e-9 * target) / target);
  };
  Try last{0.0, error_now()};
  Thresholds thresholds(model);  // crowded in the measuring pass of that
  Try best = last;
  std::optional<Try> before;
  for (int i = 0; i < kMostTries && std::abs(best.error) > kTolerance; ++i) {
    const double move = next_move(last, before);
    if (move == last.move) break;
    thresholds.move_to(move);
    before = last;
    last = {move, error_now()};
    if (std::abs(last.error) < std::abs(best.error)) best = last;
  }
  thresholds.move_to(best.move);
  return best.move;
}

}  // namespace ranvier::train
