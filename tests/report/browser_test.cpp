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

  static void expect_complete(const std::string& dom) {
    constexpr const char* kCharts = "8";
    EXPECT_EQ(browser::attribute(dom, "data-charts-expected"), kCharts);
    EXPECT_EQ(browser::attribute(dom, "data-charts-rendered"), kCharts);
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

TEST_F(Browser, HostileNamesRunNothing) {
  const std::string dom = open({.experiment = "<img src=x onerror=document.title='owned'>",
                                .best = "hnn-<img src=x onerror=document.title='owned'>"});
  expect_complete(dom);
  EXPECT_THAT(dom, Not(HasSubstr("<img src=\"x\"")));
  EXPECT_THAT(dom, Not(HasSubstr("<title>owned")));
}

TEST_F(Browser, RunsWithoutHybridsOrDenseBaselinesStillDraw) {
  expect_complete(open({.hybrid = false}));
  expect_complete(open({.dense = false}));
}

}  // namespace
}  // namespace ranvier::report
