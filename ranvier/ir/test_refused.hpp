#pragma once
// What a network is refused for, for tests.

#include "ranvier/core/error.hpp"
#include "ranvier/ir/network.hpp"

#include <string>

namespace ranvier::ir::testing {

/// The key that validate() names; empty for a network that it accepts.
inline std::string refused_key(const Network& network) {
  try {
    validate(network, "test");
  } catch (const core::UserError& error) {
    return error.refusal().key;
  }
  return "";
}

}  // namespace ranvier::ir::testing
