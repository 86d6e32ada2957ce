#include "ranvier/app/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ranvier::app {
namespace {

bool is_number(const std::string& cell) {
  return cell.empty() || (cell.find_first_of("0123456789") != std::string::npos &&
                          cell.find_first_of("+-.0123456789") == 0);
}

}  // namespace

std::string text_table(const std::vector<std::vector<std::string>>& rows) {
  if (rows.empty()) return {};
  const size_t columns = rows.front().size();
  std::vector<size_t> width(columns, 0);
  std::vector<bool> right(columns, true);
  for (size_t r = 0; r < rows.size(); ++r) {
    for (size_t c = 0; c < columns; ++c) {
      width[c] = std::max(width[c], rows[r][c].size());
      if (r > 0 && !is_number(rows[r][c])) right[c] = false;
    }
  }
  std::string text;
  for (size_t r = 0; r < rows.size(); ++r) {
    std::string line;
    for (size_t c = 0; c < columns; ++c) {
      line += right[c] ? fmt::format("{:>{}}  ", rows[r][c], width[c])
                       : fmt::format("{:<{}}  ", rows[r][c], width[c]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
    if (r == 0) {
      size_t total = 0;
      for (const size_t w : width) total += w + 2;
      text += std::string(total - 2, '-') + "\n";
    }
  }
  return text;
}

std::string short_number(double value) {
  const double magnitude = std::abs(value);
  if (magnitude == 0) return "0";
  if (magnitude < 0.001 || magnitude >= 1e7) return fmt::format("{:.2e}", value);
  const int digits = std::clamp(3 - static_cast<int>(std::floor(std::log10(magnitude))), 0, 6);
  return fmt::format("{:.{}f}", value, std::min(digits, 4));
}

}  // namespace ranvier::app
