#include "ranvier/train/sparsity.hpp"

#include "ranvier/core/error.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>

namespace ranvier::train {
namespace {

using codec::CodecKind;
using codec::CodecSpec;
using codec::WireKind;
using codec::WireLayout;
using torch::Tensor;

constexpr double kSoftness = 0.05;    // [bits per neuron] of the soft minimum
constexpr double kRunningMean = 0.1;  // weight of a new cost
constexpr double kFirstLambda = 0.05;
constexpr double kIdleLambda = 1e-4;  // below it the budget does not bind
constexpr double kLeastShare = 1e-7;  // below it a logarithm is cut off
constexpr double kFastestGain = 0.2;  // integral gain per step of a short training
constexpr double kLeastCost = 1e-6;   // [targets] a cost of 0 has no logarithm

/// What one block costs in every format is linear in its events: fixed + per_event x events [link
/// bits].
struct BlockCost {
  double fixed = 0.0;
  double per_event = 0.0;
};

/// Bits that tell `values` values apart.
int bits_to_name(int64_t values) {
  return static_cast<int>(std::bit_width(static_cast<uint64_t>(values - 1)));
}

int event_bits(const CodecSpec& spec) { return codec::symbol_bits(spec); }

/// Bits that name one of the formats that can carry the codec.
int format_bits(const CodecSpec& spec) {
  int formats = 0;
  for (const WireKind kind :
       {WireKind::kPacket, WireKind::kAer, WireKind::kBitmap, WireKind::kBurst, WireKind::kRans}) {
    formats += codec::can_carry(kind, spec) ? 1 : 0;
  }
  return bits_to_name(formats);
}

struct Block {
  const CodecSpec& spec;
  const WireLayout& layout;
  int64_t elements;

  int overhead() const { return layout.tag_bits + layout.framing_bits; }
  int header() const {
    const int64_t capacity = int64_t{1} << layout.address_bits;
    return layout.route_bits + format_bits(spec) + bits_to_name(capacity * spec.steps + 1);
  }
  int time_bits() const { return bits_to_name(spec.steps); }
  int header_flits() const { return header() > layout.flit_bits ? 2 : 1; }
  double flit() const { return layout.flit_bits + overhead(); }

  /// Empty part of the last flit [flits], when any number of bits is as likely.
  double padding() const { return 0.5 * (layout.flit_bits - 1) / layout.flit_bits; }

