// Constants of a preset -> picojoules per counted event. Every equation of docs/models/cost.md is
// one function here.

#include "ranvier/core/error.hpp"
#include "ranvier/core/quantity.hpp"
#include "ranvier/cost/price.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <initializer_list>

namespace ranvier::cost {
namespace {

using core::Event;

constexpr double kReferenceSramBytes = 8192;  // what cost.sram_access is given for
constexpr double kSramAccessBits = 64;
constexpr double kBytesPerKib = 1024;
constexpr double kStateAccesses = 2;  // a membrane or counter is read and written

Bound opposite(Bound bound) {
  if (bound == Bound::kNominal) return bound;
  return bound == Bound::kMinimum ? Bound::kMaximum : Bound::kMinimum;
}

/// Constants by key, at one end of their range.
class Constants {
 public:
  explicit Constants(const config::Values& values) : values_(values) {}

  double at(std::string_view key, Bound bound) const {
    const config::Constant constant = read(key);
    switch (bound) {
      case Bound::kMinimum:
        return constant.minimum;
      case Bound::kMaximum:
        return constant.maximum;
      case Bound::kNominal:
        break;
    }
    return constant.value;
  }

  /// "[NOX] (calc)", or where a plain number was written.
  std::string source(std::string_view key) const {
    const config::Constant constant = read(key);
    if (constant.source.empty()) return fmt::format("given at {}", values_.origin(key).place);
    return fmt::format("{} ({})", constant.source, constant.seen);
  }

  bool is_fp32() const {
    require("cost.arithmetic");
    return values_.text("cost.arithmetic") == "fp32";
  }

 private:
  config::Constant read(std::string_view key) const {
    require(key);
    return values_.constant(key);
  }

  void require(std::string_view key) const {
    if (values_.has(key)) return;
    throw core::UserError({.key = std::string(key),
                           .given = "nothing",
                           .allowed = "a value",
                           .place = {},
                           .hint = "Name a preset: it gives every constant with its source."});
  }

  const config::Values& values_;
};

using Formula = std::function<double(const Constants&, Bound)>;  // joules per count

/// Builds prices: one formula, the keys that enter it.
class PriceList {
 public:
  explicit PriceList(const config::Values& values) : constants_(values) {}

  void add(Event event, std::string_view part, std::vector<std::string_view> keys,
           const Formula& joules) {
    Coefficient coefficient;
    coefficient.nominal = joules(constants_, Bound::kNominal) * core::kPicojoulesPerJoule;
    coefficient.minimum = joules(constants_, Bound::kMinimum) * core::kPicojoulesPerJoule;
    coefficient.maximum = joules(constants_, Bound::kMaximum) * core::kPicojoulesPerJoule;
    std::vector<std::string> sources;
    for (const auto key : keys) sources.push_back(constants_.source(key));
    coefficient.key = fmt::format("{}", fmt::join(keys, " "));
    coefficient.source = fmt::format("{}", fmt::join(sources, "; "));
    spec_.prices.push_back({event, part, std::move(coefficient)});
  }

  /// A price that is one constant.
  void add(Event event, std::string_view part, std::string_view key) {
    add(event, part, {key}, [key](const Constants& c, Bound bound) { return c.at(key, bound); });
  }

  const Constants& constants() const { return constants_; }
  CostSpec finish() { return std::move(spec_); }

