#pragma once
// A small trained run for the tests of this folder: random activity on two chips, no training.

#include "ranvier/core/file.hpp"
#include "ranvier/map/test_network.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>

namespace ranvier::sweep::testing {

struct TestBundle {
  std::string name;
  ir::NetworkKind kind = ir::NetworkKind::kHnn;
  std::string codec;
  int steps = 1;
  double density = 0.3;
  double accuracy = 50;
};

inline void write_test_bundle(const std::filesystem::path& run, const TestBundle& bundle) {
  const auto network = map::testing::two_chip_network(
      bundle.kind, codec::parse_codec(bundle.codec, "test"), bundle.steps);
  const auto path = run / "bundle" / bundle.name;
  std::filesystem::create_directories(path);
  ir::write_network(network, path / "network.json");
  auto activity = map::testing::random_activity(network, 2, bundle.density, 7);
  activity.steps = bundle.steps;
  activity.labels = {1, 2};
  activity.predictions = {1, 2};
  ir::write_activity(activity, path / "activity.h5");
  const nlohmann::json metrics{{"metric", "accuracy_percent"},
                               {"metric_float", bundle.accuracy + 0.2},
                               {"metric_deployed", bundle.accuracy},
                               {"events_per_neuron", bundle.density},
                               {"boundary_neurons", 512},
                               {"test_samples", 100}};
  core::write_file_atomic(path / "metrics.json", metrics.dump());
}

/// Four variants on two chips of 4 x 4 cores.
inline void write_test_run(const std::filesystem::path& run) {
  using ir::NetworkKind;
  write_test_bundle(run, {"ann-burst8", NetworkKind::kAnn, "dense(8)", 1, 0.6, 60});
  write_test_bundle(run, {"ann-burst4", NetworkKind::kAnn, "dense(4)", 1, 0.6, 59.5});
  write_test_bundle(run, {"snn", NetworkKind::kSnn, "rate(2)", 2, 0.3, 52});
  write_test_bundle(run, {"hnn-graded", NetworkKind::kHnn, "graded(2)", 1, 0.25, 59});
  core::write_file_atomic(
      run / "config.resolved.yaml",
      "name: small\nhardware: {chips_x: 2, mesh: 4}\npresets: [paper45nm, ucie16nm]\n"
      "variants:\n  snn: {wire: auto}\n  hnn-graded: {wire: auto}\n");
}

}  // namespace ranvier::sweep::testing
