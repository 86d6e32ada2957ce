#include "ranvier/app/replay.hpp"

#include "ranvier/app/cli.hpp"
#include "ranvier/app/link_json.hpp"
#include "ranvier/arch/package.hpp"
#include "ranvier/config/values.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/cost/price.hpp"
#include "ranvier/sim/latency_histogram.hpp"
#include "ranvier/sim/replay.hpp"
#include "ranvier/sweep/experiment.hpp"
#include "ranvier/train/settings.hpp"
#include "ranvier/workload/trace.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <filesystem>

namespace ranvier::app {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

struct Hardware {
  arch::PackageSpec package;
  cost::CostSpec cost;
};

/// A preset by name, or every key of a finished run's experiment in a file.
Hardware hardware(const ReplayOptions& options) {
  const auto names = arch::preset_names();
  const bool shipped = std::find(names.begin(), names.end(), options.preset) != names.end();
  if (!shipped && !fs::is_regular_file(options.preset)) {
    refuse_flag("--preset", options.preset,
                fmt::format("one of {}, or a file", fmt::join(names, ", ")),
                "presets/NAME.resolved.yaml of a run directory holds its hardware.");
  }
  std::vector<config::Field> schema;
  if (shipped) {
    for (const auto part : {arch::hardware_schema(), cost::cost_schema()}) {
      schema.insert(schema.end(), part.begin(), part.end());
    }
  } else {
    schema = sweep::full_schema(train::training_schema());
  }
  const std::array<config::Source, 1> sources{
      shipped ? config::Source{"preset " + options.preset,
                               std::string(arch::preset_yaml(options.preset))}
              : config::Source{options.preset, core::read_file(options.preset, "--preset")}};
  const auto values = config::load(sources, options.overrides, schema);
  Hardware read{.package = arch::package_from(values), .cost = {}};
  read.cost = cost::cost_from(values, read.package);
  return read;
}

/// From offering to delivery [core cycles].
sim::LatencyHistogram latencies(const sim::Result& result) {
  sim::LatencyHistogram histogram;
  for (const auto& times : result.messages) {
    histogram.add((times.delivered - times.offered).value());
  }
  return histogram;
}

Json energy_json(const cost::PricedLedger& priced) {
  Json energy{{"total", priced.total_pj * 1e-6}};
  for (const char* part : {"noc", "emio", "d2d"}) energy[part] = priced.parts_pj.at(part) * 1e-6;
  return energy;
}

Json result_json(const ReplayOptions& options, const workload::Trace& trace,
                 const Hardware& hardware, const sim::Result& result) {
  using core::Event;
  const auto histogram = latencies(result);
  const double seconds =
      static_cast<double>(result.latency.value()) / hardware.package.core_clock.value();
  return {{"fidelity", "cycle"},
          {"trace", trace.name},
          {"preset", options.preset},
          {"messages", trace.messages.size()},
          {"packets", result.ledger[Event::kPackets]},
          {"latency_cycles", result.latency.value()},
          {"latency_us", seconds * 1e6},
          {"message_latency_cycles",
           {{"mean", histogram.mean()},
            {"p50", histogram.quantile(0.5)},
            {"p99", histogram.quantile(0.99)},
            {"max", histogram.max()}}},
          {"flit_hops", result.ledger[Event::kFlitHops]},
          {"router_bit_hops", result.ledger[Event::kRouterBitHops]},
          {"link_bits", result.ledger[Event::kDieToDieBits]},
          {"energy_uj", energy_json(cost::price(result.ledger, seconds, hardware.cost))},
          {"links", links_json(result.links)}};
}

void print_text(const Json& out) {
  const Json& latency = out.at("message_latency_cycles");
  const Json& energy = out.at("energy_uj");
  fmt::print(
      "{}: {} messages in {} packets on {}\n"
      "latency          {} cycles, {:.3f} us, to the last delivery\n"
      "per message      {:.1f} cycles mean, {} p50, {} p99, {} max\n"
      "flit hops        {}\n"
      "die-to-die bits  {}\n"
      "energy           {:.6g} uJ: noc {:.6g}, emio {:.6g}, d2d {:.6g}\n",
      out.at("trace").get<std::string>(), out.at("messages").get<int64_t>(),
      out.at("packets").get<int64_t>(), out.at("preset").get<std::string>(),
      out.at("latency_cycles").get<int64_t>(), out.at("latency_us").get<double>(),
      latency.at("mean").get<double>(), latency.at("p50").get<int64_t>(),
      latency.at("p99").get<int64_t>(), latency.at("max").get<int64_t>(),
      out.at("flit_hops").get<int64_t>(), out.at("link_bits").get<int64_t>(),
      energy.at("total").get<double>(), energy.at("noc").get<double>(),
      energy.at("emio").get<double>(), energy.at("d2d").get<double>());
}

}  // namespace

void replay_trace(const ReplayOptions& options, const Common& common) {
  const Hardware described = hardware(options);
  const auto trace = workload::read_trace(options.file, described.package);
  const auto result = sim::replay(
      trace, described.package, {.team = {.threads = options.threads, .transport = common.ranks}});
  if (!common.writes()) return;
  const Json out = result_json(options, trace, described, result);
  if (common.json) {
    fmt::print("{}\n", out.dump(2));
  } else {
    print_text(out);
  }
}

}  // namespace ranvier::app
