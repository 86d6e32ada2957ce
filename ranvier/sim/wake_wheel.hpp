#pragma once
// Who has to act in which of the next few cycles: a calendar of bit sets. Cost follows activity,
// idle cycles are skipped.

#include "ranvier/core/rng.hpp"
#include "ranvier/sim/timed_rings.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace ranvier::sim {

class WakeWheel {
 public:
  /// `horizon`: the furthest a wake may lie ahead [cycles].
  WakeWheel(size_t members, int64_t horizon)
      : words_((members + 63) / 64),
        groups_((words_ + 63) / 64),
        slots_(std::bit_ceil(static_cast<uint64_t>(horizon) + 1)),
        used_(slots_),
        groups_used_(slots_ * groups_),
        bits_(slots_ * words_) {}

  /// Member acts in `cycle`: the current one, if it is not drained yet, or a later one within the
  /// horizon.
  void wake(size_t member, int64_t cycle) {
    const size_t at = slot(cycle);
    const size_t word = member / 64;
    bits_[at * words_ + word] |= uint64_t{1} << (member % 64);
    groups_used_[at * groups_ + word / 64] |= uint64_t{1} << (word % 64);
    used_[at] = 1;
  }

  /// Calls act(member) for all members of `cycle`, lowest first, and forgets them.
  template <class Act>
  void drain(int64_t cycle, Act act) {
    const size_t at = slot(cycle);
    if (used_[at] == 0) return;
    used_[at] = 0;
    for (size_t g = 0; g < groups_; ++g) {
      uint64_t words = std::exchange(groups_used_[at * groups_ + g], 0);
      for (; words != 0; words &= words - 1) {
        const size_t w = g * 64 + static_cast<size_t>(std::countr_zero(words));
        uint64_t left = std::exchange(bits_[at * words_ + w], 0);
        for (; left != 0; left &= left - 1) {
          act(w * 64 + static_cast<size_t>(std::countr_zero(left)));
        }
      }
    }
  }

  /// The same in a random order: results must not depend on it.
  template <class Act>
  void drain_shuffled(int64_t cycle, core::Rng& rng, Act act) {
    std::vector<size_t> members;
    drain(cycle, [&](size_t member) { members.push_back(member); });
    for (size_t i = members.size(); i > 1; --i) std::swap(members[i - 1], members[rng.below(i)]);
    for (const size_t member : members) act(member);
  }

  size_t slots() const { return slots_; }
  size_t slot(int64_t cycle) const { return static_cast<uint64_t>(cycle) & (slots_ - 1); }

  /// First cycle after `now` with a wake, or kNever.
  int64_t next_after(int64_t now) const {
    for (uint64_t ahead = 1; ahead < slots_; ++ahead) {
      if (used_[(static_cast<uint64_t>(now) + ahead) & (slots_ - 1)] != 0) {
        return now + static_cast<int64_t>(ahead);
      }
    }
    return kNever;
  }

  /// What a checkpoint keeps.
  template <class Archive>
  void persist(Archive& archive) {
    archive(used_, groups_used_, bits_);
  }

 private:
  size_t words_;
  size_t groups_;  // of 64 words
  uint64_t slots_;
  std::vector<uint8_t> used_;          // [slots]
  std::vector<uint64_t> groups_used_;  // [slots][groups] words that are not 0
  std::vector<uint64_t> bits_;         // [slots][words]
};

}  // namespace ranvier::sim
