#pragma once
// A sweep on several processes: rank 0 owns the database and hands out simulations, the others
// measure them. Protocol: docs/models/sweep.md.

#include "ranvier/core/mail.hpp"
#include "ranvier/sweep/letters.hpp"

#include <chrono>
#include <exception>
#include <functional>
#include <optional>
#include <vector>

namespace ranvier::sweep {

/// Sleeps between two looks into an empty letter box: at first shortly, then longer.
class Patience {
 public:
  void wait();
  void renew() { pause_ = kShortest; }

 private:
  static constexpr std::chrono::microseconds kShortest{100};
  std::chrono::microseconds pause_ = kShortest;
};

/// The work of a batch, as rank 0 hands it out.
struct SharedWork {
  /// The next simulation for a thread whose last one was of `group`; none when all are taken.
  std::function<std::optional<size_t>(std::optional<size_t>& group)> next;
  std::function<const Trial&(size_t simulation)> trial;
  /// Takes a result; false: hand out no more.
  std::function<bool(ResultLetter result)> take;
};

/// Rank 0's view of the others.
class Ranks {
 public:
  explicit Ranks(core::Mail& mail) : mail_(mail) {}

  /// The trained run that the next trials are of.
  void set_source(const Source& source);
  /// Hands out simulations as threads become free. Returns when there are no more, or after an
  /// interrupt here or there, and nothing is under way.
  /// Errors: RunError when another rank is in trouble.
  void share(const SharedWork& work);
  /// Whether another rank was asked to stop.
  bool interrupted() const { return interrupted_; }
  /// Threads of the other ranks; known after the first share.
  int threads() const { return static_cast<int>(seats_.size()); }
  /// Ends the other ranks, with the error of the sweep if there is one; returns when they have
  /// ended. To be called once, last.
  void end(const std::exception_ptr& error);

 private:
  /// A thread of another rank.
  struct Seat {
    int rank = 0;
    size_t thread = 0;
    std::optional<size_t> group = {};
    int given = 0;  // simulations on their way there and back
    bool is_quick = false;
  };
  bool receive(const core::Mail::Letter& letter, const SharedWork& work);
  void welcome(int rank, const Hello& hello);
  Seat& seat_of(int rank, size_t thread);
  bool hand_out(const SharedWork& work);

  core::Mail& mail_;
  std::vector<Seat> seats_;
  int greeted_ = 0;  // ranks
  int64_t under_way_ = 0;
  bool interrupted_ = false;
};

}  // namespace ranvier::sweep
