#pragma once
// Flits in buffers with credits, as time stamps: the one way in which components hand flits to each
// other.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace ranvier::sim {

inline constexpr uint32_t kNoPacket = std::numeric_limits<uint32_t>::max();
inline constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
inline constexpr int kSequenceRange = 1024;

/// Place of a tile in the global mesh: x grows east, y grows south.
struct Place {
  int16_t x = 0;
  int16_t y = 0;
  bool operator==(const Place&) const = default;
};

/// One flit: a name of its packet, its target, its width, its place in the packet. No bit fields:
/// it is copied at every hop, and a byte written into a register's worth of them delays the copy.
struct Flit {
  uint32_t packet = kNoPacket;
  Place target;
  uint16_t bits = 0;
  uint16_t sequence = 0;  // place in the packet modulo kSequenceRange
  uint8_t vc = 0;
  bool tail = false;
  uint8_t damages = 0;   // die-to-die links that damaged it on its way
  bool in_tree = false;  // goes to several tiles: `target` names a tree (Trees)
};

/// Many FIFO buffers of equal depth. A slot that holds a flit says when the reader may see it; an
/// empty slot says when the writer may use it again, that is, when its credit has come back. Both
/// stamps lie in the future of the cycle that wrote them, so neither side sees what the other does
/// in the same cycle, and the order in which components run is irrelevant. Reader and writer may
/// count time in different clocks: `ready` is in the reader's, `free_at` in the writer's.
class TimedRings {
 public:
  TimedRings(size_t rings, int depth)
      : depth_(static_cast<uint16_t>(depth)), ends_(rings), slots_(rings * depth_) {}

  /// When the reader may take the next flit [reader's clock]; kNever if the ring is empty.
  int64_t ready_at(size_t ring) const {
    const Slot& slot = slots_[ring * depth_ + ends_[ring].read];
    return slot.flit.packet == kNoPacket ? kNever : slot.when;
  }

  /// When the writer may write the next flit [writer's clock]; kNever if every slot holds one.
  int64_t room_at(size_t ring) const {
    const Slot& slot = slots_[ring * depth_ + ends_[ring].write];
    return slot.flit.packet == kNoPacket ? slot.when : kNever;
  }

  bool empty(size_t ring) const {
    return slots_[ring * depth_ + ends_[ring].read].flit.packet == kNoPacket;
  }

  const Flit& front(size_t ring) const { return slots_[ring * depth_ + ends_[ring].read].flit; }

  void push(size_t ring, Flit flit, int64_t ready) {
    slots_[ring * depth_ + ends_[ring].write] = {ready, flit};
    ends_[ring].write = next(ends_[ring].write);
  }

  Flit pop(size_t ring, int64_t free_at) {
    Slot& slot = slots_[ring * depth_ + ends_[ring].read];
    const Flit flit = slot.flit;
    slot.flit.packet = kNoPacket;
    slot.when = free_at;
    ends_[ring].read = next(ends_[ring].read);
    return flit;
  }

  size_t rings() const { return ends_.size(); }

  /// What a checkpoint keeps.
  template <class Archive>
  void persist(Archive& archive) {
    archive(ends_, slots_);
  }

 private:
  struct Slot {
    int64_t when = 0;
    Flit flit;
  };
  struct Ends {
    uint16_t read = 0;
    uint16_t write = 0;
  };

  uint16_t next(uint16_t place) const {
    const auto after = static_cast<uint16_t>(place + 1);
    return after == depth_ ? uint16_t{0} : after;
  }

  uint16_t depth_;
  std::vector<Ends> ends_;
  std::vector<Slot> slots_;
};

/// The writer's end of FIFO buffers that lie elsewhere: for every slot when it may be written,
/// kNever while its credit is out. Slots are used, and credits come back, in order.
class CreditRings {
 public:
  CreditRings(size_t rings, int depth)
      : depth_(static_cast<uint16_t>(depth)), ends_(rings), free_at_(rings * depth_) {}

  /// When the next slot may be written [writer's clock]; kNever if no credit is left.
  int64_t room_at(size_t ring) const { return free_at_[ring * depth_ + ends_[ring].next_slot]; }

  void use(size_t ring) {
    free_at_[ring * depth_ + ends_[ring].next_slot] = kNever;
    advance(ends_[ring].next_slot);
    ++out_;
  }

  void give_back(size_t ring, int64_t free_at) {
    free_at_[ring * depth_ + ends_[ring].next_credit] = free_at;
    advance(ends_[ring].next_credit);
    --out_;
  }

  int64_t out() const { return out_; }  // credits that are not back

  /// What a checkpoint keeps.
  template <class Archive>
  void persist(Archive& archive) {
    archive(ends_, free_at_, out_);
  }

 private:
  struct Ends {
    uint16_t next_slot = 0;
    uint16_t next_credit = 0;
  };

  void advance(uint16_t& place) const {
    ++place;
    if (place == depth_) place = 0;
  }

  uint16_t depth_;
  std::vector<Ends> ends_;
  std::vector<int64_t> free_at_;  // [rings][depth]
  int64_t out_ = 0;
};

}  // namespace ranvier::sim
