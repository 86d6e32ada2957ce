#pragma once
// What the ranks of a sweep write to each other. Plain memory: they run one program on one kind of
// machine.

#include "ranvier/sim/parcel.hpp"
#include "ranvier/sweep/trial.hpp"

#include <cstdint>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ranvier::sweep {

using Letter = sim::Bytes;

/// The first byte of every letter.
enum class LetterKind : uint8_t {
  kHello,    // to rank 0: how many threads work here
  kSource,   // from rank 0: the trained run that the next trials are of
  kTrial,    // from rank 0
  kResult,   // to rank 0: what came of it
  kTrouble,  // to rank 0: an error that is no result
  kEnd,      // from rank 0: nothing more comes, and the error of the sweep if it has one
  kBye,      // to rank 0: the last letter of a rank
};
LetterKind kind_of(const Letter& letter);

struct Hello {
  int threads = 1;
};

struct SourceLetter {
  std::string hash;
  std::filesystem::path run;
  std::vector<std::string> variants;
};

struct TrialLetter {
  size_t thread = 0;      // that is to measure it
  size_t simulation = 0;  // rank 0's number of it
  Address at;
  std::string hash;  // of the simulation, as rank 0 names it
};

struct ResultLetter {
  size_t thread = 0;
  size_t simulation = 0;
  SimulationRecord record;  // state, message, measurement and seconds alone; open: interrupted
  double busy_s = 0;
};

struct Trouble {
  std::string text;
};

struct End {
  std::exception_ptr error;
};

struct Bye {};

Letter pack(const Hello& hello);
Letter pack(const SourceLetter& source);
Letter pack(const TrialLetter& trial);
Letter pack(const ResultLetter& result);
Letter pack(const Trouble& trouble);
Letter pack(const End& end);
Letter pack(const Bye& bye);

/// Errors: ContractViolation for a letter that is damaged or of another kind.
Hello hello_from(const Letter& letter);
SourceLetter source_from(const Letter& letter);
TrialLetter trial_from(const Letter& letter);
ResultLetter result_from(const Letter& letter);
Trouble trouble_from(const Letter& letter);
End end_from(const Letter& letter);

}  // namespace ranvier::sweep
