#pragma once
// The command line: one table of commands, common flags, exit codes. Scripts rely on both.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace ranvier::core {
class Mail;
}
namespace ranvier::sim {
class Transport;
}

namespace ranvier::app {

/// Flags that every command takes, and who takes part.
struct Common {
  std::optional<uint64_t> seed;
  bool json = false;  // JSON goes to stdout alone; progress and logs go to stderr
  bool quiet = false;
  sim::Transport* ranks = nullptr;  // that mpirun started; null: this process is alone
  core::Mail* mail = nullptr;       // between them; null: this process is alone

  /// One rank writes files and prints, for all.
  bool writes() const;
  /// Returns when every rank has come here.
  void meet() const;
};

/// One command: `attach` declares its flags and stores what to do in `action` when the user chose
/// it.
struct Command {
  std::string_view name;
  std::string_view summary;
  void (*attach)(CLI::App& app, const Common& common, std::function<void()>& action);
};

/// A flag of the command line that cannot be used as it was given (UserError).
[[noreturn]] void refuse_flag(std::string flag, std::string given, std::string allowed,
                              std::string hint = {});

/// Every command, in the order that --help shows.
const std::vector<Command>& commands();

/// Parses, runs, reports errors on stderr. Returns the exit code of the contract: 0, 2, 3 or 130.
int main_with(int argc, char** argv);

}  // namespace ranvier::app
