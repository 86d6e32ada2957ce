// Traces as HDF5: one dataset per column, lists as one long dataset and the place where each
// message's part of it begins.

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/hdf5/file.hpp"
#include "ranvier/workload/trace_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ranvier::workload {
namespace {

constexpr int64_t kSchema = 1;
const std::string kUnit = "core cycles";

using Column = std::vector<int64_t>;

const std::vector<std::string>& known_columns() {
  static const std::vector<std::string> names{
      "bits",     "delay_cycles", "depends",     "depends_first", "flits",    "id",
      "kind",     "packets",      "shape",       "shape_first",   "source_x", "source_y",
      "target_x", "target_y",     "time_cycles", "spread_cycles", "shares"};
  return names;
}

void write_column(hdf5::Writer& file, const std::string& name, const Column& values, int64_t wide) {
  const std::array<int64_t, 2> dims{static_cast<int64_t>(values.size()) / wide, wide};
  file.dataset<int64_t>("/" + name, std::span(dims).first(wide == 1 ? 1 : 2), values);
}

template <class Get>
void write_each(hdf5::Writer& file, const Trace& trace, const std::string& name, Get get) {
  Column values;
  for (const TraceMessage& message : trace.messages) values.push_back(get(message));
  write_column(file, name, values, 1);
}

void write_shape(hdf5::Writer& file, const Trace& trace) {
  Column first{0}, values;
  for (const TraceMessage& message : trace.messages) {
    for (const PacketRun& run : message.packets) {
      for (const int32_t value : {run.packets, run.flits, run.first_flit_bits, run.flit_bits}) {
        values.push_back(value);
      }
    }
    first.push_back(static_cast<int64_t>(values.size()) / 4);
  }
  write_column(file, "shape_first", first, 1);
  write_column(file, "shape", values, 4);
}

/// Nothing when no message waits for another.
void write_depends(hdf5::Writer& file, const Trace& trace) {
  Column first{0}, values;
  for (const TraceMessage& message : trace.messages) {
    values.insert(values.end(), message.depends.begin(), message.depends.end());
    first.push_back(static_cast<int64_t>(values.size()));
  }
  if (values.empty()) return;
  write_column(file, "depends_first", first, 1);
  write_column(file, "depends", values, 1);
}

void write_to(hdf5::Writer& file, const Trace& trace) {
  file.attribute("schema", kSchema);
  file.attribute("name", trace.name);
  file.attribute("time_unit", kUnit);
  file.attribute("kinds", fmt::format("{}", fmt::join(message_kind_names(), ",")));
  using M = TraceMessage;
  write_each(file, trace, "id", [](const M& m) { return m.id; });
  write_each(file, trace, "time_cycles", [](const M& m) { return m.time.value(); });
  write_each(file, trace, "source_x", [](const M& m) { return m.source.x; });
  write_each(file, trace, "source_y", [](const M& m) { return m.source.y; });
  write_each(file, trace, "target_x", [](const M& m) { return m.target.x; });
  write_each(file, trace, "target_y", [](const M& m) { return m.target.y; });
  write_each(file, trace, "kind", [](const M& m) { return static_cast<int64_t>(m.kind); });
  write_each(file, trace, "packets", [](const M& m) { return m.packet_count(); });
  write_each(file, trace, "flits", [](const M& m) { return m.flits(); });
  write_each(file, trace, "bits", [](const M& m) { return m.bits(); });
  write_each(file, trace, "delay_cycles", [](const M& m) { return m.delay.value(); });
  write_each(file, trace, "spread_cycles", [](const M& m) { return m.spread.value(); });
  if (shares_packets(trace)) {
    write_each(file, trace, "shares", [](const M& m) { return m.shares; });
  }
  write_shape(file, trace);
  write_depends(file, trace);
}

class Hdf5Rows {
 public:
  explicit Hdf5Rows(const hdf5::Reader& file) : file_(file) {
    const int64_t schema = file.integer_attribute("schema");
    if (schema != kSchema) file.refuse("@schema", fmt::to_string(schema), fmt::to_string(kSchema));
    const std::string unit = file.text_attribute("time_unit");
    if (unit != kUnit) file.refuse("@time_unit", "'" + unit + "'", "'" + kUnit + "'");
    for (const auto& name : file.members("/")) {
      const auto& known = known_columns();
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      const std::string near = core::nearest_name(name, known);
      file.refuse("/" + name, "an unknown dataset", fmt::format("{}", fmt::join(known, ", ")),
                  near.empty() ? "" : "Did you mean '" + near + "'?");
    }
    rows_.resize(static_cast<size_t>(file.dims("/time_cycles").front()));
  }

