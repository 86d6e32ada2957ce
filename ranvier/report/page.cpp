#include "ranvier/report/page.hpp"

#include "ranvier/core/error.hpp"
#include "ranvier/report/assets.hpp"

#include <algorithm>
#include <utility>

namespace ranvier::report {
namespace {

constexpr std::string_view kOpen = "{{";
constexpr std::string_view kClose = "}}";

}  // namespace

std::string escape_html(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      case '\'':
        safe += "&#39;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

std::string escape_script_json(std::string_view json) {
  std::string safe;
  safe.reserve(json.size());
  for (const char c : json) {
    if (c == '<') {
      safe += "\\u003c";
    } else {
      safe += c;
    }
  }
  return safe;
}

std::string fill_template(std::string_view rest, std::vector<TemplateValue> values) {
  values.push_back({"style", std::string(kStyleCss)});
  values.push_back({"echarts", std::string(kEchartsJs)});
  std::string page;
  for (size_t at = rest.find(kOpen); at != std::string_view::npos; at = rest.find(kOpen)) {
    const size_t end = rest.find(kClose, at);
    RANVIER_CONTRACT(end != std::string_view::npos, "every {{ of the page template is closed");
    const std::string_view name = rest.substr(at + kOpen.size(), end - at - kOpen.size());
    const auto value = std::ranges::find(values, name, &TemplateValue::name);
    RANVIER_CONTRACT(value != values.end(), "the page template names only known values");
    page.append(rest.substr(0, at)).append(value->text);
    rest.remove_prefix(end + kClose.size());
  }
  return page.append(rest);
}

std::string fill_page(const PageText& text) {
  return fill_template(kTemplateHtml, {{"title", escape_html(text.title)},
                                       {"about", escape_html(text.about)},
                                       {"headline", escape_html(text.headline)},
                                       {"points", text.points},
                                       {"data", escape_script_json(text.data)},
                                       {"app", std::string(kAppJs)}});
}

}  // namespace ranvier::report
