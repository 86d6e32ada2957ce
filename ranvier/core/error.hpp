#pragma once
// The error family: what a person did wrong (exit 2), what the run found wrong (exit 3), an
// interruption (exit 130).

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace ranvier::core {

/// Exit codes of the program; scripts rely on them.
enum class ExitCode : int { kOk = 0, kUserError = 2, kRunFailed = 3, kInterrupted = 130 };

/// Root of everything ranvier throws on purpose.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  virtual ExitCode exit_code() const noexcept = 0;
};

/// What a refused value was, what would have been accepted, where it stands and what to do about
/// it.
struct Refusal {
  std::string key;      // dotted path or flag: "mesh.width", "--threads"
  std::string given;    // the value as the user wrote it
  std::string allowed;  // "1..256", "one of a, b, c"
  std::string place;    // "chip.yaml:14"; empty when there is none
  std::string hint;     // one sentence; may be empty
};

/// Bad input. The text reads `[mesh.width] got 0, need 1..256. Set it at chip.yaml:14. Hint.`
class UserError : public Error {
 public:
  explicit UserError(Refusal refusal);
  const Refusal& refusal() const noexcept { return refusal_; }
  ExitCode exit_code() const noexcept override { return ExitCode::kUserError; }

 private:
  Refusal refusal_;
};

/// The run itself failed: deadlock, instability, a verification that does not hold, a full disk.
class RunError : public Error {
 public:
  using Error::Error;
  ExitCode exit_code() const noexcept override { return ExitCode::kRunFailed; }
};

/// Ctrl-C or SIGTERM was honoured at a safe point; what was reached is saved.
class Interrupted : public Error {
 public:
  using Error::Error;
  ExitCode exit_code() const noexcept override { return ExitCode::kInterrupted; }
};

/// A broken invariant: a defect of ranvier, never of its user.
class ContractViolation : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// Nearest of `candidates` by edit distance, or empty when none is near enough to suggest.
std::string nearest_name(std::string_view given, const std::vector<std::string>& candidates);

/// Throws ContractViolation naming file and line; always on, kept out of inner loops.
void contract(bool holds, std::string_view what, const char* file, int line);

}  // namespace ranvier::core

#define RANVIER_CONTRACT(condition, what) \
  ::ranvier::core::contract(static_cast<bool>(condition), what, __FILE__, __LINE__)
