#pragma once
// Runs the built program as a user would: exit code, stdout and stderr apart.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ranvier::tests {

struct Outcome {
  int exit_code = -1;  // -signal when a signal ended it
  std::string out;
  std::string err;
};

/// Runs `ranvier ARGUMENTS` through a shell in `directory`; `prefix` goes
/// before it ("ulimit -f 8;
/// ").
Outcome run_ranvier(const std::string& arguments, const std::filesystem::path& directory,
                    const std::string& prefix = {});

/// The same on so many ranks, with `mpirun` as the build found it.
Outcome run_ranks(int ranks, const std::string& arguments, const std::filesystem::path& directory);

/// Starts it, sends `signal` as soon as `when` says so, waits for the end.
Outcome run_and_signal(const std::string& arguments, const std::filesystem::path& directory,
                       int signal, const std::function<bool()>& when,
                       const std::string& prefix = {});
/// The same, as soon as the file `sign` exists in `directory`.
Outcome run_and_signal(const std::string& arguments, const std::filesystem::path& directory,
                       int signal, const std::filesystem::path& sign);

/// The same on so many ranks. `to`: the rank that gets the signal; none:
/// `mpirun` itself.
Outcome run_ranks_and_signal(int ranks, const std::string& arguments,
                             const std::filesystem::path& directory, int signal,
                             std::optional<int> to, const std::function<bool()>& when);

/// An experiment that trains in about a second: procedural images, two stages,
/// one cut.
std::string tiny_experiment();

std::string slurp(const std::filesystem::path& path);

/// How often `part` stands in `text`, overlaps included.
size_t occurrences(const std::string& text, const std::string& part);

}  // namespace ranvier::tests
