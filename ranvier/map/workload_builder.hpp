#pragma once
// What build_workload makes, piece by piece: tasks in build.cpp, messages in build_messages.cpp.
// Private to map/.

#include "ranvier/map/block.hpp"
#include "ranvier/map/delivery.hpp"
#include "ranvier/map/mapper.hpp"
#include "ranvier/map/spikes.hpp"
#include "ranvier/map/work.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace ranvier::map {

/// Index of the task of (step, item) in a run of tasks that is ordered by step, then item.
struct TaskRange {
  int32_t first = 0;
  int32_t items = 0;
  int32_t at(int step, size_t item) const {
    return first + step * items + static_cast<int32_t>(item);
  }
};

/// Tasks and messages of one inference.
class WorkloadBuilder {
 public:
  /// The references must outlive it. Errors: those of build_workload.
  WorkloadBuilder(const ir::Network& network, const Mapping& mapping, const ir::Activity& activity,
                  int sample, codec::WireKind wire, const arch::PackageSpec& package);
  workload::Workload build();

 private:
  void describe_boundary(size_t b, codec::WireKind wire);
  int boundary_of(size_t layer) const;
  int width_of(bool current, int boundary) const;
  void collect_received();
  void note_received(int source, int boundary, const Region& sent, const Delivery& delivery);
  void add_layer(size_t layer);
  void add_compute(size_t layer, int step, size_t tile);
  void add_converters(size_t layer, size_t boundary);
  workload::Task add_block(size_t layer, size_t boundary, int step, size_t crossing);
  void add_frame(const codec::WireFrame& wire, int64_t events);
  void send_layer(size_t layer);
  void send_outputs(size_t layer, int step, size_t tile);
  void send_to_encoders(size_t layer, size_t boundary, int step, size_t tile);
  void send_blocks(size_t layer, size_t boundary);
  /// `boundary` of the decoder that sends; -1: the tile itself.
  void send_deliveries(int32_t source, int layer, int boundary, int step, const Region& sent,
                       const std::vector<Delivery>& deliveries);
  workload::Message message_of(int32_t source, int layer, int boundary, int step,
                               const Region& sent, const Delivery& delivery) const;
  workload::Message whole_message(int32_t source, int layer, int boundary, int step,
                                  const Region& box, bool current) const;
  /// The message to all of them, as the mapping delivers.
  void send(const workload::Message& message, const std::vector<int32_t>& targets);
  bool multicast() const { return mapping_.delivery == DeliveryMode::kMulticast; }
  bool takes_image(size_t layer) const {
    return network_.layers[static_cast<size_t>(network_.layers[layer].input)].op == ir::Op::kInput;
  }
  int32_t steps_of(size_t layer) const {
    return network_.layers[layer].op == ir::Op::kInput ? 1 : steps_;
  }
  workload::Message dense(int32_t source, int64_t elements, int bits) const;
  workload::Message events(int32_t source, int64_t count, workload::MessageKind kind) const;

  const ir::Network& network_;
  const Mapping& mapping_;
  const arch::PackageSpec& package_;
  int sample_;
  bool spiking_;
  int steps_;
  Deliveries deliveries_;
  Spikes spikes_;
  std::vector<BoundarySource> sources_;
  std::vector<std::unique_ptr<codec::WireFormat>> wires_;
  std::vector<std::vector<std::vector<Received>>> received_;  // [layer][step][tile]
  std::vector<TaskRange> compute_;                            // [layer]
  std::vector<std::vector<int32_t>> encode_;  // [boundary][step x crossings + crossing] the task
                                              // that encodes for it; shared with those before it
  std::vector<std::vector<int32_t>> decode_;  // the same
  std::vector<workload::Message> crossing_;   // [block], to its first decoder
  workload::Workload out_;
};

}  // namespace ranvier::map
