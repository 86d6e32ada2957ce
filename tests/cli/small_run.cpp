#include "tests/cli/small_run.hpp"

#include "ranvier/core/file.hpp"
#include "ranvier/map/test_network.hpp"

#include <nlohmann/json.hpp>

namespace ranvier::tests {

void make_small_run(const std::filesystem::path& directory) {
  const auto network = map::testing::two_chip_network(ir::NetworkKind::kHnn,
                                                      codec::parse_codec("graded(2)", "t"), 1);
  const auto bundle = directory / "bundle/hnn-graded";
  std::filesystem::create_directories(bundle);
  ir::write_network(network, bundle / "network.json");
  auto activity = map::testing::random_activity(network, 2, 0.3, 7);
  activity.labels = activity.predictions = {1, 2};
  ir::write_activity(activity, bundle / "activity.h5");
  core::write_file_atomic(bundle / "metrics.json",
                          nlohmann::ordered_json{{"metric", "accuracy_percent"},
                                                 {"metric_float", 50.0},
                                                 {"metric_deployed", 49.5},
                                                 {"events_per_neuron", 0.3},
                                                 {"boundary_neurons", 512},
                                                 {"test_samples", 100}}
                              .dump());
  core::write_file_atomic(directory / "config.resolved.yaml", R"yaml(name: small
data: {kind: procedural}
network: {model: msresnet, widths: [8, 16], blocks: [1, 1], cuts: [stage1]}
variants: {hnn-graded: {kind: hnn, codec: "graded(2)"}}
presets: [ucie16nm]
simulate: {samples: 2}
hardware: {chips_x: 2, mesh: 6}
)yaml");
}

}  // namespace ranvier::tests
