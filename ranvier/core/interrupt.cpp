#include "ranvier/core/interrupt.hpp"

#include "ranvier/core/error.hpp"

#include <csignal>

namespace ranvier::core {
namespace {

// The one process-wide flag: a signal handler can reach nothing else.
volatile std::sig_atomic_t g_requested = 0;

extern "C" void raise_flag(int signal) {
  if (g_requested != 0) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
  g_requested = 1;
}

}  // namespace

void install_interrupt_handler() {
  std::signal(SIGINT, raise_flag);
  std::signal(SIGTERM, raise_flag);
}

bool interrupt_requested() noexcept { return g_requested != 0; }

void check_interrupt(const char* what) {
  if (interrupt_requested()) throw Interrupted(std::string("interrupted: ") + what);
}

}  // namespace ranvier::core
