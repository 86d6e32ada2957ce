// Every file in configs/sweeps resolves: keys, values, variants and base of every point. Nothing
// is trained or simulated.

#include "ranvier/core/file.hpp"
#include "ranvier/shapes/bundle.hpp"
#include "ranvier/sweep/experiment.hpp"
#include "ranvier/sweep/plan.hpp"
#include "ranvier/train/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <regex>

namespace ranvier::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;

const fs::path kSource = RANVIER_SOURCE_DIR;

std::vector<std::string> sweep_files() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(kSource / "configs/sweeps")) {
    names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

/// The experiment of a sweep: its base, or what its heading says makes the run it starts from.
fs::path experiment_of(const sweep::SweepSpec& spec) {
  if (fs::is_regular_file(kSource / spec.base)) return kSource / spec.base;
  std::smatch found;
  const std::regex made("ranvier run (\\S+) --out " + spec.base.string() + "\\b");
  if (!std::regex_search(spec.text, found, made)) return {};
  return kSource / found[1].str();
}

std::vector<std::string> variant_names(const config::Values& values) {
  std::vector<std::string> names;
  for (const auto& variant : train::parse_settings(values).variants) names.push_back(variant.name);
  return names;
}

/// What would be refused when the bundles of a network without weights are written.
void check_shapes(const config::Values& values, const std::string& point) {
  if (!shapes::is_requested(values)) return;
  const auto settings = shapes::parse_settings(values);
  for (const auto& variant : train::parse_settings(values).variants) {
    EXPECT_NO_THROW(shapes::describe(settings, {.name = variant.name,
                                                .kind = variant.kind,
                                                .codec = variant.codec,
                                                .steps = variant.steps,
                                                .events_per_neuron = {}}))
        << point;
    const double share = settings.assumption.level_share;
    EXPECT_LE(variant.events_per_neuron.value_or(0), shapes::most_events(variant.codec, share))
        << point << ", " << variant.name;
  }
}

class SweepFile : public ::testing::TestWithParam<std::string> {};

TEST_P(SweepFile, ResolvesAtEveryPoint) {
  const auto training = train::training_schema();
  const auto fields = sweep::full_schema(training);
  const auto spec = sweep::load_sweep(kSource / "configs/sweeps" / GetParam(), {}, fields);
  EXPECT_THAT(spec.text, HasSubstr("ranvier sweep configs/sweeps/" + GetParam()))
      << "the heading says how to run it";
  const fs::path experiment = experiment_of(spec);
  ASSERT_TRUE(fs::is_regular_file(experiment)) << spec.base;
  const sweep::ExperimentBase base(experiment, {}, training);
  const auto names = variant_names(base.values({}));
  for (const auto& name : spec.variants) EXPECT_THAT(names, Contains(name));
  for (const auto& name : spec.presets) EXPECT_THAT(arch::preset_names(), Contains(name));
  const auto points = sweep::points_of(spec);
  EXPECT_GE(points.size() * names.size(), 2u) << "nothing to compare";
  for (const auto& point : points) {
    const auto overrides = sweep::overrides_of(spec, point);
    const auto resolved = base.with(overrides);
    EXPECT_EQ(variant_names(resolved.values), names) << "an axis over a variant that is not there";
    std::string text;
    for (const auto& item : overrides) text += item + " ";
    check_shapes(resolved.values, text);
  }
}

INSTANTIATE_TEST_SUITE_P(Configs, SweepFile, ::testing::ValuesIn(sweep_files()),
                         [](const auto& file) {
                           return file.param.substr(0, file.param.find('.'));
                         });

TEST(SweepFiles, ShipAtAll) { EXPECT_GE(sweep_files().size(), 3u); }

}  // namespace
}  // namespace ranvier::tests