 private:
  Constants constants_;
  CostSpec spec_;
};

/// Joules per bit read from an SRAM of `bytes`: E8 (C / 8 KiB)^growth / 64.
double sram_bit(const Constants& c, double bytes, Bound bound) {
  const double ratio = bytes / kReferenceSramBytes;
  const double growth = c.at("cost.sram_growth", ratio >= 1 ? bound : opposite(bound));
  return c.at("cost.sram_access", bound) * std::pow(ratio, growth) / kSramAccessBits;
}

std::string_view mac_key(const Constants& c) {
  return c.is_fp32() ? "cost.mac_fp32" : "cost.mac_int8";
}

void add_compute(PriceList& list) {
  const Constants& c = list.constants();
  list.add(Event::kMac, "compute", mac_key(c));
  list.add(Event::kAc, "compute", c.is_fp32() ? "cost.ac_fp32" : "cost.ac_int32");
  list.add(Event::kLifUpdate, "compute",
           c.is_fp32() ? "cost.lif_update_fp32" : "cost.lif_update_int");
}

void add_memory(PriceList& list, const arch::PackageSpec& package) {
  const auto weight_bytes = static_cast<double>(package.chip.weight_sram_bytes);
  list.add(Event::kWeightReadBits, "memory", {"cost.sram_access", "cost.sram_growth"},
           [=](const Constants& c, Bound bound) { return sram_bit(c, weight_bytes, bound); });
  const auto state_bit = [](const Constants& c, Bound bound) {
    return sram_bit(c, c.at("cost.state_sram", bound), bound);
  };
  const std::vector<std::string_view> keys{"cost.sram_access", "cost.sram_growth",
                                           "cost.state_sram"};
  list.add(Event::kStateReadBits, "memory", keys, state_bit);
  auto write_keys = keys;
  write_keys.push_back("cost.sram_write_ratio");
  list.add(Event::kStateWriteBits, "memory", write_keys, [=](const Constants& c, Bound bound) {
    return state_bit(c, bound) * c.at("cost.sram_write_ratio", bound);
  });
}

void add_network(PriceList& list) {
  list.add(Event::kRouterBitHops, "noc", "cost.router_bit_hop");
  list.add(Event::kLinkBitHops, "noc", {"cost.link_bit_mm", "cost.tile_pitch"},
           [](const Constants& c, Bound bound) {
             return c.at("cost.link_bit_mm", bound) * c.at("cost.tile_pitch", bound);
           });
  list.add(Event::kNetworkInterfaceBits, "noc", "cost.network_interface_bit");
}

void add_crossing(PriceList& list) {
  list.add(Event::kEmioBits, "emio", "cost.emio_bit");
  list.add(Event::kFifoBits, "emio", "cost.fifo_bit");
  list.add(Event::kDieToDieBits, "d2d", "cost.d2d_bit");
  list.add(Event::kDieToDieIdleBits, "d2d", {"cost.d2d_bit", "cost.d2d_idle_fraction"},
           [](const Constants& c, Bound bound) {
             return c.at("cost.d2d_bit", bound) * c.at("cost.d2d_idle_fraction", bound);
           });
}

void add_converter(PriceList& list) {
  const std::vector<std::string_view> state_keys{"cost.clp_state_bit", "cost.clp_state_width"};
  const auto state = [](const Constants& c, Bound bound) {
    return kStateAccesses * c.at("cost.clp_state_bit", bound) * c.at("cost.clp_state_width", bound);
  };
  list.add(Event::kClpEncodeElements, "converter", "cost.clp_update");
  list.add(Event::kClpEncodeElements, "converter", state_keys, state);
  list.add(Event::kClpEncodeEvents, "converter", "cost.clp_packet");
  list.add(Event::kClpDecodeEvents, "converter", "cost.clp_add");
  list.add(Event::kClpDecodeEvents, "converter", state_keys, state);
  list.add(Event::kClpDecodeElements, "converter", "cost.clp_multiply");
  list.add(Event::kRansSymbols, "converter", "cost.sram_access");  // 64 bits of a table
  list.add(Event::kRansSymbols, "converter", "cost.rans_multiply");
}

void add_leakage(PriceList& list, const arch::PackageSpec& package) {
  const double clock = package.core_clock.value();
  const auto macs = static_cast<double>(package.compute.macs_per_cycle);
  const auto flit_bits = static_cast<double>(package.packet.flit_bits());
  const std::string_view mac = mac_key(list.constants());
  list.add(Event::kTileCycles, "leakage", {"cost.logic_leak_fraction", mac, "cost.router_bit_hop"},
           [=](const Constants& c, Bound bound) {
             const double peak =
                 macs * c.at(mac, bound) + flit_bits * c.at("cost.router_bit_hop", bound);
             return c.at("cost.logic_leak_fraction", bound) * peak;
           });
  const auto weight_bytes = static_cast<double>(package.chip.weight_sram_bytes);
  list.add(Event::kTileCycles, "leakage", {"cost.sram_leak", "cost.state_sram"},
           [=](const Constants& c, Bound bound) {
             const double kib = (weight_bytes + c.at("cost.state_sram", bound)) / kBytesPerKib;
             return c.at("cost.sram_leak", bound) * kib / clock;
           });
}

}  // namespace

CostSpec cost_from(const config::Values& values, const arch::PackageSpec& package) {
  PriceList list(values);
  add_compute(list);
  add_memory(list, package);
  add_network(list);
  add_crossing(list);
  add_converter(list);
  add_leakage(list, package);
  return list.finish();
}

}  // namespace ranvier::cost
