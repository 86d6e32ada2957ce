#pragma once
// A run directory as training leaves it, made without training.

#include "ranvier/ir/network.hpp"

#include <filesystem>
#include <string>

namespace ranvier::tests {

/// A network on two chips with random activity of `samples` samples.
void write_small_bundle(const std::filesystem::path& run, const std::string& variant,
                        ir::NetworkKind kind, const std::string& codec, int samples);

/// `more`: further lines of the configuration.
void write_small_config(const std::filesystem::path& run, const std::string& more);

/// One variant, `hnn-graded`, two samples.
void make_small_run(const std::filesystem::path& directory);

}  // namespace ranvier::tests
