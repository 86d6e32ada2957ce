#include "ranvier/app/loss_scoring.hpp"

#include "ranvier/sweep/evaluate.hpp"
#include "ranvier/sweep/link_loss.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <limits>
#ifdef RANVIER_HAS_TORCH
#include "ranvier/train/train.hpp"
#endif

namespace ranvier::app {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kSamples = "simulate.loss_samples";

#ifdef RANVIER_HAS_TORCH
constexpr bool kHasTorch = true;
#else
constexpr bool kHasTorch = false;
#endif

int64_t samples_of(const config::Values& values) {
  return values.has(kSamples) ? values.integer(kSamples) : std::numeric_limits<int64_t>::max();
}

bool loses_values(const sweep::Experiment& experiment) {
  return std::ranges::any_of(experiment.presets, [](const sweep::PresetSetup& setup) {
    return sweep::loses_values(setup.package);
  });
}

bool have_weights(const sweep::Experiment& experiment, const fs::path& directory) {
  return std::ranges::all_of(
      sweep::bundle_names(directory, experiment.values), [&](const std::string& name) {
        return fs::exists(directory / "bundle" / name / "weights.safetensors");
      });
}

/// Why nothing can be scored; empty when it can.
std::string obstacle(const sweep::Experiment& experiment, const fs::path& directory) {
  if (!have_weights(experiment, directory)) return "a bundle has no weights";
  return kHasTorch ? "" : "this program was built with RANVIER_WITH_TORCH=OFF";
}

}  // namespace

LossScoring::LossScoring(const sweep::Experiment& experiment, const fs::path& directory,
                         [[maybe_unused]] int threads, [[maybe_unused]] bool quiet)
    : experiment_(experiment), directory_(directory) {
  const config::Values& values = experiment.values;
  if (!loses_values(experiment) || samples_of(values) == 0) return;
  if (const std::string why = obstacle(experiment, directory); !why.empty()) {
    if (values.has(kSamples)) values.refuse(kSamples, "0 here: " + why);
    spdlog::warn(
        "links lose values, and {}: what that does to the quality is not known; "
        "link_errors.csv counts the values that changed",
        why);
    return;
  }
#ifdef RANVIER_HAS_TORCH
  score_ = train::loss_scorer(values, {.out = directory, .quiet = quiet, .threads = threads});
#endif
}

std::vector<ir::LossScore> LossScoring::score(const sweep::ExperimentResult& result) const {
  if (!score_) return {};
  const auto links = sweep::write_link_losses(experiment_, result, directory_ / "link_loss");
  score_(links, samples_of(experiment_.values));
  return sweep::read_loss_scores(links);
}

}  // namespace ranvier::app
