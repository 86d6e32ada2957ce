#include "ranvier/report/verdict.hpp"

#include "ranvier/core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace ranvier::report {
namespace {

constexpr double kTie = 0.005;          // relative
constexpr double kQualityPoints = 1.0;  // accuracy points that still count as the same quality
constexpr double kQualityBits = 0.02;   // relative bits per byte

/// Networks without weights have no quality: they are judged by cost alone.
bool same_quality(const Summary& summary, const VariantResult& v, double best) {
  if (!v.metric_deployed) return true;
  if (summary.higher_is_better()) return *v.metric_deployed >= best - kQualityPoints;
  return *v.metric_deployed <= best * (1 + kQualityBits);
}

double log_cost(const VariantResult& v) {
  double sum = 0;
  for (const auto& p : v.presets) sum += std::log(p.energy_uj) + std::log(p.latency_us);
  return sum;
}

const VariantResult* best_hnn(const Summary& summary) {
  const bool higher = summary.higher_is_better();
  double quality =
      higher ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  for (const auto& v : summary.variants) {
    if (!v.is_hnn() || !v.metric_deployed) continue;
    quality =
        higher ? std::max(quality, *v.metric_deployed) : std::min(quality, *v.metric_deployed);
  }
  const VariantResult* best = nullptr;
  for (const auto& v : summary.variants) {
    if (!v.is_hnn() || !same_quality(summary, v, quality)) continue;
    if (best == nullptr || log_cost(v) < log_cost(*best)) best = &v;
  }
  return best;
}

Outcome outcome(double ratio) {
  if (ratio > 1 + kTie) return Outcome::kWins;
  return ratio < 1 - kTie ? Outcome::kLoses : Outcome::kTies;
}

std::vector<Duel> all_duels(const Summary& summary, const VariantResult& best) {
  std::vector<Duel> duels;
  for (size_t p = 0; p < best.presets.size(); ++p) {
    for (const auto& v : summary.variants) {
      if (v.is_hnn()) continue;
      const double energy = v.presets[p].energy_uj / best.presets[p].energy_uj;
      const double latency = v.presets[p].latency_us / best.presets[p].latency_us;
      duels.push_back(
          {best.presets[p].preset, v.name, energy, latency, outcome(energy), outcome(latency)});
    }
  }
  return duels;
}

bool is_dense(const Duel& duel) { return duel.baseline.starts_with("ann"); }
bool loses(const Duel& duel) {
  return duel.energy == Outcome::kLoses || duel.latency == Outcome::kLoses;
}
bool is_loss(const Duel& duel) { return is_dense(duel) && loses(duel); }
double worst_ratio(const Duel& duel) { return std::min(duel.energy_ratio, duel.latency_ratio); }

const PresetInfo& preset_info(const Details& details, const std::string& name) {
  for (const auto& p : details.presets) {
    if (p.name == name) return p;
  }
  throw core::UserError({.key = "details.json:presets",
                         .given = "no '" + name + "'",
                         .allowed = "every preset of summary.json",
                         .place = {},
                         .hint = "The run directory mixes two runs; run the experiment again."});
}

const BreakEven& break_even_of(const Details& details, const std::string& variant,
                               const Duel& duel) {
  for (const auto& v : details.variants) {
    if (v.name != variant) continue;
    for (const auto& run : v.presets) {
      if (run.preset != duel.preset) continue;
      for (const auto& entry : run.break_even) {
        if (entry.baseline == duel.baseline) return entry;
      }
    }
  }
  throw core::UserError({.key = "details.json:variants." + variant + ".break_even",
                         .given = "nothing for " + duel.baseline + " on " + duel.preset,
                         .allowed = "the break-even link of every lost comparison",
                         .place = {},
                         .hint = {}});
}

/// "1.2 times as much energy", "3.4 times less energy".
std::string ratio_words(double ratio, Outcome result, std::string_view what) {
  if (result == Outcome::kTies) return fmt::format("as much {}", what);
  if (result == Outcome::kWins) return fmt::format("{} times less {}", readable(ratio), what);
  return fmt::format("{} times as much {}", readable(1 / ratio), what);
}

/// "needs 1.05 times as much energy and 1.1 times as much time as ann-burst4".
std::string duel_words(const Duel& duel) {
  const bool mixed = (duel.energy == Outcome::kWins) != (duel.latency == Outcome::kWins);
  const std::string_view join = duel.energy == Outcome::kWins ? " than" : " as";
  return fmt::format("needs {} {} {}{} {}", ratio_words(duel.energy_ratio, duel.energy, "energy"),
                     mixed ? "but" : "and", ratio_words(duel.latency_ratio, duel.latency, "time"),
                     mixed ? ", compared with" : join, duel.baseline);
}

struct LinkWords {
  std::string_view what;      // of the inference
  std::string_view quantity;  // of the link
  std::string_view unit;
  std::string_view less;  // links below the break-even point
  std::string_view more;
};
constexpr LinkWords kEnergyWords = {"energy", "price", "pJ/bit", "cheaper", "dearer"};
constexpr LinkWords kTimeWords = {"time", "rate", "Gb/s", "slower", "faster"};

bool wins_at(const Threshold& t, double here) {
  switch (t.wins) {
    case Wins::kAlways:
      return true;
    case Wins::kNever:
      return false;
    case Wins::kAbove:
      return here > t.value;
    case Wins::kBelow:
      return here < t.value;
  }
  return false;
}

/// Where a lost quantity would be won. A break-even point from a model may contradict the simulated
/// loss; then it says so.
std::string threshold_words(const Threshold& t, double here, const LinkWords& words) {
  if (wins_at(t, here)) {
    const std::string expected =
        t.wins == Wins::kAlways ? fmt::format("at any link {}", words.quantity)
                                : fmt::format("already at {} {}", readable(t.value), words.unit);
    return fmt::format(
        "for {} the analytic model expects a win {}, but the simulation (here {:.4g} {}) decides",
        words.what, expected, here, words.unit);
  }
  if (t.wins == Wins::kNever) {
    return fmt::format("it would not win in {} at any link {}", words.what, words.quantity);
  }
  return fmt::format("it wins in {} on links {} than {} {} (here {:.4g})", words.what,
                     t.wins == Wins::kAbove ? words.more : words.less, readable(t.value),
                     words.unit, here);
}

std::string break_even_words(const Details& details, const std::string& best, const Duel& duel) {
  const BreakEven& entry = break_even_of(details, best, duel);
  const PresetInfo& preset = preset_info(details, duel.preset);
  std::string words = "break-even: ";
  if (duel.energy == Outcome::kLoses) {
    words += threshold_words(entry.link_pj_per_bit, preset.link_pj_per_bit, kEnergyWords);
  }
  if (duel.latency == Outcome::kLoses) {
    if (duel.energy == Outcome::kLoses) words += ", and ";
    words += threshold_words(entry.link_gbps, preset.link_gbps, kTimeWords);
  }
  return words;
}

/// The smallest ratios to any dense baseline on `preset` (empty: on every preset), as one duel.
Duel closest(const Verdict& verdict, std::string_view preset) {
  Duel all{.preset = std::string(preset), .baseline = "the closest dense baseline"};
  all.energy_ratio = all.latency_ratio = std::numeric_limits<double>::infinity();
  for (const auto& duel : verdict.duels) {
    if (!is_dense(duel) || (!preset.empty() && duel.preset != preset)) continue;
    all.energy_ratio = std::min(all.energy_ratio, duel.energy_ratio);
    all.latency_ratio = std::min(all.latency_ratio, duel.latency_ratio);
  }
  all.energy = outcome(all.energy_ratio);
  all.latency = outcome(all.latency_ratio);
  return all;
}

std::string losing_headline(const Verdict& verdict, const Duel& worst, const Details& details,
                            const VariantResult& best) {
  std::string text =
      fmt::format("The best HNN, {}, loses to a dense baseline: on {} it {}; {}.", verdict.best,
                  worst.preset, duel_words(worst), break_even_words(details, verdict.best, worst));
  for (const auto& preset : best.presets) {
    if (loses(closest(verdict, preset.preset))) continue;
    text += fmt::format(" On {} it loses to none of them.", preset.preset);
  }
  return text;
}

std::string winning_headline(const Verdict& verdict) {
  return fmt::format("The best HNN, {}, loses to no dense baseline on any hardware: it {}.",
                     verdict.best, duel_words(closest(verdict, {})));
}

std::string quality(const Summary& summary, double value) {
  if (summary.higher_is_better()) return fmt::format("{:.2f} %", value);
  return fmt::format("{:.3f} bits per byte", value);
}

std::string quality_difference(const Summary& summary, double mine, double other) {
  const bool points = summary.higher_is_better();
  const double gain = points ? mine - other : other - mine;
  const std::string size = points ? fmt::format("{:.2f} points", std::abs(gain))
                                  : fmt::format("{:.3f} bits per byte", std::abs(gain));
  if (std::abs(gain) < 5e-4) return "level with";
  return size + (gain > 0 ? " better than" : " worse than");
}

std::string quality_point(const Summary& summary, const VariantResult& best) {
  if (!best.metric_deployed || !best.metric_float) {
    return fmt::format(
        "Quality: not known. The network has no weights and its activity is assumed: {} events per "
        "neuron of {}, which no training has shown to be enough.",
        readable(best.events_per_neuron), best.name);
  }
  std::string text = fmt::format(
      "Quality: {} reaches {} with its deployed integers ({} as a float graph)", best.name,
      quality(summary, *best.metric_deployed), quality(summary, *best.metric_float));
  for (const auto& v : summary.variants) {
    if (v.is_hnn() || !v.metric_deployed) continue;
    text += fmt::format(", {} {} ({})",
                        quality_difference(summary, *best.metric_deployed, *v.metric_deployed),
                        v.name, quality(summary, *v.metric_deployed));
  }
  return text + ".";
}

std::string traffic_point(const Summary& summary, const VariantResult& best) {
  std::string text = fmt::format(
      "Traffic: it sends {} events and {} bits per boundary activation, everything on the wire "
      "counted",
      readable(best.events_per_neuron), readable(best.bits_per_activation));
  for (const auto& v : summary.variants) {
    if (v.is_dense()) text += fmt::format("; {} sends {}", v.name, readable(v.bits_per_activation));
  }
  return text + ".";
}

std::string preset_point(const Verdict& verdict, const Details& details,
                         const std::string& preset) {
  const PresetInfo& info = preset_info(details, preset);
  std::string text = fmt::format("On {} (links of {:.4g} Gb/s at {:.4g} pJ/bit)", preset,
                                 info.link_gbps, info.link_pj_per_bit);
  std::string losses;
  std::string others;
  for (const auto& duel : verdict.duels) {
    if (duel.preset != preset) continue;
    if (is_loss(duel)) {
      losses += fmt::format("{} it {}; {}", losses.empty() ? "" : ". Also,", duel_words(duel),
                            break_even_words(details, verdict.best, duel));
    } else if (!is_dense(duel)) {
      others += fmt::format(" It {}.", duel_words(duel));
    }
  }
  if (losses.empty()) losses = " it " + duel_words(closest(verdict, preset));
  return text + losses + "." + others;
}

std::string no_comparison(const Summary& summary) {
  const bool any_hnn = best_hnn(summary) != nullptr;
  return any_hnn ? "This run holds no dense baseline, so the HNN cannot be judged against one."
                 : "This run holds no HNN: the table below compares its variants with each other.";
}

}  // namespace

