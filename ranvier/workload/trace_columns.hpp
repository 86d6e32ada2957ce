#pragma once
// What the two file formats of a trace share: rows before they are checked, and the rules that make
// a trace of them. Private to workload/.

#include "ranvier/workload/trace.hpp"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ranvier::workload {

inline constexpr int64_t kMostCycles = int64_t{1} << 53;
inline constexpr int64_t kMostFlitBits = 65535;
inline constexpr int64_t kMostFlits = (int64_t{1} << 31) - 1;

/// One message as a file gives it; absent where it leaves a column out.
struct TraceRow {
  std::optional<int64_t> id;
  int64_t time = 0;
  int64_t source_x = 0, source_y = 0, target_x = 0, target_y = 0;
  std::optional<MessageKind> kind;
  std::optional<int64_t> packets, flits;
  int64_t bits = 0;
  std::vector<PacketRun> runs;  // empty: equal packets
  std::vector<int64_t> depends;
  int64_t delay = 0;
  int64_t spread = 0;
  int64_t shares = -1;
};

/// The column `shares` is written where a message does.
inline bool shares_packets(const Trace& trace) {
  return std::ranges::any_of(trace.messages, [](const auto& m) { return m.shares >= 0; });
}

/// Throws the UserError about a column of a row, with file and line or dataset.
using RefuseCell = std::function<void(size_t row, const std::string& column, std::string given,
                                      std::string allowed, std::string hint)>;

/// Errors: through `refuse`, see read_trace.
Trace trace_of_rows(std::string name, const std::vector<TraceRow>& rows,
                    const arch::PackageSpec& package, const RefuseCell& refuse);

Trace read_trace_csv(const std::filesystem::path& path, const arch::PackageSpec& package);
void write_trace_csv(const Trace& trace, const std::filesystem::path& path);
Trace read_trace_hdf5(const std::filesystem::path& path, const arch::PackageSpec& package);
void write_trace_hdf5(const Trace& trace, const std::filesystem::path& path);

}  // namespace ranvier::workload
