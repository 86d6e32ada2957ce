#include "ranvier/sweep/tradeoff.hpp"

#include "ranvier/core/file.hpp"
#include "ranvier/sweep/evaluate.hpp"
#include "ranvier/sweep/experiment.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace ranvier::sweep {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

/// Numbers of one row by the name of their column.
class RowReader {
 public:
  RowReader(const ResultTable& table, const TableRow& row) : table_(table), row_(row) {}
  double operator()(std::string_view name) const {
    const auto at = std::ranges::find(table_.columns, name, &Column::name);
    return row_.values.at(static_cast<size_t>(at - table_.columns.begin()));
  }

 private:
  const ResultTable& table_;
  const TableRow& row_;
};

/// What a run was trained with.
struct RunFacts {
  fs::path directory;
  config::Values values;
};

bool is_baseline(const ir::Network& network) {
  const auto spikes = [](const ir::Boundary& boundary) {
    const auto kind = boundary.params.spec.kind;
    return kind != codec::CodecKind::kDense && kind != codec::CodecKind::kTopk;
  };
  return std::ranges::none_of(network.boundaries, spikes);
}

std::optional<Budget> budget_of(const Json& metrics) {
  const auto found = metrics.find("budget");
  if (found == metrics.end() || found->is_null()) return std::nullopt;
  return Budget{found->at("unit"), found->at("target"), found->at("reached")};
}

/// What a point has from its bundle, whatever the hardware; none of assumed activity.
std::optional<TradeoffPoint> trained_point(const std::string& variant, const RunFacts& run) {
  const fs::path bundle = run.directory / "bundle" / variant;
  if (read_metrics(bundle / "metrics.json").assumed) return std::nullopt;
  const ir::Network network = ir::read_network(bundle / "network.json");
  const auto metrics = Json::parse(core::read_file(bundle / "metrics.json", "bundle"));
  TradeoffPoint point;
  point.variant = variant;
  point.kind = ir::to_string(network.kind);
  point.codec = network.kind == ir::NetworkKind::kSnn ? "" : code_of(network);
  point.format = codec::to_string(wire_of(run.values, variant));
  point.baseline = is_baseline(network);
  point.seed = static_cast<uint64_t>(run.values.integer("seed"));
  point.epochs = metrics.value("epochs", 0);
  if (metrics.contains("reference_metric_float")) {
    point.reference_float = metrics.at("reference_metric_float").get<double>();
  }
  point.budget = budget_of(metrics);
  return point;
}

void add_measured(const ResultTable& table, const TableRow& row, TradeoffPoint& point) {
  const RowReader number(table, row);
  point.settings = row.settings;
  point.bits_per_activation = number("bits_per_activation");
  point.events_per_neuron = number("events_per_neuron");
  point.metric_deployed = number("metric_deployed");
  point.metric_float = number("metric_float");
}

Json json_of(const ResultTable& table, const TradeoffPoint& point) {
  Json json{{"variant", point.variant},
            {"kind", point.kind},
            {"codec", point.codec},
            {"format", point.format},
            {"baseline", point.baseline},
            {"seed", point.seed},
            {"epochs", point.epochs},
            {"b", point.bits_per_activation},
            {"events_per_neuron", point.events_per_neuron},
            {table.metric, point.metric_deployed},
            {table.metric + "_float", point.metric_float},
            {"reference_" + table.metric + "_float", nullptr}};
  if (point.reference_float) {
    json["reference_" + table.metric + "_float"] = *point.reference_float;
  }
  json["budget"] = nullptr;
  if (point.budget) {
    json["budget"] = {{"unit", point.budget->unit},
                      {"target", point.budget->target},
                      {"reached", point.budget->reached}};
  }
  json["settings"] = Json::object();
  for (size_t a = 0; a < table.axes.size(); ++a) {
    json["settings"][table.axes[a].key] = point.settings[a];
  }
  json["latency_us"] = json["energy_uj"] = Json::object();
  for (const auto& [preset, cost] : point.presets) {
    json["latency_us"][preset] = cost.latency_us;
    json["energy_uj"][preset] = cost.energy_uj;
  }
  return json;
}

}  // namespace

std::vector<TradeoffPoint> tradeoff_points(const ResultTable& table, const RunOf& run_of,
                                           std::span<const config::Field> training) {
  std::map<std::string, RunFacts> runs;
  const auto facts_of = [&](const std::string& source) -> const RunFacts& {
    const auto found = runs.find(source);
    if (found != runs.end()) return found->second;
    const fs::path directory = run_of(source);
    const ExperimentBase base(directory / "config.resolved.yaml", {}, training);
    return runs.emplace(source, RunFacts{directory, base.values({})}).first->second;
  };
  std::map<std::pair<std::string, std::string>, std::optional<TradeoffPoint>> trained;
  std::vector<TradeoffPoint> points;
  int64_t position = -1;
  for (const TableRow& row : table.rows) {
    if (row.values.empty()) continue;
    const auto [known, is_new] = trained.try_emplace({row.source, row.variant});
    if (is_new) known->second = trained_point(row.variant, facts_of(row.source));
    if (!known->second) continue;
    // Rows of one point and variant follow each other, one per preset.
    if (points.empty() || row.position != position || points.back().variant != row.variant) {
      points.push_back(*known->second);
      add_measured(table, row, points.back());
      position = row.position;
    }
    const RowReader number(table, row);
    points.back().presets[row.preset] = {number("latency_us"), number("energy_uj")};
  }
  return points;
}

std::string to_json(const ResultTable& table, const std::vector<TradeoffPoint>& points) {
  Json json{{"schema", 1},
            {"name", table.name},
            {"fidelity", table.fidelity},
            {"metric", table.metric},
            {"points", Json::array()}};
  for (const TradeoffPoint& point : points) json["points"].push_back(json_of(table, point));
  return json.dump(1) + "\n";
}

}  // namespace ranvier::sweep
