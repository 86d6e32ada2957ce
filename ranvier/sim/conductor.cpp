#include "ranvier/sim/conductor.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/interrupt.hpp"
#include "ranvier/sim/remote_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace ranvier::sim {
namespace {

int rank_of(int part, int ranks, int parts) {
  int rank = 0;
  while (part >= processes_of(rank, ranks, parts).last) ++rank;
  return rank;
}

}  // namespace

Range processes_of(int rank, int ranks, int parts) {
  const auto first = [&](int64_t r) { return static_cast<int>(core::ceil_div(r * parts, ranks)); };
  return {.first = first(rank), .last = first(rank + 1)};
}

Conductor::Conductor(const Partition& partition, const Team& team, const Processes& processes,
                     int64_t patience, Pending pending)
    : partition_(partition),
      team_(team),
      processes_(processes),
      mine_(processes_of(team.rank(), team.ranks(), partition.parts())),
      lookahead_(lookahead(partition.lowered())),
      watchdog_(patience),
      pending_(std::move(pending)),
      crew_(std::min<size_t>(processes.size(), static_cast<size_t>(team.threads))),
      peers_(neighbours()),
      out_(peers_.size()),
      in_(peers_.size()),
      inboxes_(processes.size()) {
  RANVIER_CONTRACT(lookahead_ >= 1, "a link takes at least one core cycle");
  RANVIER_CONTRACT(static_cast<int>(processes.size()) == mine_.last - mine_.first,
                   "a rank has the processes of its range");
  all_.next = 0;
}

/// Ranks that hold the other end of one of our links, ascending.
std::vector<int> Conductor::neighbours() const {
  std::set<int> ranks;
  for (const Side& side : partition_.lowered().sides) {
    const int near = partition_.of_chip(side.near_chip);
    const int far = partition_.of_chip(side.far_chip);
    if (is_mine(near) && !is_mine(far)) {
      ranks.insert(rank_of(far, team_.ranks(), partition_.parts()));
    }
  }
  return {ranks.begin(), ranks.end()};
}

Effort Conductor::effort() const {
  Effort effort{.windows = windows_};
  for (const auto& process : processes_) {
    effort.moves += process->mesh().moves() + process->emio().moves();
    effort.flits += process->border().flits_sent();
    effort.credits += process->border().credits_sent();
    effort.bytes += process->border().bytes_sent();
  }
  return effort;
}

void Conductor::run(int64_t limit, int64_t arrived) {
  run_windows(limit, arrived);
  if (team_.effort != nullptr) *team_.effort = effort();
}

void Conductor::run_windows(int64_t limit, int64_t arrived) {
  while (now_ < limit && all_.arrived < arrived) {
    const int64_t start = all_.next;
    if (start == kNever) {
      if (all_.under_way != 0 || all_.open != 0) report_deadlock(now_);
      return;
    }
    if (start >= limit) {
      now_ = limit;
      return;
    }
    const int64_t end = std::min(limit, start + lookahead_);
    run_window(end);
    now_ = end;
    ++windows_;
    check(start);
  }
}

/// Runs it, passes records on, and sums up.
void Conductor::run_window(int64_t end) {
  each([&](size_t i) {
    try {
      processes_[i]->run(end);
    } catch (...) {
      inboxes_[i].error = std::current_exception();
    }
  });
  pass_between_ranks();
  each([&](size_t i) { receive(i); });
  sum_pulses();
}

void Conductor::each(const std::function<void(size_t)>& job) {
  if (together_) {
    crew_.run([&](size_t thread) {
      for (size_t i = thread; i < processes_.size(); i += static_cast<size_t>(team_.threads)) {
        job(i);
      }
    });
    return;
  }
  for (size_t i = 0; i < processes_.size(); ++i) job(i);
}

