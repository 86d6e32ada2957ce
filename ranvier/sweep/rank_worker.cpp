#include "ranvier/sweep/rank_worker.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/interrupt.hpp"
#include "ranvier/sweep/pool.hpp"
#include "ranvier/sweep/ranks.hpp"
#include "ranvier/sweep/workshop.hpp"

#include <fmt/format.h>

#include <condition_variable>
#include <deque>
#include <thread>
#include <utility>

namespace ranvier::sweep {
namespace {

constexpr int kRankZero = 0;

class Worker {
 public:
  Worker(const SweepSpec& spec, const SweepOptions& options, core::Mail& mail)
      : spec_(spec), options_(options), mail_(mail) {}

  void run();

 private:
  /// A thread, with the trials that wait for it.
  struct Seat {
    std::deque<TrialLetter> inbox;
    std::optional<Desk> desk;
  };

  void prepare();
  void receive(const Letter& letter);
  void open_source(const SourceLetter& letter);
  void work(const std::stop_token& stop, Seat& seat);
  Letter answer(const TrialLetter& letter, Desk& desk) const;
  void post_answers();
  void tell_trouble(const std::string& text) { mail_.send(kRankZero, pack(Trouble{text})); }

  const SweepSpec& spec_;
  const SweepOptions& options_;
  core::Mail& mail_;
  std::optional<ExperimentBase> base_;
  Source source_;  // while nothing is under way it may change
  std::optional<Workshop> workshop_;
  std::mutex mutex_;  // of what follows
  std::condition_variable_any arrived_;
  std::vector<Seat> seats_;
  std::vector<Letter> outbox_;
  std::vector<std::jthread> threads_;
  bool is_over_ = false;
  std::exception_ptr error_;
};

void Worker::prepare() {
  base_.emplace(base_of(spec_, options_));
  seats_.resize(static_cast<size_t>(options_.jobs));
  for (auto& seat : seats_) {
    threads_.emplace_back([this, &seat](const std::stop_token& stop) { work(stop, seat); });
  }
  mail_.send(kRankZero, pack(Hello{options_.jobs}));
}

/// Everything but the end may go wrong here alone; rank 0 is told and ends the sweep.
void Worker::run() {
  bool in_trouble = false;
  const auto attempt = [&](const std::function<void()>& step) {
    if (in_trouble) return;
    try {
      step();
    } catch (const std::exception& error) {
      in_trouble = true;
      tell_trouble(error.what());
    }
  };
  attempt([&] { prepare(); });
  Patience patience;
  while (!is_over_) {
    bool is_idle = true;
    while (const auto letter = mail_.take()) {
      is_idle = false;
      if (kind_of(letter->content) == LetterKind::kEnd) {
        error_ = end_from(letter->content).error;
        is_over_ = true;
        break;
      }
      attempt([&] { receive(letter->content); });
    }
    post_answers();
    is_idle ? patience.wait() : patience.renew();
  }
  for (auto& thread : threads_) thread.request_stop();
  threads_.clear();
  mail_.send(kRankZero, pack(Bye{}));
  if (error_) std::rethrow_exception(error_);
}

void Worker::receive(const Letter& letter) {
  if (kind_of(letter) == LetterKind::kSource) {
    open_source(source_from(letter));
    return;
  }
  TrialLetter trial = trial_from(letter);
  const std::lock_guard lock(mutex_);
  seats_.at(trial.thread).inbox.push_back(std::move(trial));
  arrived_.notify_all();
}

/// Nothing is under way: the threads wait for trials.
void Worker::open_source(const SourceLetter& letter) {
  const std::lock_guard lock(mutex_);
  for (auto& seat : seats_) seat.desk.reset();
  source_ = read_source(letter.hash, letter.run, letter.variants);
  workshop_.emplace(spec_, *base_, source_);
  for (auto& seat : seats_) seat.desk.emplace(*workshop_);
}

void Worker::post_answers() {
  std::vector<Letter> answers;
  {
    const std::lock_guard lock(mutex_);
    answers = std::exchange(outbox_, {});
  }
  for (auto& answer : answers) mail_.send(kRankZero, std::move(answer));
}

void Worker::work(const std::stop_token& stop, Seat& seat) {
  std::unique_lock lock(mutex_);
  while (arrived_.wait(lock, stop, [&] { return !seat.inbox.empty(); }) && !stop.stop_requested()) {
    const TrialLetter letter = std::move(seat.inbox.front());
    seat.inbox.pop_front();
    lock.unlock();
    Letter reply = answer(letter, *seat.desk);
    lock.lock();
    outbox_.push_back(std::move(reply));
  }
}

/// A result, or why there can be none.
Letter Worker::answer(const TrialLetter& letter, Desk& desk) const {
  ResultLetter result{.thread = letter.thread, .simulation = letter.simulation, .record = {}};
  if (core::interrupt_requested()) return pack(result);
  try {
    const double start = monotonic_seconds();
    const Experiment point = point_of(*base_, spec_, letter.at);
    const Experiment experiment =
        letter.at.lane_rate.empty() ? point : experiment_at(*base_, spec_, letter.at);
    Trial trial = trial_at(letter.at, experiment, point, source_, options_.program);
    if (trial.record.hash != letter.hash) {
      throw core::RunError(
          fmt::format("the files of the sweep are not those "
                      "of rank 0: {} under {} is simulation "
                      "{} there and {} here",
                      trial.record.variant, trial.record.preset, letter.hash, trial.record.hash));
    }
    const double resolved = monotonic_seconds() - start;
    result.busy_s = resolved + desk.measure(trial);
    result.record = std::move(trial.record);
    return pack(result);
  } catch (const std::exception& error) {
    return pack(Trouble{error.what()});
  }
}

}  // namespace

void work_for_rank_zero(const SweepSpec& spec, const SweepOptions& options, core::Mail& mail) {
  Worker(spec, options, mail).run();
}

}  // namespace ranvier::sweep
