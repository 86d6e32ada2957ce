// `ranvier breakeven DIR`: for which links each variant of a finished run is the best one, and how
// much the published ranges of the constants matter.

#include "ranvier/app/breakeven_text.hpp"
#include "ranvier/app/cli.hpp"
#include "ranvier/app/commands.hpp"
#include "ranvier/app/experiment_options.hpp"
#include "ranvier/sweep/evaluate.hpp"
#include "ranvier/sweep/mapping.hpp"
#include "ranvier/train/settings.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace ranvier::app {
namespace fs = std::filesystem;
namespace {

struct BreakEvenOptions {
  ExperimentOptions experiment;
  std::string preset;
  std::string quantity = "energy";
};

/// The stored counts belong to the hardware that was simulated; only prices may differ.
void require_prices_only(const std::vector<std::string>& set) {
  for (const auto& text : set) {
    if (text.starts_with("cost.")) continue;
    refuse_flag("--set", text, "cost.* keys",
                "Other keys need a new simulation: ranvier simulate DIR --set " + text + ".");
  }
}

sweep::Quantity quantity_named(const std::string& name) {
  return *std::ranges::find_if(sweep::kQuantities,
                               [&](auto quantity) { return to_string(quantity) == name; });
}

void print_breakeven(const BreakEvenOptions& options, const Common& common) {
  const fs::path directory = options.experiment.source;
  require_prices_only(options.experiment.set);
  const sweep::Experiment experiment = load(options.experiment, common);
  const auto setups = presets_named(experiment, options.preset);
  const sweep::StoredRun run = sweep::read_run(directory);
  std::vector<sweep::Bundle> bundles;
  for (const auto& variant : run.variants) {
    bundles.push_back(sweep::read_bundle(directory, variant.name));
    sweep::find_mapping(experiment, bundles.back(), common.quiet);
  }
  nlohmann::ordered_json all{{"schema", 1}, {"experiment", run.experiment}};
  for (const auto& setup : setups) {
    const auto reload = [&](const std::string& text) {
      auto set = options.experiment.set;
      set.push_back(fmt::format("presets=[{}]", setup.name));
      set.push_back(text);
      return sweep::load_experiment(directory / "config.resolved.yaml", set,
                                    train::training_schema())
          .presets.front();
    };
    const auto study = sweep::study(experiment, setup, run, bundles);
    const auto bundle_of = [&](const std::string& name) -> const sweep::Bundle& {
      return *std::ranges::find(bundles, name, &sweep::Bundle::variant);
    };
    const auto tornado = sweep::tornado(experiment, setup, run, bundle_of, reload);
    all["presets"][setup.name] = breakeven_json(study, tornado);
    if (common.json) continue;
    fmt::print("{}\n\n{}\n", manager_sentence(study, tornado),
               breakeven_tables(study, tornado, quantity_named(options.quantity)));
  }
  if (common.json) fmt::print("{}\n", all.dump(2));
}

}  // namespace

void attach_breakeven(CLI::App& app, const Common& common, std::function<void()>& action) {
  auto options = std::make_shared<BreakEvenOptions>();
  app.add_option("DIR", options->experiment.source, "directory of a finished run")->required();
  app.add_option("--preset", options->preset, "only this one of the run's presets");
  app.add_option("--quantity", options->quantity,
                 "tornado of energy, latency or energy-delay [energy]")
      ->check(CLI::IsMember({"energy", "latency", "energy-delay"}));
  add_set(app, options->experiment);
  app.callback([options, &common, &action] {
    action = [options, &common] { print_breakeven(*options, common); };
  });
}

}  // namespace ranvier::app
