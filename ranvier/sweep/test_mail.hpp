#pragma once
// Ranks as threads of one process, for tests of what mpirun does across processes.

#include "ranvier/core/mail.hpp"

#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace ranvier::sweep::testing {

/// Letters under way, by addressee.
class PostOffice {
 public:
  explicit PostOffice(int ranks) : boxes_(static_cast<size_t>(ranks)) {}
  int ranks() const { return static_cast<int>(boxes_.size()); }
  void put(int to, core::Mail::Letter letter) {
    const std::lock_guard lock(mutex_);
    boxes_.at(static_cast<size_t>(to)).push_back(std::move(letter));
  }
  std::optional<core::Mail::Letter> take(int rank) {
    const std::lock_guard lock(mutex_);
    auto& box = boxes_.at(static_cast<size_t>(rank));
    if (box.empty()) return std::nullopt;
    core::Mail::Letter letter = std::move(box.front());
    box.pop_front();
    return letter;
  }

 private:
  std::mutex mutex_;
  std::vector<std::deque<core::Mail::Letter>> boxes_;
};

/// `tamper` sees every letter before it is sent.
class ThreadMail final : public core::Mail {
 public:
  using Tamper = std::function<void(int from, std::vector<std::byte>&)>;
  ThreadMail(PostOffice& office, int rank, Tamper tamper)
      : office_(office), rank_(rank), tamper_(std::move(tamper)) {}
  int rank() const override { return rank_; }
  int ranks() const override { return office_.ranks(); }
  void send(int to, std::vector<std::byte> content) override {
    if (tamper_) tamper_(rank_, content);
    office_.put(to, {.from = rank_, .content = std::move(content)});
  }
  std::optional<Letter> take() override { return office_.take(rank_); }

 private:
  PostOffice& office_;
  int rank_;
  Tamper tamper_;
};

/// Runs job(mail) on every rank; what each of them threw.
inline std::vector<std::exception_ptr> on_ranks(int ranks,
                                                const std::function<void(core::Mail&)>& job,
                                                const ThreadMail::Tamper& tamper = {}) {
  PostOffice office(ranks);
  std::vector<std::exception_ptr> errors(static_cast<size_t>(ranks));
  std::vector<std::jthread> threads;
  for (int rank = 0; rank < ranks; ++rank) {
    threads.emplace_back([&, rank] {
      try {
        ThreadMail mail(office, rank, tamper);
        job(mail);
      } catch (...) {
        errors[static_cast<size_t>(rank)] = std::current_exception();
      }
    });
  }
  threads.clear();
  return errors;
}

}  // namespace ranvier::sweep::testing
