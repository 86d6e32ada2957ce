#pragma once
// Ctrl-C is honoured at safe points, so that what was reached is saved.

namespace ranvier::core {

/// Sets SIGINT and SIGTERM to raise a flag. A second signal ends the process at once.
void install_interrupt_handler();

bool interrupt_requested() noexcept;

/// Throws Interrupted when the flag is up; `what` names what was saved and how to go on.
void check_interrupt(const char* what);

}  // namespace ranvier::core
