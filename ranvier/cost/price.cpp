#include "ranvier/cost/price.hpp"

#include "ranvier/core/error.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace ranvier::cost {
namespace {

constexpr std::string_view kParts[] = {"compute", "converter", "d2d", "emio",
                                       "leakage", "memory",    "noc"};

double at(const Coefficient& coefficient, Bound bound) {
  switch (bound) {
    case Bound::kMinimum:
      return coefficient.minimum;
    case Bound::kMaximum:
      return coefficient.maximum;
    case Bound::kNominal:
      break;
  }
  return coefficient.nominal;
}

/// "bits" -> "pJ/bit", "bit-hops" -> "pJ/bit-hop".
std::string unit_of(core::Event event) {
  std::string_view unit = core::event_info(event).unit;
  if (unit.ends_with('s')) unit.remove_suffix(1);
  return fmt::format("pJ/{}", unit);
}

PricedLine line_of(const Price& price, int64_t count, Bound bound) {
  const double coefficient = at(price.picojoules_per_count, bound);
  return {.part = std::string(price.part),
          .event = std::string(core::event_info(price.event).name),
          .count = count,
          .coefficient = coefficient,
          .unit = unit_of(price.event),
          .picojoules = static_cast<double>(count) * coefficient,
          .key = price.picojoules_per_count.key,
          .source = price.picojoules_per_count.source};
}

/// Every counted event has a price; a price that nobody wrote down is not zero.
void check_priced(const core::Ledger& ledger, const CostSpec& spec) {
  for (size_t i = 0; i < core::kEventKinds; ++i) {
    const auto event = static_cast<core::Event>(i);
    RANVIER_CONTRACT(ledger[event] >= 0, "no event is counted below zero");
    const bool is_priced = std::ranges::any_of(
        spec.prices, [event](const Price& price) { return price.event == event; });
    RANVIER_CONTRACT(ledger[event] == 0 || is_priced || is_informative(event),
                     fmt::format("{} has a price", core::event_info(event).name));
  }
}

}  // namespace

bool is_informative(core::Event event) {
  return event == core::Event::kFlitHops || event == core::Event::kPackets;
}

PricedLedger price(const core::Ledger& ledger, double latency_seconds, const CostSpec& spec,
                   Bound bound) {
  check_priced(ledger, spec);
  RANVIER_CONTRACT(latency_seconds > 0, "a run takes time");
  PricedLedger priced;
  for (const auto part : kParts) priced.parts_pj[std::string(part)] = 0;
  for (const auto& item : spec.prices) {
    PricedLine line = line_of(item, ledger[item.event], bound);
    const auto part = priced.parts_pj.find(line.part);
    RANVIER_CONTRACT(part != priced.parts_pj.end(), "every price belongs to a known part");
    part->second += line.picojoules;
    priced.lines.push_back(std::move(line));
  }
  for (const auto& [part, picojoules] : priced.parts_pj) priced.total_pj += picojoules;
  priced.average_watts = priced.total_pj * 1e-12 / latency_seconds;
  return priced;
}

std::string to_json(const PricedLedger& priced) {
  nlohmann::ordered_json json;
  json["total_pj"] = priced.total_pj;
  json["average_watts"] = priced.average_watts;
  json["parts_pj"] = priced.parts_pj;
  json["lines"] = nlohmann::ordered_json::array();
  for (const auto& line : priced.lines) {
    json["lines"].push_back({{"part", line.part},
                             {"event", line.event},
                             {"count", line.count},
                             {"coefficient", line.coefficient},
                             {"unit", line.unit},
                             {"picojoules", line.picojoules},
                             {"key", line.key},
                             {"source", line.source}});
  }
  return json.dump(2);
}

}  // namespace ranvier::cost
