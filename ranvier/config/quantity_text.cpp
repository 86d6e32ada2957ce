#include "ranvier/config/quantity_text.hpp"

#include "ranvier/config/values.hpp"
#include "ranvier/core/error.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <span>
#include <vector>

namespace ranvier::config {
namespace {

/// A spelling of a unit and what it multiplies: factor x 10^exponent of the base unit.
struct Spelling {
  std::string_view name;
  int exponent = 0;
  int factor = 1;
};

struct Atom {
  std::string_view base;
  std::vector<Spelling> spellings;  // the ones a message lists, smallest first
  std::vector<Spelling> aliases;    // understood, not listed
};

const std::vector<Atom>& atoms() {
  static const std::vector<Atom> table = {
      {"Hz", {{"Hz", 0}, {"kHz", 3}, {"MHz", 6}, {"GHz", 9}}, {}},
      {"s", {{"ps", -12}, {"ns", -9}, {"us", -6}, {"ms", -3}, {"s", 0}}, {}},
      {"J", {{"fJ", -15}, {"pJ", -12}, {"nJ", -9}, {"uJ", -6}, {"mJ", -3}, {"J", 0}}, {}},
      {"W", {{"nW", -9}, {"uW", -6}, {"mW", -3}, {"W", 0}}, {}},
      {"V", {{"mV", -3}, {"V", 0}}, {}},
      {"m", {{"nm", -9}, {"um", -6}, {"mm", -3}, {"m", 0}}, {}},
      {"m2", {{"um2", -12}, {"mm2", -6}, {"m2", 0}}, {}},
      {"bit",
       {{"bit", 0}, {"kbit", 3}, {"Mbit", 6}, {"Gbit", 9}},
       {{"b", 0}, {"kb", 3}, {"Mb", 6}, {"Gb", 9}}},
      {"B",
       {{"B", 0}, {"KiB", 0, 1024}, {"MiB", 0, 1024 * 1024}},
       {{"kB", 3}, {"MB", 6}, {"byte", 0}, {"bytes", 0}}},
      {"KiB", {{"KiB", 0}}, {}},
  };
  return table;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (size_t start = 0; start <= text.size();) {
    const size_t end = std::min(text.find(at, start), text.size());
    parts.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

const Atom& atom_of(std::string_view base) {
  for (const auto& atom : atoms()) {
    if (atom.base == base) return atom;
  }
  throw core::ContractViolation("no unit is called " + std::string(base));
}

std::optional<Spelling> find_spelling(const Atom& atom, std::string_view name) {
  for (const auto* list : {&atom.spellings, &atom.aliases}) {
    for (const auto& spelling : *list) {
      if (spelling.name == name) return spelling;
    }
  }
  return std::nullopt;
}

/// What one `unit` is in `base_unit`; absent when it measures something else.
std::optional<Spelling> convert(std::string_view unit, std::string_view base_unit) {
  const auto given = split(unit, '/');
  const auto base = split(base_unit, '/');
  if (given.size() != base.size()) return std::nullopt;
  Spelling total;
  for (size_t i = 0; i < base.size(); ++i) {
    const auto spelling = find_spelling(atom_of(base[i]), given[i]);
    if (!spelling || (i > 0 && spelling->factor != 1)) return std::nullopt;
    total.exponent += i == 0 ? spelling->exponent : -spelling->exponent;
    if (i == 0) total.factor = spelling->factor;
  }
  return total;
}

/// The units that are listed and printed: every prefix of the first part, lengths below the bar in
/// mm.
std::vector<std::string> listed_units(std::string_view base_unit) {
  const auto parts = split(base_unit, '/');
  std::string below;
  for (size_t i = 1; i < parts.size(); ++i) {
    below += fmt::format("/{}", parts[i] == "m" ? "mm" : parts[i]);
  }
  std::vector<std::string> units;
  for (const auto& spelling : atom_of(parts[0]).spellings) {
    units.push_back(std::string(spelling.name) + below);
  }
  return units;
}

/// Where the number ends and the unit begins.
size_t number_length(std::string_view text) {
  size_t i = 0;
  const auto digits = [&] {
    while (i < text.size() && (std::isdigit(static_cast<unsigned char>(text[i])) || text[i] == '.'))
      ++i;
  };
  if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
  digits();
  if (i + 1 < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    const size_t next = i + 1 + (text[i + 1] == '+' || text[i + 1] == '-' ? 1 : 0);
    if (next < text.size() && std::isdigit(static_cast<unsigned char>(text[next]))) {
      i = next;
      digits();
    }
  }
  return i;
}

}  // namespace

std::optional<double> parse_decimal(std::string_view text, int shift) {
  if (text.empty() || number_length(text) != text.size()) return std::nullopt;
  if (text.front() == '+') text.remove_prefix(1);
  const size_t e = text.find_first_of("eE");
  int exponent = shift;
  if (e != std::string_view::npos) {
    auto power = text.substr(e + 1);
    if (power.front() == '+') power.remove_prefix(1);
    int written = 0;
    const auto read = std::from_chars(power.data(), power.data() + power.size(), written);
    if (read.ec != std::errc() || read.ptr != power.data() + power.size()) return std::nullopt;
    exponent += written;
  }
  const std::string shifted = fmt::format("{}e{}", text.substr(0, e), exponent);
  double value = 0;
  const auto read = std::from_chars(shifted.data(), shifted.data() + shifted.size(), value);
  if (read.ec != std::errc() || read.ptr != shifted.data() + shifted.size()) return std::nullopt;
  return value;
}

double parse_quantity(std::string_view text, std::string_view base_unit, std::string_view key,
                      std::string_view place) {
  const size_t length = number_length(text);
  const std::string_view number = text.substr(0, length);
  std::string_view unit = text.substr(length);
  if (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  const auto spelling = convert(unit, base_unit);
  const auto value = spelling ? parse_decimal(number, spelling->exponent) : std::nullopt;
  if (!value || !std::isfinite(*value * spelling->factor)) {
    throw core::UserError({.key = std::string(key),
                           .given = std::string(text),
                           .allowed = "a number with its unit: " + accepted_units(base_unit),
                           .place = std::string(place),
                           .hint = {}});
  }
  return *value * spelling->factor;
}

std::string format_quantity(double value, std::string_view base_unit) {
  if (base_unit.empty()) return fmt::format("{}", value);
  std::string best;
  for (const auto& unit : listed_units(base_unit)) {
    const auto spelling = *convert(unit, base_unit);
    const double scaled = value / spelling.factor * std::pow(10.0, -spelling.exponent);
    // Fifteen digits undo the rounding of the division; the exact reading back decides.
    for (const auto& digits : {fmt::format("{:.15g}", scaled), fmt::format("{:.17g}", scaled)}) {
      const auto back = parse_decimal(digits, spelling.exponent);
      if (!back || *back * spelling.factor != value) continue;
      if (best.empty() || std::abs(scaled) >= 1) best = digits + " " + unit;
      break;
    }
  }
  if (!best.empty()) return best;
  return fmt::format("{} {}", value, base_unit);
}

std::string accepted_units(std::string_view base_unit) {
  const auto units = listed_units(base_unit);
  std::string text;
  for (size_t i = 0; i < units.size(); ++i) {
    if (i > 0) text += i + 1 == units.size() ? " or " : ", ";
    text += units[i];
  }
  return text;
}

}  // namespace ranvier::config
