#pragma once
// A sweep as written down: its file, its axes, and the points they span. docs/models/sweep.md has
// the schema.

#include "ranvier/config/values.hpp"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace ranvier::sweep {

enum class Fidelity : uint8_t { kCycle, kAnalytic };
std::string_view to_string(Fidelity fidelity);

/// How axes make points.
enum class Combine : uint8_t {
  kGrid,    // every combination; the last axis varies fastest
  kList,    // the first values of all axes, the second ones, ...
  kRandom,  // every axis drawn by itself, `samples` times
  kLhs,     // the same, with one draw in each of `samples` equal strata of every axis
};

/// One configuration key and what it is set to.
struct Axis {
  std::string key;
  std::vector<std::string> values;  // as behind --set KEY=; empty for a range that is sampled
  const config::Field* field = nullptr;
  double from = 0;  // of a range, in the base unit of the key
  double to = 0;
  bool log = false;
  std::string place;  // "sweep.yaml:7"
};

struct SweepSpec {
  std::string name;
  std::string file;            // its path, for messages
  std::string text;            // what it holds
  std::filesystem::path base;  // an experiment file, or the directory of a trained run
  Fidelity fidelity = Fidelity::kCycle;
  std::vector<std::string> presets;   // empty: those of the base
  std::vector<std::string> variants;  // empty: every trained one
  std::string x;                      // columns of the Pareto front
  std::string y;
  uint64_t seed = 1;
  Combine combine = Combine::kGrid;
  int samples = 0;         // random and lhs
  bool break_even = true;  // evaluate the link rates of the break-even map
  std::vector<Axis> axes;
};

/// Keys of a sweep file.
std::span<const config::Field> sweep_schema();

/// `fields`: every key of an experiment; it must outlive the result. `base` and `seed`, where
/// given, replace those of the file. Errors: UserError with the place in the file: unknown keys
/// (nearest name), a range over a key that is no number, axes of unequal length in a list, samples
/// without sampling and the other way round.
struct SweepOverrides {
  std::string base;
  std::vector<std::string> seed;  // at most one "seed=N"
};
SweepSpec load_sweep(const std::filesystem::path& file, const SweepOverrides& overrides,
                     std::span<const config::Field> fields);

/// One point: the value of every axis, in order of the axes.
using Assignment = std::vector<std::string>;

/// Every point, in an order that depends on the file and the seed alone.
/// Errors: UserError (key "axes") for more than a million points.
std::vector<Assignment> points_of(const SweepSpec& spec);

/// "hardware.mesh=8", ... as config::load takes them.
std::vector<std::string> overrides_of(const SweepSpec& spec, const Assignment& point);

/// What an axis can be set to: its values, or the ends of a range.
std::vector<std::string> extremes_of(const Axis& axis);

/// The field that declares `key` ("variants.hnn.wire" is declared by "variants.*.wire"); null when
/// none does.
const config::Field* find_field(std::span<const config::Field> fields, std::string_view key);

}  // namespace ranvier::sweep
