// `ranvier noc`: latency and throughput of a mesh, or of a package of dies, under synthetic
// traffic.

#include "ranvier/app/cli.hpp"
#include "ranvier/app/commands.hpp"
#include "ranvier/app/link_json.hpp"
#include "ranvier/app/noc_options.hpp"
#include "ranvier/app/table.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/sim/noc.hpp"
#include "ranvier/sim/noc_trace.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>

namespace ranvier::app {
namespace {

using Json = nlohmann::ordered_json;

Json latency_json(const std::optional<sim::LatencySummary>& latency) {
  if (!latency) return nullptr;
  return {
      {"mean", latency->mean}, {"p50", latency->p50}, {"p99", latency->p99}, {"max", latency->max}};
}

Json row_json(const sim::NocResult& row) {
  return {{"rate_flits_per_node_cycle", row.rate},
          {"offered_flits_per_node_cycle", row.offered},
          {"accepted_flits_per_node_cycle", row.accepted},
          {"packet_latency_cycles", latency_json(row.packet_latency)},
          {"network_latency_cycles", latency_json(row.network_latency)},
          {"hops_mean", row.packet_latency ? Json(row.hops_mean) : Json(nullptr)},
          {"measured_packets", row.measured_packets},
          {"unfinished_packets", row.unfinished_packets},
          {"saturated", row.saturated()},
          {"saturation_reason", row.saturation},
          {"simulated_cycles", row.simulated_cycles},
          {"packets_created", row.packets_created},
          {"packets_delivered", row.packets_delivered},
          {"packets_queued", row.packets_queued},
          {"packets_in_flight", row.packets_in_flight},
          {"flit_hops", row.flit_hops},
          {"links", links_json(row.links)},
          {"wall_s", row.wall_s},
          {"flit_hops_per_s", static_cast<double>(row.flit_hops) / row.wall_s}};
}

void print_json(const NocOptions& options, const sim::NocSpec& spec,
                const std::vector<sim::NocResult>& rows) {
  Json out{{"fidelity", "cycle"},
           {"mesh", options.mesh},
           {"chips", options.chips},
           {"traffic", sim::to_string(spec.pattern)},
           {"packet_flits", spec.packet_flits},
           {"flit_bits", spec.package.packet.flit_bits()},
           {"virtual_channels", spec.package.router.virtual_channels},
           {"buffer_flits", spec.package.router.buffer_flits},
           {"router_cycles", spec.package.router.router_cycles},
           {"link_cycles", spec.package.router.link_cycles},
           {"warmup_cycles", spec.warmup_cycles},
           {"measured_cycles", spec.measure_cycles},
           {"drain_cycles", spec.drain_cycles},
           {"seed", spec.seed}};
  if (options.chips != "1x1") out["preset"] = options.preset;
  out["rows"] = Json::array();
  for (const auto& row : rows) out["rows"].push_back(row_json(row));
  fmt::print("{}\n", out.dump(2));
}

/// What errors on die-to-die links did; nothing where there were none.
void print_errors(const sim::NocResult& row) {
  for (const sim::LinkUse& link : row.links) {
    if (link.damaged_flits == 0 && link.resent_flits == 0) continue;
    fmt::print("{:.4f} chip {} to {}: of {} flits {} damaged, {} sent again\n", row.rate,
               link.from.index(), link.to.index(), link.flits, link.damaged_flits,
               link.resent_flits);
  }
}

void print_text(const NocOptions& options, const std::vector<sim::NocResult>& rows) {
  std::vector<std::vector<std::string>> table{{"rate", "offered", "accepted", "latency", "p50",
                                               "p99", "max", "in network", "hops", "Mflit-hops/s"}};
  for (const auto& row : rows) {
    const auto at = [&](auto value) { return row.packet_latency ? value() : std::string("-"); };
    table.push_back(
        {fmt::format("{:.4f}", row.rate), fmt::format("{:.4f}", row.offered),
         fmt::format("{:.4f}", row.accepted),
         at([&] { return fmt::format("{:.2f}", row.packet_latency->mean); }),
         at([&] { return fmt::format("{}", row.packet_latency->p50); }),
         at([&] { return fmt::format("{}", row.packet_latency->p99); }),
         at([&] { return fmt::format("{}", row.packet_latency->max); }),
         at([&] { return fmt::format("{:.2f}", row.network_latency->mean); }),
         at([&] { return fmt::format("{:.3f}", row.hops_mean); }),
         fmt::format("{:.2f}", static_cast<double>(row.flit_hops) / row.wall_s * 1e-6)});
  }
  fmt::print(
      "{} on {} tiles in {} chips; rates in flits per tile and cycle, latencies in core cycles\n{}",
      options.traffic, options.mesh, options.chips, text_table(table));
  for (const auto& row : rows) {
    if (row.saturated()) fmt::print("{:.4f} saturates: {}\n", row.rate, row.saturation);
    print_errors(row);
  }
}

void require_one_rate(const NocOptions& options, size_t rates) {
  if (options.trace.empty() || rates == 1) return;
  refuse_flag("--trace", fmt::format("{} rates ({})", rates, options.rate), "one rate",
              "A trace holds one run: give --rate one number.");
}

/// Before the simulation, which may take long.
void require_writable(const std::string& trace) {
  if (trace.empty()) return;
  const std::filesystem::path file = trace;
  core::require_writable_directory(file.has_parent_path() ? file.parent_path() : ".", "--trace");
  if (!std::filesystem::is_directory(file)) return;
  refuse_flag("--trace", "'" + trace + "', a directory", "a file to write",
              "Name a file in it, such as trace.csv.");
}

void write_packets(sim::NocSpec spec, const sim::NocResult& row, const std::string& file) {
  spec.rate = row.rate;
  workload::write_trace(sim::trace_of(spec, row.simulated_cycles), file);
}

void run_noc(const NocOptions& options, const Common& common) {
  const sim::NocSpec spec = noc_spec(options, common.seed.value_or(1));
  const auto rates = parse_rates(options.rate, options.packet_flits);
  require_one_rate(options, rates.size());
  require_writable(options.trace);
  const auto rows = sim::simulate_noc_curve(spec, rates, options.threads);
  if (!options.trace.empty()) write_packets(spec, rows.front(), options.trace);
  if (common.json) {
    print_json(options, spec, rows);
  } else {
    print_text(options, rows);
  }
}

}  // namespace

void attach_noc(CLI::App& app, const Common& common, std::function<void()>& action) {
  auto options = std::make_shared<NocOptions>();
  add_noc_flags(app, *options);
  app.callback(
      [options, &common, &action] { action = [options, &common] { run_noc(*options, common); }; });
}

}  // namespace ranvier::app
