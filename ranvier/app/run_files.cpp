#include "ranvier/app/run_files.hpp"

#include "ranvier/app/details.hpp"
#include "ranvier/app/tornado_details.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/report/details.hpp"
#include "ranvier/report/report.hpp"
#include "ranvier/sweep/provenance.hpp"
#include "ranvier/sweep/summary.hpp"

namespace ranvier::app {
namespace fs = std::filesystem;

void write_configuration(const sweep::Experiment& experiment, const fs::path& directory) {
  core::write_file_atomic(directory / "config.resolved.yaml", experiment.values.to_yaml());
  fs::create_directories(directory / "presets");
  for (const auto& setup : experiment.presets) {
    core::write_file_atomic(directory / "presets" / (setup.name + ".resolved.yaml"),
                            setup.values.to_yaml());
  }
}

std::string program_text() {
  return std::string("ranvier ") + RANVIER_VERSION + ", " + RANVIER_COMPILER;
}

void write_results(const sweep::Experiment& experiment, const sweep::ExperimentResult& result,
                   const std::vector<ir::LossScore>& losses, const fs::path& directory,
                   const std::string& command) {
  sweep::write_tables(result, directory);
  core::write_file_atomic(directory / "ledger.json", sweep::ledger_json(result));
  report::Details details = gather_details(experiment, result, command);
  details.tornados = gather_tornados(experiment, result, directory);
  core::write_file_atomic(directory / "details.json", report::to_json(details));
  core::write_file_atomic(directory / "provenance.json",
                          sweep::provenance_json(experiment, directory, command, program_text()));
  core::write_file_atomic(directory / "summary.json", sweep::summary_json(result, losses));
  report::write_report(directory);
}

void remove_results(const fs::path& directory) {
  for (const char* name : {"summary.json", "report.html", "details.json", "ledger.json",
                           "provenance.json", "layers.csv", "links.csv", "link_errors.csv",
                           "mesh_links.csv", "routers.csv", "boundaries.csv", "power.csv"}) {
    fs::remove(directory / name);
  }
  fs::remove_all(directory / "link_loss");
}

}  // namespace ranvier::app
