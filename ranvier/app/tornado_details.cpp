#include "ranvier/app/tornado_details.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/sweep/tornado.hpp"
#include "ranvier/train/settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace ranvier::app {
namespace {

/// As summary.json and ledger.json will hold it.
sweep::StoredRun stored(const sweep::ExperimentResult& result) {
  sweep::StoredRun run{.experiment = result.name, .metric = {}, .variants = {}};
  for (const auto& variant : result.variants) {
    sweep::StoredVariant entry{.name = variant.name,
                               .kind = std::string(ir::to_string(variant.bundle.network.kind)),
                               .metric_deployed = variant.bundle.metrics.metric_deployed,
                               .presets = {}};
    for (const auto& preset : variant.presets) {
      entry.presets[preset.preset] = {
          .ledger = preset.ledger, .samples = preset.samples, .latency_s = preset.latency_s};
    }
    run.variants.push_back(std::move(entry));
  }
  return run;
}

report::Advantage advantage(const sweep::VerdictPoint& point) {
  const auto ratio = [&](sweep::Quantity quantity) {
    return point.ratio[static_cast<size_t>(quantity)];
  };
  return {.value = point.value,
          .energy = ratio(sweep::Quantity::kEnergy),
          .latency = ratio(sweep::Quantity::kLatency),
          .energy_delay = ratio(sweep::Quantity::kEnergyDelay)};
}

report::Tornado drawn(const std::string& preset, const sweep::Tornado& tornado) {
  report::Tornado out{.preset = preset, .rows = {}, .without = tornado.without};
  for (const auto& row : tornado.rows) {
    out.rows.push_back({.constant = row.key,
                        .unit = row.unit,
                        .source = row.source,
                        .analytic = row.analytic,
                        .minimum = advantage(row.minimum),
                        .nominal = advantage(row.nominal),
                        .maximum = advantage(row.maximum)});
  }
  return out;
}

}  // namespace

std::vector<report::Tornado> gather_tornados(const sweep::Experiment& experiment,
                                             const sweep::ExperimentResult& result,
                                             const std::filesystem::path& directory) {
  const sweep::StoredRun run = stored(result);
  const auto bundle_of = [&](const std::string& name) -> const sweep::Bundle& {
    return std::ranges::find(result.variants, name, &sweep::VariantResult::name)->bundle;
  };
  std::vector<std::string> names;
  for (const auto& setup : experiment.presets) names.push_back(setup.name);
  const std::string presets[]{fmt::format("presets=[{}]", fmt::join(names, ", "))};
  const sweep::ExperimentBase base(directory / "config.resolved.yaml", presets,
                                   train::training_schema());
  std::vector<report::Tornado> all;
  for (size_t p = 0; p < experiment.presets.size(); ++p) {
    const sweep::PresetSetup& setup = experiment.presets[p];
    const auto reload = [&](const std::string& text) { return base.preset(p, {&text, 1}); };
    try {
      all.push_back(drawn(setup.name, sweep::tornado(experiment, setup, run, bundle_of, reload)));
    } catch (const core::UserError& error) {
      spdlog::warn("no tornado under {}, one end of a range cannot be built: {}", setup.name,
                   error.what());
    }
  }
  return all;
}

}  // namespace ranvier::app
