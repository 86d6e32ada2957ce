// What the files of the boundary module share.

#include "ranvier/train/boundary_internal.hpp"

#include <algorithm>
#include <cmath>
#include <span>

namespace ranvier::train {
namespace {

using codec::CodecKind;
using torch::Tensor;

}  // namespace

ChannelLayout layout_of(const Tensor& a) {
  ChannelLayout layout;
  layout.size = a.numel();
  layout.channels = a.size(1);
  const bool channels_last =
      a.dim() == 4 && !a.is_contiguous() && a.is_contiguous(torch::MemoryFormat::ChannelsLast);
  layout.inner = channels_last ? 1 : a.numel() / std::max<int64_t>(1, a.size(0) * a.size(1));
  return layout;
}

std::vector<double> exp_of(const Tensor& logs) {
  const Tensor host = logs.detach().to(torch::kCPU, torch::kFloat64).exp().contiguous();
  const double* values = host.data_ptr<double>();
  return {values, values + host.numel()};
}

Tensor straight_through(const Tensor& exact, const Tensor& smooth) {
  return exact.detach() + (smooth - smooth.detach());
}

Tensor log_rises(const std::vector<double>& ascending) {
  std::vector<float> logs;
  double before = 0.0;
  for (const double value : ascending) {
    logs.push_back(static_cast<float>(std::log(value - before)));
    before = value;
  }
  return torch::tensor(logs);
}

std::vector<double> sums_of(const Tensor& log_rises) {
  std::vector<double> sums = exp_of(log_rises);
  for (size_t i = 1; i < sums.size(); ++i) sums[i] += sums[i - 1];
  return sums;
}

Tensor to_tensor(const std::vector<float>& values, const Tensor& like) {
  return torch::tensor(values).to(like.device()).view({1, -1, 1});
}

void make_currents(const Grid& grid, Surrogate surrogate, const Tensor& host, Sent& sent) {
  const ChannelLayout layout = layout_of(host);
  const auto size = static_cast<size_t>(layout.size);
  sent.current.resize(size);
  sent.channel.resize(size);
  for (size_t e = 0; e < size; ++e) {
    sent.channel[e] =
        static_cast<uint16_t>(static_cast<int64_t>(e) / layout.inner % layout.channels);
  }
  encode_currents({layout, &grid.params, &grid.scales, surrogate, at::get_num_threads()},
                  host.data_ptr<float>(), sent.current.data());
  if (grid.params.spec.kind != CodecKind::kTopk || size == 0) return;
  const size_t elements = size / static_cast<size_t>(host.size(0));
  for (size_t begin = 0; begin < size; begin += elements) {
    codec::select_top(std::span(sent.current).subspan(begin, elements), grid.params.spec);
  }
}

Sent send(const codec::Codec& coder, const Grid& grid, Surrogate surrogate, const Tensor& host) {
  Sent sent;
  make_currents(grid, surrogate, host, sent);
  sent.level.resize(sent.current.size());
  sent.value.resize(sent.current.size());
  coder.encode_levels(sent.current, sent.channel, sent.level);
  coder.decode_levels(sent.level, sent.channel, sent.value);
  return sent;
}

Tensor level_tensor(const Sent& sent, const Tensor& like) {
  Tensor level = torch::empty(like.sizes(), torch::kInt16);
  std::copy(sent.level.begin(), sent.level.end(), level.data_ptr<int16_t>());
  return level;
}

Tensor value_tensor(const Sent& sent, const Grid& grid, const Tensor& like) {
  Tensor out = torch::empty(like.sizes(), torch::kFloat32);
  const float unit = std::ldexp(1.0F, -grid.params.value_frac_bits);
  float* to = out.data_ptr<float>();
  for (size_t e = 0; e < sent.value.size(); ++e) to[e] = static_cast<float>(sent.value[e]) * unit;
  return out;
}

}  // namespace ranvier::train
