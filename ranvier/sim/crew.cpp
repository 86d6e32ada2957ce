#include "ranvier/sim/crew.hpp"

namespace ranvier::sim {
namespace {

constexpr int kSpins = 4000;  // some ten microseconds
constexpr int kYields = 16;

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

void wait_while(const std::atomic<uint32_t>& value, uint32_t old) {
  for (int i = 0; i < kSpins; ++i) {
    if (value.load(std::memory_order_acquire) != old) return;
    pause();
  }
  for (int i = 0; i < kYields; ++i) {
    if (value.load(std::memory_order_acquire) != old) return;
    std::this_thread::yield();
  }
  value.wait(old, std::memory_order_acquire);
}

}  // namespace

Crew::Crew(size_t threads) {
  for (size_t i = 1; i < threads; ++i) {
    others_.emplace_back([this, i] { work(i); });
  }
}

Crew::~Crew() {
  over_.store(true, std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
}

void Crew::run(const std::function<void(size_t)>& job) {
  if (!others_.empty()) {
    job_ = &job;
    busy_.store(static_cast<uint32_t>(others_.size()), std::memory_order_relaxed);
    round_.fetch_add(1, std::memory_order_release);
    round_.notify_all();
  }
  job(0);
  for (uint32_t busy = busy_.load(std::memory_order_acquire); busy != 0;
       busy = busy_.load(std::memory_order_acquire)) {
    wait_while(busy_, busy);
  }
}

void Crew::work(size_t index) {
  for (uint32_t seen = 0;;) {
    wait_while(round_, seen);
    ++seen;
    if (over_.load(std::memory_order_relaxed)) return;
    (*job_)(index);
    if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) busy_.notify_all();
  }
}

}  // namespace ranvier::sim
