#pragma once
// What Traffic asks about messages: where they go, and the sizes of their packets. A workload
// answers from its encoders, a trace from its file.

#include "ranvier/core/error.hpp"
#include "ranvier/sim/packet_pool.hpp"

#include <cstdint>
#include <limits>
#include <vector>

namespace ranvier::sim {

/// The ends of one message.
struct MessageEnds {
  int32_t source = 0;  // router
  int32_t target = 0;
  int32_t packets = 1;
  int64_t flits = 1;
  int32_t vc = 0;        // kept from end to end, so that its flits stay in order
  int32_t branches = 0;  // messages behind this one that share its packets
  int32_t tree = -1;     // of Trees, for it and its branches
};

class MessagePort {
 public:
  virtual ~MessagePort() = default;
  /// Flits, widths and boundary of packet `index`; asked once, in order.
  virtual Packet open(int32_t message, int32_t index) = 0;
  virtual void packet_arrived(int32_t message, int32_t index) = 0;
  /// Flit `flit` of packet `index` arrives, damaged on one link or more; before packet_arrived.
  virtual void flit_damaged(int32_t /*message*/, int32_t /*index*/, int32_t /*flit*/) {}
};

/// A flit's width as packets hold it [bits]. Errors: ContractViolation outside 1..65535.
inline uint16_t flit_width(int64_t bits) {
  RANVIER_CONTRACT(bits > 0 && bits <= std::numeric_limits<uint16_t>::max(),
                   "1..65535 bits per flit");
  return static_cast<uint16_t>(bits);
}

}  // namespace ranvier::sim
