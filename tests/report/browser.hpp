#pragma once
// Headless Chromium for the tests of pages.

#include <filesystem>
#include <string>

namespace ranvier::report::browser {

/// The document after its scripts have run, in a browser that cannot resolve any name.
std::string rendered(const std::filesystem::path& page, const std::filesystem::path& profile,
                     const std::string& flags);

/// The first value of an attribute in the document; "absent" when there is none.
std::string attribute(const std::string& dom, const std::string& name);

}  // namespace ranvier::report::browser
