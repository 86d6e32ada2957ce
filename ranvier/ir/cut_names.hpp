#pragma once
// How a boundary is called: after the cut that it lies behind.

#include <string>
#include <string_view>

namespace ranvier::ir {

inline constexpr std::string_view kBehind = "after_";

inline std::string boundary_name(const std::string& cut) { return std::string(kBehind) + cut; }

/// The inverse, as network.cuts calls it; other names stay as they are.
inline std::string cut_name(const std::string& boundary) {
  return boundary.starts_with(kBehind) ? boundary.substr(kBehind.size()) : boundary;
}

}  // namespace ranvier::ir