  /// A burst of `bits` payload bits: whole flits after the header.
  double burst(double bits) const {
    return (header_flits() + std::ceil(bits / layout.flit_bits)) * flit();
  }
};

BlockCost packet_cost(const Block& b) {
  const bool is_rate = b.spec.kind == CodecKind::kRate;
  const int tick = is_rate ? std::max(b.layout.tick_bits, b.time_bits()) : 0;
  const int event = b.layout.route_bits + b.layout.address_bits + tick + event_bits(b.spec);
  const double header = b.header_flits() == 1 ? b.header() + b.overhead() : 2.0 * b.flit();
  const double each = event + b.overhead() * std::ceil(double(event) / b.layout.flit_bits);
  return {header, each};
}

BlockCost aer_cost(const Block& b) {
  const int event = b.layout.address_bits + b.time_bits() + event_bits(b.spec);
  return {(b.header_flits() + b.padding()) * b.flit(), event * b.flit() / b.layout.flit_bits};
}

BlockCost bitmap_cost(const Block& b) {
  const double presence = static_cast<double>(b.elements) * b.spec.steps;
  const int event = event_bits(b.spec);
  if (event == 0) return {b.burst(presence), 0.0};
  const double flits = b.header_flits() + b.padding() + presence / b.layout.flit_bits;
  return {flits * b.flit(), event * b.flit() / b.layout.flit_bits};
}

std::vector<BlockCost> choices(const Block& b, WireKind wire) {
  const bool is_dense = b.spec.kind == CodecKind::kDense;
  const BlockCost burst{b.burst(static_cast<double>(b.elements) * b.spec.bits), 0.0};
  switch (wire) {
    case WireKind::kPacket:
      return {packet_cost(b)};
    case WireKind::kAer:
      return {aer_cost(b)};
    case WireKind::kBitmap:
      return {bitmap_cost(b)};
    case WireKind::kBurst:
      return {burst};
    case WireKind::kRans:
      return {};
    case WireKind::kAuto:
      break;
  }
  if (is_dense) return {packet_cost(b), burst};
  return {packet_cost(b), aer_cost(b), bitmap_cost(b)};
}

/// x log2 x, 0 at 0.
Tensor x_log(const Tensor& x) { return x * torch::log2(x.clamp_min(kLeastShare)); }

}  // namespace

Tensor entropy_per_neuron(const Traffic& traffic, const CodecSpec& spec) {
  if (spec.kind == CodecKind::kDense) {
    // Levels 0, 1, ... with mean m: (1 + m) log (1 + m) - m log m.
    const Tensor m = traffic.magnitude;
    const Tensor sign = spec.is_signed ? m / (1.0 + m) : torch::zeros_like(m);
    return (x_log(1.0 + m) - x_log(m) + sign).mean();
  }
  // Steps of a rate code count one by one: each is an event or none.
  const double steps = spec.steps;
  const Tensor p = (traffic.events / steps).clamp(0.0, 1.0);
  const Tensor is_event = -x_log(p) - x_log(1.0 - p);
  // Levels 1, 2, ... with mean m per event: m log m - (m - 1) log (m - 1), at most the payload.
  const Tensor m = (traffic.magnitude / traffic.events.clamp_min(kLeastShare)).clamp_min(1.0);
  const bool has_levels = spec.kind != CodecKind::kRate;
  const Tensor level = has_levels ? x_log(m) - x_log(m - 1.0) : torch::zeros_like(m);
  const Tensor payload = level + (spec.is_signed ? 1.0 : 0.0);
  return (steps * is_event + traffic.events * payload).mean();
}

Tensor wire_bits_per_neuron(const Traffic& traffic, const CodecSpec& spec, WireKind wire,
                            const WireLayout& layout, int block_elements) {
  const Block block{spec, layout, block_elements};
  std::vector<Tensor> costs;
  for (const BlockCost& cost : choices(block, wire)) {
    costs.push_back(traffic.events.mean() * cost.per_event + cost.fixed / block_elements);
  }
  const bool has_rans = wire == WireKind::kRans || wire == WireKind::kAuto;
  if (has_rans && traffic.rans_bits >= 0.0) {
    const Tensor entropy = entropy_per_neuron(traffic, spec);
    const Tensor scale = traffic.rans_bits / entropy.detach().clamp_min(kLeastShare);
    costs.push_back(entropy * scale + (traffic.rans_bits - entropy.detach() * scale));
  }
  RANVIER_CONTRACT(!costs.empty(), "the cost of rans needs a measurement");
  const Tensor all = torch::stack(costs);
  return (all * torch::softmax(-all.detach() / kSoftness, 0)).sum();
}

Tensor wire_bits_per_neuron(const Tensor& events, const CodecSpec& spec, WireKind wire,
                            const WireLayout& layout, int block_elements) {
  return wire_bits_per_neuron(Traffic{events, events, -1.0}, spec, wire, layout, block_elements);
}

BudgetController::BudgetController(SparsityOptions options, int64_t total_steps,
                                   std::string_view key)
    : options_(options), total_steps_(std::max<int64_t>(total_steps, 1)) {
  const auto require = [&](bool holds, std::string_view name, double given,
                           std::string_view allowed) {
    if (holds) return;
    throw core::UserError({std::string(key) + "." + std::string(name), std::to_string(given),
                           std::string(allowed), "", ""});
  };
  require(options.lambda >= 0.0 && std::isfinite(options.lambda), "lambda", options.lambda,
          "0 or more");
  require(options.ramp >= 0.0 && options.ramp <= 1.0, "ramp", options.ramp, "0..1");
  if (options.objective == Objective::kBudget) {
    require(options.target > 0.0 && std::isfinite(options.target), "target", options.target,
            "above 0");
    const double start = options.lambda > 0.0 ? options.lambda : kFirstLambda;
    log_lambda_ = std::log(std::clamp(start, options.min_lambda, options.max_lambda));
    lambda_ = std::exp(log_lambda_);
  } else {
    lambda_ = options.ramp > 0.0 ? 0.0 : options.lambda;
  }
}

double BudgetController::progress() const {
  const double ramp = options_.ramp * static_cast<double>(total_steps_);
  return ramp <= 0.0 ? 1.0 : std::min(1.0, static_cast<double>(step_) / ramp);
}

double BudgetController::current_target() const {
  if (first_cost_ <= options_.target) return options_.target;
  return first_cost_ * std::pow(options_.target / first_cost_, progress());
}

void BudgetController::observe(double cost) {
  RANVIER_CONTRACT(std::isfinite(cost) && cost >= 0.0, "a cost is a finite number");
  if (step_ == 0) first_cost_ = smooth_ = cost;
  smooth_ += kRunningMean * (cost - smooth_);
  ++step_;
  if (options_.objective == Objective::kLambda) {
    lambda_ = options_.lambda * progress();
    return;
  }
  const double low = std::log(options_.min_lambda);
  const double high = std::log(options_.max_lambda);
  const double gain = std::min(options_.integral / static_cast<double>(total_steps_), kFastestGain);
  const double error = std::log(std::max(smooth_, kLeastCost * options_.target) / current_target());
  log_lambda_ = std::clamp(log_lambda_ + gain * error, low, high);
  lambda_ = std::exp(std::clamp(log_lambda_ + options_.proportional * error, low, high));
}

double BudgetController::threshold_move() const {
  const bool is_late =
      static_cast<double>(step_) >= options_.servo_start * static_cast<double>(total_steps_);
  if (options_.objective != Objective::kBudget || !is_late) return 0.0;
  const double error = std::log(std::max(smooth_, kLeastCost * options_.target) / options_.target);
  const bool needs_less = error < 0.0 && lambda_ < kIdleLambda;
  return needs_less ? 0.0 : options_.servo * std::clamp(error, -1.0, 1.0);
}

std::vector<double> BudgetController::state() const {
  return {static_cast<double>(step_), first_cost_, smooth_, log_lambda_, lambda_};
}

void BudgetController::restore(std::span<const double> state) {
  RANVIER_CONTRACT(state.size() == 5, "the state of a controller has five numbers");
  step_ = static_cast<int64_t>(state[0]);
  first_cost_ = state[1];
  smooth_ = state[2];
  log_lambda_ = state[3];
  lambda_ = state[4];
}

}  // namespace ranvier::train
