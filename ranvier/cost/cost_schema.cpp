// Every physical constant that a preset gives. None has a default: a price without a preset would
// be an invention.

#include "ranvier/cost/price.hpp"

#include <array>

namespace ranvier::cost {
namespace {

using config::Field;
using config::Kind;

constexpr Field constant(std::string_view key, std::string_view unit, double maximum,
                         std::string_view doc) {
  return {.key = key,
          .kind = Kind::kQuantity,
          .fallback = {},
          .minimum = 0,
          .maximum = maximum,
          .unit = unit,
          .doc = doc,
          .source = "the preset names it"};
}

constexpr Field number(std::string_view key, double minimum, double maximum, std::string_view unit,
                       std::string_view doc) {
  Field field = constant(key, unit, maximum, doc);
  field.kind = Kind::kReal;
  field.minimum = minimum;
  return field;
}

constexpr double kOperation = 1e-6;  // J: far above any arithmetic, catches a forgotten prefix
constexpr double kBit = 1e-6;        // J/bit

constexpr auto kSchema = std::to_array<Field>({
    constant("cost.node", "m", 1e-6, "Logic node; names the column of the sources."),
    constant("cost.supply", "V", 10, "Supply voltage of that column."),
    {.key = "cost.arithmetic",
     .kind = Kind::kChoice,
     .fallback = {},
     .allowed = "fp32|int8",
     .doc = "Number format that is priced: fp32, or int8 weights with 32-bit accumulators.",
     .source = "the preset names it"},
    constant("cost.mac_fp32", "J", kOperation, "fp32 multiply-accumulate."),
    constant("cost.mac_int8", "J", kOperation, "int8 multiply, int32 accumulate."),
    constant("cost.ac_fp32", "J", kOperation, "fp32 spike accumulate."),
    constant("cost.ac_int32", "J", kOperation, "int32 spike accumulate."),
    constant("cost.lif_update_fp32", "J", kOperation, "fp32 membrane update, logic only."),
    constant("cost.lif_update_int", "J", kOperation, "Integer membrane update, logic only."),
    constant("cost.sram_access", "J", kOperation, "One 64-bit read of an 8 KiB SRAM."),
    number("cost.sram_growth", 0, 2, "exponent", "Energy of an access grows as capacity to this."),
    number("cost.sram_write_ratio", 0, 10, "ratio", "Energy of a write over that of a read."),
    constant("cost.state_sram", "B", 1 << 30, "Memory of a core for membranes and inputs."),
    constant("cost.dram_bit", "J/bit", kBit, "Off-package memory; nothing counts DRAM bits."),
    constant("cost.router_bit_hop", "J/bit", kBit, "One bit through one router."),
    constant("cost.link_bit_mm", "J/bit/m", 1e-3, "One bit along an on-chip link."),
    constant("cost.tile_pitch", "m", 0.1, "Length of an on-chip link."),
    constant("cost.network_interface_bit", "J/bit", kBit, "One bit injected or ejected."),
    constant("cost.emio_bit", "J/bit", kBit,
             "Merge, split and wires to the pad ring, per crossing."),
    constant("cost.fifo_bit", "J/bit", kBit, "One bit through an asynchronous FIFO."),
    constant("cost.d2d_bit", "J/bit", kBit, "One bit over the SerDes link at full use."),
    number("cost.d2d_idle_fraction", 0, 1, "ratio",
           "Power of an idle link over that of a busy one."),
    constant("cost.clp_update", "J", kOperation, "CLP: one membrane update of an encoder."),
    constant("cost.clp_packet", "J", kOperation, "CLP: building one event packet."),
    constant("cost.clp_add", "J", kOperation, "CLP: adding one event to a counter."),
    constant("cost.clp_multiply", "J", kOperation, "CLP: rescaling one activation."),
    constant(
        "cost.rans_multiply", "J", kOperation,
        "CLP: the multiplication of an entropy coder, by a frequency or its reciprocal; its table "
        "costs cost.sram_access."),
    constant("cost.clp_state_bit", "J/bit", kBit, "CLP: one bit of its register file."),
    number("cost.clp_state_width", 1, 64, "bits", "CLP: bits of one membrane or counter."),
    number("cost.logic_leak_fraction", 0, 10, "ratio",
           "Leakage of a core over its peak dynamic power."),
    constant("cost.sram_leak", "W/KiB", 1, "Leakage of SRAM."),
    constant("cost.area.sram", "m2/bit", 1, "SRAM macro; informative."),
    constant("cost.area.mac", "m2", 1, "One int8 MAC; informative."),
    constant("cost.area.router", "m2", 1, "One router; informative."),
    constant("cost.area.phy", "m2", 1, "Link circuits of one chip side; informative."),
    constant("cost.area.phy_edge", "m", 1, "Edge length they take; informative."),
});

}  // namespace

std::span<const Field> cost_schema() { return kSchema; }

}  // namespace ranvier::cost
