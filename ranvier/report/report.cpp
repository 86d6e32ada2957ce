#include "ranvier/report/report.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/report/details.hpp"
#include "ranvier/report/json_view.hpp"
#include "ranvier/report/page.hpp"
#include "ranvier/report/summary.hpp"
#include "ranvier/report/verdict.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cmath>
#include <sstream>
#include <string>
#include <string_view>

namespace ranvier::report {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 4> kTables = {"layers.csv", "links.csv", "routers.csv",
                                                     "boundaries.csv"};
constexpr double kLatencyTolerance = 0.01;  // parts of one inference against its total, relative

/// The files of one run, as text, with the parsed forms the checks need.
struct Run {
  Summary summary;
  Details details;
  json files = json::object();   // name -> text, offered as downloads
  json parsed = json::object();  // summary, details, ledger, provenance
};

std::string place_of(const fs::path& run_dir, std::string_view name) {
  return (run_dir / name).string();
}

[[noreturn]] void inconsistent(std::string key, std::string given, std::string allowed) {
  throw core::UserError({.key = std::move(key),
                         .given = std::move(given),
                         .allowed = std::move(allowed),
                         .place = {},
                         .hint = "The run directory mixes two runs or was edited; run the "
                                 "experiment again."});
}

const VariantDetails& details_of(const Details& details, const std::string& name) {
  for (const auto& v : details.variants) {
    if (v.name == name) return v;
  }
  inconsistent("details.json:variants", "no '" + name + "'", "every variant of summary.json");
}

const PresetInfo& preset_of(const Details& details, const std::string& name) {
  for (const auto& p : details.presets) {
    if (p.name == name) return p;
  }
  inconsistent("details.json:presets", "no '" + name + "'", "every preset of summary.json");
}

/// The parts describe the first inference, the total is the mean: they must agree when one
/// inference was simulated.
void check_latency(const std::string& key, const PresetResult& result, const LatencyParts& p) {
  const double sum_us =
      (p.compute_ns + p.network_ns + p.serialise_ns + p.crossing_ns + p.queue_ns) * 1e-3;
  if (std::abs(sum_us - result.latency_us) > kLatencyTolerance * result.latency_us) {
    inconsistent(key + ".latency_ns", "parts that sum to " + readable(sum_us) + " us",
                 "the latency of summary.json, " + readable(result.latency_us) + " us");
  }
}

void check_chips(const std::string& key, const PresetRun& run, const PresetInfo& preset) {
  const auto routers = static_cast<size_t>(preset.mesh) * static_cast<size_t>(preset.mesh);
  for (const auto& chip : run.chips) {
    if (chip.router_flits.size() != routers || chip.column >= preset.chips_x ||
        chip.row >= preset.chips_y) {
      inconsistent(key + ".chips",
                   "chip " + std::to_string(chip.chip) + " with " +
                       std::to_string(chip.router_flits.size()) + " routers at column " +
                       std::to_string(chip.column) + ", row " + std::to_string(chip.row),
                   std::to_string(routers) + " routers, inside the package of the preset");
    }
  }
}

void check_details(const Summary& summary, const Details& details) {
  for (const auto& variant : summary.variants) {
    const VariantDetails& more = details_of(details, variant.name);
    for (const auto& result : variant.presets) {
      const PresetRun* run = nullptr;
      for (const auto& candidate : more.presets) {
        if (candidate.preset == result.preset) run = &candidate;
      }
      if (run == nullptr) {
        inconsistent("details.json:variants." + variant.name + ".presets",
                     "no '" + result.preset + "'", "every preset of summary.json");
      }
      const std::string key = "details.json:variants." + variant.name + "." + result.preset;
      if (details.simulated_samples == 1) check_latency(key, result, run->latency);
      check_chips(key, *run, preset_of(details, result.preset));
    }
  }
}

/// Every variant and preset of the summary has priced lines, and the lines carry what the page
/// shows.
void check_ledger(const Summary& summary, const JsonView& ledger) {
  const JsonView variants = ledger.at("variants");
  for (const auto& variant : summary.variants) {
    for (const auto& result : variant.presets) {
      const JsonView priced = variants.at(variant.name).at(result.preset);
      priced.real("total_pj");
      for (const auto& line : priced.at("lines").elements()) {
        for (const auto* key : {"part", "event", "unit", "source"}) line.text(key);
        for (const auto* key : {"count", "coefficient", "picojoules"}) line.real(key);
      }
    }
  }
}

void check_table(std::string_view name, const std::string& text, const std::string& place) {
  std::istringstream lines(text);
  std::string header;
  std::getline(lines, header);
  if (header.find(',') != std::string::npos) return;
  throw core::UserError({.key = std::string(name),
                         .given = header.empty() ? "an empty file" : "'" + header + "'",
                         .allowed = "a header line with comma-separated column names",
                         .place = place,
                         .hint = {}});
}

Run read_run(const fs::path& run_dir) {
  if (!fs::is_directory(run_dir)) {
    throw core::UserError({.key = "run directory",
                           .given = "'" + run_dir.string() + "'",
                           .allowed = "the directory of a finished run",
                           .place = {},
                           .hint = "ranvier run EXP.yaml --out DIR makes one."});
  }
  Run run;
  const auto text = [&](std::string_view name) {
    std::string content = core::read_file(run_dir / name, name);
    run.files[std::string(name)] = content;
    return content;
  };
  const auto view = [&](const std::string& name) {
    return JsonView::parse(text(name), name, place_of(run_dir, name));
  };
  const std::string summary = text("summary.json");
  run.summary = summary_from_json(summary, place_of(run_dir, "summary.json"));
  run.parsed["summary"] = json::parse(summary);
  const std::string details = text("details.json");
  run.details = details_from_json(details, place_of(run_dir, "details.json"));
  run.parsed["details"] = json::parse(details);
  run.files.erase("details.json");
  check_details(run.summary, run.details);
  const JsonView ledger = view("ledger.json");
  check_ledger(run.summary, ledger);
  run.parsed["ledger"] = ledger.raw();
  run.parsed["provenance"] = view("provenance.json").raw();
  for (const auto& table : kTables) check_table(table, text(table), place_of(run_dir, table));
  return run;
}

json to_json(const Verdict& verdict) {
  constexpr std::array<const char*, 3> outcomes = {"wins", "ties", "loses"};
  json duels = json::array();
  for (const auto& d : verdict.duels) {
    duels.push_back({{"preset", d.preset},
                     {"baseline", d.baseline},
                     {"energy_ratio", d.energy_ratio},
                     {"latency_ratio", d.latency_ratio},
                     {"energy", outcomes[static_cast<size_t>(d.energy)]},
                     {"latency", outcomes[static_cast<size_t>(d.latency)]}});
  }
  return {{"best", verdict.best}, {"loses", verdict.loses}, {"duels", std::move(duels)}};
}

std::string about(const Details& details) {
  return details.network + "; " + details.data + ". Hardware counts come from " +
         std::to_string(details.simulated_samples) +
         (details.simulated_samples == 1 ? " simulated inference" : " simulated inferences") +
         " per variant; qualities from " + readable(static_cast<double>(details.test_samples)) +
         " test samples.";
}

}  // namespace

void write_report(const fs::path& run_dir) {
  Run run = read_run(run_dir);
  const Verdict verdict = judge(run.summary, run.details);
  json data = std::move(run.parsed);
  data["files"] = std::move(run.files);
  data["verdict"] = to_json(verdict);
  data["order"] = json::array();
  for (const auto& v : run.summary.variants) data["order"].push_back(v.name);

  PageText text{.title = run.summary.experiment,
                .about = about(run.details),
                .headline = verdict.headline,
                .points = {},
                .data = data.dump(-1, ' ', false, json::error_handler_t::replace)};
  for (const auto& point : verdict.points) text.points += "<li>" + escape_html(point) + "</li>\n";
  core::write_file_atomic(run_dir / "report.html", fill_page(text));
}

}  // namespace ranvier::report
