#include "engine/export/http/same_site.h"

#include <algorithm>

#include <arpa/inet.h>
#include <strings.h>
#include <unistd.h>

namespace floodgauge {
namespace {

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

bool is_address(std::string_view host) {
  const std::string text(host);
  in6_addr ignored{};
  return inet_pton(AF_INET, text.c_str(), &ignored) == 1 ||
         inet_pton(AF_INET6, text.c_str(), &ignored) == 1;
}

/// "Sensor.example:9733" -> "Sensor.example", "[::1]:9733" -> "::1".
std::string_view without_port(std::string_view authority) {
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    const bool sound =
        end != std::string_view::npos && (end + 1 == authority.size() || authority[end + 1] == ':');
    return sound ? authority.substr(1, end - 1) : authority;
  }
  // An IPv6 address without brackets has several colons and no port.
  const std::size_t colon = authority.find(':');
  return colon == authority.rfind(':') ? authority.substr(0, colon) : authority;
}

/// The name that this machine was given; empty when it has none.
std::string machine_name() {
  char name[256] = {};
  return gethostname(name, sizeof(name) - 1) == 0 ? name : "";
}

/// The authority of an origin: "https://sensor:9733" -> "sensor:9733"; empty for "null".
std::string_view authority_of(std::string_view origin) {
  const std::size_t scheme = origin.find("://");
  return scheme == std::string_view::npos ? std::string_view{} : origin.substr(scheme + 3);
}

}  // namespace

bool is_own_name(std::string_view authority, const SiteRules& rules) {
  if (authority.empty()) return true;
  std::string_view host = without_port(authority);
  if (is_address(host)) return true;
  if (host.ends_with('.')) host.remove_suffix(1);  // a fully qualified name may end so
  if (host.find_first_of(".[:") == std::string_view::npos) return !host.empty();
  constexpr std::string_view kLocal = ".localhost";
  if (host.size() > kLocal.size() && same(host.substr(host.size() - kLocal.size()), kLocal)) {
    return true;
  }
  return same(host, machine_name()) ||
         std::any_of(rules.names.begin(), rules.names.end(),
                     [&](const std::string& name) { return same(host, name); });
}

bool changes_something(const HttpRequest& request) {
  return request.method != "GET" && request.method != "HEAD";
}

std::string refusal_of_site(const HttpRequest& request, const SiteRules& rules) {
  const bool change = changes_something(request);
  if ((change || rules.reading_needs_a_name) && !is_own_name(request.host, rules)) {
    return "the request's Host is no name of this sensor; use its address, or add the name to "
           "export.host_names";
  }
  if (!change) return "";
  constexpr const char* kForeign = "a page of another site may not change anything here";
  if (!request.fetch_site.empty()) {
    // "none" is what the user asked for, such as a bookmark. "same-site" may be another port.
    const bool own = same(request.fetch_site, "same-origin") || same(request.fetch_site, "none");
    return own ? "" : kForeign;
  }
  if (request.origin.empty()) return "";
  return same(authority_of(request.origin), request.host) ? "" : kForeign;
}

bool is_loopback(std::string_view listen) {
  const std::string_view host = without_port(listen);
  return host == "::1" || same(host, "localhost") || (is_address(host) && host.starts_with("127."));
}

}  // namespace floodgauge
