#pragma once
// One simulation of a sweep: where it stands, what is simulated, what came of it.

#include "ranvier/sweep/source.hpp"
#include "ranvier/sweep/store.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ranvier::sweep {

/// Where a simulation stands in a sweep: whoever has read the same files can make it from that.
struct Address {
  Assignment settings;    // of its point
  std::string lane_rate;  // of the break-even map, as behind --set; empty: that of the point
  size_t preset = 0;      // of the experiment's
  size_t variant = 0;     // of the source's bundles
  Fidelity fidelity = Fidelity::kCycle;
};

/// One variant under one preset at one point.
struct Trial {
  Address at;
  SimulationRecord record;  // open until it is measured
  arch::PackageSpec package;
  int64_t watchdog_cycles = 0;
  codec::WireKind wire = codec::WireKind::kAuto;
  map::DeliveryMode delivery = map::DeliveryMode::kUnicast;
  int samples = 1;
  uint64_t seed = 1;
  std::optional<Identity> search;  // of the mapping; none: layers and tiles in order
  std::string workload_key;
};

/// The experiment at an address. Errors: those of ExperimentBase::with.
Experiment experiment_at(const ExperimentBase& base, const SweepSpec& spec, const Address& at);
/// That of its point, whatever the link rate: a mapping is searched for there.
Experiment point_of(const ExperimentBase& base, const SweepSpec& spec, const Address& at);

/// `experiment` and `point` are those at the address, `program` the version
/// that simulates.
Trial trial_at(const Address& at, const Experiment& experiment, const Experiment& point,
               const Source& source, std::string_view program);

}  // namespace ranvier::sweep
