#pragma once
// Names of configurations: what a training, a simulation, a mapping and a price depend on, each as
// text and as the hash of that text. Equal hashes: the stored result is the result.

#include "ranvier/sweep/experiment.hpp"
#include "ranvier/sweep/plan.hpp"
#include "ranvier/sweep/results.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace ranvier::sweep {

struct Identity {
  std::string hash;  // 16 hexadecimal digits
  std::string text;  // one "key: value" a line
};

Identity identity_of(std::string text);

/// Keys whose values only training reads; the hardware and prices of a trained run can still
/// change.
bool is_training_key(std::string_view key);

/// What the bundles depend on: seed, data, network, training, and the variants but for their wire
/// format.
Identity training_identity(const config::Values& values);

/// What a trained bundle is, for everything after training: network and recorded activity (`run`
/// holds bundle/VARIANT). Times of training do not enter.
std::string bundle_hash(const std::filesystem::path& run, const std::string& variant);

/// What a search for the mapping of a variant depends on beside its bundle:
/// what it makes least, how long it looks, seed, wire format, the first
/// preset's hardware and, where energy counts, its prices. None where
/// mapping.search is none.
std::optional<Identity> search_identity(const Experiment& experiment, const std::string& variant);

/// Whether what is simulated at a point depends on the seed: a search does, and
/// bit errors on links.
bool depends_on_seed(const Experiment& experiment, Fidelity fidelity);

/// What the event counts and the latency of one variant under one preset depend
/// on; no price. `bundle` is its bundle_hash, `program` the version that
/// simulates, `search` the hash of the search that found its mapping; empty:
/// layers and tiles in order.
Identity simulation_identity(const Experiment& experiment, const PresetSetup& setup,
                             const std::string& variant, Fidelity fidelity,
                             const std::string& bundle, std::string_view program,
                             std::string_view search = {});

/// The part of it that mapping and workload depend on: simulations of one variant with equal keys
/// share both.
std::string workload_key(const Experiment& experiment, const PresetSetup& setup,
                         const std::string& variant, std::string_view search = {});

/// What turns event counts into energy: every cost key. The hardware that enters a price is part
/// of the simulation.
Identity price_identity(const PresetSetup& setup);

}  // namespace ranvier::sweep
