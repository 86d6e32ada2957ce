#pragma once
// What a package makes of a plan's totals: event counts, and the load of its die-to-die links.

#include "ranvier/analytic/plan.hpp"
#include "ranvier/arch/package.hpp"
#include "ranvier/core/ledger.hpp"

namespace ranvier::analytic {

/// Everything that does not depend on how long the run takes.
core::Ledger count_events(const Totals& totals, const arch::PackageSpec& package);

/// Expected flits that arrive damaged, once per die crossing, when each is sent once.
double expected_damage(const Totals& totals, const arch::PackageSpec& package);

/// Adds the two counts that do: tile cycles, and idle bits of every die side that carried a flit.
void add_time_events(core::Ledger& ledger, const Plan& plan, const arch::PackageSpec& package,
                     core::Cycles latency);

/// On chip or a link; the first of the largest.
Load busiest_resource(const Totals& totals, const arch::PackageSpec& package);

}  // namespace ranvier::analytic
