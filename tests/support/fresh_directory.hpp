#pragma once
// A folder for one test case, below the temporary folder of its process.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace ranvier::testing {

/// An empty directory, a new one at every call.
inline std::filesystem::path fresh_directory() {
  std::string name = ::testing::TempDir() + "case-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory " + name);
  return name;
}

}  // namespace ranvier::testing
