// The page of a sweep in headless Chromium: every chart draws, saves and hides nothing.

#include "ranvier/report/sweep_page.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/core/file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "tests/report/browser.hpp"

namespace ranvier::report {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

/// What a made-up sweep holds.
struct Shape {
  int axes = 3;
  int sizes = 1;  // networks of different size
  bool dense = true;
  bool links = true;
  std::string name = "made up";
};

json axes_of(const Shape& shape) {
  json axes{
      {{"key", "hardware.serdes.lanes"}, {"unit", ""}, {"numeric", true}, {"log", false}},
      {{"key", "cost.d2d_bit"}, {"unit", "pJ/bit"}, {"numeric", true}, {"log", true}},
      {{"key", "variants.hnn-graded.wire"}, {"unit", ""}, {"numeric", false}, {"log", false}}};
  while (static_cast<int>(axes.size()) > shape.axes) axes.erase(axes.size() - 1);
  return axes;
}

std::vector<std::string> variants_of(const Shape& shape) {
  if (!shape.dense) return {"snn", "hnn-graded"};
  return {"ann-burst4", "snn", "hnn-graded"};
}

json rows_of(const Shape& shape) {
  json rows = json::array();
  for (int position = 0; position < 24; ++position) {
    const double lanes = 1 << (position % 4), price = 0.5 * (1 + position / 4 % 3);
    const json all{lanes, price, position % 2 == 0 ? "aer" : "bitmap"};
    json settings = json::array(), texts = json::array();
    for (int a = 0; a < shape.axes; ++a) {
      settings.push_back(all[static_cast<size_t>(a)]);
      texts.push_back(all[static_cast<size_t>(a)].is_string() ? all[static_cast<size_t>(a)]
                                                              : json("some value"));
    }
    const auto row = [&](const std::string& variant, const char* preset, const json& values) {
      return json{{"position", position},
                  {"state", values.empty() ? "refused" : "done"},
                  {"message", values.empty() ? "[hardware.mesh] got 2, need 4" : ""},
                  {"texts", texts},
                  {"settings", settings},
                  {"variant", variant},
                  {"preset", preset},
                  {"wire", "bitmap"},
                  {"values", values},
                  {"front", false}};
    };
    if (position == 23) {
      rows.push_back(row("", "", json::array()));
      continue;
    }
    double bits = 5;
    for (const auto& variant : variants_of(shape)) {
      for (const char* preset : {"paper45nm", "ucie16nm"}) {
        rows.push_back(row(variant, preset,
                           {55.0 + bits, 0.3, bits, 1000.0 * (1 + position % shape.sizes),
                            0.5 * lanes, price, 20 + 100 * bits / lanes, 4 + bits * price}));
      }
      bits -= 1.5;
    }
  }
  return rows;
}

json links_of(const Shape& shape) {
  json links = json::array();
  for (const auto& variant : variants_of(shape)) {
    const double bits = variant[0] == 'a' ? 5e4 : 2e4, fixed = variant[0] == 'a' ? 4 : 4.2;
    for (const char* preset : {"paper45nm", "ucie16nm"}) {
      for (int i = 0; i <= 20 && shape.links; ++i) {
        const double gbps = 0.01 * std::pow(10.0, i / 4.0);
        links.push_back({{"source", "0123"},
                         {"variant", variant},
                         {"preset", preset},
                         {"gbps", gbps},
                         {"latency_us", 20 + bits / gbps * 1e-3},
                         {"fixed_uj", fixed},
                         {"link_bits", bits}});
      }
    }
  }
  return links;
}

json table_of(const Shape& shape) {
  json columns = json::array();
  for (const char* name :
       {"metric_deployed", "events_per_neuron", "bits_per_activation", "parameters", "link_gbps",
        "link_pj_per_bit", "latency_us", "energy_uj"}) {
    columns.push_back({{"name", name}, {"doc", ""}, {"higher", columns.empty()}});
  }
  return {{"schema", 1},         {"name", shape.name},           {"base", "runs/mine"},
          {"fidelity", "cycle"}, {"metric", "accuracy_percent"}, {"x", "energy_uj"},
          {"y", "latency_us"},   {"file", "name: made up\n"},    {"axes", axes_of(shape)},
          {"columns", columns},  {"rows", rows_of(shape)},       {"links", links_of(shape)}};
}

class SweepPage : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    dir_ =
        fs::absolute(fs::path(testing::TempDir()) / ("ranvier_sweep_" + std::to_string(getpid()) +
                                                     "_" + std::string(test->name())));
    fs::remove_all(dir_);
    fs::create_directories(dir_);
  }
  void TearDown() override { fs::remove_all(dir_); }

  /// The page after its scripts, with `probe` run as one more script at the end.
  std::string open(const Shape& shape, const std::string& flags = {},
                   const std::string& probe = {}) const {
    write_sweep_page(table_of(shape).dump(), shape.name, dir_ / "sweep.html");
    if (!probe.empty()) {
      const std::string page = core::read_file(dir_ / "sweep.html", "page");
      core::write_file_atomic(dir_ / "sweep.html", page + "<script>" + probe + "</script>");
    }
    return browser::rendered(dir_ / "sweep.html", dir_ / "profile", flags);
  }

  static void expect_complete(const std::string& dom) {
    EXPECT_EQ(browser::attribute(dom, "data-charts-expected"), "5");
    EXPECT_EQ(browser::attribute(dom, "data-charts-rendered"), "5");
    EXPECT_EQ(browser::attribute(dom, "data-errors"), "0")
        << dom.substr(dom.find("id=\"page-errors\""), 2000);
  }

  fs::path dir_;
};

