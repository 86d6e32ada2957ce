#include "ranvier/train/boundary.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/train/boundary_internal.hpp"
#include "ranvier/train/encode_tensors.hpp"
#include "ranvier/train/lif.hpp"
#include "ranvier/train/loss_hook.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ranvier::train {
namespace {

using codec::CodecKind;
using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr double kSigmaMomentum = 0.02;  // of the running variance

Tensor dense_layout(const Tensor& a) {
  const bool channels_last = a.dim() == 4 && a.is_contiguous(torch::MemoryFormat::ChannelsLast);
  return channels_last ? a : a.contiguous();
}

/// One forward pass of the closed form: its inputs, and what it saw.
struct EncodeCall : torch::CustomClassHolder {
  codec::BoundaryParams params;
  std::vector<ChannelScales> scales;
  ChannelLayout layout;
  Surrogate surrogate = Surrogate::kArctan;
  EncodeTotals totals;

  EncodeArguments arguments() const {
    return {layout, &params, &scales, surrogate, at::get_num_threads()};
  }
};
using EncodeCallPtr = c10::intrusive_ptr<EncodeCall>;

/// (a, logs) -> (value, events and magnitude per channel), all differentiable. a: float32, dense
/// layout; the logs and what is per channel: on the processor.
class Encode : public torch::autograd::Function<Encode> {
 public:
  static variable_list forward(AutogradContext* context, const Tensor& a, const Tensor& /*step*/,
                               const Tensor& /*threshold*/, const Tensor& /*scale*/,
                               const EncodeCallPtr& call) {
    Tensor value = torch::empty_like(a);
    call->totals =
        a.is_cpu() ? encode_forward(call->arguments(), a.data_ptr<float>(), value.data_ptr<float>())
                   : encode_forward(call->arguments(), a, value);
    context->save_for_backward({a});
    context->saved_data["call"] = c10::IValue::make_capsule(call);
    return {value, row_of(call->totals.events), row_of(call->totals.magnitude)};
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const Tensor a = context->get_saved_variables()[0];
    const auto held = context->saved_data["call"].toCapsule();
    const auto& call = static_cast<const EncodeCall&>(*held);
    const Tensor grad_value =
        grads[0].defined() ? laid_out_like(grads[0], a) : torch::zeros_like(a);
    const auto row_or_zeros = [&](const Tensor& grad) {
      return grad.defined() ? grad.contiguous() : torch::zeros({call.layout.channels});
    };
    const Tensor grad_events = row_or_zeros(grads[1]);
    const Tensor grad_magnitude = row_or_zeros(grads[2]);
    Tensor grad_a = torch::empty_like(a);
    EncodeUpstream upstream{nullptr, grad_events.data_ptr<float>(),
                            grad_magnitude.data_ptr<float>()};
    if (a.is_cpu()) upstream.value = grad_value.data_ptr<float>();
    const EncodeGradients sums =
        a.is_cpu() ? encode_backward(call.arguments(), a.data_ptr<float>(), upstream,
                                     grad_a.data_ptr<float>())
                   : encode_backward(call.arguments(), a, grad_value, upstream, grad_a);
    return {grad_a, row_of(sums.log_step), row_of(sums.log_threshold), row_of(sums.log_scale),
            Tensor()};
  }

 private:
  static Tensor laid_out_like(const Tensor& grad, const Tensor& a) {
    return grad.strides() == a.strides() ? grad : torch::empty_like(a).copy_(grad);
  }
};

LifOptions stepped_options(const BoundaryOptions& options) {
  LifOptions lif;
  lif.surrogate = options.surrogate;
  lif.is_signed = options.spec.is_signed;
  lif.centred = options.spec.is_signed;
  lif.start_half = !options.spec.is_signed;
  lif.decayed_reset = true;
  lif.integer_leak = true;
  return lif;
}

void require_valid(const BoundaryOptions& o) {
  const auto refuse = [&](std::string_view key, int64_t given, std::string_view allowed) {
    throw core::UserError(
        {o.name + "." + std::string(key), std::to_string(given), std::string(allowed), "", ""});
  };
  const bool has_tables = o.wire == codec::WireKind::kRans;  // learned when the bundle is written
  codec::make_wire_format(has_tables ? codec::WireKind::kAuto : o.wire, o.spec,
                          codec::WireLayout{});
  if (o.channels < 1 || o.channels > 65536) refuse("channels", o.channels, "1..65536");
  const int most = o.spec.kind == CodecKind::kRate ? 15 : 0;
  if (o.leak_shift < 0 || o.leak_shift > most) {
    refuse("leak_shift", o.leak_shift, most > 0 ? "0..15" : "0 (only a rate code leaks)");
  }
}

}  // namespace

