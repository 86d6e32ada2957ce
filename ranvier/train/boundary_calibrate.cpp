// Where the learned numbers of a boundary start, and where a channel that died starts again.

#include "ranvier/core/error.hpp"
#include "ranvier/train/boundary_internal.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace ranvier::train {
namespace {

using codec::CodecKind;
using torch::Tensor;

constexpr double kLeastStepRatio =
    1.0 / 256.0;  // of the largest step: below it multipliers lose their bits
constexpr double kBinaryQuantile = 0.6;
constexpr int64_t kCalibrationValues = int64_t{1} << 16;  // per channel

}  // namespace

Revived BoundaryImpl::revive(double share) {
  Revived found;
  const Tensor seen = std::exchange(captured_, Tensor());
  if (!seen.defined() || options_.spec.kind == CodecKind::kTopk) return found;
  const torch::NoGradGuard no_grad;
  const codec::CodecSpec& spec = options_.spec;
  const Tensor rows = seen.transpose(0, 1).reshape({options_.channels, -1});
  const Tensor sizes = std::get<0>((spec.is_signed ? rows.abs() : rows).sort(1));
  const auto quantile = [&](int64_t c, double q) {
    const auto at = static_cast<int64_t>(q * static_cast<double>(sizes.size(1) - 1));
    return sizes[c][at].item<double>();
  };
  const int top = top_level(spec);
  const int64_t elements = counts_.samples * counts_.neurons / options_.channels;
  for (int64_t c = 0; c < options_.channels; ++c) {
    const bool is_dead = counts_.events[static_cast<size_t>(c)] == 0;
    const bool is_full = 2 * counts_.saturated[static_cast<size_t>(c)] > elements;
    if (!is_dead && !is_full) continue;
    // A binary code has no higher level to go to: its threshold moves up instead.
    const double at =
        quantile(c, is_dead ? 1.0 - share : (top == 1 ? kBinaryQuantile : 1.0 - share));
    if (!(at > 0.0)) continue;
    ++(is_dead ? found.dead : found.saturated);
    reset_channel(c, at, is_dead || top == 1);
  }
  reset_counts();
  return found;
}

/// `at` is to fire at least, or to reach the highest level.
void BoundaryImpl::reset_channel(int64_t c, double at, bool fires) {
  const int top = top_level(options_.spec);
  switch (options_.spec.kind) {
    case CodecKind::kRate:  // round(T a / threshold) >= 1, or = T
      log_threshold[c] = std::log(fires ? 2.0 * top * at : at);
      return;
    case CodecKind::kDense:
      log_step[c] = std::log(fires ? 2.0 * at : at / top);
      return;
    case CodecKind::kGraded:
    case CodecKind::kTtfs: {
      const double range = log_rise.defined() ? sums_of(log_rise).back() : top;  // [steps]
      if (fires) log_threshold[c] = std::log(at);
      if (fires && std::exp(log_step[c].item<double>()) * range >= at) return;
      log_step[c] = std::log(at / range);
      log_scale[c] = log_step[c];
      return;
    }
    case CodecKind::kTopk:
      return;
  }
}

void BoundaryImpl::calibrate(const Tensor& samples) {
  RANVIER_CONTRACT(samples.defined() && samples.size(0) > 0 && samples.size(1) == options_.channels,
                   "calibration needs samples [S, C, ...] of this boundary");
  const torch::NoGradGuard no_grad;
  const Tensor host = samples.to(torch::kCPU, torch::kFloat32);
  Tensor rows = host.transpose(0, 1).reshape({options_.channels, -1});
  const int64_t stride = std::max<int64_t>(1, rows.size(1) / kCalibrationValues);
  rows = rows.slice(1, 0, rows.size(1), stride).contiguous();
  const auto values = static_cast<size_t>(rows.size(1));
  const int top = top_level(options_.spec);
  std::vector<double> steps(static_cast<size_t>(options_.channels));
  if (log_rise.defined()) {
    steps = calibrate_levels(rows);
  } else {
    for (size_t c = 0; c < steps.size(); ++c) {
      const std::span<const float> row(rows.data_ptr<float>() + c * values, values);
      steps[c] = best_step(row, top, options_.spec.is_signed);
    }
  }
  const double largest = *std::max_element(steps.begin(), steps.end());
  const double fallback = largest > 0.0 ? largest : kInitialRange / top;
  for (double& step : steps) step = std::log(std::max(step, fallback * kLeastStepRatio));
  const Tensor logs = row_of(steps);
  const bool is_rate = options_.spec.kind == CodecKind::kRate;
  log_step.copy_(logs);
  log_threshold.copy_(logs + (is_rate ? std::log(static_cast<double>(top)) : std::log(0.5)));
  log_scale.copy_(logs);
  const Tensor spread = rows.to(torch::kFloat64).std(1, false);
  sigma.copy_(spread.clamp_min(std::sqrt(kLeastVariance)));
}

/// Even or logarithmic levels, whichever makes the smaller error relative to the spread.
std::vector<double> BoundaryImpl::calibrate_levels(const Tensor& rows) {
  constexpr int64_t kValues = 4096;  // per channel
  const int64_t stride = std::max<int64_t>(1, rows.size(1) / kValues);
  const Tensor some = rows.slice(1, 0, rows.size(1), stride).contiguous();
  const auto values = static_cast<size_t>(some.size(1));
  std::vector<double> best_steps;
  double least = std::numeric_limits<double>::infinity();
  for (const bool is_logarithmic : {false, true}) {
    const LevelGrid levels = level_grid(options_.spec.window, is_logarithmic);
    std::vector<double> steps;
    double error = 0.0;
    for (int64_t c = 0; c < some.size(0); ++c) {
      const std::span<const float> row(some.data_ptr<float>() + c * some.size(1), values);
      steps.push_back(best_level_step(row, levels, options_.spec.is_signed));
      double power = kLeastVariance;
      for (const float a : row) power += double{a} * double{a};
      if (steps.back() > 0.0) {
        error += level_error(row, steps.back(), levels, options_.spec.is_signed) / power;
      }
    }
    if (error >= least) continue;
    least = error;
    best_steps = steps;
    log_rise.copy_(log_rises(levels.value));
    if (log_gap.defined()) log_gap.copy_(log_rises(levels.threshold));
  }
  return best_steps;
}

}  // namespace ranvier::train
