#include "ranvier/ir/link_loss.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/ir/json_node.hpp"

#include <fmt/format.h>

namespace ranvier::ir {
namespace fs = std::filesystem;
namespace {

constexpr int kLinkLossSchema = 1;
constexpr double kMostErrors = 0.1;  // [per bit] as hardware.serdes.bit_error_rate

/// [[first, count], ...] of ascending positions.
Json runs_of(const std::vector<uint32_t>& elements) {
  Json runs = Json::array();
  for (size_t i = 0; i < elements.size();) {
    size_t end = i + 1;
    while (end < elements.size() && elements[end] == elements[end - 1] + 1) ++end;
    runs.push_back({elements[i], end - i});
    i = end;
  }
  return runs;
}

std::vector<uint32_t> read_runs(const Node& node) {
  std::vector<uint32_t> elements;
  for (const Node& run : node.items()) {
    const auto pair = run.items();
    if (pair.size() != 2) run.refuse("[first, count]");
    const auto first = pair[0].integer<int32_t>();
    const auto count = pair[1].integer<int32_t>();
    const bool ascends = elements.empty() || int64_t{first} > int64_t{elements.back()};
    if (first < 0 || count < 1 || !ascends) run.refuse("runs of ascending positions");
    for (int32_t i = 0; i < count; ++i) elements.push_back(static_cast<uint32_t>(first + i));
  }
  if (elements.empty()) node.refuse("at least one element");
  return elements;
}

Json blocks_json(const BoundaryBlocks& boundary) {
  Json blocks = Json::array();
  for (const codec::LossyBlock& block : boundary.blocks) {
    blocks.push_back({{"leaves_chips", block.chips}, {"elements", runs_of(block.elements)}});
  }
  return {{"name", boundary.name}, {"blocks", blocks}};
}

BoundaryBlocks read_blocks(const Node& node) {
  node.require_keys({"name", "blocks"});
  BoundaryBlocks boundary{.name = node["name"].text(), .blocks = {}};
  for (const Node& block : node["blocks"].items()) {
    block.require_keys({"leaves_chips", "elements"});
    codec::LossyBlock& read = boundary.blocks.emplace_back();
    for (const Node& chip : block["leaves_chips"].items()) {
      read.chips.push_back(chip.integer<int32_t>());
    }
    read.elements = read_runs(block["elements"]);
  }
  return boundary;
}

codec::WireLayout read_layout(const Node& node) {
  node.require_keys(
      {"route_bits", "address_bits", "tick_bits", "flit_bits", "tag_bits", "framing_bits"});
  return {.route_bits = node["route_bits"].integer<int>(),
          .address_bits = node["address_bits"].integer<int>(),
          .tick_bits = node["tick_bits"].integer<int>(),
          .flit_bits = node["flit_bits"].integer<int>(),
          .tag_bits = node["tag_bits"].integer<int>(),
          .framing_bits = node["framing_bits"].integer<int>()};
}

codec::LinkNoise read_noise(const Node& node) {
  node.require_keys({"bit_error_rate", "has_checksum", "overhead_bits_per_flit", "seed"});
  codec::LinkNoise noise{.bit_error_rate = node["bit_error_rate"].real(),
                         .checked = node["has_checksum"].boolean(),
                         .overhead_bits = node["overhead_bits_per_flit"].integer<int64_t>(),
                         .seed = static_cast<uint64_t>(node["seed"].integer<int64_t>())};
  if (noise.bit_error_rate < 0 || noise.bit_error_rate > kMostErrors) {
    node["bit_error_rate"].refuse(fmt::format("0..{}", kMostErrors));
  }
  if (noise.overhead_bits < 0) node["overhead_bits_per_flit"].refuse("at least 0");
  return noise;
}

void require_schema(const Node& root) {
  if (root["schema"].integer<int>() != kLinkLossSchema)
    root["schema"].refuse(fmt::to_string(kLinkLossSchema));
}

[[noreturn]] void refuse_other(const LinkLoss& loss, const std::string& given,
                               const std::string& allowed) {
  throw core::UserError(
      {.key = fmt::format("{}.{}.links.json:boundaries", loss.variant, loss.preset),
       .given = given,
       .allowed = allowed,
       .place = {},
       .hint = "The file belongs to another network; simulate again."});
}

void require_same(const LinkLoss& loss, const Network& network) {
  const size_t boundaries = network.boundaries.size();
  if (loss.boundaries.size() != boundaries) {
    refuse_other(loss, fmt::format("{} boundaries", loss.boundaries.size()),
                 fmt::format("{}, as network.json has", boundaries));
  }
  for (size_t b = 0; b < boundaries; ++b) {
    const Boundary& boundary = network.boundaries[b];
    const int64_t size = network.layers[static_cast<size_t>(boundary.layer)].out.size();
    if (loss.boundaries[b].name != boundary.name) {
      refuse_other(loss, loss.boundaries[b].name, boundary.name + ", as network.json has");
    }
    for (const codec::LossyBlock& block : loss.boundaries[b].blocks) {
      if (int64_t{block.elements.back()} < size) continue;
      refuse_other(loss, fmt::format("element {} of {}", block.elements.back(), boundary.name),
                   fmt::format("0..{}", size - 1));
    }
  }
}

Json totals_json(const std::string& name, const codec::LossTotals& totals) {
  return {{"name", name},
          {"blocks", totals.blocks},
          {"damaged_blocks", totals.damaged_blocks},
          {"lost_blocks", totals.lost_blocks},
          {"values", totals.values},
          {"changed_values", totals.changed_values},
          {"absolute_error_sum", totals.error_sum}};
}

codec::LossTotals read_totals(const Node& node) {
  node.require_keys({"name", "blocks", "damaged_blocks", "lost_blocks", "values", "changed_values",
                     "absolute_error_sum"});
  return {.blocks = node["blocks"].integer<int64_t>(),
          .damaged_blocks = node["damaged_blocks"].integer<int64_t>(),
          .lost_blocks = node["lost_blocks"].integer<int64_t>(),
          .values = node["values"].integer<int64_t>(),
          .changed_values = node["changed_values"].integer<int64_t>(),
          .error_sum = node["absolute_error_sum"].integer<int64_t>()};
}

}  // namespace

LinkLoss read_link_loss(const fs::path& path) {
  const Json document = parse_strictly(core::read_file(path, "links"), "links", path);
  const Node root(document, "", path);
  root.require_keys({"schema", "variant", "preset", "wire", "layout", "links", "boundaries"});
  require_schema(root);
  LinkLoss loss{.variant = root["variant"].text(),
                .preset = root["preset"].text(),
                .wire = codec::parse_wire(root["wire"].text(), root["wire"].path()),
                .layout = read_layout(root["layout"]),
                .noise = read_noise(root["links"]),
                .boundaries = {}};
  for (const Node& node : root["boundaries"].items()) loss.boundaries.push_back(read_blocks(node));
  return loss;
}

void write_link_loss(const LinkLoss& loss, const fs::path& path) {
  const codec::WireLayout& layout = loss.layout;
  Json root{{"schema", kLinkLossSchema},
            {"variant", loss.variant},
            {"preset", loss.preset},
            {"wire", codec::to_string(loss.wire)},
            {"layout",
             {{"route_bits", layout.route_bits},
              {"address_bits", layout.address_bits},
              {"tick_bits", layout.tick_bits},
              {"flit_bits", layout.flit_bits},
              {"tag_bits", layout.tag_bits},
              {"framing_bits", layout.framing_bits}}},
            {"links",
             {{"bit_error_rate", loss.noise.bit_error_rate},
              {"has_checksum", loss.noise.checked},
              {"overhead_bits_per_flit", loss.noise.overhead_bits},
              {"seed", loss.noise.seed}}},
            {"boundaries", Json::array()}};
  for (const BoundaryBlocks& boundary : loss.boundaries) {
    root["boundaries"].push_back(blocks_json(boundary));
  }
  core::write_file_atomic(path, root.dump() + "\n");
}

bool lose_alike(const LinkLoss& a, const LinkLoss& b) {
  return a.variant == b.variant && a.wire == b.wire && a.layout == b.layout && a.noise == b.noise &&
         a.boundaries == b.boundaries;
}

codec::BoundaryParams carried_params(const Network& network, const Boundary& boundary) {
  codec::BoundaryParams params = boundary.params;
  if (network.kind != NetworkKind::kSnn) return params;
  params.spec.kind = codec::CodecKind::kRate;
  params.spec.steps = 1;
  return params;
}

std::vector<codec::LossyBoundary> lossy_boundaries(const LinkLoss& loss, const Network& network) {
  require_same(loss, network);
  const int steps = network.kind == NetworkKind::kSnn ? network.steps : 1;
  std::vector<codec::LossyBoundary> all;
  int32_t first = 0;
  for (size_t b = 0; b < network.boundaries.size(); ++b) {
    const Boundary& boundary = network.boundaries[b];
    const Shape& shape = network.layers[static_cast<size_t>(boundary.layer)].out;
    const auto& blocks = loss.boundaries[b].blocks;
    all.emplace_back(carried_params(network, boundary), loss.wire, loss.layout, loss.noise,
                     int64_t{shape.height} * shape.width, first, blocks);
    first += static_cast<int32_t>(blocks.size()) * steps;
  }
  return all;
}

double LossScore::changed_fraction() const {
  codec::LossTotals sum;
  for (const codec::LossTotals& each : totals) sum += each;
  if (sum.values == 0) return 0;
  return static_cast<double>(sum.changed_values) / static_cast<double>(sum.values);
}

LossScore read_loss_score(const fs::path& path) {
  const Json document = parse_strictly(core::read_file(path, "score"), "score", path);
  const Node root(document, "", path);
  root.require_keys({"schema", "variant", "preset", "metric", "test_samples", "metric_without_loss",
                     "metric_with_loss", "boundaries"});
  require_schema(root);
  LossScore score{.variant = root["variant"].text(),
                  .preset = root["preset"].text(),
                  .metric = root["metric"].text(),
                  .samples = root["test_samples"].integer<int64_t>(),
                  .without_loss = root["metric_without_loss"].real(),
                  .with_loss = root["metric_with_loss"].real(),
                  .names = {},
                  .totals = {}};
  for (const Node& node : root["boundaries"].items()) {
    score.totals.push_back(read_totals(node));
    score.names.push_back(node["name"].text());
  }
  return score;
}

void write_loss_score(const LossScore& score, const fs::path& path) {
  Json root{{"schema", kLinkLossSchema},
            {"variant", score.variant},
            {"preset", score.preset},
            {"metric", score.metric},
            {"test_samples", score.samples},
            {"metric_without_loss", score.without_loss},
            {"metric_with_loss", score.with_loss},
            {"boundaries", Json::array()}};
  for (size_t b = 0; b < score.names.size(); ++b) {
    root["boundaries"].push_back(totals_json(score.names[b], score.totals[b]));
  }
  core::write_file_atomic(path, root.dump(2) + "\n");
}

}  // namespace ranvier::ir
