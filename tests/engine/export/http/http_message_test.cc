// Valid requests, and malformed ones from clients that mean harm.
#include "engine/export/http/http_message.h"

#include <gtest/gtest.h>

namespace floodgauge {
namespace {

TEST(HttpMessage, ReadsARequest) {
  const ParsedRequest parsed = parse_request(
      "GET /api/v1/hosts?prefix=198.51.100.0%2F24&a=b+c HTTP/1.1\r\nHost: x\r\n"
      "AUTHORIZATION:  Basic eDp5 \r\nOrigin: http://y\r\nsec-fetch-site: cross-site\r\n\r\n");
  const auto& request = std::get<HttpRequest>(parsed);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.path, "/api/v1/hosts");
  EXPECT_EQ(request.query.at("prefix"), "198.51.100.0/24");
  EXPECT_EQ(request.query.at("a"), "b c");
  EXPECT_EQ(request.authorization, "Basic eDp5");
  EXPECT_EQ(request.host, "x");
  EXPECT_EQ(request.origin, "http://y");
  EXPECT_EQ(request.fetch_site, "cross-site");
}

TEST(HttpMessage, WaitsForTheWholeHead) {
  const std::string whole = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_TRUE(std::holds_alternative<Incomplete>(parse_request(whole.substr(0, length))));
  }
  EXPECT_TRUE(std::holds_alternative<HttpRequest>(parse_request(whole)));
}

TEST(HttpMessage, RefusesMalformedRequests) {
  struct Case {
    const char* what;
    std::string bytes;
    int status;
  };
  const Case cases[] = {
      {"nothing but an empty line", "\r\n\r\n", 400},
      {"another protocol", "SSH-2.0-OpenSSH_9.2\r\n\r\n", 400},
      {"no path", "GET HTTP/1.1\r\n\r\n", 400},
      {"a path that is none", "GET metrics HTTP/1.1\r\n\r\n", 400},
      {"a proxy's request", "GET http://elsewhere/ HTTP/1.1\r\n\r\n", 400},
      {"HTTP/2 without saying so before", "PRI * HTTP/2.0\r\n\r\n", 505},
      {"half a percent sign", "GET /%2 HTTP/1.1\r\n\r\n", 400},
      {"an encoded NUL", "GET /metrics%00 HTTP/1.1\r\n\r\n", 400},
      {"an encoded line feed in the query", "GET /?a=%0a HTTP/1.1\r\n\r\n", 400},
      {"a header field without a colon", "GET / HTTP/1.1\r\nnonsense\r\n\r\n", 400},
      {"a folded header field", "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", 400},
      {"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"a head that does not end", "GET / HTTP/1.1\r\nA: " + std::string(kMaxRequestHead, 'a'),
       431},
      {"a method with a control character", "G\x01T / HTTP/1.1\r\n\r\n", 400},
  };
  for (const Case& c : cases) {
    const ParsedRequest parsed = parse_request(c.bytes);
    ASSERT_TRUE(std::holds_alternative<HttpResponse>(parsed)) << c.what;
    EXPECT_EQ(std::get<HttpResponse>(parsed).status, c.status) << c.what;
  }
}

TEST(HttpMessage, WritesTheHeadOfAnAnswer) {
  HttpResponse response = HttpResponse::error(405, "this path answers GET");
  response.allow = "GET";
  EXPECT_EQ(response_head(response),
            "HTTP/1.1 405 Method Not Allowed\r\nContent-Type: application/json\r\n"
            "Content-Length: 47\r\nAllow: GET\r\nCache-Control: no-store\r\n"
            "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(response.body, "{\"status\":405,\"error\":\"this path answers GET\"}\n");
}

}  // namespace
}  // namespace floodgauge
