#include "ranvier/sim/noc_trace.hpp"

#include "ranvier/sim/packet_stream.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ranvier::sim {

workload::Trace trace_of(const NocSpec& spec, int64_t cycle) {
  const arch::PackageSpec& package = spec.package;
  const Targets targets(spec.pattern, package.width(), package.height(), spec.hotspot);
  const int32_t flit_bits = package.packet.flit_bits();
  workload::Trace trace;
  trace.name = fmt::format("{} {:g}", to_string(spec.pattern), spec.rate);
  for (int tile = 0; tile < package.width() * package.height(); ++tile) {
    PacketStream stream(spec.seed, tile, spec.rate / spec.packet_flits, targets);
    for (; stream.created() < cycle; stream.advance(targets)) {
      workload::TraceMessage message;
      message.time = core::Cycles(stream.created());
      message.source = arch::coordinates(package, core::TileId(tile));
      message.target = arch::coordinates(package, core::TileId(stream.target()));
      message.packets = {{.packets = 1,
                          .flits = spec.packet_flits,
                          .first_flit_bits = flit_bits,
                          .flit_bits = flit_bits}};
      trace.messages.push_back(std::move(message));
    }
  }
  std::stable_sort(trace.messages.begin(), trace.messages.end(),
                   [](const auto& a, const auto& b) { return a.time < b.time; });
  for (size_t i = 0; i < trace.messages.size(); ++i) {
    trace.messages[i].id = static_cast<int64_t>(i);
  }
  return trace;
}

}  // namespace ranvier::sim
