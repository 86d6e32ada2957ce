#pragma once
// Ranks as threads of one process, for tests of what MPI does across processes.

#include "ranvier/sim/transport.hpp"

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace ranvier::sim::testing {

/// Messages between ranks, in order per pair.
class Post {
 public:
  void send(int from, int to, Bytes bytes) {
    const std::lock_guard lock(mutex_);
    boxes_[{from, to}].push_back(std::move(bytes));
    arrived_.notify_all();
  }
  Bytes receive(int from, int to) {
    std::unique_lock lock(mutex_);
    auto& box = boxes_[{from, to}];
    arrived_.wait(lock, [&] { return !box.empty(); });
    Bytes bytes = std::move(box.front());
    box.pop_front();
    return bytes;
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::map<std::pair<int, int>, std::deque<Bytes>> boxes_;  // (from, to)
};

/// `tamper` sees every parcel of records before it is sent.
class ThreadTransport final : public Transport {
 public:
  using Tamper = std::function<void(Bytes&)>;
  ThreadTransport(Post& post, int rank, int ranks, Tamper tamper)
      : post_(post), rank_(rank), ranks_(ranks), tamper_(std::move(tamper)) {}

  int rank() const override { return rank_; }
  int ranks() const override { return ranks_; }

  void exchange(std::span<const int> peers, std::span<const Bytes> out,
                std::span<Bytes> in) override {
    for (size_t p = 0; p < peers.size(); ++p) {
      Bytes bytes = out[p];
      if (tamper_) tamper_(bytes);
      post_.send(rank_, peers[p], std::move(bytes));
    }
    for (size_t p = 0; p < peers.size(); ++p) in[p] = post_.receive(peers[p], rank_);
  }

  Pulse sum(const Pulse& mine) override {
    Bytes bytes;
    Writer(bytes).put(mine);
    Pulse all;
    gather(bytes, [&](int, auto one) { all.add(Reader(one).get<Pulse>()); });
    return all;
  }

  void gather(const Bytes& mine, const Take& take) override {
    for (int to = 0; to < ranks_; ++to) post_.send(rank_, to, mine);
    for (int from = 0; from < ranks_; ++from) take(from, post_.receive(from, rank_));
  }

 private:
  Post& post_;
  int rank_;
  int ranks_;
  Tamper tamper_;
};

/// Runs job(transport) on every rank; rethrows the error of the highest rank that has one.
inline void on_ranks(int ranks, const std::function<void(Transport&)>& job,
                     const ThreadTransport::Tamper& tamper = {}) {
  Post post;
  std::vector<std::exception_ptr> errors(static_cast<size_t>(ranks));
  std::vector<std::jthread> threads;
  for (int rank = 0; rank < ranks; ++rank) {
    threads.emplace_back([&, rank] {
      try {
        ThreadTransport transport(post, rank, ranks, tamper);
        job(transport);
      } catch (...) {
        errors[static_cast<size_t>(rank)] = std::current_exception();
      }
    });
  }
  threads.clear();
  for (size_t rank = errors.size(); rank-- > 0;) {
    if (errors[rank]) std::rethrow_exception(errors[rank]);
  }
}

}  // namespace ranvier::sim::testing
