#pragma once
// Processes that train one network together, each on its part of every batch. Collectives by
// LibTorch's own c10d. Equations: docs/models/data-parallel.md.

#include "ranvier/core/error.hpp"
#include "ranvier/train/launch.hpp"
#include "ranvier/train/torch_compat.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ranvier::train {

/// The processes of one training; often just this one. All of them make the same calls in the same
/// order, from one thread at a time. Errors: RunError when another process ended.
class Processes : public torch::CustomClassHolder {
 public:
  virtual int rank() const = 0;
  virtual int size() const = 0;
  bool is_first() const { return rank() == 0; }

  /// Replaces `values` (contiguous) by their sum over the processes, the same bits on each.
  virtual void all_reduce(torch::Tensor values) = 0;
  /// Replaces `values` (contiguous) by those of the first process.
  virtual void broadcast(torch::Tensor values) = 0;

  /// Sum over the processes, value by value.
  std::vector<double> sum(std::vector<double> values);
  /// Whether all have the same number. Also a barrier: returns when every process has called it.
  bool agree(int64_t value);
};
using ProcessesPtr = c10::intrusive_ptr<Processes>;

/// This process alone: every sum is what is summed.
ProcessesPtr one_process();

/// Gives tensors of any layout the values that the first process has.
void broadcast_all(Processes& processes, const std::vector<torch::Tensor>& tensors);

/// Replaces gradients by their means over the processes, in one message.
void average_gradients(Processes& processes, const std::vector<torch::Tensor>& parameters);

/// Mean over the processes, differentiable: its gradient is the mean of their gradients, so that
/// mean gradients of the processes' losses are the gradient of the mean loss.
torch::Tensor mean_over(const ProcessesPtr& processes, const torch::Tensor& values);

/// The first `rows` rows of the whole batch, of which this process has `part`; no gradient.
torch::Tensor first_rows(Processes& processes, const torch::Tensor& part, int64_t rows);

/// Of a module that computes something over the whole batch when it trains.
class SharesBatch {
 public:
  virtual ~SharesBatch() = default;
  void set_processes(ProcessesPtr processes) { processes_ = std::move(processes); }

 protected:
  SharesBatch() = default;
  SharesBatch(const SharesBatch&) = default;
  SharesBatch& operator=(const SharesBatch&) = default;
  const ProcessesPtr& processes() const { return processes_; }

 private:
  ProcessesPtr processes_ = one_process();
};

/// Where processes meet.
class Rendezvous {
 public:
  virtual ~Rendezvous() = default;
  /// The processes, for the training of that name: trainings of different names may run in
  /// different threads. Waits for all; all ask in the same order. Errors: RunError when they do not
  /// come.
  virtual ProcessesPtr join(const std::string& training) = 0;
};

/// Errors: UserError when this build has no c10d (key `processes`), or when the first process
/// cannot listen (key `MASTER_PORT`); RunError when the first one is out of reach.
std::unique_ptr<Rendezvous> make_rendezvous(const Launch& launch);

/// The same for two and more processes; only in builds that found c10d with Gloo.
std::unique_ptr<Rendezvous> make_c10d_rendezvous(const Launch& launch);

/// What the other builds say of two and more processes.
core::UserError no_processes(const Launch& launch);

}  // namespace ranvier::train
