#include "tests/report/browser.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>

namespace ranvier::report::browser {
namespace fs = std::filesystem;
namespace {

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

}  // namespace

std::string rendered(const fs::path& page, const fs::path& profile, const std::string& flags) {
  const fs::path browser = chromium();
  EXPECT_FALSE(browser.empty()) << "Chromium is missing: the report cannot be checked without it "
                                   "(Debian: apt-get install chromium)";
  if (browser.empty()) return {};
  const std::string command =
      "'" + browser.string() +
      "' --headless=new --no-sandbox --no-zygote --in-process-gpu --disable-gpu "
      "--disable-background-networking --disable-component-update --disable-sync --no-first-run "
      "--host-resolver-rules='MAP * ~NOTFOUND' --virtual-time-budget=10000 --user-data-dir='" +
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

}  // namespace ranvier::report::browser