double BoundaryCounts::events_per_neuron() const {
  double total = 0.0;
  for (const int64_t e : events) total += static_cast<double>(e);
  return samples == 0 ? 0.0 : total / static_cast<double>(samples * neurons);
}

int BoundaryCounts::dead_channels() const {
  return static_cast<int>(std::count(events.begin(), events.end(), 0));
}

int BoundaryCounts::saturated_channels() const {
  if (saturated.empty()) return 0;
  const int64_t elements = samples * neurons / static_cast<int64_t>(saturated.size());
  return static_cast<int>(std::count_if(saturated.begin(), saturated.end(),
                                        [&](int64_t n) { return 2 * n > elements; }));
}

BoundaryImpl::BoundaryImpl(BoundaryOptions options) : options_(std::move(options)) {
  require_valid(options_);
  const codec::CodecSpec& spec = options_.spec;
  const double step = kInitialRange / top_level(spec);
  const bool is_rate = spec.kind == CodecKind::kRate;
  const auto filled = [&](double value) {
    return torch::full({options_.channels}, std::log(value));
  };
  // One of gain and threshold is enough for a rate code, and where there is one level: the step
  // stays, the threshold learns.
  const bool is_single = spec.kind == CodecKind::kTtfs && spec.window == 1;
  const bool has_threshold = spec.kind != CodecKind::kDense && spec.kind != CodecKind::kTopk;
  log_step = register_parameter("log_step", filled(step), !is_rate && !is_single);
  log_threshold = register_parameter("log_threshold", filled(is_rate ? kInitialRange : step / 2.0),
                                     has_threshold);
  log_scale = register_parameter("log_scale", filled(step), spec.kind != CodecKind::kDense);
  if (options_.leak_shift > 0) {
    const double kept = std::ldexp(1.0, options_.leak_shift) - 1.0;  // beta / (1 - beta)
    leak_logit = register_parameter("leak_logit", filled(kept));
  }
  if (spec.kind == CodecKind::kTtfs) {
    const LevelGrid even = level_grid(spec.window, false);
    log_rise = register_parameter("log_rise", log_rises(even.value));
    if (spec.window > 1) log_gap = register_parameter("log_gap", log_rises(even.threshold));
  }
  sigma = register_buffer("sigma", torch::zeros({options_.channels}));
}

Grid BoundaryImpl::grid() const {
  LearnedChannels learned;
  learned.step = exp_of(log_step);
  learned.threshold = exp_of(log_threshold);
  learned.scale = options_.spec.kind == CodecKind::kDense ? learned.step : exp_of(log_scale);
  learned.beta.assign(learned.step.size(), 1.0);
  if (leak_logit.defined()) {
    const std::vector<double> odds = exp_of(leak_logit);
    for (size_t c = 0; c < odds.size(); ++c) learned.beta[c] = odds[c] / (1.0 + odds[c]);
  }
  if (log_rise.defined()) learned.level_value = sums_of(log_rise);
  if (log_gap.defined()) learned.level_threshold = sums_of(log_gap);
  Grid grid = project(options_.spec, learned);
  const Tensor spread = sigma.to(torch::kCPU, torch::kFloat32).contiguous();
  for (size_t c = 0; c < grid.scales.size(); ++c) {
    const double measured = double{spread.data_ptr<float>()[c]};
    const double unit = measured > 0.0 ? measured : learned.threshold[c];
    grid.scales[c].surrogate = static_cast<float>(options_.surrogate_width * unit);
  }
  return grid;
}

codec::BoundaryParams BoundaryImpl::params() const { return grid().params; }

std::vector<float> BoundaryImpl::gains() const {
  std::vector<float> gains;
  for (const ChannelScales& channel : grid().scales) gains.push_back(channel.gain);
  return gains;
}

