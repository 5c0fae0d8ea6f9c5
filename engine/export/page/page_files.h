// The files of the page at `/`. They are embedded when floodgauge is built, with Debian's Chart.js
// among them, so that nothing is fetched from elsewhere.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace floodgauge {

struct PageFile {
  std::string_view path;  ///< "/page.js"
  const char* content_type;
  std::string_view text;
};

/// All files, the scripts in the order in which they are run.
std::span<const PageFile> page_files();
/// nullptr when there is none of that path.
const PageFile* page_file(std::string_view path);

/// Content-Security-Policy of the page: its own scripts, styles and data, and nothing else
/// (https://www.w3.org/TR/CSP3/).
inline constexpr const char* kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page as one file that needs no server: `data` is JSON that its scripts show.
std::string standalone_page(const std::string& data);

}  // namespace floodgauge
