// Bodies of requests: whole, in pieces, too long, and of those who may not send one.
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/engine/export/http/raw_client.h"

namespace floodgauge {
namespace {

constexpr const char* kSesame = "$2b$04$abcdefghijklmnopqrstuuinwY/tkBVrn3xrxQI/TgnMHhkvl85RW";

/// A server that takes bodies of up to 1000 bytes at /told from ops with the password "sesame", and
/// answers with the user and the body's length.
HttpServer::Options taking_bodies() {
  HttpServer::Options options;
  options.listen = "127.0.0.1:0";
  options.web.users = {{"ops", kSesame}};
  options.bodies = {{"/told", 1000}};
  return options;
}
HttpResponse size_of_body(const HttpRequest& request) {
  return HttpResponse::text(request.user + " " + std::to_string(request.body.size()));
}

/// What the server answers to these bytes, without the head.
std::string status_and_body(const HttpServer& server, const std::vector<std::string>& parts) {
  RawClient client(server);
  for (const std::string& part : parts) {
    client.say(part);
    usleep(20'000);  // so that the parts arrive apart
  }
  const std::string reply = client.hear();
  return reply.substr(9, 3) + " " + reply.substr(reply.rfind("\r\n\r\n") + 4);
}

TEST(HttpBody, TakesTheBodyOfAPutInAnyPieces) {
  const HttpServer server(taking_bodies(), size_of_body);
  const std::string head =
      "PUT /told HTTP/1.1\r\nAuthorization: Basic b3BzOnNlc2FtZQ==\r\nContent-Length: ";
  const std::string body(1000, 'x');
  EXPECT_EQ(status_and_body(server, {head + "1000\r\n\r\n" + body}), "200 ops 1000");
  EXPECT_EQ(status_and_body(server, {head + "1000\r\n\r\n", body.substr(0, 1), body.substr(1)}),
            "200 ops 1000");
  EXPECT_EQ(status_and_body(server, {head + "10\r\n\r\n" + body}), "200 ops 10")
      << "what follows the body is no part of it";
  EXPECT_EQ(status_and_body(server, {head + "0\r\n\r\n"}), "200 ops 0");
  const std::string continued =
      status_and_body(server, {head + "4\r\nExpect: 100-continue\r\n\r\n", "body"});
  EXPECT_EQ(continued.substr(0, 3), "100");
  EXPECT_TRUE(continued.ends_with("ops 4")) << continued;
}

TEST(HttpBody, RefusesBodiesThatAreTooLongOrOfNoKnownLength) {
  const HttpServer server(taking_bodies(), size_of_body);
  const std::string head = "PUT /told HTTP/1.1\r\nAuthorization: Basic b3BzOnNlc2FtZQ==\r\n";
  for (const auto& [fields, status] : std::vector<std::pair<std::string, std::string>>{
           {"Content-Length: 1001\r\n", "413"},
           {"Content-Length: 99999999999999999999999\r\n", "413"},
           {"Content-Length: -1\r\n", "400"},
           {"Content-Length: 10x\r\n", "400"},
           {"Content-Length: 10\r\nContent-Length: 11\r\n", "400"},
           {"Transfer-Encoding: chunked\r\n", "411"},
           {"Content-Length: 10\r\nTransfer-Encoding: chunked\r\n", "411"},
           {"", "411"}}) {
    EXPECT_EQ(status_and_body(server, {head + fields + "\r\n"}).substr(0, 3), status) << fields;
  }
}

TEST(HttpBody, KeepsNoBodyOfStrangersNorOfOtherPaths) {
  const HttpServer server(taking_bodies(), size_of_body);
  const std::string body = "Content-Length: 4\r\n\r\nbody";
  const std::string right = "Authorization: Basic b3BzOnNlc2FtZQ==\r\n";
  const std::string wrong = "Authorization: Basic b3BzOm9wZW4=\r\n";
  EXPECT_EQ(status_and_body(server, {"PUT /told HTTP/1.1\r\n" + wrong + body}).substr(0, 3), "401");
  EXPECT_EQ(status_and_body(server, {"PUT /other HTTP/1.1\r\n" + right + body}), "200 ops 0");
  EXPECT_EQ(status_and_body(server, {"POST /told HTTP/1.1\r\n" + right + body}), "200 ops 0");
  HttpServer::Options open = taking_bodies();
  open.web.users.clear();
  const HttpServer without_users(open, size_of_body);
  EXPECT_EQ(status_and_body(without_users, {"PUT /told HTTP/1.1\r\n" + body}), "200  0");
}

TEST(HttpBody, ABodyThatDoesNotComeEndsItsConnection) {
  HttpServer::Options options = taking_bodies();
  options.limits.request = std::chrono::milliseconds(200);
  const HttpServer server(options, size_of_body);
  RawClient client(server);
  client.say(
      "PUT /told HTTP/1.1\r\nAuthorization: Basic b3BzOnNlc2FtZQ==\r\nContent-Length: 9\r\n\r\n");
  EXPECT_EQ(client.hear(), "");
}

}  // namespace
}  // namespace floodgauge