Tensor BoundaryImpl::forward(const Tensor& a) {
  RANVIER_CONTRACT(a.dim() >= 2 && a.size(1) == options_.channels,
                   "a boundary input is [N, C, ...] with the boundary's channels");
  if (capture_left_ > 0) {
    const int64_t taken = std::min(capture_left_, a.size(0));
    const Tensor part = a.slice(0, 0, taken).detach().to(torch::kCPU).contiguous().clone();
    captured_ = captured_.defined() ? torch::cat({captured_, part}) : part;
    capture_left_ -= taken;
  }
  switch (mode_) {
    case BoundaryMode::kBypass:
      return forward_bypass(a);
    case BoundaryMode::kDeployed:
      return forward_deployed(a);
    case BoundaryMode::kTrain:
      break;
  }
  if (leak_logit.defined()) return forward_stepped(a);
  const bool is_fused =
      options_.spec.kind != CodecKind::kTtfs && options_.spec.kind != CodecKind::kTopk;
  return is_fused ? forward_train(a) : forward_straight(a);
}

Tensor BoundaryImpl::forward_bypass(const Tensor& a) {
  return options_.spec.is_signed ? a : torch::relu(a);
}

Tensor BoundaryImpl::forward_train(const Tensor& a) {
  const Grid now = grid();
  const Tensor dense = dense_layout(a.to(torch::kFloat32));
  auto call = c10::make_intrusive<EncodeCall>();
  call->params = now.params;
  call->scales = now.scales;
  call->layout = layout_of(dense);
  call->surrogate = options_.surrogate;
  const variable_list out =
      Encode::apply(dense, log_step.cpu(), log_threshold.cpu(), log_scale.cpu(), call);
  update_sigma(call->totals.sum, call->totals.square_sum, dense.numel() / options_.channels);
  const int64_t neurons = a.numel() / a.size(0);
  count(a.size(0), neurons, call->totals.events, call->totals.saturated);
  finish_cost(out[1], out[2], a);
  return out[0];
}

Tensor BoundaryImpl::forward_stepped(const Tensor& a) {
  const Grid now = grid();
  const int frac = now.params.current_frac_bits;
  std::vector<float> gain, threshold, beta, multiplier;
  for (size_t c = 0; c < now.scales.size(); ++c) {
    const codec::ChannelParams& integer = now.params.channels[c];
    gain.push_back(now.scales[c].gain);
    threshold.push_back(static_cast<float>(integer.threshold));
    beta.push_back(1.0F - std::ldexp(1.0F, -integer.leak_shift));
    multiplier.push_back(static_cast<float>(integer.decode_multiplier));
  }
  const Tensor flat = a.reshape({a.size(0), a.size(1), -1});
  const Tensor scaled = flat * to_tensor(gain, a);
  const Tensor current = straight_through(scaled.clamp(-32768.0, 32767.0).round(), scaled);
  const Tensor theta = straight_through(torch::tensor(threshold).to(a.device()),
                                        (log_threshold - log_step).exp() * std::ldexp(1.0, frac));
  const Tensor kept = straight_through(torch::tensor(beta).to(a.device()), leak_logit.sigmoid());
  const Tensor spikes = fused_lif(current.expand({options_.spec.steps, -1, -1, -1}),
                                  torch::ones_like(theta), theta, kept, stepped_options(options_));
  const Tensor level = spikes.sum(0);
  const Tensor decoded = torch::floor(level.detach() * to_tensor(multiplier, a) *
                                          std::ldexp(1.0, -now.params.decode_shift) +
                                      (now.params.decode_shift > 0 ? 0.5 : 0.0));
  const Tensor value = straight_through(decoded * std::ldexp(1.0, -now.params.value_frac_bits),
                                        level * log_scale.exp().view({1, -1, 1}));
  count_levels(level.detach());
  const Tensor spikes_of_channel = level.abs().sum(torch::IntArrayRef{0, 2});
  finish_cost(spikes_of_channel, spikes_of_channel, a);
  return value.reshape_as(a);
}

