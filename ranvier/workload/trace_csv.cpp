// Traces as CSV: a header line that names the columns, one message per line, no quotes.

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/workload/trace_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>

namespace ranvier::workload {
namespace {

const std::vector<std::string> kRequired{"time_cycles", "source_x", "source_y",
                                         "target_x",    "target_y", "bits"};
const std::vector<std::string> kOptional{"id",           "kind",          "packets",
                                         "flits",        "shape",         "depends",
                                         "delay_cycles", "spread_cycles", "shares"};

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (size_t start = 0; start <= text.size();) {
    const size_t end = std::min(text.find(separator, start), text.size());
    parts.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

std::optional<int64_t> whole(std::string_view text) {
  int64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

class CsvReader {
 public:
  explicit CsvReader(const std::filesystem::path& path)
      : path_(path), text_(core::read_file(path, "trace")) {
    if (text_.empty() || text_.back() != '\n') {
      refuse_line(static_cast<size_t>(std::count(text_.begin(), text_.end(), '\n')), "trace",
                  "a last line without line break", "whole lines", "It may be truncated.");
    }
    lines_ = split(std::string_view(text_).substr(0, text_.size() - 1), '\n');
    for (auto& line : lines_) {
      if (line.ends_with('\r')) line.remove_suffix(1);
    }
    read_header();
  }

  std::vector<TraceRow> rows() {
    std::vector<TraceRow> rows;
    for (row_ = 0; row_ + 1 < lines_.size(); ++row_) {
      cells_ = split(lines_[row_ + 1], ',');
      if (cells_.size() != columns_) {
        refuse("trace", fmt::format("{} cells", cells_.size()),
               fmt::format("{}, one per column", columns_), "It may be truncated.");
      }
      rows.push_back(row());
    }
    if (rows.empty()) refuse_line(0, "trace", "no messages", "one message per line", "");
    return rows;
  }

  /// Of the message in row `row`; line 1 is the header.
  [[noreturn]] void refuse_row(size_t row, const std::string& column, std::string given,
                               std::string allowed, std::string hint) const {
    refuse_line(row + 1, column, std::move(given), std::move(allowed), std::move(hint));
  }

 private:
  [[noreturn]] void refuse_line(size_t line, const std::string& column, std::string given,
                                std::string allowed, std::string hint) const {
    throw core::UserError({.key = column,
                           .given = std::move(given),
                           .allowed = std::move(allowed),
                           .place = fmt::format("{}:{}", path_.string(), line + 1),
                           .hint = std::move(hint)});
  }
  [[noreturn]] void refuse(const std::string& column, std::string given, std::string allowed,
                           std::string hint = {}) const {
    refuse_row(row_, column, std::move(given), std::move(allowed), std::move(hint));
  }

  void read_header() {
    std::vector<std::string> known = kRequired;
    known.insert(known.end(), kOptional.begin(), kOptional.end());
    for (const std::string_view name : split(lines_[0], ',')) {
      const std::string column(name);
      if (std::find(known.begin(), known.end(), column) == known.end()) refuse_name(column, known);
      if (!place_.emplace(column, columns_++).second) {
        refuse_line(0, column, "the column twice", "every column once", "");
      }
    }
    for (const auto& column : kRequired) {
      if (!place_.contains(column)) {
        refuse_line(0, column, "no such column",
                    fmt::format("the columns {}", fmt::join(kRequired, ", ")), "");
      }
    }
  }

  [[noreturn]] void refuse_name(const std::string& column,
                                const std::vector<std::string>& known) const {
    for (const char* quantity : {"time", "delay", "spread"}) {
      if (!column.starts_with(std::string(quantity) + "_") && column != quantity) continue;
      refuse_line(0, column, "a column in another unit", fmt::format("{}_cycles", quantity),
                  "Times are whole core cycles.");
    }
    const std::string near = core::nearest_name(column, known);
    refuse_line(0, column, "an unknown column", fmt::format("{}", fmt::join(known, ", ")),
                near.empty() ? "" : "Did you mean '" + near + "'?");
  }

  TraceRow row() const {
    TraceRow row{.id = optional("id"),
                 .time = number("time_cycles"),
                 .source_x = number("source_x"),
                 .source_y = number("source_y"),
                 .target_x = number("target_x"),
                 .target_y = number("target_y"),
                 .kind = kind(),
                 .packets = optional("packets"),
                 .flits = optional("flits"),
                 .bits = number("bits"),
                 .runs = {},
                 .depends = {},
                 .delay = optional("delay_cycles").value_or(0),
                 .spread = optional("spread_cycles").value_or(0),
                 .shares = optional("shares").value_or(-1)};
    for (const auto part : list("shape")) row.runs.push_back(run(part));
    for (const auto part : list("depends")) row.depends.push_back(number_in("depends", part));
    return row;
  }

  std::string_view cell(const std::string& column) const {
    const auto at = place_.find(column);
    return at == place_.end() ? std::string_view{} : cells_[at->second];
  }

  int64_t number_in(const std::string& column, std::string_view text) const {
    const auto value = whole(text);
    if (!value) refuse(column, "'" + std::string(text) + "'", "a whole number without a unit");
    return *value;
  }
  int64_t number(const std::string& column) const { return number_in(column, cell(column)); }
  std::optional<int64_t> optional(const std::string& column) const {
    if (cell(column).empty()) return std::nullopt;
    return number(column);
  }

  std::optional<MessageKind> kind() const {
    const auto text = cell("kind");
    if (text.empty()) return std::nullopt;
    const auto names = message_kind_names();
    const auto found = std::find(names.begin(), names.end(), text);
    if (found != names.end()) return static_cast<MessageKind>(found - names.begin());
    const std::string near = core::nearest_name(text, names);
    refuse("kind", "'" + std::string(text) + "'", fmt::format("one of {}", fmt::join(names, ", ")),
           near.empty() ? "" : "Did you mean '" + near + "'?");
  }

  std::vector<std::string_view> list(const std::string& column) const {
    const auto text = cell(column);
    return text.empty() ? std::vector<std::string_view>{} : split(text, ';');
  }

  /// "PACKETSxFLITSxFIRST+OTHERS"; without the last part all flits are alike.
  PacketRun run(std::string_view text) const {
    const auto plus = split(text, '+');
    const auto parts = split(plus[0], 'x');
    std::vector<std::optional<int64_t>> numbers;
    for (const auto part : parts) numbers.push_back(whole(part));
    if (numbers.size() == 3) numbers.push_back(plus.size() > 1 ? whole(plus[1]) : numbers[2]);
    const bool good = numbers.size() == 4 && plus.size() <= 2 &&
                      std::all_of(numbers.begin(), numbers.end(),
                                  [](const auto& n) { return n && *n >= 0 && *n < kMostFlits; });
    if (!good) {
      refuse("shape", "'" + std::string(text) + "'",
             "PACKETSxFLITSxBITS+BITS, packets alike separated by ';'",
             "Bits of the first flit, then of every other.");
    }
    const auto flits = static_cast<int32_t>(*numbers[1]);
    return {static_cast<int32_t>(*numbers[0]), flits, static_cast<int32_t>(*numbers[2]),
            flits > 1 ? static_cast<int32_t>(*numbers[3]) : 0};
  }

  std::filesystem::path path_;
  std::string text_;
  std::vector<std::string_view> lines_;
  std::map<std::string, size_t> place_;  // of a column
  size_t columns_ = 0;
  size_t row_ = 0;
  std::vector<std::string_view> cells_;
};

std::string shape_text(const PacketRun& run) {
  std::string text = fmt::format("{}x{}x{}", run.packets, run.flits, run.first_flit_bits);
  if (run.flits > 1) text += fmt::format("+{}", run.flit_bits);
  return text;
}

}  // namespace

Trace read_trace_csv(const std::filesystem::path& path, const arch::PackageSpec& package) {
  CsvReader file(path);
  const auto rows = file.rows();
  return trace_of_rows(path.stem().string(), rows, package,
                       [&](size_t row, const std::string& column, std::string given,
                           std::string allowed, std::string hint) {
                         file.refuse_row(row, column, std::move(given), std::move(allowed),
                                         std::move(hint));
                       });
}

void write_trace_csv(const Trace& trace, const std::filesystem::path& path) {
  const bool sharing = shares_packets(trace);
  std::string csv =
      "id,time_cycles,source_x,source_y,target_x,target_y,kind,packets,flits,bits,shape,depends,"
      "delay_cycles,spread_cycles";
  csv += sharing ? ",shares\n" : "\n";
  for (const TraceMessage& message : trace.messages) {
    std::vector<std::string> shape;
    for (const PacketRun& run : message.packets) shape.push_back(shape_text(run));
    csv +=
        fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{}", message.id, message.time.value(),
                    message.source.x, message.source.y, message.target.x, message.target.y,
                    to_string(message.kind), message.packet_count(), message.flits(),
                    message.bits(), fmt::join(shape, ";"), fmt::join(message.depends, ";"),
                    message.delay.value(), message.spread.value());
    if (message.shares >= 0) {
      csv += fmt::format(",{}\n", message.shares);
    } else {
      csv += sharing ? ",\n" : "\n";
    }
  }
  core::write_file_atomic(path, csv);
}

}  // namespace ranvier::workload
