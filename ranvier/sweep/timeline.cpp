#include "ranvier/sweep/timeline.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <map>
#include <set>
#include <string>
#include <utility>

namespace ranvier::sweep {

namespace {

using nlohmann::ordered_json;
using workload::MessageKind;
using workload::TaskKind;

const char* category(TaskKind kind) {
  switch (kind) {
    case TaskKind::kSource:
      return "source";
    case TaskKind::kCompute:
      return "compute";
    case TaskKind::kEncode:
      return "encode";
    case TaskKind::kDecode:
      return "decode";
  }
  return "unknown";
}

class Timeline {
 public:
  Timeline(const workload::Workload& workload, const arch::PackageSpec& package,
           const sim::Result& result)
      : workload_(workload),
        package_(package),
        result_(result),
        microseconds_per_cycle_(1e6 / package.core_clock.value()),
        links_(package.chips_x * package.chips_y) {
    for (int chip = 0; chip < links_; ++chip) {
      const auto origin = arch::chip_origin(package, core::ChipId(chip));
      chip_of_place_[{origin.x / package.chip.mesh, origin.y / package.chip.mesh}] = chip;
    }
  }

  std::string text() {
    for (size_t t = 0; t < workload_.tasks.size(); ++t) add_task(t);
    for (size_t m = 0; m < workload_.messages.size(); ++m) add_message(m);
    const ordered_json document{{"displayTimeUnit", "ns"},
                                {"otherData", {{"variant", workload_.name}}},
                                {"traceEvents", std::move(events_)}};
    return document.dump();
  }

 private:
  double microseconds(core::Cycles at) const {
    return static_cast<double>(at.value()) * microseconds_per_cycle_;
  }

  int chip_of(core::TileId tile) const {
    const auto at = arch::coordinates(package_, tile);
    return chip_of_place_.at({at.x / package_.chip.mesh, at.y / package_.chip.mesh});
  }

  void name_once(const char* kind, int process, int thread, const std::string& name) {
    if (!named_.insert({process, thread}).second) return;
    events_.push_back({{"ph", "M"},
                       {"name", kind},
                       {"pid", process},
                       {"tid", thread},
                       {"args", {{"name", name}}}});
  }

  void add_task(size_t index) {
    const auto& task = workload_.tasks[index];
    const auto& times = result_.tasks[index];
    if (task.kind == TaskKind::kSource) return;  // takes no time
    const int chip = chip_of(task.tile);
    const auto at = arch::coordinates(package_, task.tile);
    name_once("process_name", chip, -1, fmt::format("chip {}", chip));
    name_once("thread_name", chip, task.tile.index(), fmt::format("tile ({}, {})", at.x, at.y));
    events_.push_back({{"ph", "X"},
                       {"name", workload_.layer_names[static_cast<size_t>(task.layer)]},
                       {"cat", category(task.kind)},
                       {"pid", chip},
                       {"tid", task.tile.index()},
                       {"ts", microseconds(times.start)},
                       {"dur", microseconds(times.end - times.start)},
                       {"args", {{"step", task.step}, {"macs", task.macs}, {"acs", task.acs}}}});
  }

  void add_message(size_t index) {
    const auto& message = workload_.messages[index];
    if (message.kind != MessageKind::kBoundary) return;
    const auto& times = result_.messages[index];
    const auto& from = workload_.tasks[static_cast<size_t>(message.source)];
    const int near_chip = chip_of(from.tile);
    const int far_chip = chip_of(workload_.tasks[static_cast<size_t>(message.target)].tile);
    const auto& boundary = workload_.boundaries[static_cast<size_t>(
        workload_.blocks[static_cast<size_t>(from.block)].boundary)];
    name_once("process_name", links_, -1, "die-to-die links");
    for (const bool is_begin : {true, false}) {
      events_.push_back({{"ph", is_begin ? "b" : "e"},
                         {"name", boundary.name},
                         {"cat", fmt::format("chip {} to {}", near_chip, far_chip)},
                         {"id", index},
                         {"pid", links_},
                         {"tid", near_chip},
                         {"ts", microseconds(is_begin ? times.injected : times.delivered)},
                         {"args", {{"bits", message.bits}, {"flits", message.flits()}}}});
    }
  }

  const workload::Workload& workload_;
  const arch::PackageSpec& package_;
  const sim::Result& result_;
  double microseconds_per_cycle_;
  int links_;  // process of the links; chips are the processes before it
  std::map<std::pair<int, int>, int> chip_of_place_;
  std::set<std::pair<int, int64_t>> named_;
  ordered_json events_ = ordered_json::array();
};

}  // namespace

sim::Options with_timeline(sim::Options options) {
  options.record_messages = true;
  options.record_tasks = true;
  return options;
}

void write_timeline(const workload::Workload& workload, const arch::PackageSpec& package,
                    const sim::Result& result, const std::filesystem::path& path) {
  RANVIER_CONTRACT(result.tasks.size() == workload.tasks.size() &&
                       result.messages.size() == workload.messages.size(),
                   "a timeline needs recorded tasks and messages");
  core::write_file_atomic(path, Timeline(workload, package, result).text());
}

}  // namespace ranvier::sweep
