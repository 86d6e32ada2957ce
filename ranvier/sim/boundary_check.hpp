#pragma once
// The converters of a workload: real encoders make the bits of boundary messages, real decoders
// read those that arrived, and every value is compared with what the trained integer network used.

#include "ranvier/codec/codec.hpp"
#include "ranvier/codec/damage.hpp"
#include "ranvier/codec/wire.hpp"
#include "ranvier/core/ledger.hpp"
#include "ranvier/sim/state_archive.hpp"
#include "ranvier/workload/workload.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace ranvier::sim {

class BoundaryCheck {
 public:
  struct Totals {
    int64_t events = 0;
    int64_t blocks = 0;
    int64_t values = 0;           // compared and found equal
    int64_t damaged_blocks = 0;   // with a damaged flit
    int64_t lost_blocks = 0;      // of them, unreadable
    int64_t values_damaged = 0;   // that differ, in damaged blocks
    int64_t value_error_sum = 0;  // of |difference|
  };

  /// `workload` must outlive it. `errors`: flips the bits of damaged flits where no checksum tells
  /// that they are. Errors: UserError for a codec or wire format that cannot be built.
  BoundaryCheck(const workload::Workload& workload, const arch::PackageSpec& package,
                const codec::BitErrors& errors = {});

  /// Encodes the block of a finished encode task and counts the work in `ledger`. The packets stay
  /// until decode(). Errors: RunError when packets, flits or bits differ from `message`, or events
  /// from the task.
  const std::vector<codec::Packet>& encode(const workload::Task& task,
                                           const workload::Message& message, core::Ledger& ledger);
  const std::vector<codec::Packet>& packets(int32_t block) const {
    return frames_[static_cast<size_t>(block)].packets;
  }

  /// Packet `index` of the block's message, for another process: it goes where its head goes. The
  /// sizes stay; of a block with several decoders the bytes, too.
  codec::WireFrame take(int32_t block, int32_t index);
  /// What take() gave in another process; `packets`: of the whole message.
  void put(int32_t block, int32_t index, int32_t packets, codec::WireFrame packet);

  /// Packet `index` of its block's message has reached the decode task `decoder` completely.
  void arrived(int32_t decoder, int32_t index) { arrivals_[slot(decoder)].push_back(index); }

  /// Flit `flit` of packet `packet` arrived there damaged.
  void damaged(int32_t decoder, int32_t packet, int32_t flit) {
    damages_[slot(decoder)].push_back({packet, flit});
  }

  /// Decodes what arrived at the decode task and compares every value. A damaged block may differ:
  /// what it lost is counted.
  /// Errors: RunError naming boundary, block and element when a packet is missing, twice or out of
  /// order, or a value differs.
  void decode(int32_t decoder, core::Ledger& ledger);

  const Totals& totals(size_t boundary) const { return totals_[boundary]; }

  /// What a checkpoint keeps: packets that were sent and not decoded yet, with what has arrived.
  void persist(StateWriter& archive);
  void persist(StateReader& archive);

 private:
  struct Converter {
    std::unique_ptr<codec::Codec> codec;
    std::unique_ptr<codec::WireFormat> wire;
  };

  template <class Archive>
  void persist_members(Archive& archive);
  codec::Frame frame_of(const workload::Block& block) const;
  size_t slot(int32_t decoder) const {
    return static_cast<size_t>(slots_[static_cast<size_t>(decoder)]);
  }
  bool is_shared(int32_t block) const { return decoders_[static_cast<size_t>(block)] > 1; }
  codec::WireFrame collect(int32_t decoder);
  std::vector<int32_t> values_of(const workload::Block& block, int32_t index,
                                 const codec::Frame& frame) const;
  void compare(const workload::Block& block, int32_t index, const codec::Frame& frame) const;
  void decode_damaged(int32_t decoder, codec::WireFrame wire, core::Ledger& ledger);
  static void count_rans(const codec::Frame& frame, core::Ledger& ledger);
  void count(const workload::Block& block, const codec::Frame& frame, bool encoding,
             core::Ledger& ledger) const;
  const Converter& converter(const workload::Block& block) const {
    return converters_[static_cast<size_t>(block.boundary)];
  }

  const workload::Workload& workload_;
  std::vector<Converter> converters_;                     // [boundaries]
  std::vector<codec::WireFrame> frames_;                  // [blocks] what was sent
  std::vector<int32_t> decoders_;                         // [blocks]
  std::vector<int32_t> slots_;                            // [tasks] number among decode tasks
  std::vector<std::vector<int32_t>> arrivals_;            // [slots] packets in order of arrival
  std::vector<std::vector<codec::DamagedFlit>> damages_;  // [slots]
  std::vector<Totals> totals_;                            // [boundaries]
  codec::LossyLink link_;
};

}  // namespace ranvier::sim
