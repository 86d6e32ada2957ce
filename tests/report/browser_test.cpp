// Opens the page in headless Chromium: every chart must draw, nothing may complain, nothing may be
// loaded.

#include "tests/report/browser.hpp"

#include "ranvier/core/file.hpp"
#include "ranvier/report/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "tests/report/fixture.hpp"

namespace ranvier::report {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class Browser : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    dir_ =
        fs::absolute(fs::path(testing::TempDir()) / ("ranvier_browser_" + std::to_string(getpid()) +
                                                     "_" + std::string(test->name())));
    fs::remove_all(dir_);
  }
  void TearDown() override { fs::remove_all(dir_); }

  std::string open(const fixture::Options& options, const std::string& flags = {}) const {
    fixture::write_run(dir_, options);
    write_report(dir_);
    return browser::rendered(dir_ / "report.html", dir_ / "profile", flags);
  }

  /// Without a hybrid or a dense variant there is no verdict, and no tornado of it.
  static void expect_complete(const std::string& dom, const std::string& charts = "9") {
    EXPECT_EQ(browser::attribute(dom, "data-charts-expected"), charts);
    EXPECT_EQ(browser::attribute(dom, "data-charts-rendered"), charts);
    const size_t errors = dom.find("id=\"page-errors\"");
    ASSERT_NE(errors, std::string::npos);
    EXPECT_EQ(browser::attribute(dom, "data-errors"), "0") << dom.substr(errors, 2000);
    EXPECT_THAT(dom, Not(HasSubstr("data-rendered=\"false\"")));
  }

  fs::path dir_;
};

TEST_F(Browser, DrawsEveryChartWithoutAComplaint) {
  const std::string dom = open({});
  expect_complete(dom);
  EXPECT_THAT(dom, HasSubstr("loses to a dense baseline"));
  EXPECT_THAT(dom, HasSubstr("1.06× slower"));
  EXPECT_THAT(dom, HasSubstr("hnn-rate4"));
}

TEST_F(Browser, DrawsEveryChartInTheDarkAndOnAPhone) {
  const std::string dom = open({.hnn_energy_scale = 0.2, .hnn_latency_scale = 0.2},
                               "--window-size=400,800 --blink-settings=preferredColorScheme=0");
  expect_complete(dom);
  EXPECT_EQ(browser::attribute(dom, "data-theme"), "dark");
  EXPECT_THAT(dom, HasSubstr("loses to no dense baseline"));
}

TEST_F(Browser, SaysWhatLossyLinksCostWhereTheyDo) {
  const std::string nothing = "<div id=\"losses\"></div>";
  const std::string clean = open({});
  EXPECT_THAT(clean, HasSubstr(nothing));
  // Only the second preset loses values; the page opens on the first.
  const std::string first = open({.lossy = true});
  expect_complete(first);
  EXPECT_THAT(first, HasSubstr(nothing));
  const auto page = dir_ / "report.html";
  std::string html = core::read_file(page, "t");
  const std::string state = "preset: Report.presets[0]";
  const size_t at = html.find(state);
  ASSERT_NE(at, std::string::npos);
  html.replace(at, state.size(), "preset: Report.presets[1]");
  core::write_file_atomic(page, html);
  const std::string second = browser::rendered(page, dir_ / "profile", {});
  expect_complete(second);
  EXPECT_THAT(second, Not(HasSubstr(nothing)));
  EXPECT_THAT(second, HasSubstr("aria-label=\"Quality under loss on ucie16nm\""));
  EXPECT_THAT(second, HasSubstr("<td>36.64</td><td>-20.00</td><td>3.4 %</td><td>10,000</td>"));
}

TEST_F(Browser, TheTornadoNamesWhatTurnsTheVerdict) {
  const std::string dom = open({});
  const size_t at = dom.find("id=\"tornado-verdict\"");
  ASSERT_NE(at, std::string::npos);
  const std::string figure = dom.substr(at, dom.find("</figure>", at) - at);
  EXPECT_THAT(figure, HasSubstr("How far each constant moves the verdict"));
  EXPECT_THAT(figure, HasSubstr("d2d_bit (bold) alone can turn it"));
  EXPECT_THAT(figure, HasSubstr(">sram_read_bit</text>"));
  EXPECT_THAT(figure, Not(HasSubstr("phy_latency"))) << "it moves no energy";
  EXPECT_THAT(figure, HasSubstr("#5b9bc8"));
  EXPECT_THAT(figure, HasSubstr("#d1573c"));
  EXPECT_THAT(figure, HasSubstr(">even</text>"));
}

TEST_F(Browser, HostileNamesRunNothing) {
  const std::string dom = open({.experiment = "<img src=x onerror=document.title='owned'>",
                                .best = "hnn-<img src=x onerror=document.title='owned'>"});
  expect_complete(dom);
  EXPECT_THAT(dom, Not(HasSubstr("<img src=\"x\"")));
  EXPECT_THAT(dom, Not(HasSubstr("<title>owned")));
}

TEST_F(Browser, RunsWithoutHybridsOrDenseBaselinesStillDraw) {
  const std::string alone = open({.hybrid = false});
  expect_complete(alone, "8");
  EXPECT_THAT(alone, HasSubstr("Nothing to draw: that takes a hybrid"));
  expect_complete(open({.dense = false}), "8");
}

}  // namespace
}  // namespace ranvier::report
