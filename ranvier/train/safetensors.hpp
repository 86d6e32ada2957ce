#pragma once
// The safetensors file format, torch-free: an 8-byte little-endian header size, a JSON header, raw
// little-endian data. Source: the format's published description (huggingface/safetensors,
// "Format").

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace ranvier::train {

enum class DType : uint8_t { kF32, kI64, kI32, kI16, kU8 };

/// Bytes of one element.
int64_t size_of(DType dtype);

struct Tensor {
  DType dtype = DType::kF32;
  std::vector<int64_t> shape;  // row-major; empty for a scalar
  std::vector<uint8_t> bytes;
  bool operator==(const Tensor&) const = default;
};

using Tensors = std::map<std::string, Tensor>;

/// Whole or absent; data in the order of falling element size, then name. Errors: RunError when it
/// cannot be written.
void write_safetensors(const std::filesystem::path& path, const Tensors& tensors);

/// Errors: UserError (key "weights.safetensors") for a missing, truncated or inconsistent file:
/// offsets out of bounds, overlaps and gaps, sizes that differ from dtype and shape, names that
/// stand twice. Metadata is skipped.
Tensors read_safetensors(const std::filesystem::path& path);

}  // namespace ranvier::train
