#include "ranvier/app/summary_table.hpp"

#include "ranvier/app/table.hpp"
#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace ranvier::app {
namespace {

using Json = nlohmann::ordered_json;

std::vector<std::string> preset_names(const Json& summary) {
  std::vector<std::string> names;
  for (const auto& variant : summary.at("variants")) {
    for (const auto& [name, unused] : variant.at("presets").items()) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

bool is_accuracy(const Json& summary) { return summary.at("metric") == "accuracy_percent"; }

/// A dash where nothing was trained and so nothing measured.
std::string quality(const Json& variant, const char* key, int digits) {
  const Json& value = variant.at(key);
  return value.is_null() ? "-" : fmt::format("{:.{}f}", value.get<double>(), digits);
}

std::vector<std::string> row_of(const std::string& name, const Json& variant,
                                const std::vector<std::string>& presets, int digits) {
  const Json& boundary = variant.at("boundary");
  std::vector<std::string> row{
      name,
      quality(variant, "metric_float", digits),
      quality(variant, "metric_deployed", digits),
      fmt::format("{:.3f}{}", boundary.at("events_per_neuron").get<double>(),
                  variant.value("activity", "measured") == "assumed" ? " assumed" : ""),
      fmt::format("{:.2f}", boundary.at("bits_per_activation").get<double>()),
      boundary.at("wire_format").get<std::string>()};
  for (const auto& preset : presets) {
    const Json& values = variant.at("presets").at(preset);
    row.push_back(short_number(values.at("latency_us").get<double>()));
    row.push_back(short_number(values.at("energy_uj").at("total").get<double>()));
  }
  return row;
}

}  // namespace

Json read_summary(const std::filesystem::path& run_directory) {
  const auto path = run_directory / "summary.json";
  const std::string text = core::read_file(path, "summary.json");
  const Json summary = Json::parse(text, nullptr, false);
  const bool valid =
      summary.is_object() && summary.value("schema", 0) == 1 && summary.contains("variants");
  if (!valid) {
    throw core::UserError({.key = "summary.json",
                           .given = "something else",
                           .allowed = "a JSON object with schema 1 and variants",
                           .place = path.string(),
                           .hint = "Is this a run directory of ranvier?"});
  }
  return summary;
}

std::string summary_table(const Json& summary) {
  const auto presets = preset_names(summary);
  const std::string metric = is_accuracy(summary) ? "acc %" : "bits/byte";
  const int digits = is_accuracy(summary) ? 2 : 4;
  std::vector<std::string> header{"variant",       metric + " float", metric + " deployed",
                                  "events/neuron", "bits/act",        "wire"};
  for (const auto& preset : presets) {
    header.push_back(preset + " us");
    header.push_back("uJ");
  }
  std::vector<std::vector<std::string>> rows{header};
  for (const auto& [name, variant] : summary.at("variants").items()) {
    rows.push_back(row_of(name, variant, presets, digits));
  }
  return text_table(rows);
}

std::string loss_table(const Json& summary) {
  const std::string metric = is_accuracy(summary) ? "acc %" : "bits/byte";
  const int digits = is_accuracy(summary) ? 2 : 4;
  std::vector<std::vector<std::string>> rows{{"lossy links", "preset", metric + " deployed",
                                              metric + " under loss", "values changed %",
                                              "test samples"}};
  for (const auto& [name, variant] : summary.at("variants").items()) {
    for (const auto& [preset, values] : variant.at("presets").items()) {
      const Json errors = values.value("link_errors", Json::object());
      if (!errors.contains("quality")) continue;
      const Json& quality = errors.at("quality");
      const auto number = [&](const char* key, int places, double unit = 1) {
        return fmt::format("{:.{}f}", unit * quality.at(key).get<double>(), places);
      };
      rows.push_back({name, preset, number("metric_deployed_without_loss", digits),
                      number("metric_deployed", digits), number("changed_values_fraction", 3, 100),
                      fmt::to_string(quality.at("test_samples").get<int64_t>())});
    }
  }
  return rows.size() == 1 ? "" : text_table(rows);
}

std::string ratio_table(const Json& summary) {
  std::vector<std::string> header{"x better", "against"};
  for (const auto& preset : preset_names(summary)) {
    header.push_back(preset + " latency");
    header.push_back("energy");
  }
  std::vector<std::vector<std::string>> rows{header};
  for (const auto& [name, baselines] : summary.at("ratios").items()) {
    for (const auto& [baseline, presets] : baselines.items()) {
      std::vector<std::string> row{name, baseline};
      for (const auto& [preset, ratio] : presets.items()) {
        row.push_back(fmt::format("{:.2f}", ratio.at("latency").get<double>()));
        row.push_back(fmt::format("{:.2f}", ratio.at("energy").get<double>()));
      }
      rows.push_back(std::move(row));
    }
  }
  return text_table(rows);
}

}  // namespace ranvier::app
