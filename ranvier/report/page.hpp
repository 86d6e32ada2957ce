#pragma once
// Fills the page template. Everything that came from a file is escaped here.

#include <string>
#include <string_view>
#include <vector>

namespace ranvier::report {

struct PageText {
  std::string title;
  std::string about;  // what was run, one sentence
  std::string headline;
  std::string points;  // HTML list items, already escaped
  std::string data;    // JSON for the scripts
};

/// Text that is safe between tags and inside quoted attributes.
std::string escape_html(std::string_view text);

/// JSON that is safe inside <script>: no "<" survives, so neither "</script" nor "<!--" can occur.
std::string escape_script_json(std::string_view json);

/// One self-contained HTML document.
std::string fill_page(const PageText& text);

/// A value of a template and its text, already escaped.
struct TemplateValue {
  std::string_view name;
  std::string text;
};
/// Replaces every {{name}} of `page`; style and charting library are values it always has.
/// Errors: ContractViolation for a name without a value.
std::string fill_template(std::string_view page, std::vector<TemplateValue> values);

}  // namespace ranvier::report
