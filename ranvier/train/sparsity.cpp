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
constexpr double kIdleLambda = 1e-4;      // below it the budget does not bind
constexpr double kLeastShare = 1e-7;      // below it a logarithm is cut off
constexpr double kCoderBits = 9.0;        // of a message beyond its entropy, as measured
constexpr double kLeastRansScale = 0.25;  // slopes stay between these multiples of the price's:
constexpr double kMostRansScale = 4.0;    // contexts and rare symbols do not move it further
constexpr double kFastestGain = 0.2;      // integral gain per step of a short training
constexpr double kLeastCost = 1e-6;       // [targets] a cost of 0 has no logarithm

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

/// Per channel and step: share of elements that are events, and levels above the first per element.
struct Share {
  Tensor events;  // 0..1
  Tensor excess;
  double steps = 1.0;  // of a rate code: each is an event or none
  double sign = 0.0;   // bits
};

Share share_of(const Traffic& traffic, const CodecSpec& spec) {
  Share share;
  share.sign = spec.is_signed ? 1.0 : 0.0;
  if (spec.kind == CodecKind::kRate) {
    share.steps = spec.steps;
    share.events = traffic.events / share.steps;
    share.excess = torch::zeros_like(traffic.events);
  } else {
    share.events = traffic.events;
    share.excess = (traffic.magnitude - traffic.events).clamp_min(0.0);
  }
  share.events = share.events.clamp(0.0, 1.0);
  return share;
}

/// Bits per element and step: H2(p) + p sign + p (mu log mu - (mu - 1) log (mu - 1)), with
/// mu = 1 + excess / p, written without the quotient.
Tensor event_entropy(const Tensor& p, const Share& share) {
  const Tensor& x = share.excess;
  return -x_log(1.0 - p) - 2.0 * x_log(p) + share.sign * p + x_log(p + x) - x_log(x);
}

/// Where one more event is worth kLeastEventBits: (1 - p) (p + x) g = p^2.
Tensor crowded_from(const Share& share) {
  const double g = std::exp2(share.sign - kLeastEventBits);
  const Tensor x = share.excess.detach().to(torch::kFloat64);
  const Tensor b = g * (1.0 - x);
  const Tensor root = (b.square() + 4.0 * (1.0 + g) * g * x).sqrt();
  return ((b + root) / (2.0 * (1.0 + g))).to(share.events.scalar_type());
}

/// Of levels 0, 1, ... with mean m: (1 + m) log (1 + m) - m log m.
Tensor dense_entropy(const Traffic& traffic, const CodecSpec& spec) {
  const Tensor& m = traffic.magnitude;
  const Tensor sign = spec.is_signed ? m / (1.0 + m) : torch::zeros_like(m);
  return (x_log(1.0 + m) - x_log(m) + sign).mean();
}

/// What a frame costs in `rans` whatever it holds, as Block's costs.
double rans_fixed(const Block& b) {
  const double bits = b.layout.route_bits + format_bits(b.spec) + kCoderBits;
  return (bits / b.layout.flit_bits + b.padding()) * b.flit();
}

/// Sum over the blocks of a sample of what they cost whatever they hold, per element.
template <class Fixed>
double fixed_per_element(std::span<const BlockSize> blocks, const CodecSpec& spec,
                         const WireLayout& layout, const Fixed& fixed) {
  double bits = 0.0;
  double elements = 0.0;
  for (const BlockSize& block : blocks) {
    bits += block.frames * fixed(Block{spec, layout, block.elements});
    elements += block.frames * block.elements;
  }
  return bits / elements;
}

/// The measured bits, with the slopes of the price scaled to them.
Tensor rans_bits(const Traffic& traffic, const CodecSpec& spec, double fixed) {
  const Tensor price = price_per_neuron(traffic, spec);
  const Tensor then =
      traffic.rans_price >= 0.0 ? torch::full_like(price, traffic.rans_price) : price.detach();
  const Tensor scale = ((traffic.rans_bits - fixed) / then.clamp_min(kLeastShare))
                           .clamp(kLeastRansScale, kMostRansScale);
  return traffic.rans_bits + scale * (price - then);
}

}  // namespace

