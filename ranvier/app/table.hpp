#pragma once
// Text tables for people: left-aligned words, right-aligned numbers.

#include <string>
#include <vector>

namespace ranvier::app {

/// First row is the header. Columns whose cells (below the header) all start with a digit, '-' or
/// '.' align right.
std::string text_table(const std::vector<std::vector<std::string>>& rows);

/// Three or four significant digits: 0.0123, 1.234, 123.4, 12345.
std::string short_number(double value);

}  // namespace ranvier::app