TEST_F(SweepPage, DrawsEveryChartWithoutAComplaint) {
  const std::string dom = open({});
  expect_complete(dom);
  EXPECT_THAT(dom, HasSubstr("Latency over energy"));
  EXPECT_THAT(dom, HasSubstr("hnn-graded against ann-burst4"));
  EXPECT_THAT(dom, HasSubstr("[hardware.mesh] got 2, need 4")) << "refused points are shown";
  EXPECT_THAT(dom, HasSubstr("1 refused"));
}

TEST_F(SweepPage, DrawsOnAPhoneInTheDarkAndWithFewOrManyThings) {
  expect_complete(open({}, "--window-size=400,800 --blink-settings=preferredColorScheme=0"));
  expect_complete(open({.axes = 1, .sizes = 3}));
  expect_complete(open({.axes = 2, .dense = false}));
  expect_complete(open({.links = false}));
}

TEST_F(SweepPage, EveryChartSavesCsvAndSvg) {
  const std::string dom = open({}, {}, R"js(
    const saved = [];
    Report.download = (name, text) => saved.push([name, text]);
    document.querySelectorAll("[data-save]").forEach((button) => button.click());
    const svg = saved.filter(([name, text]) => name.endsWith(".svg") && text.startsWith("<svg") && text.includes("<path"));
    const csv = saved.filter(([name, text]) => name.endsWith(".csv") && text.split("\n").length > 3);
    document.documentElement.dataset.saved = `${svg.length} svg, ${csv.length} csv`;)js");
  EXPECT_EQ(browser::attribute(dom, "data-saved"), "5 svg, 5 csv");
  expect_complete(dom);
}

TEST_F(SweepPage, AClickSelectsAndEveryControlRedraws) {
  const std::string dom = open({}, {}, R"js(
    const chart = echarts.getInstanceByDom(document.getElementById("sweep-pareto-chart"));
    const row = Report.sweep.rows[0];
    chart.trigger("click", { data: { row } });
    const selected = document.querySelectorAll("#selection tbody tr").length;
    for (const select of document.querySelectorAll("select"))
      for (const option of select.options) { select.value = option.value; select.dispatchEvent(new Event("change")); }
    for (const button of document.querySelectorAll(".segmented button, .chip")) button.click();
    document.documentElement.dataset.selected = String(selected);)js");
  EXPECT_EQ(browser::attribute(dom, "data-selected"), "1");
  expect_complete(dom);
}

TEST_F(SweepPage, HostileNamesRunNothing) {
  const std::string dom = open({.name = "</script><img src=x onerror=document.title='owned'>"});
  expect_complete(dom);
  EXPECT_THAT(dom, Not(HasSubstr("<img src=\"x\"")));
  EXPECT_THAT(dom, Not(HasSubstr("<title>owned")));
}

TEST_F(SweepPage, RefusesWhatIsNoTable) {
  EXPECT_THROW(write_sweep_page("{}", "t", dir_ / "p.html"), core::UserError);
  json table = table_of({});
  table.erase("links");
  EXPECT_THROW(write_sweep_page(table.dump(), "t", dir_ / "p.html"), core::UserError);
  EXPECT_FALSE(fs::exists(dir_ / "p.html"));
}

}  // namespace
}  // namespace ranvier::report
