#pragma once
// Packets that go on through several outputs of a router. Private to the mesh kernel.

#include "ranvier/sim/lowered.hpp"
#include "ranvier/sim/timed_rings.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ranvier::sim {

/// Every branch takes the flits at its own pace; those that one branch has taken are kept for the
/// others until all have had the tail.
struct Fork {
  std::vector<Flit> kept;     // flits that have left the input buffer, from the head on
  int32_t sent[kPorts] = {};  // flits taken, by output port
  uint8_t open = 0;           // outputs that have not had the tail: bit 1 << Port
  uint8_t begun = 0;          // of them, those that hold their output channel

  int32_t taken() const { return static_cast<int32_t>(kept.size()); }
  bool is_open(int port) const { return (open >> port & 1) != 0; }
  bool has_begun(int port) const { return (begun >> port & 1) != 0; }

  template <class Archive>
  void persist(Archive& archive) {
    archive(kept, sent, open, begun);
  }
};

/// The forks of input channels: at most one each.
class Forks {
 public:
  /// Room for `channels`; without it nothing forks.
  void open(size_t channels) { fork_of_.assign(channels, -1); }

  bool at(size_t channel) const { return !fork_of_.empty() && fork_of_[channel] >= 0; }
  Fork& of(size_t channel) { return forks_[static_cast<size_t>(fork_of_[channel])]; }
  const Fork& of(size_t channel) const { return forks_[static_cast<size_t>(fork_of_[channel])]; }

  void begin(size_t channel, uint8_t outputs) {
    if (unused_.empty()) {
      unused_.push_back(static_cast<int32_t>(forks_.size()));
      forks_.emplace_back();
    }
    fork_of_[channel] = unused_.back();
    unused_.pop_back();
    of(channel) = {.kept = {}, .sent = {}, .open = outputs, .begun = 0};
  }
  void end(size_t channel) {
    unused_.push_back(fork_of_[channel]);
    fork_of_[channel] = -1;
  }

  /// What a checkpoint keeps.
  template <class Archive>
  void persist(Archive& archive) {
    archive(forks_, unused_, fork_of_);
  }

 private:
  std::vector<Fork> forks_;
  std::vector<int32_t> unused_;   // indices into forks_
  std::vector<int32_t> fork_of_;  // [input channels] index into forks_, or -1
};

}  // namespace ranvier::sim
