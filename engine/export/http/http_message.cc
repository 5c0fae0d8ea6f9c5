#include "engine/export/http/http_message.h"

#include <optional>

namespace floodgauge {
namespace {

const char* reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "";
  }
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_token(std::string_view text) {
  for (const char c : text) {
    const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (!letter && c != '-') return false;
  }
  return !text.empty();
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; };
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool parse_query(std::string_view text, std::map<std::string, std::string>& query) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    std::string key;
    std::string value;
    if (!percent_decode(pair.substr(0, equals), true, key)) return false;
    if (equals < pair.size() && !percent_decode(pair.substr(equals + 1), true, value)) return false;
    if (!key.empty()) query[key] = value;
  }
  return true;
}

/// Parses "GET /path?query HTTP/1.1" into `request`. Returns the answer when the line is malformed.
std::optional<HttpResponse> parse_request_line(std::string_view line, HttpRequest& request) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last || !is_token(line.substr(0, first))) {
    return HttpResponse::error(400, "not an HTTP request");
  }
  const std::string_view version = line.substr(last + 1);
  if (!version.starts_with("HTTP/")) return HttpResponse::error(400, "not an HTTP request");
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return HttpResponse::error(505, "only HTTP/1.0 and HTTP/1.1 are served");
  }
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::size_t mark = std::min(target.find('?'), target.size());
  const bool sound = target.starts_with('/') &&
                     percent_decode(target.substr(0, mark), false, request.path) &&
                     (mark == target.size() || parse_query(target.substr(mark + 1), request.query));
  if (!sound) return HttpResponse::error(400, "the request's path is not one");
  request.method = line.substr(0, first);
  return std::nullopt;
}

/// Keeps the value of a header field that is used. False for a second Host, from which a proxy
/// could choose the other one (RFC 9112, section 3.2).
bool read_field(std::string_view name, std::string_view value, HttpRequest& request) {
  if (equal_ignoring_case(name, "authorization")) {
    request.authorization = value;
  } else if (equal_ignoring_case(name, "last-event-id")) {
    request.last_event_id = value;
  } else if (equal_ignoring_case(name, "content-length")) {
    // Two different lengths are none (RFC 9112, section 6.3): with a comma it is no number.
    const bool again = !request.content_length.empty() && request.content_length != value;
    request.content_length = again ? request.content_length + "," : std::string(value);
  } else if (equal_ignoring_case(name, "transfer-encoding")) {
    request.chunked = true;
  } else if (equal_ignoring_case(name, "expect")) {
    request.expects_continue = equal_ignoring_case(value, "100-continue");
  } else if (equal_ignoring_case(name, "origin")) {
    request.origin = value;
  } else if (equal_ignoring_case(name, "sec-fetch-site")) {
    request.fetch_site = value;
  } else if (equal_ignoring_case(name, "host")) {
    if (!request.host.empty()) return false;
    request.host = value;
  }
  return true;
}

}  // namespace

HttpResponse HttpResponse::error(int status, const std::string& what) {
  HttpResponse response;
  response.status = status;
  response.body = json_text({{"status", status}, {"error", what}}) + "\n";
  return response;
}

HttpResponse HttpResponse::text(std::string body) {
  HttpResponse response;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(body);
  return response;
}

HttpResponse HttpResponse::json(const Json& json) {
  HttpResponse response;
  response.body = json_text(json) + "\n";
  return response;
}

bool percent_decode(std::string_view text, bool plus_is_blank, std::string& decoded) {
  decoded.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (text.size() - i < 3) return false;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return false;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_blank) {
      c = ' ';
    }
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return false;
    decoded += c;
  }
  return true;
}

ParsedRequest parse_request(std::string_view bytes) {
  const std::size_t end = bytes.substr(0, kMaxRequestHead).find("\r\n\r\n");
  if (end == std::string_view::npos) {
    if (bytes.size() < kMaxRequestHead) return Incomplete{};
    return HttpResponse::error(431, "the request's head is too long");
  }
  std::string_view head = bytes.substr(0, end);
  HttpRequest request;
  bool first = true;
  while (!head.empty() || first) {
    const std::size_t eol = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, eol);
    head.remove_prefix(std::min(eol + 2, head.size()));
    if (first) {
      if (auto refusal = parse_request_line(line, request)) return *refusal;
      first = false;
      continue;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, 1))) {
      return HttpResponse::error(400, "a header field of the request is not one");
    }
    if (!read_field(line.substr(0, colon), trimmed(line.substr(colon + 1)), request)) {
      return HttpResponse::error(400, "the request has two Host fields");
    }
  }
  return request;
}

std::string response_head(const HttpResponse& response) {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " " + reason(response.status) +
                     "\r\nContent-Type: " + response.content_type + "\r\n";
  // A stream ends when its connection does (RFC 9112, section 6.3).
  if (!response.stream) {
    head += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  }
  if (!response.content_security_policy.empty()) {
    head += "Content-Security-Policy: " + response.content_security_policy +
            "\r\nReferrer-Policy: no-referrer\r\n";
  }
  if (!response.save_as.empty()) {
    head += "Content-Disposition: attachment; filename=\"" + response.save_as + "\"\r\n";
  }
  if (!response.allow.empty()) head += "Allow: " + response.allow + "\r\n";
  if (!response.authenticate.empty()) {
    head += "WWW-Authenticate: " + response.authenticate + "\r\n";
  }
  head += "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n";
  return head;
}

}  // namespace floodgauge
