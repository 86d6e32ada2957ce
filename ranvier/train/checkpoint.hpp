#pragma once
// The whole state of a training phase in one file that is either complete or absent.

#include "ranvier/train/boundary_counts.hpp"
#include "ranvier/train/torch_compat.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ranvier::train {

/// One finished epoch, as reported.
struct EpochRecord {
  int epoch = 0;
  double loss = 0;          // mean over the epoch's steps, task part
  double train_metric = 0;  // percent or bits per byte, running, on augmented images
  double test_metric = 0;   // float graph, on the first train.evaluate_samples test samples
  double learning_rate = 0;
  double events_per_neuron = 0;
  double wire_bits_per_neuron = 0;
  double lambda = 0;
  double seconds = 0;
  int64_t revived = 0;  // boundary channels brought back after this epoch
};

/// Where a phase stands: everything that the rest of it depends on.
struct Checkpoint {
  std::string signature;  // of the settings; a resume under others is refused
  int64_t step = 0;       // steps done
  bool is_finished = false;
  double seconds = 0;
  std::vector<double> sums;        // running sums of the epoch under way
  std::vector<double> controller;  // of the budget, if any
  std::vector<RansMeter> meters;   // of every boundary
  std::vector<EpochRecord> history;
  std::vector<torch::Tensor> model;       // parameters, then buffers
  std::vector<torch::Tensor> optimisers;  // every group's state
};

/// Errors: RunError when it cannot be written; the file before it then remains.
void write_checkpoint(const Checkpoint& checkpoint, const std::filesystem::path& path);

/// Nothing if there is no file. Errors: UserError when the file is damaged or its signature differs
/// (resume).
std::optional<Checkpoint> read_checkpoint(const std::filesystem::path& path,
                                          const std::string& signature);

/// Parameters and buffers of a module, in a fixed order; sharing storage with it.
std::vector<torch::Tensor> module_state(const torch::nn::Module& module);
void restore_module(torch::nn::Module& module, const std::vector<torch::Tensor>& state);

}  // namespace ranvier::train
