#include "ranvier/sweep/stored_run.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ranvier::sweep {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

class StoredRunTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(::testing::TempDir()) / "stored_run";
    fs::remove_all(directory_);
    fs::create_directories(directory_);
    summary_ = ordered_json::parse(R"({"experiment": "e", "metric": "accuracy_percent",
      "variants": {"ann-packet": {"kind": "ann", "metric_deployed": 60.5,
                                  "presets": {"pcb": {"latency_us": 12.5}}}}})");
    ledger_ = ordered_json::parse(R"({"variants": {"ann-packet": {"pcb": {"samples": 2, "lines": [
      {"event": "mac", "count": 7},
      {"event": "clp_encode_elements", "count": 3},
      {"event": "clp_encode_elements", "count": 3}]}}}})");
  }
  void TearDown() override { fs::remove_all(directory_); }

  StoredRun read() {
    core::write_file_atomic(directory_ / "summary.json", summary_.dump());
    core::write_file_atomic(directory_ / "ledger.json", ledger_.dump());
    return read_run(directory_);
  }
  ordered_json& preset() { return ledger_["variants"]["ann-packet"]["pcb"]; }

  /// The key that reading refuses.
  std::string refused() {
    try {
      read();
    } catch (const core::UserError& error) {
      return error.refusal().key;
    }
    return "nothing";
  }

  fs::path directory_;
  ordered_json summary_;
  ordered_json ledger_;
};

TEST_F(StoredRunTest, CountsAnEventWithTwoPricesOnce) {
  const StoredRun run = read();
  const StoredPreset& preset = run.variants.at(0).presets.at("pcb");
  EXPECT_EQ(preset.ledger[core::Event::kMac], 7);
  EXPECT_EQ(preset.ledger[core::Event::kClpEncodeElements], 3);
  EXPECT_EQ(preset.samples, 2);
  EXPECT_DOUBLE_EQ(preset.latency_s, 12.5e-6);
  EXPECT_EQ(run.variants.at(0).kind, "ann");
}

TEST_F(StoredRunTest, RefusesWhatDoesNotFitTogether) {
  preset()["lines"][2]["count"] = 4;
  EXPECT_EQ(refused(), "ledger.json:variants.ann-packet.pcb.lines.clp_encode_elements");
  preset()["lines"][2]["count"] = -3;
  EXPECT_EQ(refused(), "ledger.json:variants.ann-packet.pcb.lines.count");
  preset()["lines"].erase(2);
  preset()["lines"][0]["event"] = "macs";
  EXPECT_EQ(refused(), "ledger.json:variants.ann-packet.pcb.lines.event");
  preset()["lines"].erase(0);
  EXPECT_EQ(refused(), "nothing");
  preset()["samples"] = 0;
  EXPECT_EQ(refused(), "ledger.json:variants.ann-packet.pcb.samples");
}

TEST_F(StoredRunTest, RefusesMissingPiecesByName) {
  EXPECT_THROW(read_run(directory_), core::UserError);
  summary_["variants"]["ann-packet"]["presets"]["pcb"]["latency_us"] = 0;
  EXPECT_EQ(refused(), "summary.json:variants.ann-packet.pcb.latency_us");
  summary_["variants"]["ann-packet"]["presets"]["pcb"].erase("latency_us");
  EXPECT_EQ(refused(), "summary.json:variants.ann-packet.pcb.latency_us");
  ledger_["variants"].erase("ann-packet");
  EXPECT_EQ(refused(), "ledger.json:variants.ann-packet");
}

}  // namespace
}  // namespace ranvier::sweep
