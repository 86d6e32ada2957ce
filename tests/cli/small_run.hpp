#pragma once
// A run directory as training leaves it, made without training.

#include <filesystem>

namespace ranvier::tests {

/// One variant, `hnn-graded`, of a network on two chips, with random activity of two samples.
void make_small_run(const std::filesystem::path& directory);

}  // namespace ranvier::tests
