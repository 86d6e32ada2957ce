#pragma once
// From learned real numbers to the integers that are deployed, and the step to start learning from.
// Torch-free. Equations: docs/models/boundary-training.md, "grid".

#include "ranvier/codec/codec.hpp"
#include "ranvier/train/kernels/encode.hpp"

#include <span>
#include <vector>

namespace ranvier::train {

/// Learned numbers of a boundary, one per channel.
struct LearnedChannels {
  std::vector<double> step;       // activation of one level
  std::vector<double> threshold;  // activation at which it fires (rate: at which every step fires)
  std::vector<double> scale;      // decoded value of one level
  std::vector<double> beta;       // membrane kept per step; 1 = no leak
  // ttfs, for all channels alike:
  std::vector<double> level_threshold = {};  // [T-1] steps from which level 2, 3, ... is sent
  std::vector<double> level_value = {};      // [T] scales that level 1, 2, ... is worth
};

struct Grid {
  codec::BoundaryParams params;
  std::vector<ChannelScales>
      scales;  // gains and effective (projected) scales; surrogate width not set
};

/// Nearest integers. Multipliers share one shift: a channel within a factor 4 of the largest scale
/// keeps 12 bits.
Grid project(const codec::CodecSpec& spec, const LearnedChannels& learned);

/// F: the most fractional bits (at most 8) for which the largest level fits a 16-bit current.
int current_frac_bits(const codec::CodecSpec& spec);

/// Levels of a ttfs code before training: value of level l, in steps, and the thresholds between
/// them. `ratio` 1: even levels 1, 2, ..., T; above: from 1 to T on a logarithmic scale.
struct LevelGrid {
  std::vector<double> threshold;  // [T-1]
  std::vector<double> value;      // [T]
};
LevelGrid level_grid(int window, bool is_logarithmic);

/// Step of least mean square error of a code with those levels, by grid search; elements below half
/// of the first level are silent. Returns 0 when there is nothing to code.
double best_level_step(std::span<const float> activations, const LevelGrid& levels, bool is_signed);

/// Mean square error of that code.
double level_error(std::span<const float> activations, double step, const LevelGrid& levels,
                   bool is_signed);

/// Step of least mean square error of the uniform quantiser with levels up to `top`, by grid
/// search. Negative values count as 0 unless signed. Returns 0 when there is nothing to code.
double best_step(std::span<const float> activations, int top, bool is_signed);

/// Mean square error of that quantiser.
double quantiser_error(std::span<const float> activations, double step, int top, bool is_signed);

}  // namespace ranvier::train
