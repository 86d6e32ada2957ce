#include "ranvier/core/ledger.hpp"

namespace ranvier::core {
namespace {

constexpr std::array<EventInfo, kEventKinds> kEventTable{{
    {Event::kMac, "mac", "operations", "dense multiply-accumulates"},
    {Event::kAc, "ac", "operations", "spike accumulates"},
    {Event::kLifUpdate, "lif_update", "operations", "membrane updates of SNN cores"},
    {Event::kWeightReadBits, "weight_read_bits", "bits", "weight SRAM reads"},
    {Event::kStateReadBits, "state_read_bits", "bits", "activation and membrane SRAM reads"},
    {Event::kStateWriteBits, "state_write_bits", "bits", "activation and membrane SRAM writes"},
    {Event::kRouterBitHops, "router_bit_hops", "bit-hops", "bits times routers traversed"},
    {Event::kLinkBitHops, "link_bit_hops", "bit-hops", "bits times on-chip links traversed"},
    {Event::kNetworkInterfaceBits, "network_interface_bits", "bits", "injected plus ejected"},
    {Event::kFlitHops, "flit_hops", "flit-hops", "flits times routers traversed"},
    {Event::kEmioBits, "emio_bits", "bits", "through merge and split, once per crossing"},
    {Event::kFifoBits, "fifo_bits", "bits", "written to asynchronous FIFOs"},
    {Event::kDieToDieBits, "die_to_die_bits", "bits", "sent over SerDes links"},
    {Event::kDieToDieIdleBits, "die_to_die_idle_bits", "bits", "unused capacity of SerDes links"},
    {Event::kClpEncodeElements, "clp_encode_elements", "element-steps", "examined by encoders"},
    {Event::kClpEncodeEvents, "clp_encode_events", "events", "built by encoders"},
    {Event::kClpDecodeEvents, "clp_decode_events", "events", "accumulated by decoders"},
    {Event::kClpDecodeElements, "clp_decode_elements", "elements", "rebuilt by decoders"},
    {Event::kRansSymbols, "rans_symbols", "symbols", "through entropy coders, at either end"},
    {Event::kPackets, "packets", "packets", "injected into the network"},
    {Event::kTileCycles, "tile_cycles", "core-cycles", "cores in use times run time"},
}};

constexpr bool table_is_in_order() {
  for (size_t i = 0; i < kEventKinds; ++i) {
    if (static_cast<size_t>(kEventTable[i].event) != i) return false;
  }
  return true;
}
static_assert(table_is_in_order());

}  // namespace

const EventInfo& event_info(Event event) { return kEventTable[static_cast<size_t>(event)]; }

Ledger& Ledger::operator+=(const Ledger& other) {
  for (size_t i = 0; i < kEventKinds; ++i) counts_[i] += other.counts_[i];
  return *this;
}

}  // namespace ranvier::core