/// A parcel: for whom, then its records.
void Conductor::pass_between_ranks() {
  if (team_.ranks() == 1) return;
  for (size_t p = 0; p < peers_.size(); ++p) {
    out_[p].clear();
    Writer out(out_[p]);
    const Range theirs = processes_of(peers_[p], team_.ranks(), partition_.parts());
    for (const auto& process : processes_) {
      for (int part = theirs.first; part < theirs.last; ++part) {
        const Bytes& records = process->border().outbox(part);
        if (records.empty()) continue;
        out.put(static_cast<int32_t>(part));
        out.put_all(std::span<const std::byte>(records));
      }
    }
  }
  team_.transport->exchange(peers_, out_, in_);
  for (Inbox& inbox : inboxes_) inbox.parcels.clear();
  for (const Bytes& bytes : in_) {
    for (Reader in(bytes); !in.at_end();) {
      const auto part = static_cast<size_t>(in.get<int32_t>() - mine_.first);
      const auto size = static_cast<size_t>(in.get<int64_t>());
      inboxes_.at(part).parcels.push_back(in.take(size));
    }
  }
}

void Conductor::receive(size_t index) {
  Inbox& inbox = inboxes_[index];
  LogicalProcess& process = *processes_[index];
  try {
    for (size_t other = 0; other < processes_.size(); ++other) {
      if (other != index) {
        process.receive(processes_[other]->border().outbox(mine_.first + static_cast<int>(index)));
      }
    }
    for (const auto& parcel : inbox.parcels) process.receive(parcel);
  } catch (...) {
    if (!inbox.error) inbox.error = std::current_exception();
  }
  inbox.pulse = process.pulse();
  if (!inbox.error) return;
  inbox.pulse.failed_at = process.now();
  inbox.pulse.failed_in = mine_.first + static_cast<int64_t>(index);
}

void Conductor::sum_pulses() {
  Pulse mine;
  for (const Inbox& inbox : inboxes_) mine.add(inbox.pulse);
  mine.interrupted = core::interrupt_requested() ? 1 : 0;
  together_ = mine.moves - last_moves_ >= team_.together;
  last_moves_ = mine.moves;
  all_ = team_.ranks() == 1 ? mine : team_.transport->sum(mine);
}

void Conductor::check(int64_t start) {
  if (all_.failed_at != kNever) throw_first_error();
  if (all_.interrupted != 0) {
    throw core::Interrupted("interrupted: the simulation was not finished");
  }
  if (watchdog_.is_stuck(all_.moves, all_.under_way != 0, start)) report_deadlock(start);
}

/// The earliest error of all, of several the one in the lowest process.
void Conductor::throw_first_error() {
  const auto part = static_cast<int>(all_.failed_in);
  const std::exception_ptr error =
      is_mine(part) ? inboxes_[static_cast<size_t>(part - mine_.first)].error : nullptr;
  if (team_.ranks() == 1) std::rethrow_exception(error);
  const int failed = rank_of(part, team_.ranks(), partition_.parts());
  Bytes packed;
  team_.transport->gather(error ? pack_error(error) : Bytes{}, [&](int rank, auto bytes) {
    if (rank == failed) packed.assign(bytes.begin(), bytes.end());
  });
  throw_packed(packed);
}

void Conductor::report_deadlock(int64_t cycle) {
  std::vector<Wait> waits;
  for (const auto& process : processes_) {
    for (const Wait& wait : process->mesh().waits(cycle)) waits.push_back(wait);
  }
  if (team_.ranks() > 1) {
    Bytes mine;
    Writer(mine).put_all(std::span<const Wait>(waits));
    waits.clear();
    team_.transport->gather(mine, [&](int, auto bytes) {
      for (const Wait& wait : Reader(bytes).get_all<Wait>()) waits.push_back(wait);
    });
  }
  const std::string channels = waiting_cycle(partition_.lowered(), std::move(waits));
  throw core::RunError(fmt::format(
      "deadlock in cycle {}: {}, none can move; {}", cycle, pending_(all_),
      channels.empty() ? "no cycle of waiting channels" : "waiting channels: " + channels));
}

}  // namespace ranvier::sim
