#pragma once
// Recorded activity of a trained network: activity.h5 (HDF5, schema 1).
//   /                       attributes: schema, variant, samples; origin where it is assumed
//   /labels, /predictions   int32 [S]
//   /boundaries/<name>/current   int16 [S][N]      encoder inputs (HNN and dense boundaries)
//   /boundaries/<name>/symbols   int8 or int16 [S][T][N]   what the encoder sent
//   /boundaries/<name>/value     int32 [S][N]      what the far chip computed with
//   /layers/<name>/spikes        uint8 [S][T][N]   SNN only: spikes of every layer

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace ranvier::ir {

struct BoundaryActivity {
  int elements = 0;
  int steps = 1;
  std::vector<int16_t>
      current;  // [S][N]; empty for SNN boundaries, whose spikes come from the neurons themselves
  std::vector<int16_t> symbols;  // [S][T][N]
  std::vector<int32_t> value;    // [S][N]
};

struct Activity {
  std::string variant;
  bool assumed = false;  // made up, not recorded; labels and predictions are then -1
  int samples = 0;
  int steps = 1;  // T of layer_spikes
  std::vector<int32_t> labels;
  std::vector<int32_t> predictions;
  std::map<std::string, BoundaryActivity> boundaries;
  std::map<std::string, std::vector<uint8_t>> layer_spikes;  // [S][T][N], SNN only
};

/// Errors: UserError when the file is missing, truncated or of another schema (names dataset and
/// cause).
Activity read_activity(const std::filesystem::path& path);

/// Whole or absent. Errors: RunError when it cannot be written.
void write_activity(const Activity& activity, const std::filesystem::path& path);

}  // namespace ranvier::ir
