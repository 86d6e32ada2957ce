#pragma once
// Quality of the variants whose links lose values: hardware's side writes what crosses where,
// training's side answers with a score.

#include "ranvier/ir/link_loss.hpp"
#include "ranvier/sweep/experiment.hpp"
#include "ranvier/sweep/results.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace ranvier::app {

class LossScoring {
 public:
  /// Decides what can be scored, and loads the test set when something is to be: a preset loses
  /// values, the bundles under `directory` have weights, and simulate.loss_samples is not 0.
  /// Errors: UserError when simulate.loss_samples is given and the weights are not there; those of
  /// the data set.
  LossScoring(const sweep::Experiment& experiment, const std::filesystem::path& directory,
              int threads, bool quiet);

  /// Scores what `result` lost, in `directory`/link_loss. Empty when nothing is to be scored.
  std::vector<ir::LossScore> score(const sweep::ExperimentResult& result) const;

 private:
  using Score =
      std::function<void(const std::vector<std::filesystem::path>& links, int64_t samples)>;

  const sweep::Experiment& experiment_;
  std::filesystem::path directory_;
  Score score_;  // empty: nothing is to be scored
};

}  // namespace ranvier::app
