#include "tests/cli/program.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>

namespace ranvier::tests {
namespace fs = std::filesystem;
namespace {

int code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status); }

pid_t start(const std::string& command, const fs::path& directory) {
  const pid_t child = fork();
  if (child == 0) {
    fs::current_path(directory);
    execl("/bin/bash", "bash", "-c", command.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  return child;
}

std::string redirected(const std::string& arguments, const std::string& prefix) {
  return prefix + "exec " + RANVIER_PROGRAM + " " + arguments +
         " >stdout.txt 2>stderr.txt </dev/null";
}

Outcome collect(int status, const fs::path& directory) {
  return {code_of(status), slurp(directory / "stdout.txt"), slurp(directory / "stderr.txt")};
}

/// Waits for the end of `child`; `whom` gets the signal when it is time.
Outcome signal_when(const std::function<bool()>& when, pid_t child, int signal,
                    const std::function<pid_t()>& whom, const fs::path& directory) {
  int status = 0;
  while (!when()) {
    if (waitpid(child, &status, WNOHANG) == child) return collect(status, directory);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  kill(whom(), signal);
  waitpid(child, &status, 0);
  return collect(status, directory);
}

}  // namespace

std::string slurp(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

Outcome run_ranvier(const std::string& arguments, const fs::path& directory,
                    const std::string& prefix) {
  const pid_t child = start(redirected(arguments, prefix), directory);
  int status = 0;
  waitpid(child, &status, 0);
  return collect(status, directory);
}

Outcome run_and_signal(const std::string& arguments, const fs::path& directory, int signal,
                       const std::function<bool()>& when, const std::string& prefix) {
  const pid_t child = start(redirected(arguments, prefix), directory);
  return signal_when(
      when, child, signal, [&] { return child; }, directory);
}

Outcome run_and_signal(const std::string& arguments, const fs::path& directory, int signal,
                       const fs::path& sign) {
  return run_and_signal(arguments, directory, signal, [&] { return fs::exists(directory / sign); });
}

#ifdef RANVIER_MPIRUN
namespace {

/// Every rank leaves its process id in the file pid.RANK.
std::string on_ranks(int ranks, const std::string& arguments) {
  return "export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1; "
         "exec " RANVIER_MPIRUN " --oversubscribe -n " +
         std::to_string(ranks) +
         " bash -c 'echo $$ >pid.$OMPI_COMM_WORLD_RANK; exec \"$0\" \"$@\"' " + RANVIER_PROGRAM +
         " " + arguments + " >stdout.txt 2>stderr.txt </dev/null";
}

}  // namespace

Outcome run_ranks(int ranks, const std::string& arguments, const fs::path& directory) {
  int status = 0;
  waitpid(start(on_ranks(ranks, arguments), directory), &status, 0);
  return collect(status, directory);
}

Outcome run_ranks_and_signal(int ranks, const std::string& arguments, const fs::path& directory,
                             int signal, std::optional<int> to, const std::function<bool()>& when) {
  const pid_t child = start(on_ranks(ranks, arguments), directory);
  const auto whom = [&] {
    if (!to) return child;
    return static_cast<pid_t>(std::stol(slurp(directory / ("pid." + std::to_string(*to)))));
  };
  return signal_when(when, child, signal, whom, directory);
}
#endif

std::string tiny_experiment() {
  return R"yaml(name: tiny
data: {kind: procedural, train_samples: 256, test_samples: 128}
network: {model: msresnet, widths: [8, 16], blocks: [1, 1], cuts: [stage1]}
train: {epochs: 2, batch: 32, learning_rate: 0.05, checkpoint_seconds: 0}
finetune: {epochs: 1, calibration_samples: 64}
record_samples: 4
variants:
  snn: {kind: snn, steps: 2, epochs: 1}
  hnn-graded: {kind: hnn, codec: "graded(2)", objective: budget, events_per_neuron: 0.3}
presets: [ucie16nm]
hardware: {chips_x: 2, mesh: 8}
)yaml";
}

size_t occurrences(const std::string& text, const std::string& part) {
  size_t n = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

}  // namespace ranvier::tests
