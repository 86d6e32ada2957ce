#include "ranvier/sweep/source.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/sweep/evaluate.hpp"
#include "ranvier/sweep/identity.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace ranvier::sweep {
namespace fs = std::filesystem;

std::vector<std::string> wanted_variants(const fs::path& run, const config::Values& values,
                                         const std::vector<std::string>& wanted,
                                         const std::string& place) {
  const auto trained = bundle_names(run, values);
  std::vector<std::string> names;
  for (const auto& name : trained) {
    if (wanted.empty() || std::ranges::find(wanted, name) != wanted.end()) names.push_back(name);
  }
  for (const auto& name : wanted) {
    if (std::ranges::find(trained, name) != trained.end()) continue;
    const std::string near = core::nearest_name(name, trained);
    throw core::UserError({.key = "variants",
                           .given = name,
                           .allowed = fmt::format("any of {}", fmt::join(trained, ", ")),
                           .place = place,
                           .hint = near.empty() ? "" : "Did you mean " + near + "?"});
  }
  return names;
}

namespace {

/// A network without weights has none.
std::string quality(const std::optional<double>& metric) {
  return metric ? fmt::format("{}", *metric) : "none";
}

}  // namespace

std::string run_hash(const fs::path& run, const std::vector<std::string>& variants) {
  std::string text;
  for (const auto& name : variants) {
    const Metrics metrics = read_metrics(run / "bundle" / name / "metrics.json");
    text += fmt::format("{} {} {} {} {} {}\n", name, bundle_hash(run, name), metrics.metric,
                        quality(metrics.metric_float), quality(metrics.metric_deployed),
                        metrics.events_per_neuron);
  }
  return identity_of(text).hash;
}

Source read_source(const std::string& hash, const fs::path& run,
                   const std::vector<std::string>& variants) {
  Source source{.hash = hash, .run = run, .bundles = {}, .bundle_hashes = {}};
  for (const auto& name : variants) {
    source.bundles.push_back(read_bundle(run, name));
    source.bundle_hashes.push_back(bundle_hash(run, name));
  }
  return source;
}

}  // namespace ranvier::sweep
