// From a run directory to report.html: what is refused, what is escaped, what the file may not
// contain.

#include "ranvier/report/report.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"
#include "ranvier/report/page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <functional>
#include <regex>

#include "tests/report/fixture.hpp"

namespace ranvier::report {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class Report : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    dir_ = fs::path(testing::TempDir()) / ("ranvier_report_" + std::string(test->name()));
    fs::remove_all(dir_);
  }
  void TearDown() override { fs::remove_all(dir_); }

  void write(const char* name, const std::string& text) const {
    std::ofstream(dir_ / name, std::ios::binary) << text;
  }
  void edit(const char* name, const std::function<void(json&)>& change) const {
    json root = json::parse(core::read_file(dir_ / name, name));
    change(root);
    write(name, root.dump());
  }
  std::string page() const { return core::read_file(dir_ / "report.html", "report.html"); }
  core::Refusal refusal() const {
    try {
      write_report(dir_);
    } catch (const core::UserError& error) {
      EXPECT_FALSE(fs::exists(dir_ / "report.html"));
      return error.refusal();
    }
    ADD_FAILURE() << "expected a refusal";
    return {};
  }

  fs::path dir_;
};

TEST_F(Report, IsOneFileThatLoadsNothing) {
  fixture::write_run(dir_);
  write_report(dir_);
  const std::string html = page();
  EXPECT_THAT(html, HasSubstr("fixture (made-up numbers)"));
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
  const std::regex loads(
      R"((src|href|srcset|action)\s*=\s*["']?\s*(https?:)?//|@import|url\(\s*["']?\s*(https?:)?//)");
  std::smatch hit;
  // The charting library is a string of its own; what it may load is refused by the policy in the
  // page head.
  const std::string own =
      html.substr(0, html.find("<script>")) + html.substr(html.rfind("<script>"));
  EXPECT_FALSE(std::regex_search(own, hit, loads)) << hit.str();
  EXPECT_THAT(html, Not(HasSubstr("{{")));
}

TEST_F(Report, SameRunGivesTheSameBytes) {
  fixture::write_run(dir_);
  write_report(dir_);
  const std::string first = page();
  write_report(dir_);
  EXPECT_EQ(page(), first);
}

TEST_F(Report, HostileNamesStayText) {
  const std::string hostile = "</script><script>alert(1)</script><img src=x onerror=alert(2)>";
  fixture::write_run(dir_, {.experiment = hostile, .best = "hnn-<b>\"bold'&"});
  write_report(dir_);
  const std::string html = page();
  EXPECT_THAT(html, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(html, Not(HasSubstr("<img src=x")));
  EXPECT_THAT(html, Not(HasSubstr("<b>\"bold")));
  EXPECT_THAT(html, HasSubstr("&lt;/script&gt;&lt;script&gt;alert(1)"));
}

TEST_F(Report, EscapesForTextAndForScripts) {
  EXPECT_EQ(escape_html("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&#39;");
  EXPECT_EQ(escape_script_json("\"</script><!--\""), "\"\\u003c/script>\\u003c!--\"");
}

TEST_F(Report, RefusesADirectoryThatIsNoRun) {
  EXPECT_EQ(refusal().key, "run directory");
  fs::create_directories(dir_);
  EXPECT_EQ(refusal().key, "summary.json");
}

TEST_F(Report, RefusesEachMissingFileByName) {
  for (const char* name : {"summary.json", "details.json", "ledger.json", "provenance.json",
                           "layers.csv", "links.csv", "routers.csv", "boundaries.csv"}) {
    fixture::write_run(dir_);
    fs::remove(dir_ / name);
    const auto refused = refusal();
    EXPECT_EQ(refused.key, name);
    EXPECT_THAT(refused.given, HasSubstr((dir_ / name).string()));
  }
}

TEST_F(Report, RefusesBrokenJsonWithItsPlace) {
  fixture::write_run(dir_);
  write("summary.json", "{\"schema\": 1, ");
  const auto refused = refusal();
  EXPECT_EQ(refused.key, "summary.json");
  EXPECT_THAT(refused.given, HasSubstr("byte"));
  EXPECT_EQ(refused.place, (dir_ / "summary.json").string());
}

TEST_F(Report, RefusesAnotherSchemaOrMetric) {
  fixture::write_run(dir_);
  edit("summary.json", [](json& root) { root["schema"] = 7; });
  EXPECT_EQ(refusal().key, "summary.json:schema");
  fixture::write_run(dir_);
  edit("summary.json", [](json& root) { root["metric"] = "luck"; });
  EXPECT_EQ(refusal().key, "summary.json:metric");
}

TEST_F(Report, RefusesMissingAndMistypedValuesByTheirPath) {
  fixture::write_run(dir_);
  edit("summary.json",
       [](json& root) { root["variants"]["snn"]["presets"]["ucie16nm"].erase("latency_us"); });
  EXPECT_EQ(refusal().key, "summary.json:variants.snn.presets.ucie16nm.latency_us");
  fixture::write_run(dir_);
  edit("summary.json", [](json& root) { root["variants"]["snn"]["chips"] = "four"; });
  const auto refused = refusal();
  EXPECT_EQ(refused.key, "summary.json:variants.snn.chips");
  EXPECT_EQ(refused.given, "\"four\"");
}

TEST_F(Report, RefusesEnergyPartsThatDoNotAddUp) {
  fixture::write_run(dir_);
  edit("summary.json", [](json& root) {
    root["variants"]["snn"]["presets"]["paper45nm"]["energy_uj"]["compute"] = 1000;
  });
  EXPECT_EQ(refusal().key, "summary.json:variants.snn.presets.paper45nm.energy_uj");
}

TEST_F(Report, RefusesFilesOfDifferentRuns) {
  fixture::write_run(dir_);
  edit("summary.json",
       [](json& root) { root["variants"]["hnn-new"] = root["variants"]["hnn-rate4"]; });
  EXPECT_THAT(refusal().given, HasSubstr("hnn-new"));
  fixture::write_run(dir_);
  edit("details.json",
       [](json& root) { root["variants"][0]["presets"][0]["latency_ns"]["compute"] = 1e9; });
  EXPECT_THAT(refusal().key, HasSubstr("latency_ns"));
  fixture::write_run(dir_);
  edit("details.json", [](json& root) {
    root["variants"][0]["presets"][0]["chips"][0]["router_flits"] = {1, 2};
  });
  EXPECT_THAT(refusal().allowed, HasSubstr("64 routers"));
}

TEST_F(Report, RefusesLedgersWithoutSourcesAndEmptyTables) {
  fixture::write_run(dir_);
  edit("ledger.json",
       [](json& root) { root["variants"]["snn"]["paper45nm"]["lines"][0].erase("source"); });
  EXPECT_EQ(refusal().key, "ledger.json:variants.snn.paper45nm.lines[0].source");
  fixture::write_run(dir_);
  write("links.csv", "");
  EXPECT_EQ(refusal().key, "links.csv");
}

}  // namespace
}  // namespace ranvier::report
