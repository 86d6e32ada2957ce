#include "ranvier/core/progress.hpp"

#include <unistd.h>

#include <cstdio>

namespace ranvier::core {
namespace {

std::string clock_text(double seconds) {
  const auto whole = static_cast<int64_t>(seconds + 0.5);
  char text[32];
  std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", static_cast<long long>(whole / 3600),
                static_cast<long long>(whole / 60 % 60), static_cast<long long>(whole % 60));
  return text;
}

}  // namespace

Progress::Progress(std::string label, int64_t total, bool quiet)
    : label_(std::move(label)),
      total_(total),
      visible_(!quiet && ::isatty(STDERR_FILENO) != 0),
      start_(Clock::now()),
      last_(start_) {}

Progress::~Progress() {
  if (drawn_) std::fputc('\n', stderr);
}

void Progress::update(int64_t done, const std::string& note) {
  if (!visible_) return;
  const auto now = Clock::now();
  if (drawn_ && done < total_ && now - last_ < std::chrono::milliseconds(100)) return;
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  const double rate = elapsed > 0 ? static_cast<double>(done - skipped_) / elapsed : 0;
  const std::string left =
      rate > 0 ? clock_text(static_cast<double>(total_ - done) / rate) + " left" : "";
  std::fprintf(stderr, "\r\x1b[K%s %lld/%lld %3.0f %% %.2f/s %s  %s", label_.c_str(),
               static_cast<long long>(done), static_cast<long long>(total_),
               total_ > 0 ? 100.0 * static_cast<double>(done) / static_cast<double>(total_) : 100.0,
               rate, left.c_str(), note.c_str());
  std::fflush(stderr);
  drawn_ = true;
  last_ = now;
}

}  // namespace ranvier::core
