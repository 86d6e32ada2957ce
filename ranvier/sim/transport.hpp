#pragma once
// How operating-system processes that share one simulation reach each other. sim knows no MPI: the
// implementation is given to it.

#include "ranvier/sim/parcel.hpp"
#include "ranvier/sim/pulse.hpp"

#include <cstddef>
#include <functional>
#include <span>

namespace ranvier::sim {

/// All ranks make the same calls in the same order; every call waits for the ranks it names.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual int rank() const = 0;
  virtual int ranks() const = 0;
  /// Sends out[i] to rank peers[i] and receives in[i] from it. Being a peer is mutual.
  virtual void exchange(std::span<const int> peers, std::span<const Bytes> out,
                        std::span<Bytes> in) = 0;
  /// The sum of every rank's pulse, on every rank.
  virtual Pulse sum(const Pulse& mine) = 0;
  /// Calls take(rank, bytes) with what every rank gave, by rank, on every rank.
  using Take = std::function<void(int rank, std::span<const std::byte> bytes)>;
  virtual void gather(const Bytes& mine, const Take& take) = 0;
};

}  // namespace ranvier::sim