  std::vector<TraceRow> rows() {
    each("time_cycles", [](TraceRow& row, int64_t v) { row.time = v; });
    each("source_x", [](TraceRow& row, int64_t v) { row.source_x = v; });
    each("source_y", [](TraceRow& row, int64_t v) { row.source_y = v; });
    each("target_x", [](TraceRow& row, int64_t v) { row.target_x = v; });
    each("target_y", [](TraceRow& row, int64_t v) { row.target_y = v; });
    each("bits", [](TraceRow& row, int64_t v) { row.bits = v; });
    maybe("id", [](TraceRow& row, int64_t v) { row.id = v; });
    maybe("packets", [](TraceRow& row, int64_t v) { row.packets = v; });
    maybe("flits", [](TraceRow& row, int64_t v) { row.flits = v; });
    maybe("delay_cycles", [](TraceRow& row, int64_t v) { row.delay = v; });
    maybe("spread_cycles", [](TraceRow& row, int64_t v) { row.spread = v; });
    maybe("shares", [](TraceRow& row, int64_t v) { row.shares = v; });
    maybe("kind", [this](TraceRow& row, int64_t v) { row.kind = kind(v); });
    if (file_.has("/shape") || file_.has("/shape_first")) read_shape();
    if (file_.has("/depends") || file_.has("/depends_first")) read_depends();
    return std::move(rows_);
  }

 private:
  template <class Set>
  void each(const std::string& name, Set set) {
    require_dims(name, {static_cast<int64_t>(rows_.size())});
    const Column values = file_.read<int64_t>("/" + name);
    for (size_t row = 0; row < rows_.size(); ++row) set(rows_[row], values[row]);
  }

  template <class Set>
  void maybe(const std::string& name, Set set) {
    if (file_.has("/" + name)) each(name, set);
  }

  void require_dims(const std::string& name, const std::vector<int64_t>& expected) const {
    const auto found = file_.dims("/" + name);
    if (found == expected) return;
    file_.refuse("/" + name, fmt::format("dimensions [{}]", fmt::join(found, ", ")),
                 fmt::format("[{}]", fmt::join(expected, ", ")), "One value per message.");
  }

  MessageKind kind(int64_t value) const {
    const auto names = message_kind_names();
    if (value >= 0 && value < static_cast<int64_t>(names.size())) {
      return static_cast<MessageKind>(value);
    }
    file_.refuse("/kind", fmt::to_string(value),
                 fmt::format("0..{} for {}", names.size() - 1, fmt::join(names, ", ")));
  }

  /// Where each message's part of `list` begins, and the end of the last one.
  Column first(const std::string& list, int64_t size) const {
    const std::string name = list + "_first";
    require_dims(name, {static_cast<int64_t>(rows_.size()) + 1});
    const Column values = file_.read<int64_t>("/" + name);
    if (values.front() != 0 || values.back() != size ||
        !std::is_sorted(values.begin(), values.end())) {
      file_.refuse("/" + name, "values that do not cut it into parts",
                   fmt::format("rising values from 0 to {}, the rows of {}", size, list));
    }
    return values;
  }

  void read_shape() {
    const auto dims = file_.dims("/shape");
    require_dims("shape", {dims.front(), 4});
    const Column begin = first("shape", dims.front());
    const Column values = file_.read<int64_t>("/shape");
    const auto value = [&](int64_t run, int64_t part) {
      const int64_t v = values[static_cast<size_t>(run * 4 + part)];
      if (v < 0 || v > kMostFlits) {
        file_.refuse("/shape", fmt::to_string(v), fmt::format("0..{}", kMostFlits));
      }
      return static_cast<int32_t>(v);
    };
    for (size_t row = 0; row < rows_.size(); ++row) {
      for (int64_t run = begin[row]; run < begin[row + 1]; ++run) {
        rows_[row].runs.push_back({value(run, 0), value(run, 1), value(run, 2), value(run, 3)});
      }
    }
  }

  void read_depends() {
    const auto dims = file_.dims("/depends");
    require_dims("depends", {dims.front()});
    const Column begin = first("depends", dims.front());
    const Column values = file_.read<int64_t>("/depends");
    for (size_t row = 0; row < rows_.size(); ++row) {
      rows_[row].depends.assign(values.begin() + begin[row], values.begin() + begin[row + 1]);
    }
  }

  const hdf5::Reader& file_;
  std::vector<TraceRow> rows_;
};

}  // namespace

Trace read_trace_hdf5(const std::filesystem::path& path, const arch::PackageSpec& package) {
  const hdf5::Reader file(path, {"trace", "a message trace", "ranvier simulate --trace"});
  const auto rows = Hdf5Rows(file).rows();
  const RefuseCell refuse = [&](size_t row, const std::string& column, std::string given,
                                std::string allowed, std::string hint) {
    file.refuse("/" + column, fmt::format("{} in row {}", given, row), std::move(allowed),
                std::move(hint));
  };
  return trace_of_rows(file.text_attribute("name"), rows, package, refuse);
}

void write_trace_hdf5(const Trace& trace, const std::filesystem::path& path) {
  core::write_atomic(path, [&](const std::filesystem::path& temporary) {
    hdf5::Writer file(temporary);
    write_to(file, trace);
    file.close();
  });
}

}  // namespace ranvier::workload
