// The first line of an HTTP/1 message, or HTTP/2's preface in clear: request or answer.
#pragma once

#include <cstdint>

#include "engine/classify/payload.h"

namespace floodgauge {

enum class HttpMethod : std::uint8_t {
  none,
  get,
  head,
  post,
  put,
  delete_,
  connect,
  options,
  trace,
  patch,
  pri,    ///< HTTP/2 connection preface (RFC 9113, section 3.4)
  other,  ///< WebDAV's and its like
};

/// Neither a method nor a code: not the beginning of an HTTP message.
struct HttpStart {
  HttpMethod method = HttpMethod::none;  ///< of a request
  std::uint16_t code = 0;                ///< of an answer, 100..699

  bool request() const { return method != HttpMethod::none; }
  bool answer() const { return code != 0; }
};

/// Looks at the start line's beginning (RFC 9112, sections 3 and 4): "METHOD target" with a target
/// in one of its four forms, or "HTTP/1.x code". A request cut off within its method is not one.
inline HttpStart parse_http_start(Payload payload) {
  struct Name {
    std::string_view text;
    HttpMethod method;
  };
  static constexpr Name kNames[] = {
      {"GET ", HttpMethod::get},         {"POST ", HttpMethod::post},
      {"HEAD ", HttpMethod::head},       {"PUT ", HttpMethod::put},
      {"DELETE ", HttpMethod::delete_},  {"CONNECT ", HttpMethod::connect},
      {"OPTIONS ", HttpMethod::options}, {"TRACE ", HttpMethod::trace},
      {"PATCH ", HttpMethod::patch},     {"PRI * HTTP/2.0\r\n", HttpMethod::pri},
      {"PROPFIND ", HttpMethod::other},  {"REPORT ", HttpMethod::other},
      {"SEARCH ", HttpMethod::other},    {"MKCOL ", HttpMethod::other},
      {"MOVE ", HttpMethod::other},      {"COPY ", HttpMethod::other},
      {"LOCK ", HttpMethod::other},      {"UNLOCK ", HttpMethod::other},
      {"PROPPATCH ", HttpMethod::other}, {"PURGE ", HttpMethod::other},
  };
  // Most payloads are neither: one comparison of the first byte settles them.
  if (payload.empty() || payload[0] < 'A' || payload[0] > 'Z') return {};
  if (has_at(payload, 0, "HTTP/1.")) return {HttpMethod::none, status_code_at(payload, 9)};
  for (const Name& name : kNames) {
    if (!has_at(payload, 0, name.text)) continue;
    if (name.method == HttpMethod::pri) return {name.method, 0};
    // The other protocols of this style (RTSP, SIP) name an absolute target of their own scheme.
    const std::size_t at = name.text.size();
    const bool target = has_at(payload, at, "/") || has_at(payload, at, "*") ||
                        has_at(payload, at, "http") || name.method == HttpMethod::connect;
    return {target ? name.method : HttpMethod::none, 0};
  }
  return {};
}

}  // namespace floodgauge
