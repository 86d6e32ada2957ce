#include "ranvier/sweep/plan.hpp"

#include "ranvier/config/quantity_text.hpp"
#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/core/rng.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <optional>

namespace ranvier::sweep {
namespace {

using config::Field;
using config::Kind;
using config::Values;

constexpr size_t kMostPoints = 1000000;
constexpr double kMostSamples = 1000000;

constexpr auto kSweepFields = std::to_array<Field>({
    {.key = "name",
     .kind = Kind::kText,
     .fallback = config::kRequired,
     .doc = "Name of the sweep; it heads the page."},
    {.key = "base",
     .kind = Kind::kText,
     .fallback = config::kRequired,
     .doc =
         "An experiment file, which is trained for every point that needs it, or the directory of "
         "a trained run. Relative to the working directory."},
    {.key = "fidelity",
     .kind = Kind::kChoice,
     .fallback = "cycle",
     .allowed = "cycle|analytic",
     .doc = "Where latency and event counts come from: the cycle simulator or the closed forms."},
    {.key = "presets",
     .kind = Kind::kTexts,
     .fallback = "",
     .doc = "Hardware presets of every point; those of the base when absent."},
    {.key = "variants",
     .kind = Kind::kTexts,
     .fallback = "",
     .doc = "Trained variants to evaluate; all when absent."},
    {.key = "seed",
     .kind = Kind::kInteger,
     .fallback = "1",
     .minimum = 0,
     .maximum = 9007199254740992.0,
     .doc = "Seed of random and Latin-hypercube points."},
    {.key = "combine",
     .kind = Kind::kChoice,
     .fallback = "grid",
     .allowed = "grid|list|random|lhs",
     .doc = "grid: every combination. list: first values, second values, ... random: every axis "
            "drawn by itself. lhs: Latin hypercube."},
    {.key = "samples",
     .kind = Kind::kInteger,
     .fallback = "",
     .minimum = 1,
     .maximum = kMostSamples,
     .unit = "points",
     .doc = "Points of random and lhs."},
    {.key = "break_even",
     .kind = Kind::kBoolean,
     .fallback = "true",
     .doc = "Evaluate 21 link rates for each trained run, for the break-even map. Most of the work "
            "where every point is another network."},
    {.key = "pareto.x",
     .kind = Kind::kText,
     .fallback = "energy_uj",
     .doc = "First column of the Pareto front; every result column is allowed."},
    {.key = "pareto.y",
     .kind = Kind::kText,
     .fallback = "latency_us",
     .doc = "Second column of the Pareto front."},
    {.key = "axes.#.key",
     .kind = Kind::kText,
     .fallback = config::kRequired,
     .doc = "Any configuration key: hardware.serdes.lanes, cost.d2d_bit, variants.NAME.wire, "
            "train.epochs."},
    {.key = "axes.#.values",
     .kind = Kind::kTexts,
     .fallback = "",
     .doc = "What the key is set to. A value that is a list is quoted: \"[8, 16]\"."},
    {.key = "axes.#.from",
     .kind = Kind::kText,
     .fallback = "",
     .doc = "First number of a range, with its unit."},
    {.key = "axes.#.to", .kind = Kind::kText, .fallback = "", .doc = "Last number of a range."},
    {.key = "axes.#.steps",
     .kind = Kind::kInteger,
     .fallback = "",
     .minimum = 2,
     .maximum = 100000,
     .doc = "Numbers of a range, both ends included (grid and list)."},
    {.key = "axes.#.scale",
     .kind = Kind::kChoice,
     .fallback = "linear",
     .allowed = "linear|log",
     .doc = "How a range is divided."},
});

[[noreturn]] void refuse(const std::string& key, const std::string& given,
                         const std::string& allowed, const std::string& place,
                         const std::string& hint = {}) {
  throw core::UserError(
      {.key = key, .given = given, .allowed = allowed, .place = place, .hint = hint});
}

bool is_sampled(Combine combine) { return combine == Combine::kRandom || combine == Combine::kLhs; }

Combine combine_of(const std::string& text) {
  if (text == "list") return Combine::kList;
  if (text == "random") return Combine::kRandom;
  return text == "lhs" ? Combine::kLhs : Combine::kGrid;
}

constexpr int kDigits = 6;               // significant ones, of a number between two ends
constexpr double kStratumMargin = 1e-5;  // so that no draw is rounded into the next stratum

/// Few digits read well; the ends stay as given. Clocks and memories are whole numbers.
double readable(double value, int digits, std::string_view unit) {
  const bool whole = unit == "Hz" || unit == "bit/s" || unit == "B";
  const double rounded = std::strtod(fmt::format("{:.{}e}", value, digits - 1).c_str(), nullptr);
  return whole ? std::round(rounded) : rounded;
}

/// The value a share of the way along a range, as --set would take it. 0 <= share <= 1.
std::string value_at(const Axis& axis, double share, int digits = kDigits) {
  double value = share <= 0 ? axis.from : axis.to;
  if (share > 0 && share < 1) {
    value = readable(axis.log ? axis.from * std::pow(axis.to / axis.from, share)
                              : axis.from + (axis.to - axis.from) * share,
                     digits, axis.field->unit);
  }
  if (axis.field->kind == Kind::kInteger) return fmt::format("{:.0f}", std::round(value));
  return config::format_quantity(
      value, axis.field->kind == Kind::kQuantity ? axis.field->unit : std::string_view{});
}

double end_of_range(const Values& values, const std::string& key, const Field& field) {
  const std::string& text = values.text(key);
  if (field.kind == Kind::kQuantity) {
    return config::parse_quantity(text, field.unit, key, values.origin(key).place);
  }
  const auto number = config::parse_decimal(text);
  if (!number) values.refuse(key, "a number");
  return *number;
}

void read_range(const Values& values, const std::string& at, Combine combine, Axis& axis) {
  const Field& field = *axis.field;
  if (field.kind != Kind::kInteger && field.kind != Kind::kReal && field.kind != Kind::kQuantity) {
    refuse(at + ".from", "a range over " + axis.key, "values: [...]", axis.place,
           axis.key + " is no number.");
  }
  axis.from = end_of_range(values, at + ".from", field);
  axis.to = end_of_range(values, at + ".to", field);
  axis.log = values.text(at + ".scale") == "log";
  if (axis.log && (axis.from <= 0 || axis.to <= 0)) {
    refuse(at + ".scale", "log", "linear, or both ends above 0", axis.place);
  }
  if (is_sampled(combine)) {
    if (values.has(at + ".steps")) values.refuse(at + ".steps", "no steps where points are drawn");
    return;
  }
  if (!values.has(at + ".steps")) {
    refuse(at + ".steps", "nothing", "how many numbers the range has", axis.place);
  }
  const int64_t steps = values.integer(at + ".steps");
  for (int64_t i = 0; i < steps; ++i) {
    std::string text = value_at(axis, static_cast<double>(i) / static_cast<double>(steps - 1));
    if (std::ranges::find(axis.values, text) == axis.values.end()) {
      axis.values.push_back(std::move(text));
    }
  }
}

/// An unknown key is refused as it would be in an experiment: with the nearest name.
const Field& field_of(const std::string& key, const std::string& place,
                      std::span<const Field> fields) {
  if (const Field* field = find_field(fields, key)) return *field;
  std::vector<Field> optional(fields.begin(), fields.end());
  for (auto& field : optional) {
    if (field.fallback == config::kRequired) field.fallback = "";
  }
  try {
    const std::array<std::string, 1> probe{key + "=0"};
    config::load({}, probe, optional);
  } catch (const core::UserError& error) {
    core::Refusal refusal = error.refusal();
    refusal.place = place;
    throw core::UserError(refusal);
  }
  refuse(key, "a group of keys", "one key", place, "ranvier describe " + key + " lists them.");
}

Axis read_axis(const Values& values, const std::string& at, Combine combine,
               std::span<const Field> fields) {
  Axis axis;
  axis.key = values.text(at + ".key");
  axis.place = values.origin(at + ".key").place;
  axis.field = &field_of(axis.key, axis.place, fields);
  if (axis.key == "name" || axis.key == "presets") {
    refuse(at + ".key", axis.key, "a key that changes a result", axis.place,
           axis.key == "presets" ? "The sweep file has presets of its own." : "");
  }
  const bool has_range = values.has(at + ".from") && values.has(at + ".to");
  if (values.has(at + ".values") == has_range ||
      values.has(at + ".from") != values.has(at + ".to")) {
    refuse(at, axis.key, "either values, or from and to", axis.place);
  }
  if (has_range) {
    read_range(values, at, combine, axis);
  } else {
    axis.values = values.texts(at + ".values");
    if (axis.values.empty()) values.refuse(at + ".values", "at least one value");
    for (const char* other : {".steps", ".scale"}) {
      if (values.given(at + other)) values.refuse(at + other, "a range with from and to");
    }
  }
  return axis;
}

void check_axes(const SweepSpec& spec, const Values& values) {
  if (spec.axes.empty())
    refuse("axes", "nothing", "at least one axis", values.origin("name").place);
  for (size_t i = 0; i < spec.axes.size(); ++i) {
    const Axis& axis = spec.axes[i];
    const std::string at = fmt::format("axes.{}", i + 1);
    for (size_t j = 0; j < i; ++j) {
      if (spec.axes[j].key == axis.key) refuse(at + ".key", axis.key, "every key once", axis.place);
    }
    if (spec.combine == Combine::kList && axis.values.size() != spec.axes.front().values.size()) {
      refuse(at + ".values", fmt::format("{} values", axis.values.size()),
             fmt::format("{} as the first axis of the list has", spec.axes.front().values.size()),
             axis.place);
    }
  }
}

std::vector<Assignment> grid(const SweepSpec& spec) {
  std::vector<Assignment> points{{}};
  for (const auto& axis : spec.axes) {
    std::vector<Assignment> longer;
    if (points.size() * axis.values.size() > kMostPoints) {
      refuse("axes", fmt::format("{} points and more", points.size() * axis.values.size()),
             fmt::format("at most {}", kMostPoints), axis.place);
    }
    for (const auto& point : points) {
      for (const auto& value : axis.values) {
        longer.push_back(point);
        longer.back().push_back(value);
      }
    }
    points = std::move(longer);
  }
  return points;
}

std::vector<Assignment> list(const SweepSpec& spec) {
  std::vector<Assignment> points(spec.axes.front().values.size());
  for (size_t p = 0; p < points.size(); ++p) {
    for (const auto& axis : spec.axes) points[p].push_back(axis.values[p]);
  }
  return points;
}

std::string draw(const Axis& axis, double share, int samples) {
  if (axis.values.empty()) {
    return value_at(axis, share, kDigits + static_cast<int>(std::ceil(std::log10(samples))));
  }
  const auto count = static_cast<double>(axis.values.size());
  return axis.values[std::min(axis.values.size() - 1, static_cast<size_t>(share * count))];
}

/// A random order of 0..count-1 (Fisher and Yates).
std::vector<size_t> permutation(size_t count, core::Rng& rng) {
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t{0});
  for (size_t i = count; i > 1; --i) std::swap(order[i - 1], order[rng.below(i)]);
  return order;
}

/// Latin hypercube (McKay, Beckman, Conover 1979): along every axis one point in each stratum.
std::vector<Assignment> sampled(const SweepSpec& spec) {
  const auto count = static_cast<size_t>(spec.samples);
  std::vector<Assignment> points(count);
  for (size_t a = 0; a < spec.axes.size(); ++a) {
    core::Rng rng = core::Rng(spec.seed).fork(a);
    const auto strata = permutation(count, rng);
    for (size_t p = 0; p < count; ++p) {
      const double inside = kStratumMargin + (1 - 2 * kStratumMargin) * rng.uniform();
      const double share =
          spec.combine == Combine::kLhs
              ? (static_cast<double>(strata[p]) + inside) / static_cast<double>(count)
              : inside;
      points[p].push_back(draw(spec.axes[a], share, spec.samples));
    }
  }
  return points;
}

}  // namespace