std::string readable(double value) {
  const double size = std::abs(value);
  if (size == 0) return "0";
  if (size >= 1e7 || size < 1e-3) return fmt::format("{:.2e}", value);
  if (size >= 1000) {
    std::string digits = fmt::format("{:.0f}", value);
    for (auto at = static_cast<int>(digits.size()) - 3; at > (value < 0 ? 1 : 0); at -= 3) {
      digits.insert(static_cast<size_t>(at), ",");
    }
    return digits;
  }
  const int decimals = size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : size >= 0.01 ? 3 : 4;
  return fmt::format("{:.{}f}", value, decimals);
}

Verdict judge(const Summary& summary, const Details& details) {
  Verdict verdict;
  const VariantResult* best = best_hnn(summary);
  if (best != nullptr) {
    verdict.best = best->name;
    verdict.duels = all_duels(summary, *best);
  }
  const Duel* worst = nullptr;
  for (const auto& duel : verdict.duels) {
    if (is_dense(duel) && (worst == nullptr || worst_ratio(duel) < worst_ratio(*worst))) {
      worst = &duel;
    }
  }
  if (worst == nullptr) {
    verdict.headline = no_comparison(summary);
    return verdict;
  }
  verdict.loses = is_loss(*worst);
  verdict.headline = (best->assumed ? "With assumed activity: " : "") +
                     (verdict.loses ? losing_headline(verdict, *worst, details, *best)
                                    : winning_headline(verdict));
  verdict.points = {quality_point(summary, *best), traffic_point(summary, *best)};
  for (const auto& preset : best->presets) {
    verdict.points.push_back(preset_point(verdict, details, preset.preset));
  }
  return verdict;
}

}  // namespace ranvier::report
