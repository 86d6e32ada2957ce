#pragma once
// Numbers with a unit as people write them: "1.2 GHz", "0.5 pJ/bit", "0.1 pJ/bit/mm".

#include <optional>
#include <string>
#include <string_view>

namespace ranvier::config {

/// Whole text as a finite decimal number; nothing else (no hex, no nan, no inf).
/// `shift` moves the decimal point without rounding: ("1.2", 9) is exactly 1200000000.
std::optional<double> parse_decimal(std::string_view text, int shift = 0);

/// Shortest spelling that reads back to the same double, with the prefix that suits its size: 1.2e9
/// Hz -> "1.2 GHz".
std::string format_quantity(double value, std::string_view base_unit);

/// "Hz, kHz, MHz or GHz".
std::string accepted_units(std::string_view base_unit);

}  // namespace ranvier::config
