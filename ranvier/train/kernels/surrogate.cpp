#include "ranvier/train/kernels/surrogate.hpp"

#include "ranvier/core/error.hpp"

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace ranvier::train {
namespace {

constexpr std::array<std::pair<std::string_view, Surrogate>, 4> kNames{{
    {"arctan", Surrogate::kArctan},
    {"fast_sigmoid", Surrogate::kFastSigmoid},
    {"triangle", Surrogate::kTriangle},
    {"sigmoid", Surrogate::kSigmoid},
}};

}  // namespace

std::string_view to_string(Surrogate surrogate) {
  for (const auto& [name, value] : kNames) {
    if (value == surrogate) return name;
  }
  throw core::ContractViolation("every surrogate has a name");
}

Surrogate parse_surrogate(std::string_view text, std::string_view key) {
  std::vector<std::string> names;
  std::string allowed = "one of";
  for (const auto& [name, value] : kNames) {
    if (name == text) return value;
    names.emplace_back(name);
    allowed += (names.size() == 1 ? " " : ", ") + names.back();
  }
  const std::string nearest = core::nearest_name(text, names);
  throw core::UserError({std::string(key), std::string(text), allowed, "",
                         nearest.empty() ? "" : "Did you mean " + nearest + "?"});
}

}  // namespace ranvier::train
