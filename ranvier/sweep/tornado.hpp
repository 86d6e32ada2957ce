#pragma once
// How far the verdict moves when one constant goes from one end of its published range to the
// other.

#include "ranvier/sweep/study.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ranvier::sweep {

/// The best HNN against the best dense baseline, chosen anew for each quantity: dense / HNN, above
/// 1 means that the HNN is better.
struct VerdictPoint {
  double value = 0;               // of the constant, in its base unit
  std::array<double, 3> ratio{};  // in the order of kQuantities
  /// Prices of a link bit at which the HNN of least energy needs less than every dense baseline.
  std::vector<Range> winning_prices;
};

struct TornadoRow {
  std::string key;        // "cost.sram_leak"
  std::string unit;       // base unit; empty for plain numbers
  std::string source;     // "[MUCHI] 0.625 at 7 nm (choice)"
  bool analytic = false;  // hardware constants: both designs by the analytic model
  VerdictPoint minimum, nominal, maximum;

  /// Width of the range of the ratio, as a factor: 1 when nothing moves.
  double swing(Quantity quantity) const;
  /// The HNN is better at one end (or in between) and not at another.
  bool flips(Quantity quantity) const;
};

struct Tornado {
  std::vector<TornadoRow> rows;      // those that move any ratio; by schema order
  std::vector<std::string> without;  // constants with a range that move nothing
};

/// Rows by falling swing in one quantity, those that do not move it left out; equal swings by key.
std::vector<TornadoRow> sorted(const Tornado& tornado, Quantity quantity);

/// The preset `setup` stands for, with one more override "key=value".
using Reload = std::function<PresetSetup(const std::string& override_text)>;

/// The bundle of a variant of the run.
using BundleOf = std::function<const Bundle&(const std::string& variant)>;

/// Every constant of `setup` whose minimum and maximum differ. Prices (cost.*) reprice the stored
/// counts; hardware constants are estimated by the analytic model, nominal included. Nothing when
/// the run lacks an HNN or a dense baseline.
/// Errors: UserError of `reload` for an end of a range that cannot be built, named by key.
/// Cost: one repricing per price; two analytic estimates per variant and hardware constant; every
/// variant is mapped once, and again for constants that its workload depends on.
Tornado tornado(const Experiment& experiment, const PresetSetup& setup, const StoredRun& run,
                const BundleOf& bundle_of, const Reload& reload);

}  // namespace ranvier::sweep
