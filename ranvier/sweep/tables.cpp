// The CSV tables: one row per thing, units in the header.

#include "ranvier/core/file.hpp"
#include "ranvier/sweep/link_errors.hpp"
#include "ranvier/sweep/summary.hpp"

#include <fmt/format.h>

namespace ranvier::sweep {
namespace {

std::string layers_csv(const ExperimentResult& result) {
  std::string csv =
      "variant,layer,chip,channels,height,width,neurons,weights,macs,cores,last_chip\n";
  for (const auto& variant : result.variants) {
    const ir::Network& network = variant.bundle.network;
    for (size_t i = 0; i < network.layers.size(); ++i) {
      const ir::Layer& layer = network.layers[i];
      csv += fmt::format("{},{},{},{},{},{},{},{},{},{},{}\n", variant.name, layer.name,
                         variant.chips_of_layer.at(i).first, layer.out.channels, layer.out.height,
                         layer.out.width, layer.out.size(), layer.weights, ir::macs(network, layer),
                         variant.cores_of_layer.at(i), variant.chips_of_layer.at(i).second);
    }
  }
  return csv;
}

std::string links_csv(const ExperimentResult& result) {
  std::string csv =
      "variant,preset,from_chip,to_chip,flits,link_bits,utilisation_fraction,"
      "damaged_flits,resent_flits,resent_link_bits\n";
  for (const auto& variant : result.variants) {
    for (const auto& preset : variant.presets) {
      for (const auto& link : preset.first.links) {
        csv +=
            fmt::format("{},{},{},{},{},{},{:.6f},{},{},{}\n", variant.name, preset.preset,
                        link.from.index(), link.to.index(), link.flits, link.bits, link.utilisation,
                        link.damaged_flits, link.resent_flits, link.resent_bits);
      }
    }
  }
  return csv;
}

std::string mesh_links_csv(const ExperimentResult& result) {
  std::string csv = "variant,preset,from_tile,to_tile,flits,bits\n";
  for (const auto& variant : result.variants) {
    for (const auto& preset : variant.presets) {
      for (const auto& link : preset.first.mesh_links) {
        csv += fmt::format("{},{},{},{},{},{}\n", variant.name, preset.preset, link.from.index(),
                           link.to.index(), link.flits, link.bits);
      }
    }
  }
  return csv;
}

std::string routers_csv(const ExperimentResult& result) {
  std::string csv = "variant,preset,tile,flits\n";
  for (const auto& variant : result.variants) {
    for (const auto& preset : variant.presets) {
      for (const auto& router : preset.first.routers) {
        if (router.flits == 0) continue;
        csv += fmt::format("{},{},{},{}\n", variant.name, preset.preset, router.tile.index(),
                           router.flits);
      }
    }
  }
  return csv;
}

/// b in one format, empty where the format cannot carry the codec.
std::string format_cell(const std::vector<map::FormatUse>& formats, codec::WireKind kind) {
  for (const auto& format : formats) {
    if (format.kind == kind) return fmt::format("{:.6f}", format.bits_per_activation);
  }
  return {};
}

std::string boundaries_csv(const ExperimentResult& result) {
  std::string csv =
      "variant,boundary,neurons,codec,wire,events_per_neuron,bits_per_activation,"
      "packet_bits_per_activation,aer_bits_per_activation,bitmap_bits_per_activation,"
      "burst_bits_per_activation,rans_bits_per_activation\n";
  for (const auto& variant : result.variants) {
    for (const auto& b : variant.boundaries.boundaries) {
      csv +=
          fmt::format("{},{},{},\"{}\",\"{}\",{:.6f},{:.6f}", variant.name, b.name, b.neurons,
                      variant.codec, b.wire_format(), b.events_per_neuron, b.bits_per_activation);
      for (const auto kind :
           {codec::WireKind::kPacket, codec::WireKind::kAer, codec::WireKind::kBitmap,
            codec::WireKind::kBurst, codec::WireKind::kRans}) {
        csv += "," + format_cell(b.formats, kind);
      }
      csv += "\n";
    }
  }
  return csv;
}

}  // namespace

void write_tables(const ExperimentResult& result, const std::filesystem::path& directory) {
  core::write_file_atomic(directory / "layers.csv", layers_csv(result));
  core::write_file_atomic(directory / "links.csv", links_csv(result));
  core::write_file_atomic(directory / "mesh_links.csv", mesh_links_csv(result));
  core::write_file_atomic(directory / "routers.csv", routers_csv(result));
  core::write_file_atomic(directory / "link_errors.csv", link_errors_csv(result));
  core::write_file_atomic(directory / "boundaries.csv", boundaries_csv(result));
}

}  // namespace ranvier::sweep
