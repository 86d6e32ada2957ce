#pragma once
// How a boundary is called, after the cut that it lies behind, and what narrows it.

#include <cstdint>
#include <string>
#include <string_view>

namespace ranvier::ir {

inline constexpr std::string_view kBehind = "after_";

inline std::string boundary_name(const std::string& cut) { return std::string(kBehind) + cut; }

/// The inverse, as network.cuts calls it; other names stay as they are.
inline std::string cut_name(const std::string& boundary) {
  return boundary.starts_with(kBehind) ? boundary.substr(kBehind.size()) : boundary;
}

/// What stands before the codec: "bottleneck(4)+", with a kernel above 1 "bottleneck(4,3)+", with a
/// stride above 1 "bottleneck(4,4,2)+", with groups "bottleneck(4,4,2,4)+"; nothing for a ratio of
/// 0.
inline std::string bottleneck_prefix(int64_t ratio, int kernel, int stride, int groups) {
  if (ratio <= 0) return {};
  std::string text = "bottleneck(" + std::to_string(ratio);
  if (kernel > 1 || stride > 1 || groups > 1) text += "," + std::to_string(kernel);
  if (stride > 1 || groups > 1) text += "," + std::to_string(stride);
  if (groups > 1) text += "," + std::to_string(groups);
  return text + ")+";
}

}  // namespace ranvier::ir
