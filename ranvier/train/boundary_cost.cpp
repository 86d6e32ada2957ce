// What a boundary costs on the wire while it trains.

#include "ranvier/train/boundary_internal.hpp"
#include "ranvier/train/sparsity.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ranvier::train {
namespace {

using codec::CodecKind;
using torch::Tensor;

}  // namespace

double BoundaryImpl::measure_rans(const Tensor& a) const {
  // Tables are learned from some samples, at most half of the batch, and others coded with them:
  // so many tokens of a text as hold what a few images do.
  constexpr int64_t kImages = 24;
  constexpr int64_t kCoded = 2;
  constexpr int64_t kTokenElements = 512;  // a sample of fewer is a token
  constexpr int64_t kTokens = 1024;
  constexpr int64_t kCodedTokens = 64;
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
  const auto frame_of = [&](int64_t sample, size_t begin, size_t count) {
    const size_t at = static_cast<size_t>(sample) * neurons + begin;
    return coder->encode(std::span(sent.current).subspan(at, count),
                         std::span(sent.channel).subspan(at, count));
  };
  const int height = host.dim() >= 4 ? static_cast<int>(host.size(2)) : 1;
  const auto width = static_cast<int>(static_cast<int64_t>(neurons) / options_.channels / height);
  codec::SymbolStatistics statistics(options_.spec, static_cast<int>(options_.channels), height,
                                     width);
  for (int64_t s = 0; s < learn; ++s) statistics.add(frame_of(s, 0, neurons));
  codec::BoundaryParams params = now.params;
  params.entropy = statistics.tables();
  const auto rans = codec::make_wire_format(codec::WireKind::kRans, params, options_.layout);
  const size_t block = std::min(static_cast<size_t>(options_.block_elements),
                                size_t{1} << options_.layout.address_bits);
  int64_t bits = 0;
  for (int64_t s = first; s < last; ++s) {
    for (size_t begin = 0; begin < neurons; begin += block) {
      const size_t count = std::min(block, neurons - begin);
      std::vector<uint32_t> places(count);
      std::iota(places.begin(), places.end(), static_cast<uint32_t>(begin));
      bits += codec::link_bits(rans->size(frame_of(s, begin, count), places), options_.layout);
    }
  }
  return static_cast<double>(bits) /
         static_cast<double>((last - first) * static_cast<int64_t>(neurons));
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
  const bool may_be_rans =
      options_.wire == codec::WireKind::kRans || options_.wire == codec::WireKind::kAuto;
  if (may_be_rans) traffic.rans_bits = measure_rans(a);
  cost_.events_per_neuron = share() * traffic.events.mean();
  cost_.wire_bits_per_neuron =
      share() *
      wire_bits_per_neuron(traffic, options_.spec, options_.wire, options_.layout,
                           static_cast<int>(std::min<int64_t>(options_.block_elements, neurons)));
  cost_.neurons = std::llround(static_cast<double>(neurons) / share());
}

BoundaryCost total_cost(const std::vector<Boundary>& boundaries) {
  BoundaryCost total{torch::zeros({}), torch::zeros({}), 0};
  for (const Boundary& boundary : boundaries) {
    const BoundaryCost& cost = boundary->cost();
    const auto neurons = static_cast<double>(cost.neurons);
    total.events_per_neuron = total.events_per_neuron + cost.events_per_neuron * neurons;
    total.wire_bits_per_neuron = total.wire_bits_per_neuron + cost.wire_bits_per_neuron * neurons;
    total.neurons += cost.neurons;
  }
  if (total.neurons == 0) return total;
  const auto neurons = static_cast<double>(total.neurons);
  total.events_per_neuron = total.events_per_neuron / neurons;
  total.wire_bits_per_neuron = total.wire_bits_per_neuron / neurons;
  return total;
}

}  // namespace ranvier::train
