#pragma once
// How several processes learn that they train one network together: from the environment that
// torchrun sets, or from mpirun. No Torch.

#include <functional>
#include <optional>
#include <string>

namespace ranvier::train {

/// Which of the processes this one is, and where the first one waits for the others.
struct Launch {
  int rank = 0;
  int size = 1;
  std::string address = "127.0.0.1";
  int port = 29500;  // both are torchrun's defaults
  /// Which of the processes of its machine this one is, where that is known: chooses its GPU.
  std::optional<int> local_rank = {};
  /// Where launchers have a channel of their own: gives every process the port that the first one
  /// listens on, a free one. Empty: `port` is known to all.
  std::function<int(int port)> share_port = {};

  bool is_first() const { return rank == 0; }
  /// The one of `count` GPUs of its machine that this process computes on, so that all are used.
  int gpu_of(int count) const { return local_rank.value_or(rank) % count; }
};

/// Value of an environment variable, or null.
using Variable = std::function<const char*(const char* name)>;

/// From WORLD_SIZE, RANK, LOCAL_RANK, MASTER_ADDR and MASTER_PORT; one process without WORLD_SIZE
/// and RANK. Errors: UserError naming the variable.
Launch read_launch(const Variable& variable);

/// Errors: UserError when so many processes cannot share a batch evenly. `key`: of the batch.
void require_even_shares(const Launch& launch, int batch, const std::string& key);

}  // namespace ranvier::train
