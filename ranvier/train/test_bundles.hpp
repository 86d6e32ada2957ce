#pragma once
// For tests that compare whole runs.

#include "ranvier/core/file.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace ranvier::train::testing {

/// Network, weights and activity are the same, byte for byte.
inline void expect_equal_bundles(const std::filesystem::path& a, const std::filesystem::path& b) {
  for (const char* file : {"network.json", "weights.safetensors", "activity.h5"}) {
    EXPECT_EQ(core::content_hash(core::read_file(a / file, "test")),
              core::content_hash(core::read_file(b / file, "test")))
        << a / file;
  }
}

}  // namespace ranvier::train::testing
