// Every hardware key, its range and where its default comes from.

#include "ranvier/arch/package.hpp"

#include <array>

namespace ranvier::arch {
namespace {

using config::Field;
using config::Kind;

constexpr Field count(std::string_view key, std::string_view fallback, double minimum,
                      double maximum, std::string_view unit, std::string_view doc,
                      std::string_view source) {
  return {.key = key,
          .kind = Kind::kInteger,
          .fallback = fallback,
          .minimum = minimum,
          .maximum = maximum,
          .unit = unit,
          .doc = doc,
          .source = source};
}

constexpr Field quantity(std::string_view key, std::string_view fallback, double minimum,
                         double maximum, std::string_view unit, std::string_view doc,
                         std::string_view source) {
  Field field = count(key, fallback, minimum, maximum, unit, doc, source);
  field.kind = Kind::kQuantity;
  return field;
}

constexpr Field real(std::string_view key, std::string_view fallback, double minimum,
                     double maximum, std::string_view unit, std::string_view doc,
                     std::string_view source) {
  Field field = count(key, fallback, minimum, maximum, unit, doc, source);
  field.kind = Kind::kReal;
  return field;
}

constexpr std::string_view kChoice = "choice";

constexpr auto kSchema = std::to_array<Field>({
    count("hardware.chips_x", "1", 1, 64, "chips", "Chips in a row of the package.", kChoice),
    count("hardware.chips_y", "1", 1, 64, "chips", "Rows of chips.", kChoice),
    count("hardware.mesh", "8", 1, 256, "cores", "A chip is mesh x mesh cores.",
          "8 x 8: inferred from the 8-to-1 merge of SNAP/HNN, arXiv 2501.08645"),
    count("hardware.neurons_per_core", "256", 1, 65536, "neurons",
          "Output neurons that one core can hold.", "RANC and TrueNorth cores"),
    count("hardware.passes", "1", 1, 64, "tiles",
          "Patches of one dense layer that a core may compute one after the other, with the same "
          "weights, when its chip has too few cores. Spiking cores keep membranes: always 1.",
          kChoice),
    quantity("hardware.weight_sram", "64 KiB", 1024, 1ull << 30, "B", "Weight memory of one core.",
             kChoice),
    count("hardware.weight_bits", "8", 1, 32, "bits", "Width of a stored weight.", kChoice),
    count("hardware.accumulator_bits", "32", 8, 64, "bits", "Width of a partial sum.", kChoice),
    quantity("hardware.core_clock", "200 MHz", 1e6, 10e9, "Hz", "Clock of cores and mesh.",
             kChoice),

    count("hardware.router.router_cycles", "2", 1, 64, "core cycles", "Router stage, P.",
          "RANC RTL: 2 cycles per stage"),
    count("hardware.router.link_cycles", "1", 1, 64, "core cycles", "Mesh link, L.",
          "BookSim default"),
    count("hardware.router.buffer_flits", "4", 1, 1024, "flits",
          "Input buffer per port and virtual channel. Full rate needs P + 2L + 1.",
          "RANC, Noxim: 4"),
    count("hardware.router.virtual_channels", "1", 1, 16, "channels",
          "Virtual channels per input port.", kChoice),
    count(
        "hardware.router.fork_flits", "128", 1, 4096, "flits",
        "Fork buffer per input port and virtual channel: holds the one packet that several outputs "
        "take, so no packet of a multicast is longer.",
        kChoice),

    count("hardware.packet.dx_bits", "9", 2, 16, "bits", "Signed hops east or west.",
          "RANC RTL, bits 29-21"),
    count("hardware.packet.dy_bits", "9", 2, 16, "bits", "Signed hops south or north.",
          "RANC RTL, bits 20-12"),
    count("hardware.packet.axon_bits", "", 0, 16, "bits",
          "Element within a destination core. Follows from neurons_per_core when absent.",
          "RANC RTL, log2 of the axons"),
    count("hardware.packet.tick_bits", "4", 0, 8, "bits", "Time step of a spike.",
          "RANC RTL, bits 3-0"),
    count("hardware.packet.payload_bits", "8", 1, 32, "bits",
          "Dense activation on chip, in place of the tick.", kChoice),
    count("hardware.packet.current_bits", "16", 16, 16, "bits",
          "Activation on its way to an encoder; the codec's integers have this width.",
          "docs/models/converter.md"),
    count("hardware.packet.framing_bits", "1", 0, 16, "bits",
          "Added to every flit on a die-to-die link.", kChoice),

    count("hardware.emio.merge_cycles", "2", 1, 64, "core cycles",
          "Through the merge of one chip side, queueing excluded.", "RANC merge cells: 2"),
    count("hardware.emio.split_cycles", "1", 1, 64, "core cycles", "Reading the lane tag.",
          kChoice),
    count("hardware.emio.fifo_source_cycles", "1", 1, 16, "source cycles",
          "Writing an asynchronous FIFO.", "Cummings, SNUG 2002 (memory)"),
    count("hardware.emio.fifo_sync_cycles", "3", 1, 16, "destination cycles",
          "Pointer synchroniser (2) and registered read (1).",
          "Cummings, SNUG 2002 (memory); PULP common_cells: at least 2"),
    count("hardware.emio.fifo_depth", "8", 2, 1024, "flits",
          "Depth of an asynchronous FIFO, a power of two (Gray pointers).",
          "PULP common_cells: 2^3"),
    count("hardware.emio.lane_buffer_flits", "8", 1, 4096, "flits",
          "Receive buffer per lane; its credits return across the link.", kChoice),
    {.key = "hardware.emio.merge_policy",
     .kind = Kind::kChoice,
     .fallback = "round_robin",
     .allowed = "round_robin|fixed_priority",
     .doc = "Which lane the merge of a chip side serves: each in turn, or always the lowest that "
            "can send.",
     .source = kChoice},

    count("hardware.serdes.lanes", "1", 1, 1024, "lanes", "Wires of one direction of a chip side.",
          "TrueNorth: about one 0.68 Gbit/s port per direction"),
    quantity("hardware.serdes.lane_rate", "0.68 Gbit/s", 1e6, 1e12, "bit/s", "Rate of one lane.",
             "Merolla et al. 2014: 5.44 Gbit/s over 8 port directions"),
    quantity("hardware.serdes.phy_latency", "5 ns", 0, 1e-3, "s",
             "Transmitter plus receiver, fixed.", kChoice),
    quantity("hardware.serdes.flight", "0 ps", 0, 1e-3, "s", "Wire delay, about 7 ps per mm.",
             kChoice),
    quantity("hardware.serdes.clock_phase", "0 ps", 0, 1e-6, "s",
             "First edge of the link clocks after the core edge at time 0; below one period.",
             kChoice),
    real("hardware.serdes.bit_error_rate", "0", 0, 0.1, "errors / bit",
         "Probability that a bit arrives flipped, each bit by itself.",
         "UCIe 1.1 runs without CRC and retry at 1e-27; PCIe 6.0 meets 1e-6 (memory)"),
    count("hardware.serdes.crc_bits", "0", 0, 64, "bits",
          "Checksum added to every flit on a die-to-die link; 0 = none, so damage goes unseen.",
          "UCIe 1.1, 3.7: 16 bits for up to 128 bytes"),
    {.key = "hardware.serdes.retry",
     .kind = Kind::kChoice,
     .fallback = "none",
     .allowed = "none|go_back_n",
     .doc = "After a damaged flit: go on without its content, or send it and all after it again. "
            "go_back_n needs crc_bits.",
     .source = "UCIe and PCIe replay from the damaged flit on (memory)"},
    count("hardware.serdes.replay_flits", "256", 1, 65536, "flits",
          "Replay buffer of a chip side: flits sent and not yet acknowledged. Full rate needs the "
          "round trip.",
          kChoice),

    count("hardware.converter.encode_elements_per_cycle", "1", 1, 4096, "elements / core cycle",
          "Activations that an encoder examines.", kChoice),
    count("hardware.converter.encode_events_per_cycle", "1", 1, 4096, "events / core cycle",
          "Events that an encoder emits.", kChoice),
    count("hardware.converter.decode_events_per_cycle", "1", 1, 4096, "events / core cycle",
          "Events that a decoder accumulates.", kChoice),
    count("hardware.converter.decode_elements_per_cycle", "1", 1, 4096, "elements / core cycle",
          "Activations that a decoder rebuilds.", kChoice),
    count(
        "hardware.converter.rans_symbols_per_cycle", "1", 1, 4096, "symbols / core cycle",
        "Symbols that an entropy coder takes; its state depends on the symbol before, so more than "
        "1 needs several coders side by side.",
        kChoice),
    count("hardware.converter.output_flits", "512", 1, 1 << 20, "flits",
          "Output buffer of a converter; it stalls while the network leaves it full. Two frames of "
          "256 events by default.",
          kChoice),

    count("hardware.compute.macs_per_cycle", "256", 1, 1 << 20, "operations / core cycle",
          "Multiply-accumulates of one ANN core.", kChoice),
    count("hardware.compute.acs_per_cycle", "256", 1, 1 << 20, "operations / core cycle",
          "Spike accumulates of one SNN core.", kChoice),
    count("hardware.compute.lif_updates_per_cycle", "16", 1, 1 << 20, "operations / core cycle",
          "Membrane updates of one SNN core.", kChoice),
});

/// The fields that start with `prefix`; they stand together.
constexpr std::span<const Field> starting_with(std::string_view prefix) {
  size_t first = 0;
  while (first < kSchema.size() && !kSchema[first].key.starts_with(prefix)) ++first;
  size_t last = first;
  while (last < kSchema.size() && kSchema[last].key.starts_with(prefix)) ++last;
  return std::span<const Field>(kSchema).subspan(first, last - first);
}

constexpr std::span<const Field> kRouter = starting_with("hardware.router.");

constexpr Section kSections[] = {
    {"chip", "Chip and package",
     std::span<const Field>(kSchema).first(static_cast<size_t>(kRouter.data() - kSchema.data()))},
    {"router", "Mesh router", kRouter},
    {"packet", "Packet fields", starting_with("hardware.packet.")},
    {"emio", "EMIO: merge, asynchronous FIFOs, split", starting_with("hardware.emio.")},
    {"serdes", "SerDes link between chips", starting_with("hardware.serdes.")},
    {"converter", "CLP converter in the gateway cores", starting_with("hardware.converter.")},
    {"compute", "Arithmetic of one core", starting_with("hardware.compute.")},
};

}  // namespace

std::span<const Field> hardware_schema() { return kSchema; }

std::span<const Section> hardware_sections() { return kSections; }

}  // namespace ranvier::arch
