#include "ranvier/sweep/power.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/cost/price.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <string_view>

namespace ranvier::sweep {
namespace {

constexpr const char* kFlag = "--power-window";
constexpr std::string_view kCycles = " cycles";
constexpr double kMilliwattsPerPicojoulePerSecond = 1e-9;

[[noreturn]] void refuse(const std::string& text, const std::string& hint = {}) {
  throw core::UserError(
      {.key = kFlag,
       .given = text,
       .allowed = "a time of at least one core cycle with its unit (ps, ns, us, ms or s), or "
                  "whole core cycles: 200 cycles",
       .place = "the command line",
       .hint = hint});
}

core::Cycles whole_cycles(const std::string& text) {
  const std::string_view number = std::string_view(text).substr(0, text.size() - kCycles.size());
  int64_t cycles = 0;
  const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), cycles);
  if (error != std::errc{} || stop != number.data() + number.size() || cycles < 1) refuse(text);
  return core::Cycles(cycles);
}

double seconds_of(const std::string& text) {
  try {
    return config::parse_quantity(text, "s", kFlag, "the command line");
  } catch (const core::UserError&) {
    refuse(text);
  }
}

std::string row(const std::string& names, const sim::WindowUse& window, double period_s,
                const cost::CostSpec& cost) {
  const auto microseconds = [&](core::Cycles at) {
    return static_cast<double>(at.value()) * period_s * 1e6;
  };
  const double seconds = static_cast<double>((window.end - window.start).value()) * period_s;
  const double to_milliwatts = kMilliwattsPerPicojoulePerSecond / seconds;
  const auto priced = cost::price(window.ledger, seconds, cost);
  std::string text = fmt::format("{},{},{},{}", names, microseconds(window.start),
                                 microseconds(window.end), priced.total_pj * to_milliwatts);
  for (const auto& [part, picojoules] : priced.parts_pj) {
    text += fmt::format(",{}", picojoules * to_milliwatts);
  }
  return text + "\n";
}

}  // namespace

core::Cycles power_window(const std::string& text, const arch::PackageSpec& package) {
  if (text.ends_with(kCycles)) return whole_cycles(text);
  const double cycles = std::round(seconds_of(text) * package.core_clock.value());
  if (!(cycles >= 1 && cycles <= 9e15)) {
    refuse(text, fmt::format("A core cycle takes {} ns.", 1e9 / package.core_clock.value()));
  }
  return core::Cycles(static_cast<int64_t>(cycles));
}

std::string power_csv(const Experiment& experiment, const ExperimentResult& result) {
  std::string csv = "variant,preset,start_us,end_us,total_mw";
  for (const auto& [part, none] : cost::price({}, 1, {}).parts_pj) csv += "," + part + "_mw";
  csv += "\n";
  for (const auto& variant : result.variants) {
    for (size_t p = 0; p < variant.presets.size(); ++p) {
      const auto& preset = variant.presets[p];
      for (const auto& window : preset.first.windows) {
        csv += row(fmt::format("{},{}", variant.name, preset.preset), window, preset.core_period_s,
                   experiment.presets[p].cost);
      }
    }
  }
  return csv;
}

}  // namespace ranvier::sweep
