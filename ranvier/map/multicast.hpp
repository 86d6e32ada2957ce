#pragma once
// Messages that fork on their way: who shares one, and when that pays.

#include "ranvier/map/region.hpp"
#include "ranvier/workload/workload.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace ranvier::map {

/// Tasks that may share the packets of one message.
struct Readers {
  Region box;  // of the sender's outputs, that holds all they need
  workload::Message message;
  std::vector<int32_t> tasks;  // each once
};

/// A burst in packets that a fork buffer holds: several, each with a header flit of its own, where
/// one would be too long.
workload::Message cut_to(workload::Message burst, int fork_flits);

/// Readers of other parts join where one message to all, with the box around what they need, moves
/// fewer flits through ports and routers. Taken one by one, largest first. `whole`: the message for
/// a box. `tasks`: of the workload. Cost: O(n^2) trees for n readers.
std::vector<Readers> join(std::vector<Readers> readers, const arch::PackageSpec& package,
                          const std::vector<workload::Task>& tasks,
                          const std::function<workload::Message(const Region&)>& whole);

/// Appends a message to several tasks along a tree, or as a copy for each where the tree would move
/// more flits or may not fork. Cost: O(n) for n tasks, and the columns of the tree for each.
void append_to_all(const workload::Message& message, const std::vector<int32_t>& targets,
                   const arch::PackageSpec& package, workload::Workload& workload);

/// What the trees of a workload ask of routers.
struct TreeUse {
  int64_t trees = 0;         // different ones
  int64_t most_entries = 0;  // trees through one router
  int64_t messages = 0;      // that are sent along trees
  int64_t targets = 0;       // of these, all together
};

/// Cost: O(routers of all trees).
TreeUse tree_use(const workload::Workload& workload, const arch::PackageSpec& package);

/// Errors: UserError (mapping.delivery) when there are more trees than dx and dy of a packet can
/// name.
void require_names(const TreeUse& use, const arch::PackageSpec& package);

}  // namespace ranvier::map
