#pragma once
// Independent jobs on worker threads, each with one Torch thread: no barriers, and no result
// depends on the count.

#include <atomic>
#include <functional>
#include <vector>

namespace ranvier::train {

using Job = std::function<void()>;

/// Runs every job once, in list order, on up to `workers` threads. After the first failure `stop`
/// is raised and no job begins; jobs that watch `stop` end early. Errors: the first failure, once
/// all threads have ended.
void run_side_by_side(const std::vector<Job>& jobs, int workers, std::atomic<bool>& stop);

/// Settings of the calling thread: one Torch thread, subnormal numbers as zero.
void prepare_thread();

}  // namespace ranvier::train
