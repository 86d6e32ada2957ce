#pragma once
// A model's parameters and buffers as weights.safetensors.

#include "ranvier/train/models.hpp"

#include <filesystem>

namespace ranvier::train {

/// Every parameter and buffer under its dotted name. Errors: RunError when it cannot be written.
void save_weights(const Model& model, const std::filesystem::path& path);

/// Errors: UserError when the file is damaged, a tensor is missing or has another shape.
void load_weights(Model& model, const std::filesystem::path& path);

}  // namespace ranvier::train
