#include "ranvier/sweep/stored_run.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <optional>

namespace ranvier::sweep {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

constexpr double kSecondsPerMicrosecond = 1e-6;

/// One file with its path, so that every refusal names both.
class File {
 public:
  File(const fs::path& directory, const char* name) : path_(directory / name), name_(name) {
    if (!fs::exists(path_)) {
      throw core::UserError({.key = "DIR",
                             .given = "'" + directory.string() + "' without " + name,
                             .allowed = "the directory of a finished run",
                             .place = {},
                             .hint = "Simulate its bundles: ranvier simulate DIR."});
    }
    root_ = Json::parse(core::read_file(path_, name), nullptr, false);
    if (!root_.is_object()) refuse("", "no JSON object");
  }

  const Json& root() const { return root_; }

  const Json& need(const Json& in, const std::string& where, const char* key) const {
    if (!in.is_object() || !in.contains(key)) refuse(where + key, "nothing");
    return in.at(key);
  }

  double number(const Json& in, const std::string& where, const char* key) const {
    const Json& value = need(in, where, key);
    if (!value.is_number()) refuse(where + key, value.dump());
    return value.get<double>();
  }

  /// Nothing for null: of assumed activity.
  std::optional<double> optional_number(const Json& in, const std::string& where,
                                        const char* key) const {
    if (need(in, where, key).is_null()) return std::nullopt;
    return number(in, where, key);
  }

  int64_t count(const Json& in, const std::string& where, const char* key) const {
    const Json& value = need(in, where, key);
    if (!value.is_number_integer() || value.get<int64_t>() < 0) refuse(where + key, value.dump());
    return value.get<int64_t>();
  }

  std::string text(const Json& in, const std::string& where, const char* key) const {
    const Json& value = need(in, where, key);
    if (!value.is_string()) refuse(where + key, value.dump());
    return value.get<std::string>();
  }

  [[noreturn]] void refuse(const std::string& key, const std::string& given) const {
    throw core::UserError({.key = name_ + (key.empty() ? "" : ":" + key),
                           .given = given,
                           .allowed = "a file as ranvier wrote it",
                           .place = path_.string(),
                           .hint = "Write it again: ranvier simulate DIR."});
  }

 private:
  fs::path path_;
  std::string name_;
  Json root_;
};

std::optional<core::Event> event_named(const std::string& name) {
  for (size_t i = 0; i < core::kEventKinds; ++i) {
    const auto event = static_cast<core::Event>(i);
    if (core::event_info(event).name == name) return event;
  }
  return std::nullopt;
}

/// An event with several prices has several lines of the same count.
core::Ledger read_counts(const File& file, const Json& lines, const std::string& where) {
  core::Ledger ledger;
  std::map<core::Event, int64_t> seen;
  for (const Json& line : lines) {
    const std::string name = file.text(line, where + "lines.", "event");
    const auto event = event_named(name);
    if (!event) file.refuse(where + "lines.event", name);
    const int64_t count = file.count(line, where + "lines.", "count");
    const auto [known, is_new] = seen.try_emplace(*event, count);
    if (is_new) ledger.add(*event, count);
    if (known->second != count) {
      file.refuse(where + "lines." + name, fmt::format("{} and {}", known->second, count));
    }
  }
  return ledger;
}

StoredPreset read_preset(const File& ledger, const Json& counted, const File& summary,
                         const Json& timed, const std::string& where) {
  StoredPreset preset;
  preset.ledger = read_counts(ledger, ledger.need(counted, where, "lines"), where);
  preset.samples = static_cast<int>(ledger.count(counted, where, "samples"));
  if (preset.samples < 1) ledger.refuse(where + "samples", "0");
  preset.latency_s = summary.number(timed, where, "latency_us") * kSecondsPerMicrosecond;
  if (preset.latency_s <= 0) summary.refuse(where + "latency_us", "no time");
  return preset;
}

}  // namespace

StoredRun read_run(const fs::path& directory) {
  const File summary(directory, "summary.json");
  const File ledger(directory, "ledger.json");
  StoredRun run{.experiment = summary.text(summary.root(), "", "experiment"),
                .metric = summary.text(summary.root(), "", "metric"),
                .variants = {}};
  const Json& counted = ledger.need(ledger.root(), "", "variants");
  for (const auto& [name, entry] : summary.need(summary.root(), "", "variants").items()) {
    const std::string where = "variants." + name + ".";
    StoredVariant variant{
        .name = name,
        .kind = summary.text(entry, where, "kind"),
        .metric_deployed = summary.optional_number(entry, where, "metric_deployed"),
        .presets = {}};
    const Json& lines = ledger.need(counted, "variants.", name.c_str());
    for (const auto& [preset, timed] : summary.need(entry, where, "presets").items()) {
      const std::string at = where + preset + ".";
      variant.presets[preset] =
          read_preset(ledger, ledger.need(lines, where, preset.c_str()), summary, timed, at);
    }
    run.variants.push_back(std::move(variant));
  }
  return run;
}

}  // namespace ranvier::sweep
