#include "ranvier/train/weights.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/train/safetensors.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>

namespace ranvier::train {

namespace {

/// Torch's name -> dotted name. Parameters and buffers alike, by reference.
std::vector<std::pair<std::string, torch::Tensor>> named_state(const Model& model) {
  std::vector<std::pair<std::string, torch::Tensor>> out;
  for (const auto& item : model.named_parameters()) out.emplace_back(item.key(), item.value());
  for (const auto& item : model.named_buffers()) out.emplace_back(item.key(), item.value());
  return out;
}

Tensor to_file(const torch::Tensor& tensor) {
  const bool is_float = tensor.is_floating_point();
  const auto plain = tensor.detach()
                         .to(torch::kCPU, is_float ? torch::kFloat : torch::kLong)
                         .contiguous(at::MemoryFormat::Contiguous);
  Tensor out;
  out.dtype = is_float ? DType::kF32 : DType::kI64;
  out.shape = plain.sizes().vec();
  out.bytes.resize(plain.nbytes());
  std::memcpy(out.bytes.data(), plain.data_ptr(), plain.nbytes());
  return out;
}

void from_file(const Tensor& stored, torch::Tensor& tensor) {
  const auto type = stored.dtype == DType::kF32 ? torch::kFloat : torch::kLong;
  auto plain = torch::empty(stored.shape, type);
  std::memcpy(plain.data_ptr(), stored.bytes.data(), stored.bytes.size());
  tensor.copy_(plain);
}

}  // namespace

void save_weights(const Model& model, const std::filesystem::path& path) {
  Tensors tensors;
  for (const auto& [name, tensor] : named_state(model)) tensors[name] = to_file(tensor);
  write_safetensors(path, tensors);
}

void load_weights(Model& model, const std::filesystem::path& path) {
  torch::NoGradGuard no_grad;
  const auto tensors = read_safetensors(path);
  for (auto& [name, tensor] : named_state(model)) {
    const auto found = tensors.find(name);
    const bool fits = found != tensors.end() && found->second.shape == tensor.sizes().vec() &&
                      (found->second.dtype == DType::kF32) == tensor.is_floating_point();
    if (!fits) {
      throw core::UserError(
          {.key = "bundle",
           .given = found == tensors.end() ? "no tensor " + name : name,
           .allowed = fmt::format("a tensor of shape [{}]", fmt::join(tensor.sizes().vec(), ", ")),
           .place = path.string(),
           .hint = "The weights belong to another network"});
    }
    from_file(found->second, tensor);
  }
}

}  // namespace ranvier::train
