#include "tests/cli/small_run.hpp"

#include "ranvier/core/file.hpp"
#include "ranvier/map/test_network.hpp"

#include <nlohmann/json.hpp>

#include <numeric>

namespace ranvier::tests {

void write_small_bundle(const std::filesystem::path& run, const std::string& variant,
                        ir::NetworkKind kind, const std::string& codec, int samples) {
  const auto network = map::testing::two_chip_network(kind, codec::parse_codec(codec, "t"), 1);
  const auto bundle = run / "bundle" / variant;
  std::filesystem::create_directories(bundle);
  ir::write_network(network, bundle / "network.json");
  auto activity = map::testing::random_activity(network, samples, 0.3, 7);
  activity.labels.resize(static_cast<size_t>(samples));
  std::iota(activity.labels.begin(), activity.labels.end(), 1);
  activity.predictions = activity.labels;
  ir::write_activity(activity, bundle / "activity.h5");
  core::write_file_atomic(bundle / "metrics.json",
                          nlohmann::ordered_json{{"metric", "accuracy_percent"},
                                                 {"metric_float", 50.0},
                                                 {"metric_deployed", 49.5},
                                                 {"events_per_neuron", 0.3},
                                                 {"boundary_neurons", 512},
                                                 {"test_samples", 100}}
                              .dump());
}

void write_small_config(const std::filesystem::path& run, const std::string& more) {
  core::write_file_atomic(run / "config.resolved.yaml", R"yaml(name: small
data: {kind: procedural}
network: {model: msresnet, widths: [8, 16], blocks: [1, 1], cuts: [stage1]}
variants: {hnn-graded: {kind: hnn, codec: "graded(2)"}}
presets: [ucie16nm]
)yaml" + more);
}

void make_small_run(const std::filesystem::path& directory) {
  write_small_bundle(directory, "hnn-graded", ir::NetworkKind::kHnn, "graded(2)", 2);
  write_small_config(directory, "simulate: {samples: 2}\nhardware: {chips_x: 2, mesh: 6}\n");
}

}  // namespace ranvier::tests