void BoundaryImpl::update_sigma(const std::vector<double>& sum,
                                const std::vector<double>& square_sum, int64_t values) {
  if (!is_training()) return;
  const torch::NoGradGuard no_grad;
  const size_t channels = sum.size();
  std::vector<double> sums = sum;
  sums.insert(sums.end(), square_sum.begin(), square_sum.end());
  sums = processes()->sum(std::move(sums));
  std::vector<double> deviation(channels);
  const double n = static_cast<double>(values) * processes()->size();
  for (size_t c = 0; c < channels; ++c) {
    const double mean = sums[c] / n;
    deviation[c] = std::sqrt(std::max(sums[channels + c] / n - mean * mean, kLeastVariance));
  }
  const Tensor batch = row_of(deviation).to(sigma.device());
  const Tensor mixed = sigma.square().lerp(batch.square(), kSigmaMomentum).sqrt();
  sigma.copy_(torch::where(sigma.gt(0.0), mixed, batch));
}

void BoundaryImpl::count(int64_t samples, int64_t neurons, const std::vector<int64_t>& events,
                         const std::vector<int64_t>& saturated) {
  const auto channels = static_cast<size_t>(options_.channels);
  counts_.samples += samples;
  counts_.neurons = neurons;
  counts_.events.resize(channels);
  counts_.saturated.resize(channels);
  for (size_t c = 0; c < channels; ++c) {
    counts_.events[c] += events[c];
    counts_.saturated[c] += saturated[c];
  }
}

void BoundaryImpl::count_levels(const Tensor& level) {
  const Tensor host = level.to(torch::kCPU).abs().reshape({level.size(0), level.size(1), -1});
  const bool is_rate = options_.spec.kind == CodecKind::kRate;
  const Tensor events =
      (is_rate ? host : host.gt(0)).sum(torch::IntArrayRef{0, 2}).to(torch::kInt64).contiguous();
  const Tensor top = host.eq(top_level(options_.spec)).sum(torch::IntArrayRef{0, 2}).contiguous();
  const auto list = [](const Tensor& t) {
    return std::vector<int64_t>(t.data_ptr<int64_t>(), t.data_ptr<int64_t>() + t.numel());
  };
  count(level.size(0), level.numel() / level.size(0), list(events), list(top));
}

Tensor BoundaryImpl::forward_deployed(const Tensor& a) {
  const torch::NoGradGuard no_grad;
  const Grid now = grid();
  const auto coder = codec::make_codec(now.params);
  const Tensor host = a.to(torch::kCPU, torch::kFloat32).contiguous();
  Sent sent = send(*coder, now, options_.surrogate, host);
  count_levels(level_tensor(sent, host));
  if (recording_) record_samples(*coder, sent.current, sent.channel, sent.value, a.size(0));
  if (loss_) loss_->lose(sent.current, sent.value, a.size(0));
  return value_tensor(sent, now, host).to(a.device());
}

void BoundaryImpl::record_samples(const codec::Codec& coder, std::span<const int16_t> current,
                                  std::span<const uint16_t> channel, std::span<const int32_t> value,
                                  int64_t samples) {
  const size_t elements = current.size() / static_cast<size_t>(samples);
  record_.elements = static_cast<int>(elements);
  record_.steps = options_.spec.steps;
  for (size_t s = 0; s < static_cast<size_t>(samples); ++s) {
    const auto part = current.subspan(s * elements, elements);
    const codec::Frame frame = coder.encode(part, channel.subspan(s * elements, elements));
    record_.symbols.insert(record_.symbols.end(), frame.symbols.begin(), frame.symbols.end());
  }
  record_.current.insert(record_.current.end(), current.begin(), current.end());
  record_.value.insert(record_.value.end(), value.begin(), value.end());
}

ir::BoundaryActivity BoundaryImpl::take_record() { return std::exchange(record_, {}); }

void BoundaryImpl::move_thresholds(double by, const Tensor& crowded) {
  const torch::NoGradGuard no_grad;
  const Tensor moves =
      by < 0.0 ? by * crowded.logical_not().to(log_step.options()) : torch::full_like(log_step, by);
  if (options_.spec.kind == CodecKind::kDense) log_step.add_(moves);
  if (log_threshold.requires_grad()) log_threshold.add_(moves);
}

void BoundaryImpl::capture(int64_t samples) {
  capture_left_ = samples;
  captured_ = torch::Tensor();
}

}  // namespace ranvier::train
