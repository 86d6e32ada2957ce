#include "ranvier/core/error.hpp"

#include <algorithm>
#include <numeric>

namespace ranvier::core {
namespace {

std::string sentence(const Refusal& r) {
  std::string text = "[" + r.key + "] got " + (r.given.empty() ? "nothing" : r.given);
  if (!r.allowed.empty()) text += ", need " + r.allowed;
  text += ".";
  if (!r.place.empty()) text += " Set it at " + r.place + ".";
  if (!r.hint.empty()) text += " " + r.hint;
  return text;
}

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replace, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

UserError::UserError(Refusal refusal) : Error(sentence(refusal)), refusal_(std::move(refusal)) {}

std::string nearest_name(std::string_view given, const std::vector<std::string>& candidates) {
  std::string best;
  size_t best_distance = std::max<size_t>(2, given.size() / 2);
  for (const auto& candidate : candidates) {
    const size_t distance = edit_distance(given, candidate);
    if (distance <= best_distance && (best.empty() || distance < best_distance)) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

void contract(bool holds, std::string_view what, const char* file, int line) {
  if (holds) return;
  throw ContractViolation("broken invariant: " + std::string(what) + " (" + file + ":" +
                          std::to_string(line) + ")");
}

}  // namespace ranvier::core