std::string_view to_string(Fidelity fidelity) {
  return fidelity == Fidelity::kCycle ? "cycle" : "analytic";
}

std::span<const Field> sweep_schema() { return kSweepFields; }

const Field* find_field(std::span<const Field> fields, std::string_view key) {
  const auto cut = [](std::string_view& text) {
    const size_t dot = std::min(text.find('.'), text.size());
    const std::string_view segment = text.substr(0, dot);
    text.remove_prefix(std::min(dot + 1, text.size()));
    return segment;
  };
  for (const auto& field : fields) {
    std::string_view pattern = field.key;
    std::string_view rest = key;
    bool same = true;
    while (same && !pattern.empty() && !rest.empty()) {
      const std::string_view wanted = cut(pattern);
      const std::string_view segment = cut(rest);
      same = wanted == segment || (wanted == "*" && segment != "*");
    }
    if (same && pattern.empty() && rest.empty()) return &field;
  }
  return nullptr;
}

SweepSpec load_sweep(const std::filesystem::path& file, const SweepOverrides& overrides,
                     std::span<const Field> fields) {
  SweepSpec spec;
  spec.file = file.string();
  spec.text = core::read_file(file, "SWEEP");
  const config::Source source[]{{file.string(), spec.text}};
  const Values values = config::load(source, overrides.seed, kSweepFields);
  spec.name = values.text("name");
  spec.base = overrides.base.empty() ? values.text("base") : overrides.base;
  spec.fidelity = values.text("fidelity") == "cycle" ? Fidelity::kCycle : Fidelity::kAnalytic;
  if (values.has("presets")) spec.presets = values.texts("presets");
  if (values.has("variants")) spec.variants = values.texts("variants");
  spec.x = values.text("pareto.x");
  spec.y = values.text("pareto.y");
  spec.seed = static_cast<uint64_t>(values.integer("seed"));
  spec.break_even = values.boolean("break_even");
  spec.combine = combine_of(values.text("combine"));
  if (is_sampled(spec.combine)) {
    if (!values.has("samples")) {
      refuse("samples", "nothing", "how many points are drawn", values.origin("combine").place);
    }
    spec.samples = static_cast<int>(values.integer("samples"));
  } else if (values.has("samples")) {
    values.refuse("samples", "no samples", "Only combine: random and lhs draw points.");
  }
  for (const auto& item : values.children("axes")) {
    spec.axes.push_back(read_axis(values, "axes." + item, spec.combine, fields));
  }
  check_axes(spec, values);
  return spec;
}

std::vector<Assignment> points_of(const SweepSpec& spec) {
  if (is_sampled(spec.combine)) return sampled(spec);
  return spec.combine == Combine::kList ? list(spec) : grid(spec);
}

std::vector<std::string> extremes_of(const Axis& axis) {
  if (!axis.values.empty()) return axis.values;
  return {value_at(axis, 0), value_at(axis, 1)};
}

std::vector<std::string> overrides_of(const SweepSpec& spec, const Assignment& point) {
  std::vector<std::string> overrides;
  for (size_t a = 0; a < point.size(); ++a) {
    overrides.push_back(spec.axes[a].key + "=" + point[a]);
  }
  return overrides;
}

}  // namespace ranvier::sweep
