// The part of HTTP/1.1 (RFC 9112) that scrapes, health checks and a small API need: one request for
// each connection. Heads of requests are parsed from untrusted bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "engine/export/report/incident_json.h"

namespace floodgauge {

struct HttpRequest {
  std::string method;
  std::string path;                          ///< decoded, begins with '/'
  std::map<std::string, std::string> query;  ///< decoded; the last value of a repeated name
  std::string authorization;                 ///< value of that header; empty when absent
  std::string last_event_id = {};            ///< the same of Last-Event-ID
  std::string host = {};                     ///< the same of Host
  std::string origin = {};                   ///< the same of Origin
  std::string fetch_site = {};               ///< the same of Sec-Fetch-Site
  std::string content_length = {};           ///< the same of Content-Length
  bool chunked = false;                      ///< it has a Transfer-Encoding
  bool expects_continue = false;             ///< it has "Expect: 100-continue"
  std::string user = {};                     ///< who asks; empty where the server knows no users
  std::string body = {};                     ///< only of paths that take one
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::string allow;                    ///< allowed methods, with status 405
  std::string authenticate;             ///< challenge, with status 401
  std::string content_security_policy;  ///< value of that header; empty: none
  std::string save_as = {};  ///< a browser saves the body under this name; empty: shows it
  /// Where it is set, the answer goes on after the body until the client leaves. Called several
  /// times a second by the server's thread; appends what is to be sent.
  std::function<void(std::string& out)> stream = {};
  /// Called with the body's memory, to be reused, when the client has received the body or is gone.
  /// May be empty.
  std::function<void(std::string&&)> recycle;

  /// {"status": 404, "error": "…"}.
  static HttpResponse error(int status, const std::string& what);
  static HttpResponse text(std::string body);
  static HttpResponse json(const Json& json);
};

/// Limit for the head of a request, in bytes.
inline constexpr std::size_t kMaxRequestHead = 8192;

/// More bytes are needed.
struct Incomplete {};
/// A parsed request, or the answer to a malformed one (400, 431, 505).
using ParsedRequest = std::variant<Incomplete, HttpRequest, HttpResponse>;

/// Parses the head of a request from all bytes received so far.
ParsedRequest parse_request(std::string_view bytes);

/// Status line and header fields, up to the empty line. The connection is closed after the answer.
std::string response_head(const HttpResponse& response);

/// Decodes "%2F" and, with `plus_is_blank` (queries), '+' to a blank. False when the encoding of
/// `text` is wrong or it contains a control character.
bool percent_decode(std::string_view text, bool plus_is_blank, std::string& decoded);

}  // namespace floodgauge
