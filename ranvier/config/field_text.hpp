#pragma once
// What a field accepts, in words, for messages and `describe`.

#include "ranvier/config/values.hpp"

#include <string>

namespace ranvier::config {

/// "1..256", "0.1 GHz..4 GHz", "one of seen, memory", "true or false".
std::string accepted(const Field& field);

/// "integer", "real number", "quantity [Hz]".
std::string kind_name(const Field& field);

/// The range alone; empty when the field has none.
std::string range_text(const Field& field);

std::vector<std::string> choices_of(const Field& field);

bool is_number(Kind kind);
bool is_list(Kind kind);

}  // namespace ranvier::config
