// HTTP/1.1 (RFC 9112) as far as scrapes, health checks and a small API need it: one request a
// connection, its head read from bytes of anyone's making, and a whole response.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>

namespace floodgauge {

struct HttpRequest {
  std::string method;
  std::string path;                          ///< decoded, begins with '/'
  std::map<std::string, std::string> query;  ///< decoded; of one name the last counts
  std::string authorization;                 ///< that header's value; empty when absent
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::string allow;         ///< methods, with status 405
  std::string authenticate;  ///< challenge, with status 401
  /// Gets the body's memory, for an answer to come, when the client has it or is gone. May be
  /// empty.
  std::function<void(std::string&&)> recycle;

  /// {"status": 404, "error": "…"}.
  static HttpResponse error(int status, const std::string& what);
  static HttpResponse text(std::string body);
};

/// Longest head of a request that is read.
inline constexpr std::size_t kMaxRequestHead = 8192;

/// More bytes are needed.
struct Incomplete {};
/// Either a whole request's head, or the answer to one that is none (400, 431, 505).
using ParsedRequest = std::variant<Incomplete, HttpRequest, HttpResponse>;

/// Reads the head of a request from all the bytes that came so far.
ParsedRequest parse_request(std::string_view bytes);

/// Status line and header fields, up to the empty line. The connection closes after it.
std::string response_head(const HttpResponse& response);

/// "%2F" decoded; with `plus_is_blank` (queries) '+' too. False when `text` is wrongly encoded or
/// has a control character in it.
bool percent_decode(std::string_view text, bool plus_is_blank, std::string& decoded);

}  // namespace floodgauge
