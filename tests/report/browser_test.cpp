// Opens the page in headless Chromium: every chart must draw, nothing may complain, nothing may be
// loaded.

#include "ranvier/core/file.hpp"
#include "ranvier/report/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <regex>
#include <string>

#include "tests/report/fixture.hpp"

namespace ranvier::report {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

/// The first Chromium on the PATH; empty when there is none.
fs::path chromium() {
  const char* path = std::getenv("PATH");
  std::string rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const size_t colon = rest.find(':');
    for (const char* name : {"chromium", "chromium-browser", "google-chrome"}) {
      const fs::path candidate = fs::path(rest.substr(0, colon)) / name;
      if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    }
    rest = colon == std::string::npos ? "" : rest.substr(colon + 1);
  }
  return {};
}

/// The document after its scripts have run, in a browser that cannot resolve any name.
std::string rendered(const fs::path& page, const fs::path& profile, const std::string& flags) {
  const fs::path browser = chromium();
  EXPECT_FALSE(browser.empty()) << "Chromium is missing: the report cannot be checked without it "
                                   "(Debian: apt-get install chromium)";
  if (browser.empty()) return {};
  const std::string command =
      "'" + browser.string() +
      "' --headless=new --no-sandbox --disable-gpu --disable-background-networking "
      "--disable-component-update --disable-sync --no-first-run --host-resolver-rules='MAP * "
      "~NOTFOUND' --virtual-time-budget=10000 --user-data-dir='" +
      profile.string() + "' " + flags + " --dump-dom 'file://" + page.string() + "' 2>/dev/null";
  FILE* pipe = ::popen(command.c_str(), "r");
  std::string dom;
  std::array<char, 65536> buffer{};
  for (size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    dom.append(buffer.data(), n);
  }
  EXPECT_EQ(::pclose(pipe), 0);
  return dom;
}

std::string attribute(const std::string& dom, const std::string& name) {
  const std::string key = " " + name + "=\"";
  const size_t at = dom.find(key);
  if (at == std::string::npos) return "absent";
  const size_t begin = at + key.size();
  return dom.substr(begin, dom.find('"', begin) - begin);
}

class Browser : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    dir_ = fs::absolute(fs::path(testing::TempDir()) /
                        ("ranvier_browser_" + std::string(test->name())));
    fs::remove_all(dir_);
  }
  void TearDown() override { fs::remove_all(dir_); }

  std::string open(const fixture::Options& options, const std::string& flags = {}) const {
    fixture::write_run(dir_, options);
    write_report(dir_);
    return rendered(dir_ / "report.html", dir_ / "profile", flags);
  }

  static void expect_complete(const std::string& dom) {
    constexpr const char* kCharts = "8";
    EXPECT_EQ(attribute(dom, "data-charts-expected"), kCharts);
    EXPECT_EQ(attribute(dom, "data-charts-rendered"), kCharts);
    const size_t errors = dom.find("id=\"page-errors\"");
    ASSERT_NE(errors, std::string::npos);
    EXPECT_EQ(attribute(dom, "data-errors"), "0") << dom.substr(errors, 2000);
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
  EXPECT_EQ(attribute(dom, "data-theme"), "dark");
  EXPECT_THAT(dom, HasSubstr("loses to no dense baseline"));
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
