#include "ranvier/workload/trace.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/workload/trace_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace ranvier::workload {

int64_t TraceMessage::packet_count() const {
  int64_t sum = 0;
  for (const auto& run : packets) sum += run.packets;
  return sum;
}

int64_t TraceMessage::flits() const {
  int64_t sum = 0;
  for (const auto& run : packets) sum += int64_t{run.packets} * run.flits;
  return sum;
}

int64_t TraceMessage::bits() const {
  int64_t sum = 0;
  for (const auto& run : packets) sum += run.packets * run.bits_per_packet();
  return sum;
}

std::vector<std::string> message_kind_names() { return {"dense", "spikes", "boundary", "control"}; }

std::string_view to_string(MessageKind kind) {
  constexpr std::string_view kNames[] = {"dense", "spikes", "boundary", "control"};
  return kNames[static_cast<size_t>(kind)];
}

void check_tiles(const Trace& trace, const arch::PackageSpec& package) {
  const auto check = [&](const TraceMessage& message, const char* end, arch::Coordinates at) {
    if (at.x < package.width() && at.y < package.height()) return;
    throw core::UserError(
        {.key = "trace",
         .given = fmt::format("message {} with {} tile ({}, {})", message.id, end, at.x, at.y),
         .allowed = fmt::format("x in 0..{} and y in 0..{}, the tiles of the package",
                                package.width() - 1, package.height() - 1),
         .place = {},
         .hint = "hardware.chips_x, hardware.chips_y and hardware.mesh make the package larger."});
  };
  for (const auto& message : trace.messages) {
    check(message, "source", message.source);
    check(message, "target", message.target);
  }
}

void check_sharing(const Trace& trace, const arch::PackageSpec& package) {
  for (const auto& message : trace.messages) {
    if (message.shares < 0) continue;
    const int32_t longest = std::ranges::max(message.packets, {}, &PacketRun::flits).flits;
    if (longest <= package.router.fork_flits) continue;
    throw core::UserError({.key = "hardware.router.fork_flits",
                           .given = std::to_string(package.router.fork_flits),
                           .allowed = fmt::format("at least {}, the longest packet of message {}",
                                                  longest, message.id),
                           .place = {},
                           .hint = "Packets for several targets fit a fork buffer."});
  }
}

void write_trace(const Trace& trace, const std::filesystem::path& path) {
  if (path.extension() == ".csv") {
    write_trace_csv(trace, path);
  } else {
    write_trace_hdf5(trace, path);
  }
}

Trace read_trace(const std::filesystem::path& path, const arch::PackageSpec& package) {
  return path.extension() == ".csv" ? read_trace_csv(path, package)
                                    : read_trace_hdf5(path, package);
}

}  // namespace ranvier::workload
