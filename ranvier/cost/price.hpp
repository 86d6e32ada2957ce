#pragma once
// Turns counted events into energy. The only folder that knows joules; repricing needs no new run.
// The equations and what they leave out are in docs/models/cost.md.

#include "ranvier/arch/package.hpp"
#include "ranvier/config/values.hpp"
#include "ranvier/core/ledger.hpp"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ranvier::cost {

/// Picojoules per counted event, with error bar and literature.
struct Coefficient {
  double nominal = 0;  // [pJ/count]
  double minimum = 0;
  double maximum = 0;
  std::string key;     // configuration keys it came from: "cost.d2d_bit cost.d2d_idle_fraction"
  std::string source;  // "[M14] via [MIM] (seen-2)"
};

/// Which end of every published range is priced.
enum class Bound { kMinimum, kNominal, kMaximum };

/// One price of one event kind. An event may have several (a CLP event is an add and a counter
/// access).
struct Price {
  core::Event event;
  std::string_view part;  // compute, memory, noc, emio, d2d, converter or leakage
  Coefficient picojoules_per_count;
};

/// All prices, lowered from configuration.
struct CostSpec {
  std::vector<Price> prices;  // in order of Event, then as listed in docs/models/cost.md
};

/// Energy of one (event, price) pair: picojoules = count x coefficient, exactly that product.
struct PricedLine {
  std::string part;
  std::string event;
  int64_t count = 0;
  double coefficient = 0;  // [unit]
  std::string unit;        // "pJ/bit", "pJ/operation"
  double picojoules = 0;
  std::string key;  // configuration key of the constant
  std::string source;
};

struct PricedLedger {
  std::vector<PricedLine> lines;
  std::map<std::string, double> parts_pj;  // sums of their lines; parts without energy are there
  double total_pj = 0;                     // the parts, added in the order of the map
  double average_watts = 0;                // total over the run time
};

/// Every cost key ("cost.mac_int8", ...) with unit, range, doc and source.
std::span<const config::Field> cost_schema();

/// Prices for one package: the size of the weight SRAM, the clock and the peak rates of a core
/// enter its leakage. Errors: UserError (key "cost....") for a constant that no preset and no user
/// gave.
CostSpec cost_from(const config::Values& values, const arch::PackageSpec& package);

/// Counts x coefficients. `latency_seconds` is the run time; energy does not depend on it, average
/// power does. Errors: ContractViolation for a counted event that nothing prices (no silent zeros)
/// unless it is informative.
PricedLedger price(const core::Ledger& ledger, double latency_seconds, const CostSpec& spec,
                   Bound bound = Bound::kNominal);

/// Events that are counted for reading, not for pricing: flit hops and packets.
bool is_informative(core::Event event);

/// {"total_pj":..,"parts_pj":{..},"lines":[..]}: one preset of one variant in ledger.json.
std::string to_json(const PricedLedger& priced);

}  // namespace ranvier::cost
