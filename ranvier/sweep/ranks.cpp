#include "ranvier/sweep/ranks.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/interrupt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

namespace ranvier::sweep {
namespace {

constexpr std::chrono::microseconds kLongestPause{5000};

/// A thread whose last simulation was shorter gets the next one before it has ended: the time of a
/// letter would be lost otherwise.
constexpr double kQuick = 0.1;  // [s]

}  // namespace

void Patience::wait() {
  std::this_thread::sleep_for(pause_);
  pause_ = std::min(2 * pause_, kLongestPause);
}

void Ranks::set_source(const Source& source) {
  SourceLetter letter{.hash = source.hash, .run = source.run, .variants = {}};
  for (const auto& bundle : source.bundles) letter.variants.push_back(bundle.variant);
  for (int rank = 1; rank < mail_.ranks(); ++rank) mail_.send(rank, pack(letter));
  for (auto& seat : seats_) seat.group.reset();
}

void Ranks::share(const SharedWork& work) {
  bool is_open = true;
  Patience patience;
  while (true) {
    bool is_idle = true;
    while (const auto letter = mail_.take()) {
      is_idle = false;
      is_open = receive(*letter, work) && is_open;
    }
    if (core::interrupt_requested()) is_open = false;
    if (is_open) is_open = hand_out(work);
    if (!is_open && under_way_ == 0) break;
    is_idle ? patience.wait() : patience.renew();
  }
  for (auto& seat : seats_) seat.group.reset();
}

/// False when nothing more is to be handed out.
bool Ranks::receive(const core::Mail::Letter& letter, const SharedWork& work) {
  switch (kind_of(letter.content)) {
    case LetterKind::kHello:
      welcome(letter.from, hello_from(letter.content));
      return true;
    case LetterKind::kTrouble:
      throw core::RunError(
          fmt::format("rank {}: {}", letter.from, trouble_from(letter.content).text));
    default:
      break;
  }
  ResultLetter result = result_from(letter.content);
  Seat& seat = seat_of(letter.from, result.thread);
  --seat.given;
  --under_way_;
  seat.is_quick = result.busy_s < kQuick;
  if (result.record.state != State::kOpen) return work.take(std::move(result));
  interrupted_ = true;
  return false;
}

void Ranks::welcome(int rank, const Hello& hello) {
  ++greeted_;
  for (int t = 0; t < hello.threads; ++t) {
    seats_.push_back({.rank = rank, .thread = static_cast<size_t>(t)});
  }
}

Ranks::Seat& Ranks::seat_of(int rank, size_t thread) {
  const auto seat = std::ranges::find_if(
      seats_, [&](const Seat& s) { return s.rank == rank && s.thread == thread; });
  RANVIER_CONTRACT(seat != seats_.end() && seat->given > 0,
                   "a result comes from a thread that was given something");
  return *seat;
}

/// False when everything is taken.
bool Ranks::hand_out(const SharedWork& work) {
  if (greeted_ + 1 < mail_.ranks()) return true;  // they are still reading the files
  if (seats_.empty()) return false;               // this rank is alone
  for (const int most : {1, 2}) {
    for (auto& seat : seats_) {
      if (seat.given >= most || (most > 1 && !seat.is_quick)) continue;
      const auto simulation = work.next(seat.group);
      if (!simulation) return false;
      const Trial& trial = work.trial(*simulation);
      mail_.send(seat.rank, pack(TrialLetter{.thread = seat.thread,
                                             .simulation = *simulation,
                                             .at = trial.at,
                                             .hash = trial.record.hash}));
      ++seat.given;
      ++under_way_;
    }
  }
  return true;
}

void Ranks::end(const std::exception_ptr& error) {
  const Letter letter = pack(End{error});
  for (int rank = 1; rank < mail_.ranks(); ++rank) mail_.send(rank, letter);
  Patience patience;
  for (int gone = 1; gone < mail_.ranks();) {
    const auto last = mail_.take();
    if (!last) patience.wait();
    if (last && kind_of(last->content) == LetterKind::kBye) ++gone;
  }
}

}  // namespace ranvier::sweep
