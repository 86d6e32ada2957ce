#include "ranvier/train/loss_hook.hpp"

namespace ranvier::train {

void LossHook::lose(std::span<const int16_t> current, std::span<int32_t> value, int64_t rows) {
  const size_t elements = value.size() / static_cast<size_t>(rows);
  for (size_t row = 0; row < static_cast<size_t>(rows); ++row) {
    totals_ += boundary_.lose(next_row_++, current.subspan(row * elements, elements),
                              value.subspan(row * elements, elements));
  }
}

torch::Tensor LossHook::lose_spikes(const torch::Tensor& spikes) {
  const torch::NoGradGuard no_grad;
  const auto steps = static_cast<int>(spikes.size(0));
  const torch::Tensor by_row =
      spikes.transpose(0, 1).to(torch::kCPU, torch::kShort).contiguous();  // [N, T, C, ...]
  const auto size = static_cast<size_t>(by_row.numel() / by_row.size(0));
  int16_t* data = by_row.data_ptr<int16_t>();
  for (int64_t row = 0; row < by_row.size(0); ++row, data += size) {
    totals_ += boundary_.lose_spikes(next_row_++, steps, {data, size});
  }
  return by_row.to(spikes.options()).transpose(0, 1).contiguous();
}

}  // namespace ranvier::train
