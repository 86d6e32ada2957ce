#include "ranvier/sweep/provenance.hpp"

#include "ranvier/core/file.hpp"
#include "ranvier/sweep/evaluate.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <thread>

namespace ranvier::sweep {
namespace {

using Json = nlohmann::ordered_json;

std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  std::string line;
  while (std::getline(info, line)) {
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

/// Training facts of every bundle: seconds and epochs, as its metrics file reports them.
Json training_facts(const Experiment& experiment, const std::filesystem::path& run_directory) {
  Json facts = Json::object();
  double total = 0;
  for (const auto& name : bundle_names(run_directory, experiment.values)) {
    const auto path = run_directory / "bundle" / name / "metrics.json";
    const Json metrics = Json::parse(core::read_file(path, "metrics.json"));
    Json fact;
    for (const char* key : {"activity", "epochs", "train_seconds", "shared_with"}) {
      if (metrics.contains(key)) fact[key] = metrics.at(key);
    }
    total += metrics.contains("shared_with") ? 0 : metrics.value("train_seconds", 0.0);
    facts[name] = fact;
  }
  facts["total_seconds"] = total;
  return facts;
}

}  // namespace

std::string provenance_json(const Experiment& experiment,
                            const std::filesystem::path& run_directory, const std::string& command,
                            const std::string& build) {
  Json presets = Json::object();
  for (const auto& setup : experiment.presets)
    presets[setup.name] = fmt::format("{:016x}", setup.values.hash());
  const Json provenance{
      {"schema", 1},
      {"experiment", experiment.name},
      {"command", command},
      {"ranvier", build},
      {"seed", experiment.seed},
      {"configuration_hash", fmt::format("{:016x}", experiment.values.hash())},
      {"preset_hashes", presets},
      {"training", training_facts(experiment, run_directory)},
      {"machine", {{"processor", processor()}, {"threads", std::thread::hardware_concurrency()}}}};
  return provenance.dump(2) + "\n";
}

}  // namespace ranvier::sweep
