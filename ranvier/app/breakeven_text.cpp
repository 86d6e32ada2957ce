#include "ranvier/app/breakeven_text.hpp"

#include "ranvier/app/table.hpp"
#include "ranvier/config/quantity_text.hpp"
#include "ranvier/core/quantity.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace ranvier::app {
namespace {

using sweep::PresetStudy;
using sweep::Quantity;
using sweep::Range;
using sweep::Standing;
using sweep::Tornado;
using sweep::TornadoRow;

constexpr double kTie = 0.005;  // ratios this near to 1 are called equal
constexpr double kForever = std::numeric_limits<double>::infinity();
constexpr int kBarWidth = 40;
constexpr size_t kShownRows = 12;

constexpr Range kPrices{0, kForever};
Range rates_of(const PresetStudy& study) { return {study.lowest_rate, study.highest_rate}; }

const Standing* best_of(const PresetStudy& study, std::string_view kind, Quantity quantity) {
  const Standing* best = nullptr;
  for (const auto& standing : study.standings) {
    if (standing.kind != kind) continue;
    if (best == nullptr || standing.simulated.of(quantity) < best->simulated.of(quantity)) {
      best = &standing;
    }
  }
  return best;
}

const sweep::Duel& against_dense(const PresetStudy& study, const Standing& hnn, Quantity quantity) {
  const auto index = static_cast<size_t>(&hnn - study.standings.data());
  return *std::ranges::find_if(study.against_dense, [&](const sweep::Duel& duel) {
    return duel.variant == index && duel.quantity == quantity;
  });
}

/// "1.18 times as much energy", "3.4 times less time".
std::string ratio_words(double ratio, std::string_view what) {
  if (std::abs(ratio - 1) <= kTie) return fmt::format("as much {}", what);
  if (ratio > 1) return fmt::format("{:.2f} times less {}", ratio, what);
  return fmt::format("{:.2f} times as much {}", 1 / ratio, what);
}

/// "where the link's rate is below 4.5 Gb/s (here 0.68)".
std::string where_words(const std::string& where, double here, std::string_view axis,
                        std::string_view unit) {
  const auto given = fmt::format("(here {:.4g} {})", here, unit);
  if (where == "everywhere") return fmt::format("at any link {} {}", axis, given);
  if (where == "nowhere") return fmt::format("at no link {} {}", axis, given);
  return fmt::format("where the link's {} is {} {} (here {:.4g})", axis, where, unit, here);
}

bool wins_at(const std::vector<Range>& ranges, double x) {
  return std::ranges::any_of(ranges, [&](const Range& r) { return r.from <= x && x < r.to; });
}

/// "it needs the least energy where the link's price is above 1.9 pJ/bit (here 0.5) and ...".
std::string link_words(const PresetStudy& study, const Standing& hnn, double latency_ratio) {
  const auto& rates = against_dense(study, hnn, Quantity::kLatency).rates;
  const auto price = words_of(against_dense(study, hnn, Quantity::kEnergy).prices, kPrices, 1);
  const auto rate = words_of(rates, rates_of(study), core::kGiga);
  const double here = study.link_bit_per_s / core::kGiga;
  auto text = fmt::format("it needs less energy than every dense design {} and less time {}",
                          where_words(price, study.link_pj_per_bit, "price", "pJ/bit"),
                          where_words(rate, here, "rate", "Gb/s"));
  if (wins_at(rates, study.link_bit_per_s) != (latency_ratio > 1)) {
    text += ", by the analytic model, which the simulation contradicts at this rate";
  }
  return text;
}

std::string flip_words(const Tornado& tornado) {
  std::vector<std::string> flipping;
  for (const auto& row : sorted(tornado, Quantity::kEnergy)) {
    if (row.flips(Quantity::kEnergy)) flipping.push_back(row.key);
  }
  if (flipping.empty()) return "no single constant turns the energy verdict within its range";
  return fmt::format("the energy verdict turns within the range of {}", fmt::join(flipping, ", "));
}

std::vector<Range> single(const sweep::Stretch& stretch) { return {{stretch.from, stretch.to}}; }

/// "ann-burst4 below 1.9; hnn-graded above 1.9".
std::string winners(const PresetStudy& study, const std::vector<sweep::Stretch>& stretches,
                    const Range& axis, double unit) {
  std::vector<std::string> parts;
  for (const auto& stretch : stretches) {
    parts.push_back(fmt::format("{} {}", study.standings[stretch.best].name,
                                words_of(single(stretch), axis, unit)));
  }
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string standings_table(const PresetStudy& study) {
  std::vector<std::vector<std::string>> rows{
      {"variant", "quality", "latency us", "energy uJ", "min", "max", "link bits", "link uJ"}};
  for (const auto& s : study.standings) {
    const auto micro = [](double pj) { return short_number(pj / core::kPicojoulesPerMicrojoule); };
    rows.push_back({s.name, s.metric_deployed ? fmt::format("{:.2f}", *s.metric_deployed) : "",
                    short_number(s.simulated.latency_s * core::kMicro),
                    micro(s.simulated.energy_pj), micro(s.energy_minimum_pj),
                    micro(s.energy_maximum_pj),
                    fmt::format("{:.0f}", s.simulated.energy_line.slope),
                    micro(s.simulated.energy_line.slope * study.link_pj_per_bit)});
  }
  return text_table(rows);
}

std::string duel_table(const PresetStudy& study) {
  std::vector<std::vector<std::string>> rows{
      {"variant", "is better than", "in", "link pJ/bit", "link Gb/s (analytic)"}};
  for (const auto& duel : study.duels) {
    const bool shown = duel.quantity != Quantity::kEnergyDelay;
    if (!shown || study.standings[duel.variant].kind == "ann") continue;
    rows.push_back({study.standings[duel.variant].name, study.standings[duel.others.front()].name,
                    std::string(to_string(duel.quantity)), words_of(duel.prices, kPrices, 1),
                    words_of(duel.rates, rates_of(study), core::kGiga)});
  }
  return text_table(rows);
}

std::string contest_lines(const PresetStudy& study) {
  std::string text;
  for (const auto& contest : study.contests) {
    text += fmt::format("  {}, by link price [pJ/bit]: {}\n", to_string(contest.quantity),
                        winners(study, contest.by_price, kPrices, 1));
    text += fmt::format("  {}, by link rate [Gb/s, analytic]: {}\n", to_string(contest.quantity),
                        winners(study, contest.by_rate, rates_of(study), core::kGiga));
  }
  return text;
}

std::string value_text(double value, const std::string& unit) {
  return unit.empty() ? short_number(value) : config::format_quantity(value, unit);
}

/// A bar on a logarithmic scale: '=' over the row's range, '|' at ratio 1.
std::string bar(const TornadoRow& row, size_t q, const Range& scale) {
  std::string cells(kBarWidth, ' ');
  const auto column = [&](double ratio) {
    const double at = std::log(ratio / scale.from) / std::log(scale.to / scale.from);
    return static_cast<size_t>(std::lround(std::clamp(at, 0.0, 1.0) * (kBarWidth - 1)));
  };
  const auto [from, to] =
      std::minmax({row.minimum.ratio[q], row.nominal.ratio[q], row.maximum.ratio[q]});
  for (size_t c = column(from); c <= column(to); ++c) cells[c] = '=';
  cells[column(1)] = '|';
  return "[" + cells + "]";
}

/// Smallest and largest ratio of any row, 1 included.
Range scale_of(const std::vector<TornadoRow>& rows, size_t q) {
  Range scale{1, 1};
  for (const auto& row : rows) {
    for (const auto* point : {&row.minimum, &row.nominal, &row.maximum}) {
      scale.from = std::min(scale.from, point->ratio[q]);
      scale.to = std::max(scale.to, point->ratio[q]);
    }
  }
  return {scale.from, std::max(scale.to, scale.from * 1.001)};
}

std::vector<std::string> tornado_cells(const TornadoRow& row, size_t q, const Range& scale) {
  const auto ratio = [&](const sweep::VerdictPoint& p) {
    return fmt::format("{:.3f}", p.ratio[q]);
  };
  return {row.key + (row.analytic ? " *" : ""),
          value_text(row.minimum.value, row.unit),
          value_text(row.nominal.value, row.unit),
          value_text(row.maximum.value, row.unit),
          ratio(row.minimum),
          ratio(row.nominal),
          ratio(row.maximum),
          words_of(row.minimum.winning_prices, kPrices, 1),
          words_of(row.maximum.winning_prices, kPrices, 1),
          bar(row, q, scale)};
}

std::string tornado_table(const Tornado& tornado, Quantity quantity) {
  const auto q = static_cast<size_t>(quantity);
  const auto rows = sorted(tornado, quantity);
  if (rows.empty()) {
    return fmt::format("no constant with a range moves the {}\n", to_string(quantity));
  }
  const Range scale = scale_of(rows, q);
  std::vector<std::vector<std::string>> table{
      {"constant", "min", "nominal", "max", "at min", "nominal", "at max", "wins at pJ/bit, min",
       "max", fmt::format("{:.2f} .. {:.2f}", scale.from, scale.to)}};
  const size_t shown = std::min(rows.size(), kShownRows);
  for (const auto& row : std::span(rows).first(shown)) {
    table.push_back(tornado_cells(row, q, scale));
  }
  auto text = fmt::format(
      "{} of the best dense baseline / of the best HNN (above 1: the HNN is better) as one "
      "constant "
      "goes from min to max; * by the analytic model\n{}",
      to_string(quantity), text_table(table));
  if (shown == rows.size()) return text;
  return text + fmt::format("and {} more that move it by at most {:.2g} %\n", rows.size() - shown,
                            100 * (rows[shown].swing(quantity) - 1));
}

}  // namespace

std::string words_of(const std::vector<Range>& ranges, const Range& axis, double unit) {
  std::vector<std::string> parts;
  for (const auto& range : ranges) {
    const bool from_start = range.from <= axis.from;
    const bool to_end = range.to >= axis.to;
    if (from_start && to_end) return "everywhere";
    if (from_start) {
      parts.push_back(fmt::format("below {:.3g}", range.to / unit));
    } else if (to_end) {
      parts.push_back(fmt::format("above {:.3g}", range.from / unit));
    } else {
      parts.push_back(fmt::format("{:.3g} to {:.3g}", range.from / unit, range.to / unit));
    }
  }
  if (parts.empty()) return "nowhere";
  return fmt::format("{}", fmt::join(parts, " and "));
}

std::string manager_sentence(const PresetStudy& study, const Tornado& tornado) {
  const Standing* hnn = best_of(study, "hnn", Quantity::kEnergyDelay);
  const Standing* frugal = best_of(study, "ann", Quantity::kEnergy);
  const Standing* quick = best_of(study, "ann", Quantity::kLatency);
  if (hnn == nullptr || frugal == nullptr) {
    return fmt::format("On {}, this run lacks {}, so there is no verdict to turn.", study.preset,
                       hnn == nullptr ? "an HNN" : "a dense baseline");
  }
  const double energy = frugal->simulated.energy_pj / hnn->simulated.energy_pj;
  const double latency = quick->simulated.latency_s / hnn->simulated.latency_s;
  const auto dense =
      frugal == quick ? frugal->name : fmt::format("{}, {}", frugal->name, quick->name);
  return fmt::format("On {}, {} needs {} and {}, compared with the best dense design ({}); {}; {}.",
                     study.preset, hnn->name, ratio_words(energy, "energy"),
                     ratio_words(latency, "time"), dense, link_words(study, *hnn, latency),
                     flip_words(tornado));
}

std::string breakeven_tables(const PresetStudy& study, const Tornado& tornado, Quantity quantity) {
  return fmt::format("{}\nbest\n{}\n{}\n{}", standings_table(study), contest_lines(study),
                     duel_table(study), tornado_table(tornado, quantity));
}

}  // namespace ranvier::app
