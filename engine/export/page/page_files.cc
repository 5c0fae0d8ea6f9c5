#include "engine/export/page/page_files.h"

#include <algorithm>
#include <array>

#include <openssl/evp.h>

#include "engine/base/base64.h"
#include "engine/export/page/embedded.h"

namespace floodgauge {
namespace {

constexpr const char* kScript = "text/javascript; charset=utf-8";

/// The hash of an inline script or style as a policy names it (CSP3, section 2.3.1).
std::string hash_source(const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return "'sha256-" +
         base64_encode(std::string(reinterpret_cast<const char*>(digest.data()), size)) + "'";
}

void replace(std::string& text, std::string_view what, const std::string& by) {
  const std::size_t at = text.find(what);
  if (at != std::string::npos) text.replace(at, what.size(), by);
}

/// JSON that may stand in a script element: "</script>" and "<!--" would end it.
std::string script_safe(const std::string& json) {
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

}  // namespace

std::span<const PageFile> page_files() {
  static const std::array kFiles = {
      PageFile{"/", "text/html; charset=utf-8", kEmbeddedPageHtml},
      PageFile{"/page.css", "text/css; charset=utf-8", kEmbeddedPageCss},
      PageFile{"/icon.svg", "image/svg+xml", kEmbeddedIconSvg},
      PageFile{"/chart.js", kScript, kEmbeddedChartJs},
      PageFile{"/text.js", kScript, kEmbeddedTextJs},
      PageFile{"/charts.js", kScript, kEmbeddedChartsJs},
      PageFile{"/views.js", kScript, kEmbeddedViewsJs},
      PageFile{"/sensor.js", kScript, kEmbeddedSensorJs},
      PageFile{"/explain.js", kScript, kEmbeddedExplainJs},
      PageFile{"/page.js", kScript, kEmbeddedPageJs},
  };
  return kFiles;
}

const PageFile* page_file(std::string_view path) {
  for (const PageFile& file : page_files()) {
    if (file.path == path) return &file;
  }
  return nullptr;
}

std::string standalone_page(const std::string& data) {
  std::string page(kEmbeddedPageHtml);
  const std::string style = "\n" + std::string(kEmbeddedPageCss);
  std::string scripts;
  std::string policy = "default-src 'none'; base-uri 'none'; form-action 'none'; style-src " +
                       hash_source(style) + "; script-src";
  for (const PageFile& file : page_files()) {
    if (file.content_type != kScript) continue;
    std::string script = "\n" + std::string(file.text);
    // A reference to the map of the minified library would be fetched.
    if (const std::size_t map = script.rfind("//# sourceMappingURL="); map != std::string::npos) {
      script.resize(map);
    }
    policy += " " + hash_source(script);
    scripts += "<script>" + script + "</script>\n";
  }
  replace(page, "<link rel=\"icon\" href=\"icon.svg\">\n", "");
  replace(page, "<link rel=\"stylesheet\" href=\"page.css\">",
          "<meta http-equiv=\"Content-Security-Policy\" content=\"" + policy + "\">\n<style>" +
              style + "</style>");
  const std::size_t first = page.find("<script src=");
  const std::size_t end = page.find("</body>");
  if (first != std::string::npos && end != std::string::npos) page.erase(first, end - first);
  replace(page, "</body>",
          "<script type=\"application/json\" id=\"data\">" + script_safe(data) + "</script>\n" +
              scripts + "</body>");
  return page;
}

}  // namespace floodgauge
