#include "ranvier/core/error.hpp"
#include "ranvier/workload/workload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace ranvier::workload {
namespace {

bool is_index(int32_t index, size_t size) {
  return index >= 0 && static_cast<size_t>(index) < size;
}

/// Names what is checked; builds the message only when a rule is broken.
struct Place {
  std::string_view what;
  size_t index;
  void require(bool holds, std::string_view rule) const {
    if (!holds) RANVIER_CONTRACT(false, fmt::format("{} {}: {}", what, index, rule));
  }
};

void check_task(const Workload& workload, size_t index, int32_t tiles) {
  const Task& task = workload.tasks[index];
  const Place where{"task", index};
  where.require(task.tile.index() >= 0 && task.tile.index() < tiles, "tile off package");
  where.require(is_index(task.layer, workload.layer_names.size()), "no such layer");
  where.require(task.service.value() >= 0, "negative service");
  where.require(task.stream.value() >= 0 && task.stream <= task.service,
                "streams longer than it works");
  where.require(
      std::min({task.macs, task.acs, task.lif_updates, task.weight_read_bits, task.state_read_bits,
                task.state_write_bits, task.events, task.rans_symbols}) >= 0,
      "negative count");
  const bool has_block = is_index(task.block, workload.blocks.size());
  where.require(converts(task) ? has_block : task.block == -1,
                "block belongs to encode and decode tasks, and to all of them");
}

void check_message(const Workload& workload, size_t index) {
  const Message& message = workload.messages[index];
  const Place where{"message", index};
  where.require(is_index(message.source, workload.tasks.size()), "no such source");
  where.require(is_index(message.target, workload.tasks.size()), "no such target");
  where.require(index == 0 || workload.messages[index - 1].source <= message.source,
                "not grouped by source");
  where.require(message.packets > 0 && message.flits_per_packet > 0, "empty");
  where.require(message.bits_per_flit > 0 && message.first_flit_bits() > 0, "flits without bits");
  const Task& source = workload.tasks[static_cast<size_t>(message.source)];
  const Task& target = workload.tasks[static_cast<size_t>(message.target)];
  where.require(target.kind != TaskKind::kSource, "into a source task");
  const bool encodes = source.kind == TaskKind::kEncode && target.kind == TaskKind::kDecode;
  where.require((message.kind == MessageKind::kBoundary) == encodes &&
                    (!encodes || source.block == target.block),
                "boundary messages join the encoder and the decoder of one block");
}

/// A branch goes where no other copy goes, and is what the others are. `first`: index of the
/// message whose packets it shares.
void check_branch(const Workload& workload, size_t index, size_t first,
                  const arch::PackageSpec& package) {
  const Place where{"message", index};
  const Message& branch = workload.messages[index];
  const Message& shared = workload.messages[first];
  where.require(branch.source == shared.source && branch.kind == shared.kind &&
                    branch.packets == shared.packets &&
                    branch.flits_per_packet == shared.flits_per_packet &&
                    branch.bits_per_flit == shared.bits_per_flit && branch.bits == shared.bits,
                "differs from the message whose packets it shares");
  where.require(branch.flits_per_packet <= package.router.fork_flits,
                "packets longer than a fork buffer");
}

/// Messages that share packets: one task gets them once.
void check_branches(const Workload& workload, const arch::PackageSpec& package) {
  std::set<int32_t> targets;
  size_t first = 0;
  for (size_t m = 0; m < workload.messages.size(); ++m) {
    const Message& message = workload.messages[m];
    if (!message.branch) {
      first = m;
      targets.clear();
    } else {
      Place{"message", m}.require(m > 0, "shares packets with no other");
      check_branch(workload, m, first, package);
    }
    Place{"message", m}.require(targets.insert(message.target).second,
                                "shares packets with another to the same task");
  }
}

void check_block(const Workload& workload, size_t index) {
  const Block& block = workload.blocks[index];
  const Place where{"block", index};
  where.require(is_index(block.boundary, workload.boundaries.size()), "no such boundary");
  const auto& boundary = workload.boundaries[static_cast<size_t>(block.boundary)];
  const size_t size = block.elements.size();
  where.require(size > 0, "no elements");
  where.require(block.channel.size() == size && block.expected.size() == size,
                "channel and expected need one entry per element");
  const bool spiking = block.step >= 0;
  where.require(
      block.current.size() == (spiking ? 0 : size) && block.symbols.size() == (spiking ? size : 0),
      "currents of a codec block, symbols of a spiking one");
  for (const uint32_t element : block.elements) {
    where.require(element < boundary.elements, "element off the boundary tensor");
  }
  for (const uint16_t channel : block.channel) {
    where.require(spiking || channel < boundary.params.channels.size(),
                  "channel without parameters");
  }
}

/// Every block: one encode task, and as many decode tasks as boundary messages, which share their
/// packets.
void check_block_tasks(const Workload& workload) {
  std::vector<int> encoders(workload.blocks.size()), decoders(encoders), messages(encoders),
      branches(encoders);
  for (const Task& task : workload.tasks) {
    if (task.kind == TaskKind::kEncode) ++encoders[static_cast<size_t>(task.block)];
    if (task.kind == TaskKind::kDecode) ++decoders[static_cast<size_t>(task.block)];
  }
  for (const Message& message : workload.messages) {
    if (message.kind != MessageKind::kBoundary) continue;
    const auto block =
        static_cast<size_t>(workload.tasks[static_cast<size_t>(message.source)].block);
    ++(message.branch ? branches : messages)[block];
  }
  for (size_t b = 0; b < workload.blocks.size(); ++b) {
    Place{"block", b}.require(
        encoders[b] == 1 && decoders[b] == 1 + branches[b] && messages[b] == 1,
        fmt::format("{} encoders, {} decoders, {} messages, {} branches", encoders[b], decoders[b],
                    messages[b], branches[b]));
  }
}

/// Removes tasks without open inputs until none is left (Kahn 1962).
}  // namespace

bool converts(const Task& task) {
  return task.kind == TaskKind::kEncode || task.kind == TaskKind::kDecode;
}

void check(const Workload& workload, const arch::PackageSpec& package) {
  const int32_t tiles = package.width() * package.height();
  for (size_t b = 0; b < workload.blocks.size(); ++b) check_block(workload, b);
  for (size_t t = 0; t < workload.tasks.size(); ++t) check_task(workload, t, tiles);
  for (size_t m = 0; m < workload.messages.size(); ++m) check_message(workload, m);
  check_branches(workload, package);
  check_block_tasks(workload);
  RANVIER_CONTRACT(topological_order(workload).size() == workload.tasks.size(),
                   "tasks wait for each other in a cycle");
}

core::Cycles compute_cycles(const Task& task, const arch::ComputeSpec& compute) {
  return core::Cycles(core::ceil_div(task.macs, compute.macs_per_cycle) +
                      core::ceil_div(task.acs, compute.acs_per_cycle) +
                      core::ceil_div(task.lif_updates, compute.lif_updates_per_cycle));
}

}  // namespace ranvier::workload
