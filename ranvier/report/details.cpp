#include "ranvier/report/details.hpp"

#include "ranvier/core/quantity.hpp"
#include "ranvier/report/json_view.hpp"

#include <nlohmann/json.hpp>

namespace ranvier::report {
namespace {

using nlohmann::json;

constexpr int kDetailsSchema = 1;
constexpr const char* kWins[] = {"always", "never", "above", "below"};

json write(const Threshold& t) {
  return {{"wins", kWins[static_cast<size_t>(t.wins)]}, {"value", t.value}};
}

json write(const PresetRun& run) {
  json links = json::array();
  for (const auto& link : run.links) {
    links.push_back({{"from_chip", link.from_chip},
                     {"to_chip", link.to_chip},
                     {"side", link.side},
                     {"bits", link.bits},
                     {"utilisation", link.utilisation}});
  }
  json chips = json::array();
  for (const auto& chip : run.chips) {
    chips.push_back({{"chip", chip.chip},
                     {"column", chip.column},
                     {"row", chip.row},
                     {"router_flits", chip.router_flits}});
  }
  json even = json::array();
  for (const auto& b : run.break_even) {
    even.push_back({{"baseline", b.baseline},
                    {"link_pj_per_bit", write(b.link_pj_per_bit)},
                    {"link_gbps", write(b.link_gbps)}});
  }
  const LatencyParts& p = run.latency;
  return {{"preset", run.preset},
          {"latency_ns",
           {{"compute", p.compute_ns},
            {"network", p.network_ns},
            {"serialise", p.serialise_ns},
            {"crossing", p.crossing_ns},
            {"queue", p.queue_ns}}},
          {"links", std::move(links)},
          {"chips", std::move(chips)},
          {"break_even", std::move(even)}};
}

/// Rasters are stored flat: element, step, symbol, element, ...
json write_raster(const std::vector<RasterEvent>& raster) {
  json flat = json::array();
  for (const auto& event : raster) {
    flat.push_back(event.element);
    flat.push_back(event.step);
    flat.push_back(event.symbol);
  }
  return flat;
}

json write(const BoundaryView& b) {
  json levels = json::array();
  for (const auto& l : b.levels) levels.push_back({{"level", l.level}, {"count", l.count}});
  json formats = json::array();
  for (const auto& f : b.formats) {
    formats.push_back({{"format", f.format}, {"bits_per_activation", f.bits_per_activation}});
  }
  return {{"name", b.name},
          {"from_chip", b.from_chip},
          {"to_chip", b.to_chip},
          {"channels", b.channels},
          {"height", b.height},
          {"width", b.width},
          {"steps", b.steps},
          {"events_per_neuron", b.events_per_neuron},
          {"bits_per_activation", b.bits_per_activation},
          {"wire_format", b.wire_format},
          {"formats", std::move(formats)},
          {"samples", b.samples},
          {"levels", std::move(levels)},
          {"sample_events", b.sample_events},
          {"raster", write_raster(b.raster)}};
}

Threshold read_threshold(const JsonView& view) {
  const std::string& wins = view.text("wins");
  for (size_t i = 0; i < std::size(kWins); ++i) {
    if (wins == kWins[i]) return {static_cast<Wins>(i), view.real("value")};
  }
  view.at("wins").refuse("\"" + wins + "\"", "one of always, never, above, below");
}

int small(const JsonView& view, std::string_view key, int minimum) {
  const int64_t value = view.integer(key);
  if (value < minimum || value > INT32_MAX) {
    view.at(key).refuse(std::to_string(value), "at least " + std::to_string(minimum));
  }
  return static_cast<int>(value);
}

double positive(const JsonView& view, std::string_view key) {
  const double value = view.real(key);
  if (value < 0) view.at(key).refuse(std::to_string(value), "0 or more");
  return value;
}

std::string read_side(const JsonView& view) {
  const std::string& side = view.text();
  if (side != "north" && side != "east" && side != "south" && side != "west") {
    view.refuse("\"" + side + "\"", "one of north, east, south, west");
  }
  return side;
}

PresetRun read_run(const JsonView& view) {
  PresetRun run;
  run.preset = view.text("preset");
  const JsonView parts = view.at("latency_ns");
  run.latency = {positive(parts, "compute"), positive(parts, "network"),
                 positive(parts, "serialise"), positive(parts, "crossing"),
                 positive(parts, "queue")};
  for (const auto& link : view.at("links").elements()) {
    run.links.push_back({small(link, "from_chip", 0), small(link, "to_chip", 0),
                         read_side(link.at("side")), link.integer("bits"),
                         positive(link, "utilisation")});
  }
  for (const auto& chip : view.at("chips").elements()) {
    ChipLoad load{small(chip, "chip", 0), small(chip, "column", 0), small(chip, "row", 0), {}};
    for (const auto& flits : chip.at("router_flits").elements()) {
      load.router_flits.push_back(flits.integer());
    }
    run.chips.push_back(std::move(load));
  }
  for (const auto& b : view.at("break_even").elements()) {
    run.break_even.push_back({b.text("baseline"), read_threshold(b.at("link_pj_per_bit")),
                              read_threshold(b.at("link_gbps"))});
  }
  return run;
}

std::vector<RasterEvent> read_raster(const JsonView& view) {
  const auto flat = view.elements();
  if (flat.size() % 3 != 0) view.refuse(std::to_string(flat.size()) + " numbers", "triples");
  std::vector<RasterEvent> raster;
  for (size_t i = 0; i < flat.size(); i += 3) {
    raster.push_back({static_cast<int32_t>(flat[i].integer()),
                      static_cast<int32_t>(flat[i + 1].integer()),
                      static_cast<int32_t>(flat[i + 2].integer())});
  }
  return raster;
}

BoundaryView read_boundary(const JsonView& view) {
  BoundaryView b;
  b.name = view.text("name");
  b.from_chip = small(view, "from_chip", 0);
  b.to_chip = small(view, "to_chip", 0);
  b.channels = small(view, "channels", 1);
  b.height = small(view, "height", 1);
  b.width = small(view, "width", 1);
  b.steps = small(view, "steps", 1);
  b.events_per_neuron = positive(view, "events_per_neuron");
  b.bits_per_activation = positive(view, "bits_per_activation");
  b.wire_format = view.text("wire_format");
  for (const auto& f : view.at("formats").elements()) {
    b.formats.push_back({f.text("format"), positive(f, "bits_per_activation")});
  }
  b.samples = view.integer("samples");
  for (const auto& l : view.at("levels").elements()) {
    b.levels.push_back({static_cast<int32_t>(l.integer("level")), l.integer("count")});
  }
  b.sample_events = view.integer("sample_events");
  b.raster = read_raster(view.at("raster"));
  const int64_t elements = int64_t{b.channels} * b.height * b.width;
  for (const auto& event : b.raster) {
    if (event.element >= 0 && event.element < elements && event.step >= 0 && event.step < b.steps) {
      continue;
    }
    view.at("raster").refuse(
        "event at element " + std::to_string(event.element) + ", step " +
            std::to_string(event.step),
        std::to_string(elements) + " elements and " + std::to_string(b.steps) + " steps");
  }
  return b;
}

PresetInfo read_preset(const JsonView& view) {
  return {view.text("name"),
          small(view, "chips_x", 1),
          small(view, "chips_y", 1),
          small(view, "mesh", 1),
          positive(view, "core_clock_mhz"),
          positive(view, "link_gbps"),
          positive(view, "link_pj_per_bit")};
}

json write(const Advantage& v) {
  return {{"value", v.value},
          {"energy", v.energy},
          {"latency", v.latency},
          {"energy_delay", v.energy_delay}};
}

Advantage read_advantage(const JsonView& view) {
  const auto ratio = [&](const char* key) {
    const double value = view.real(key);
    if (value <= 0) view.at(key).refuse(std::to_string(value), "above 0");
    return value;
  };
  return {view.real("value"), ratio("energy"), ratio("latency"), ratio("energy_delay")};
}

json write(const Tornado& tornado) {
  json rows = json::array();
  for (const auto& row : tornado.rows) {
    rows.push_back({{"constant", row.constant},
                    {"unit", row.unit},
                    {"source", row.source},
                    {"fidelity", row.analytic ? "analytic" : "cycle"},
                    {"min", write(row.minimum)},
                    {"nominal", write(row.nominal)},
                    {"max", write(row.maximum)}});
  }
  return {{"preset", tornado.preset}, {"rows", std::move(rows)}, {"without", tornado.without}};
}

Tornado read_tornado(const JsonView& view) {
  Tornado tornado{.preset = view.text("preset"), .rows = {}, .without = {}};
  for (const auto& row : view.at("rows").elements()) {
    tornado.rows.push_back({.constant = row.text("constant"),
                            .unit = row.text("unit"),
                            .source = row.text("source"),
                            .analytic = row.text("fidelity") == "analytic",
                            .minimum = read_advantage(row.at("min")),
                            .nominal = read_advantage(row.at("nominal")),
                            .maximum = read_advantage(row.at("max"))});
  }
  for (const auto& name : view.at("without").elements()) tornado.without.push_back(name.text());
  return tornado;
}

}  // namespace

std::vector<RasterEvent> thin(const std::vector<RasterEvent>& events) {
  const auto stride = static_cast<size_t>(
      core::ceil_div(static_cast<int64_t>(events.size()), static_cast<int64_t>(kMaxRasterEvents)));
  std::vector<RasterEvent> kept;
  for (size_t i = 0; i < events.size(); i += stride) kept.push_back(events[i]);
  return kept;
}

std::string to_json(const Details& details) {
  json presets = json::array();
  for (const auto& p : details.presets) {
    presets.push_back({{"name", p.name},
                       {"chips_x", p.chips_x},
                       {"chips_y", p.chips_y},
                       {"mesh", p.mesh},
                       {"core_clock_mhz", p.core_clock_mhz},
                       {"link_gbps", p.link_gbps},
                       {"link_pj_per_bit", p.link_pj_per_bit}});
  }
  json variants = json::array();
  for (const auto& v : details.variants) {
    json runs = json::array();
    for (const auto& run : v.presets) runs.push_back(write(run));
    json boundaries = json::array();
    for (const auto& b : v.boundaries) boundaries.push_back(write(b));
    variants.push_back({{"name", v.name},
                        {"kind", v.kind},
                        {"codec", v.codec},
                        {"presets", std::move(runs)},
                        {"boundaries", std::move(boundaries)}});
  }
  json tornados = json::array();
  for (const auto& tornado : details.tornados) tornados.push_back(write(tornado));
  return json{{"schema", kDetailsSchema},
              {"network", details.network},
              {"data", details.data},
              {"command", details.command},
              {"test_samples", details.test_samples},
              {"simulated_samples", details.simulated_samples},
              {"presets", std::move(presets)},
              {"variants", std::move(variants)},
              {"tornados", std::move(tornados)}}
             .dump() +
         "\n";
}

Details details_from_json(std::string_view text, const std::string& place) {
  const JsonView root = JsonView::parse(text, "details.json", place);
  if (root.integer("schema") != kDetailsSchema) {
    root.at("schema").refuse(std::to_string(root.integer("schema")), std::to_string(kDetailsSchema),
                             "The run was made by another version; run it again.");
  }
  Details details{.network = root.text("network"),
                  .data = root.text("data"),
                  .command = root.text("command"),
                  .test_samples = root.integer("test_samples"),
                  .simulated_samples = root.integer("simulated_samples"),
                  .presets = {},
                  .variants = {},
                  .tornados = {}};
  for (const auto& preset : root.at("presets").elements()) {
    details.presets.push_back(read_preset(preset));
  }
  for (const auto& v : root.at("variants").elements()) {
    VariantDetails variant{v.text("name"), v.text("kind"), v.text("codec"), {}, {}};
    for (const auto& run : v.at("presets").elements()) variant.presets.push_back(read_run(run));
    for (const auto& b : v.at("boundaries").elements()) {
      variant.boundaries.push_back(read_boundary(b));
    }
    details.variants.push_back(std::move(variant));
  }
  if (root.has("tornados")) {
    for (const auto& tornado : root.at("tornados").elements()) {
      details.tornados.push_back(read_tornado(tornado));
    }
  }
  return details;
}

}  // namespace ranvier::report
