// Who waits for whom when nothing moves any more.

#include "ranvier/sim/mesh.hpp"
#include "ranvier/sim/mesh_links.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace ranvier::sim {

/// Whether the input channel holds the output channel of its router.
bool Mesh::is_held_by(size_t channel, int out) const {
  const auto each = static_cast<size_t>(channels_each_);
  const auto place = static_cast<int>(channel % each);
  if ((nodes_[channel / each].holds & bit(place)) == 0) return false;
  if (!forks_.at(channel)) return channels_[channel].output == out;
  return place % vcs_ == out % vcs_ && forks_.of(channel).has_begun(port_of_[out]);
}

/// What keeps the front flit of `waiting` from the output channel `out`, or -1: who holds it, else
/// the full buffer downstream, behind the die edge if there is one.
int64_t Mesh::waits_for_output(size_t waiting, int out, bool holds, int64_t now) const {
  const size_t router = waiting / static_cast<size_t>(channels_each_);
  if (!holds && (nodes_[router].free & bit(out)) == 0) {
    for (int other = 0; other < channels_each_; ++other) {
      const size_t channel = first_channel(router) + static_cast<size_t>(other);
      if (is_held_by(channel, out)) return static_cast<int64_t>(channel);
    }
  }
  const auto to = static_cast<Port>(port_of_[out]);
  if (to == kLocal) return -1;
  const int vc = out - to * vcs_;
  const int32_t link = across_[router * kPorts + static_cast<size_t>(to)];
  const int next = neighbour(lowered_.mesh, static_cast<int>(router), to);
  const auto channel =
      static_cast<int64_t>(first_channel(static_cast<size_t>(next))) + opposite(to) * vcs_ + vc;
  const bool full = link >= 0 ? channels_[static_cast<size_t>(channel)].held == timing_.buffer_flits
                              : !edges_->lane_room(lane_of_link(link), vc, now);
  return full ? channel : -1;
}

/// The input channel that `waiting` cannot pass, or -1. Of a fork's branches the first that waits.
int64_t Mesh::waits_for(size_t waiting, int64_t now) const {
  const ChannelState& in = channels_[waiting];
  const auto place = static_cast<int>(waiting % static_cast<size_t>(channels_each_));
  if (!forks_.at(waiting)) {
    return in.visible == 0
               ? -1
               : waits_for_output(waiting, in.output, is_held_by(waiting, in.output), now);
  }
  const Fork& fork = forks_.of(waiting);
  for (int to = 0; to < kPorts; ++to) {
    if (!fork.is_open(to) || (fork.sent[to] == fork.taken() && in.visible == 0)) continue;
    const int out = to * vcs_ + place % vcs_;
    const int64_t behind = waits_for_output(waiting, out, fork.has_begun(to), now);
    if (behind >= 0) return behind;
  }
  return -1;
}

std::vector<Wait> Mesh::waits(int64_t now) const {
  std::vector<Wait> waits;
  for (size_t channel = 0; channel < channels_.size(); ++channel) {
    const int64_t behind = waits_for(channel, now);
    if (behind >= 0) waits.push_back({static_cast<int64_t>(channel), behind});
  }
  return waits;
}

std::string waiting_cycle(const Lowered& lowered, std::vector<Wait> waits) {
  constexpr const char* kNames[kPorts] = {"east", "west", "north", "south", "local"};
  const int vcs = lowered.mesh.virtual_channels;
  std::ranges::sort(waits, {}, &Wait::channel);
  std::map<int64_t, int64_t> behind;
  for (const Wait& wait : waits) behind.emplace(wait.channel, wait.behind);
  std::map<int64_t, int64_t> seen;  // the start of the walk that came by
  for (const Wait& start : waits) {
    auto at = behind.find(start.channel);
    while (at != behind.end() && seen.emplace(at->first, start.channel).second) {
      at = behind.find(at->second);
    }
    if (at == behind.end() || seen.at(at->first) != start.channel) continue;
    std::string text;
    const int64_t first = at->first;
    do {
      const int64_t ring = at->first;
      const Place place = lowered.place(static_cast<int>(ring / vcs / kPorts));
      text += fmt::format("({},{}) {} input VC {} -> ", place.x, place.y,
                          kNames[ring / vcs % kPorts], ring % vcs);
      at = behind.find(at->second);
    } while (at->first != first);
    return text + "back to the first";
  }
  return {};
}

}  // namespace ranvier::sim
