#pragma once
// The page's own files and the charting library, compiled in. Definitions are generated in the
// build directory.

#include <string_view>

namespace ranvier::report {

extern const std::string_view kTemplateHtml;
extern const std::string_view kStyleCss;
extern const std::string_view kAppJs;  // the files of web/js, in load order
extern const std::string_view kSweepHtml;
extern const std::string_view kSweepJs;
extern const std::string_view kEchartsJs;

}  // namespace ranvier::report
