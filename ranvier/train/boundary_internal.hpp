#pragma once
// What the files of the boundary module share: layouts, logarithms, and what a batch sends in the
// deployed integers. Private to train/.

#include "ranvier/train/boundary.hpp"

#include <vector>

namespace ranvier::train {

inline constexpr double kInitialRange = 3.0;  // [activation]: top level before calibration
inline constexpr double kLeastVariance = 1e-8;

ChannelLayout layout_of(const torch::Tensor& a);

std::vector<double> exp_of(const torch::Tensor& logs);

/// The value `exact` with the gradient of `smooth`.
torch::Tensor straight_through(const torch::Tensor& exact, const torch::Tensor& smooth);

/// Logs of the first number and of the differences between neighbours.
torch::Tensor log_rises(const std::vector<double>& ascending);

/// The inverse.
std::vector<double> sums_of(const torch::Tensor& log_rises);

torch::Tensor to_tensor(const std::vector<float>& values, const torch::Tensor& like);

template <class T>
torch::Tensor row_of(const std::vector<T>& values) {
  torch::Tensor row = torch::empty({static_cast<int64_t>(values.size())}, torch::kFloat32);
  float* out = row.data_ptr<float>();
  for (size_t c = 0; c < values.size(); ++c) out[c] = static_cast<float>(values[c]);
  return row;
}

/// What crosses for one batch [N, C, ...], in the deployed integers.
struct Sent {
  std::vector<int16_t> current;
  std::vector<int16_t> level;
  std::vector<int32_t> value;
  std::vector<uint16_t> channel;
};

/// Currents of contiguous activations; topk: of what its selection keeps.
void make_currents(const Grid& grid, Surrogate surrogate, const torch::Tensor& host, Sent& sent);

Sent send(const codec::Codec& coder, const Grid& grid, Surrogate surrogate,
          const torch::Tensor& host);

torch::Tensor level_tensor(const Sent& sent, const torch::Tensor& like);

torch::Tensor value_tensor(const Sent& sent, const Grid& grid, const torch::Tensor& like);

}  // namespace ranvier::train
