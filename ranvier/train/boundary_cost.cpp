// What a boundary costs on the wire while it trains.

#include "ranvier/core/error.hpp"
#include "ranvier/train/boundary_internal.hpp"
#include "ranvier/train/sparsity.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace ranvier::train {
namespace {

using codec::CodecKind;
using torch::Tensor;

}  // namespace

void BoundaryImpl::renew_rans(const Tensor& a) {
  // Tables and coding of one batch take a fifth of a step; between steps hardly anything moves
  // that the price does not follow.
  constexpr int64_t kSteps = 8;
  if (is_training() && rans_.steps_left-- > 0) return;
  rans_ = {measure_rans(a), price_per_neuron(traffic_, options_.spec).item<double>(), kSteps - 1};
}

double BoundaryImpl::measure_rans(const Tensor& a) const {
  // Tables are learned from some samples, at most half of the batch, and others coded with them:
  // so many tokens of a text as hold what a few images do.
  constexpr int64_t kImages = 24;
  constexpr int64_t kCoded = 8;
  constexpr int64_t kTokenElements = 512;  // a sample of fewer is a token
  constexpr int64_t kTokens = 1024;
  constexpr int64_t kCodedTokens = 256;
  const torch::NoGradGuard no_grad;
  const ProcessesPtr all = sharers();
  const int64_t samples = a.size(0) * all->size();
  const bool is_token = a.numel() / a.size(0) < kTokenElements;
  const int64_t learn = std::clamp<int64_t>(samples / 2, 1, is_token ? kTokens : kImages);
  const int64_t first = std::min(learn, samples - 1);
  const int64_t last = std::min(first + (is_token ? kCodedTokens : kCoded), samples);
  const Tensor host = first_rows(*all, a.to(torch::kCPU, torch::kFloat32), last).contiguous();
  const Grid now = grid();
  const auto coder = codec::make_codec(now.params);
  Sent sent;
  make_currents(now, options_.surrogate, host, sent);
  const auto neurons = static_cast<size_t>(host.numel() / host.size(0));
  const auto frame_of = [&](int64_t sample) {
    const size_t at = static_cast<size_t>(sample) * neurons;
    return coder->encode(std::span(sent.current).subspan(at, neurons),
                         std::span(sent.channel).subspan(at, neurons));
  };
  const int height = host.dim() >= 4 ? static_cast<int>(host.size(2)) : 1;
  const auto width = static_cast<int>(static_cast<int64_t>(neurons) / options_.channels / height);
  codec::SymbolStatistics statistics(options_.spec, static_cast<int>(options_.channels), height,
                                     width);
  for (int64_t s = 0; s < learn; ++s) statistics.add(frame_of(s));
  codec::BoundaryParams params = now.params;
  params.entropy = statistics.tables();
  const auto rans = codec::make_wire_format(codec::WireKind::kRans, params, framing_.layout);
  int64_t bits = 0;
  for (int64_t s = first; s < last; ++s) bits += link_bits(frame_of(s), framing_, *rans);
  return static_cast<double>(bits) / static_cast<double>((last - first) * framing_.crossings());
}

void BoundaryImpl::set_framing(Framing framing) {
  if (!framing_.blocks.empty()) rans_ = {};  // what other frames took
  framing_ = std::move(framing);
  is_framed_ = true;
  std::map<size_t, double> frames;  // by elements
  for (const FrameBlock& block : framing_.blocks) frames[block.places.size()] += block.die_edges;
  block_sizes_.clear();
  for (const auto& [elements, weight] : frames) {
    block_sizes_.push_back({static_cast<int>(elements), weight});
  }
  RANVIER_CONTRACT(!block_sizes_.empty(), "a boundary crosses in frames");
}

void BoundaryImpl::frame_evenly(int64_t elements) {
  if (is_framed_ || framing_.crossings() == elements) return;
  set_framing(even_framing(elements));
  is_framed_ = false;
}

double BoundaryImpl::share() const {
  const int64_t stands_for = options_.stands_for > 0 ? options_.stands_for : options_.channels;
  return static_cast<double>(options_.channels) / static_cast<double>(stands_for);
}

void BoundaryImpl::finish_cost(const Tensor& events, const Tensor& magnitude, const Tensor& a) {
  const bool is_dense = options_.spec.kind == CodecKind::kDense;
  const int64_t neurons = a.numel() / a.size(0);
  const auto of_channel = static_cast<double>(a.numel() / options_.channels);
  Traffic traffic;
  const Tensor means = mean_over(sharers(), torch::stack({events, magnitude}) / of_channel);
  traffic.events = is_dense ? torch::ones_like(events) : means[0];
  traffic.magnitude = means[1];
  frame_evenly(neurons);
  traffic_ = {traffic.events.detach(), traffic.magnitude.detach(), -1.0};
  const bool may_be_rans =
      options_.wire == codec::WireKind::kRans || options_.wire == codec::WireKind::kAuto;
  if (may_be_rans) {
    renew_rans(a);
    traffic.rans_bits = rans_.bits;
    traffic.rans_price = rans_.price;
  }
  cost_.events_per_neuron = share() * traffic.events.mean();
  cost_.wire_bits_per_neuron = share() * wire_bits_per_neuron(traffic, options_.spec, options_.wire,
                                                              framing_.layout, block_sizes_);
  cost_.neurons = std::llround(static_cast<double>(neurons) / share());
  cost_.crossings = static_cast<double>(framing_.crossings()) / share();
}

}  // namespace ranvier::train
