#pragma once
// Which mapping a variant is simulated with: the naive one, or what a search found.

#include "ranvier/map/search.hpp"
#include "ranvier/sweep/experiment.hpp"
#include "ranvier/sweep/results.hpp"

#include <functional>
#include <optional>
#include <string>

namespace ranvier::sweep {

/// What a search under `setup` minimises and how long it looks; energies at the preset's prices.
/// `setup` must outlive the options. `progress` as in map::SearchOptions.
map::SearchOptions search_options(
    const Experiment& experiment, const PresetSetup& setup, map::Objective objective,
    std::function<void(const std::string&, int64_t, int64_t)> progress);

/// A progress line for every step of the search of one variant; Ctrl-C is honoured there.
std::function<void(const std::string&, int64_t, int64_t)> search_progress(
    const std::string& variant, bool quiet);

/// What the search that the experiment asks for (mapping.search) finds under
/// its first preset; none where it asks for none. Errors: UserError when
/// presets differ in the size of their chips or cores, or the network does not
/// fit; Interrupted.
std::optional<map::Mapping> found_mapping(const Experiment& experiment, const Bundle& bundle,
                                          bool quiet);

/// Fills bundle.mapping with it.
void find_mapping(const Experiment& experiment, Bundle& bundle, bool quiet);

/// The mapping to use: what was found, else map::map_network's, delivered as the experiment says.
/// Errors: those of map::map_network.
map::Mapping mapping_of(const Experiment& experiment, const Bundle& bundle,
                        const arch::PackageSpec& package);

}  // namespace ranvier::sweep
