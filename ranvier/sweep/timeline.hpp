#pragma once
// One simulated inference as a timeline that Perfetto (ui.perfetto.dev) and chrome://tracing open.

#include "ranvier/arch/package.hpp"
#include "ranvier/sim/simulator.hpp"
#include "ranvier/workload/workload.hpp"

#include <filesystem>

namespace ranvier::sweep {

/// What a timeline needs recorded.
sim::Options with_timeline(sim::Options options);

/// Trace Event Format, JSON object form: one process per chip, one thread per tile that worked, one
/// slice per task (category compute, encode or decode); every boundary message is an asynchronous
/// slice of the process "die-to-die links" from its first flit's injection to its last one's
/// delivery. Timestamps in microseconds of the core clock.
/// `result` must come from a simulation with_timeline() of `workload` on `package`.
/// Errors: RunError when the file cannot be written.
/// Source of the format: Google, "Trace Event Format", 2016.
void write_timeline(const workload::Workload& workload, const arch::PackageSpec& package,
                    const sim::Result& result, const std::filesystem::path& path);

}  // namespace ranvier::sweep
