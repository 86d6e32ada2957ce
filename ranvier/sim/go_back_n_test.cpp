// The sender's foresight against a protocol with two ends that only see what reaches them.

#include "ranvier/sim/go_back_n.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

namespace ranvier::sim {
namespace {

struct Setup {
  std::vector<int64_t> ready;  // [flits] link cycle from which it can be sent, ascending
  std::vector<bool> damaged;   // [transmissions]; later ones are not
  int64_t beats = 1;
  int64_t round_trip = 1;
  int capacity = 1;
  bool hit(int64_t transmission) const {
    const auto n = static_cast<size_t>(transmission);
    return n < damaged.size() && damaged[n];
  }
};

struct Outcome {
  std::vector<int64_t> accepted;  // [flits] end of the transmission that was accepted
  int64_t transmissions = 0;
  bool operator==(const Outcome&) const = default;
};

/// Cycle by cycle. The far end accepts the flit that it expects if it is whole; else it asks to go
/// back to it, once per round: it ignores what was sent before the sender got its request.
Outcome two_ends(const Setup& setup) {
  Outcome outcome;
  const auto flits = static_cast<int64_t>(setup.ready.size());
  std::multimap<int64_t, int64_t> acknowledgements, requests;  // arrival -> flit
  int64_t next = 0, acknowledged = 0, free = 0, expected = 0, ignored_until = 0;
  for (int64_t now = 0; expected < flits; ++now) {
    if (const auto it = requests.find(now); it != requests.end()) next = it->second;
    for (auto [it, end] = acknowledgements.equal_range(now); it != end; ++it) {
      acknowledged = std::max(acknowledged, it->second + 1);
    }
    const bool fits = next - acknowledged < setup.capacity;
    if (free > now || next == flits || setup.ready[static_cast<size_t>(next)] > now || !fits) {
      continue;
    }
    const int64_t end = free = now + setup.beats;
    const bool whole = !setup.hit(outcome.transmissions++);
    if (now >= ignored_until) {  // decided by the far end at `end`
      if (whole && next == expected) {
        outcome.accepted.push_back(end);
        acknowledgements.emplace(end + setup.round_trip, expected++);
      } else {
        requests.emplace(end + setup.round_trip, expected);
        ignored_until = end + setup.round_trip;
      }
    }
    ++next;
  }
  return outcome;
}

Outcome foreseen(const Setup& setup) {
  Outcome outcome;
  GoBackN link(setup.round_trip, setup.capacity);
  int64_t free = 0;
  size_t fresh = 0;
  while (outcome.accepted.size() < setup.ready.size()) {
    const int64_t ready = fresh < setup.ready.size() ? setup.ready[fresh] : kNever;
    const int64_t start = link.next_start(std::max({ready, free, link.room_at()}), free);
    const bool again = link.repeats(start);
    const bool hit = setup.hit(outcome.transmissions++);
    free = start + setup.beats;
    Flit flit;
    flit.packet = static_cast<uint32_t>(again ? 0 : fresh++);
    if (again ? link.repeated(hit, free) : link.sent(0, flit, hit, free)) {
      outcome.accepted.push_back(free);
    }
  }
  RC_ASSERT(link.at_rest());
  return outcome;
}

RC_GTEST_PROP(GoBackN, AcceptsWhenAProtocolWithTwoEndsDoes, ()) {
  Setup setup;
  int64_t time = 0;
  const int flits = *rc::gen::inRange(1, 30);
  for (int f = 0; f < flits; ++f) {
    time += *rc::gen::weightedElement<int>({{5, 0}, {2, 1}, {1, 7}, {1, 40}});
    setup.ready.push_back(time);
  }
  setup.damaged = *rc::gen::container<std::vector<bool>>(
      static_cast<size_t>(*rc::gen::inRange(0, 60)), rc::gen::arbitrary<bool>());
  setup.beats = *rc::gen::inRange(1, 12);
  setup.round_trip = *rc::gen::inRange(1, 40);
  setup.capacity = *rc::gen::inRange(1, 12);
  const Outcome expected = two_ends(setup);
  const Outcome got = foreseen(setup);
  RC_ASSERT(got.accepted == expected.accepted);
  RC_ASSERT(got.transmissions == expected.transmissions);
}

}  // namespace
}  // namespace ranvier::sim