Tensor entropy_per_neuron(const Traffic& traffic, const CodecSpec& spec) {
  if (spec.kind == CodecKind::kDense) return dense_entropy(traffic, spec);
  const Share share = share_of(traffic, spec);
  return share.steps * event_entropy(share.events, share).mean();
}

Tensor price_per_neuron(const Traffic& traffic, const CodecSpec& spec) {
  if (spec.kind == CodecKind::kDense) return dense_entropy(traffic, spec);
  const Share share = share_of(traffic, spec);
  const Tensor most = crowded_from(share);
  const Tensor priced = torch::minimum(share.events, most);
  const Tensor others = kLeastEventBits * torch::relu(share.events - most);
  return share.steps * (event_entropy(priced, share) + others).mean();
}

Tensor is_crowded(const Traffic& traffic, const CodecSpec& spec) {
  if (spec.kind == CodecKind::kDense) return torch::zeros_like(traffic.events).to(torch::kBool);
  const torch::NoGradGuard no_grad;
  const Share share = share_of(traffic, spec);
  return share.events.gt(crowded_from(share));
}

Tensor wire_bits_per_neuron(const Traffic& traffic, const CodecSpec& spec, WireKind wire,
                            const WireLayout& layout, std::span<const BlockSize> blocks) {
  const size_t formats = choices(Block{spec, layout, 1}, wire).size();
  std::vector<Tensor> costs;
  for (size_t i = 0; i < formats; ++i) {
    const double fixed = fixed_per_element(
        blocks, spec, layout, [&](const Block& block) { return choices(block, wire)[i].fixed; });
    const double per_event = choices(Block{spec, layout, 1}, wire)[i].per_event;
    costs.push_back(traffic.events.mean() * per_event + fixed);
  }
  const bool has_rans = wire == WireKind::kRans || wire == WireKind::kAuto;
  if (has_rans && traffic.rans_bits >= 0.0) {
    costs.push_back(rans_bits(traffic, spec, fixed_per_element(blocks, spec, layout, rans_fixed)));
  }
  RANVIER_CONTRACT(!costs.empty(), "the cost of rans needs a measurement");
  const Tensor all = torch::stack(costs);
  return (all * torch::softmax(-all.detach() / kSoftness, 0)).sum();
}

Tensor wire_bits_per_neuron(const Tensor& events, const CodecSpec& spec, WireKind wire,
                            const WireLayout& layout, int block_elements) {
  const BlockSize block{block_elements, 1.0};
  return wire_bits_per_neuron(Traffic{events, events, -1.0}, spec, wire, layout, {&block, 1});
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
  cost *= scale_;
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
  return needs_less() ? 0.0 : options_.servo * std::clamp(error, -1.0, 1.0);
}

void BudgetController::correct(double deployed) {
  RANVIER_CONTRACT(std::isfinite(deployed) && deployed >= 0.0, "a cost is a finite number");
  const double observed = smooth_ / scale_;
  if (observed <= 0.0 || deployed <= 0.0) return;
  scale_ = deployed / observed;
  smooth_ = deployed;
}

bool BudgetController::needs_less() const {
  return smooth_ < options_.target && lambda_ < kIdleLambda;
}

std::vector<double> BudgetController::state() const {
  return {static_cast<double>(step_), first_cost_, smooth_, log_lambda_, lambda_, scale_};
}

void BudgetController::restore(std::span<const double> state) {
  RANVIER_CONTRACT(state.size() == 6, "the state of a controller has six numbers");
  step_ = static_cast<int64_t>(state[0]);
  first_cost_ = state[1];
  smooth_ = state[2];
  log_lambda_ = state[3];
  lambda_ = state[4];
  scale_ = state[5];
}

}  // namespace ranvier::train
