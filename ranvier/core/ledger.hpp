#pragma once
// Integer event counts. The simulator fills a ledger; only cost/ turns it into joules.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ranvier::core {

/// Everything that is counted. Each kind has a unit and a plain name in kEventTable (ledger.cpp).
enum class Event : uint8_t {
  kMac,             // dense multiply-accumulates
  kAc,              // spike accumulates
  kLifUpdate,       // membrane updates of SNN cores
  kWeightReadBits,  // weight SRAM
  kStateReadBits,   // membrane and activation SRAM
  kStateWriteBits,
  kRouterBitHops,         // bits x routers traversed
  kLinkBitHops,           // bits x on-chip links traversed (one tile pitch each)
  kNetworkInterfaceBits,  // injected plus ejected
  kFlitHops,              // flits x routers traversed; informative, priced by kRouterBitHops
  kEmioBits,              // bits through merge and split (with pad-ring wiring), once per crossing
  kFifoBits,              // bits written to an asynchronous FIFO, twice per crossing
  kDieToDieBits,          // bits on the SerDes link, tag, framing and padding included
  kDieToDieIdleBits,      // bits the link could have carried while it was idle
  kClpEncodeElements,     // activations examined by an encoder (one per element per step)
  kClpEncodeEvents,       // events built by an encoder
  kClpDecodeEvents,       // events accumulated by a decoder
  kClpDecodeElements,     // activations rebuilt by a decoder
  kRansSymbols,           // symbols through entropy coders, at either end
  kPackets,               // packets injected
  kTileCycles,            // cores in use x run time, for leakage
  kCount
};

inline constexpr size_t kEventKinds = static_cast<size_t>(Event::kCount);

struct EventInfo {
  Event event;
  std::string_view name;  // snake_case, stable: the key in ledger.json
  std::string_view unit;
  std::string_view doc;
};

const EventInfo& event_info(Event event);

/// Counts by kind; adding two ledgers adds every count.
class Ledger {
 public:
  void add(Event event, int64_t count) { counts_[static_cast<size_t>(event)] += count; }
  int64_t operator[](Event event) const { return counts_[static_cast<size_t>(event)]; }
  Ledger& operator+=(const Ledger& other);
  bool operator==(const Ledger&) const = default;

 private:
  std::array<int64_t, kEventKinds> counts_{};
};

}  // namespace ranvier::core
