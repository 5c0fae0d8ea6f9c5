// The server with different clients: normal, slow, silent, and many at once.
#include "engine/export/http/http_server.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/export/terminal/status_client.h"
#include "tests/engine/export/http/raw_client.h"

namespace floodgauge {
namespace {

constexpr std::size_t kLarge = 32 << 20;  // more than the kernel's buffers hold

HttpResponse answer(const HttpRequest& request) {
  if (request.path == "/large") return HttpResponse::text(std::string(kLarge, 'x'));
  if (request.path == "/throws") throw std::runtime_error("the handler's own words");
  return HttpResponse::text(request.method + " " + request.path + "\n");
}

HttpServer::Options on_loopback() {
  HttpServer::Options options;
  options.listen = "127.0.0.1:0";
  return options;
}

HttpReply get(const HttpServer& server, const std::string& path) {
  return http_get(parse_url(server.url()), path);
}

TEST(HttpServer, Answers) {
  const HttpServer server(on_loopback(), answer);
  const HttpReply reply = get(server, "/x");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "GET /x\n");
  EXPECT_EQ(get(server, "/large").body.size(), kLarge);
}

TEST(HttpServer, CountsEachAnswerOnce) {
  HttpServer::Options options = on_loopback();
  std::map<std::pair<std::string, int>, int> counts;
  options.count = [&](std::string_view path, int status) { ++counts[{std::string(path), status}]; };
  {
    const HttpServer server(options, answer);
    get(server, "/x");
    get(server, "/x");
    get(server, "/throws");
    for (const char* malformed : {"nonsense\r\n\r\n", "GET / HTTP/3.0\r\n\r\n"}) {
      RawClient client(server);
      client.say(malformed);
      client.hear();
    }
  }
  const std::map<std::pair<std::string, int>, int> expected = {
      {{"/x", 200}, 2}, {{"/throws", 500}, 1}, {{"", 400}, 1}, {{"", 505}, 1}};
  EXPECT_EQ(counts, expected);
}

TEST(HttpServer, AnswersHeadWithoutABody) {
  const HttpServer server(on_loopback(), answer);
  RawClient client(server);
  client.say("HEAD /x HTTP/1.1\r\n\r\n");
  const std::string reply = client.hear();
  EXPECT_NE(reply.find("Content-Length: 8\r\n"), std::string::npos) << reply;
  EXPECT_TRUE(reply.ends_with("\r\n\r\n")) << reply;
}

TEST(HttpServer, ABodyArrivesCompleteAfterItsHead) {
  const HttpServer server(on_loopback(), [](const HttpRequest& request) {
    std::string body(std::stoul(request.path.substr(1)), 'x');
    for (std::size_t i = 0; i < body.size(); i += 1000) body[i] = static_cast<char>('a' + i % 23);
    return HttpResponse::text(std::move(body));
  });
  for (const std::size_t size : {0, 1, 4095, 4096, 4097, 100'000, 3'000'000}) {
    std::string body(size, 'x');
    for (std::size_t i = 0; i < size; i += 1000) body[i] = static_cast<char>('a' + i % 23);
    EXPECT_TRUE(get(server, "/" + std::to_string(size)).body == body) << size;
  }
}

/// The bodies whose memory was given back, each by its first byte.
class Returned {
 public:
  void take(std::string&& body) {
    const std::scoped_lock lock(lock_);
    bodies_ += body.empty() ? '-' : body[0];
    came_.notify_all();
  }
  /// Waits for that many bodies, at most ten seconds.
  std::string bodies(std::size_t count) {
    std::unique_lock lock(lock_);
    came_.wait_for(lock, std::chrono::seconds(10), [&] { return bodies_.size() >= count; });
    return bodies_;
  }

 private:
  std::mutex lock_;
  std::condition_variable came_;
  std::string bodies_;
};

TEST(HttpServer, TheMemoryOfEachBodyIsGivenBackOnce) {
  Returned returned;
  {
    const HttpServer server(on_loopback(), [&](const HttpRequest& request) {
      HttpResponse response = answer(request);
      response.recycle = [&](std::string&& body) { returned.take(std::move(body)); };
      return response;
    });
    EXPECT_EQ(get(server, "/small").status, 200);
    EXPECT_EQ(returned.bodies(1), "G");
    EXPECT_EQ(get(server, "/large").status, 200);
    EXPECT_EQ(returned.bodies(2), "Gx");
    RawClient head(server);
    head.say("HEAD /large HTTP/1.1\r\n\r\n");
    head.hear();
    EXPECT_EQ(returned.bodies(3), "Gxx");
    {
      RawClient gone(server);
      gone.say("GET /large HTTP/1.1\r\n\r\n");
    }
    EXPECT_EQ(returned.bodies(4), "Gxxx") << "the client is gone";
    RawClient waits(server);
    waits.say("GET /large HTTP/1.1\r\n\r\n");
    EXPECT_EQ(get(server, "/small").status, 200) << "other clients do not wait";
  }
  const std::string all = returned.bodies(6);
  EXPECT_EQ(std::count(all.begin(), all.end(), 'x'), 4) << "and the client never read: " << all;
}

TEST(HttpServer, AHandlerThatThrowsIsStatus500) {
  const HttpServer server(on_loopback(), answer);
  const HttpReply reply = get(server, "/throws");
  EXPECT_EQ(reply.status, 500);
  EXPECT_NE(reply.body.find("the handler's own words"), std::string::npos);
  EXPECT_EQ(get(server, "/x").status, 200) << "the next request is answered";
}

TEST(HttpServer, ServesIpv6) {
  HttpServer::Options options;
  options.listen = "[::1]:0";
  try {
    const HttpServer server(options, answer);
    EXPECT_TRUE(server.url().starts_with("http://[::1]:"));
    EXPECT_EQ(get(server, "/x").body, "GET /x\n");
  } catch (const ListenError& error) {
    GTEST_SKIP() << "no IPv6 on this machine: " << error.what();
  }
}

TEST(HttpServer, TellsWhyItCannotListen) {
  const HttpServer server(on_loopback(), answer);
  struct Case {
    std::string listen;
    std::string message;
  };
  const Case cases[] = {
      {server.address(),
       server.address() + " is in use; stop what listens there, or choose another port"},
      {"192.0.2.1:0", "192.0.2.1:0 is not an address of this machine"},
      {"9733", "9733 is no address to listen on; write 127.0.0.1:9733 or [::1]:9733"},
      {"127.0.0.1:99999",
       "127.0.0.1:99999 is no address to listen on; write 127.0.0.1:9733 or [::1]:9733"},
      {"::1:9733", "::1:9733 is no address to listen on; write 127.0.0.1:9733 or [::1]:9733"},
  };
  for (const Case& c : cases) {
    HttpServer::Options options;
    options.listen = c.listen;
    try {
      const HttpServer second(options, answer);
      FAIL() << c.listen;
    } catch (const ListenError& error) {
      EXPECT_EQ(std::string(error.what()), c.message);
    }
  }
}

TEST(HttpServer, AClientThatNeverReadsDelaysNobodyAndIsDropped) {
  HttpServer::Options options = on_loopback();
  options.limits.request = std::chrono::milliseconds(400);
  options.limits.response = std::chrono::milliseconds(200);
  const HttpServer server(options, answer);
  RawClient silent(server);
  silent.say("GET /large HTTP/1.1\r\n\r\n");
  EXPECT_EQ(get(server, "/x").status, 200);
  // The server closed the connection with the answer unsent, before the client began to read.
  RawClient witness(server);
  witness.say("GET /x HTTP/1.1\r\n");  // incomplete: the time limit for requests ends it
  witness.hear();
  EXPECT_LT(silent.hear().size(), kLarge);
}

TEST(HttpServer, ASlowRequestIsDroppedAfterItsTimeLimit) {
  HttpServer::Options options = on_loopback();
  options.limits.request = std::chrono::milliseconds(100);
  const HttpServer server(options, answer);
  RawClient slow(server);
  slow.say("GET / HT");
  EXPECT_EQ(slow.hear(), "");
}

TEST(HttpServer, TheOldestOfTooManyConnectionsIsClosed) {
  HttpServer::Options options = on_loopback();
  options.connections = 3;
  options.limits.request = std::chrono::hours(1);
  const HttpServer server(options, answer);
  std::list<RawClient> idle;
  for (int i = 0; i < 10; ++i) idle.emplace_back(server).say("GET /");
  EXPECT_EQ(get(server, "/x").status, 200);
  EXPECT_EQ(idle.front().hear(), "");
}

TEST(HttpServer, AnswersThatAreBeingSentAreBounded) {
  HttpServer::Options options = on_loopback();
  options.unsent = 1 << 20;
  const HttpServer server(options, answer);
  RawClient silent(server);
  silent.say("GET /large HTTP/1.1\r\n\r\n");
  // Connections are served in order, so this answer waits in the server when the next request
  // comes.
  EXPECT_EQ(get(server, "/large").status, 503);
  EXPECT_EQ(get(server, "/x").status, 200) << "small answers are always sent";
}

TEST(HttpServer, MalformedRequestsAreRefused) {
  const HttpServer server(on_loopback(), answer);
  RawClient client(server);
  client.say("\x16\x03\x01 this is no HTTP\r\n\r\n");
  EXPECT_TRUE(client.hear().starts_with("HTTP/1.1 400 "));
}

TEST(HttpServer, StopsWhileClientsAreConnected) {
  auto server = std::make_unique<HttpServer>(on_loopback(), answer);
  RawClient idle(*server);
  server.reset();
  EXPECT_EQ(idle.hear(), "");
}

TEST(HttpServer, AsksForUserAndPassword) {
  HttpServer::Options options = on_loopback();
  // The bcrypt hash of "secret" with the lowest cost.
  options.web.users = {{"ops", "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"}};
  options.open_paths = {"/-/healthy"};
  const HttpServer server(options, answer);
  EXPECT_EQ(get(server, "/x").status, 401);
  EXPECT_EQ(get(server, "/-/healthy").status, 200) << "an open path";
  EXPECT_EQ(get(server, "/-/healthy/x").status, 401);
  const auto as = [&](const std::string& user) {
    Url url = parse_url(server.url());
    url.user = user;
    return http_get(url, "/x").status;
  };
  EXPECT_EQ(as("ops:secret"), 200);
  EXPECT_EQ(as("ops:secret"), 200) << "also from memory";
  EXPECT_EQ(as("ops:Secret"), 401);
  EXPECT_EQ(as("nobody:secret"), 401);
  EXPECT_EQ(as("ops"), 401);
}

TEST(StatusClient, ReadsUrls) {
  const Url url = parse_url("https://ops:se%40cret@[2001:db8::1]:8443/behind/");
  EXPECT_TRUE(url.tls);
  EXPECT_EQ(url.user, "ops:se@cret");
  EXPECT_EQ(url.host, "2001:db8::1");
  EXPECT_EQ(url.port, "8443");
  EXPECT_EQ(url.path, "/behind");
  EXPECT_EQ(parse_url("127.0.0.1:9733").port, "9733");
  EXPECT_EQ(parse_url("https://sensor").port, "443");
  for (const char* wrong : {"", "ftp://x", "http://", "http://host:", "http://a b", "http://h:x"}) {
    EXPECT_THROW(parse_url(wrong), NotReachable) << wrong;
  }
}

TEST(StatusClient, TellsWhatToDoWithoutAnAnswer) {
  std::string url;
  {
    const HttpServer server(on_loopback(), answer);
    url = server.url();
  }
  try {
    http_get(parse_url(url), "/");
    FAIL();
  } catch (const NotReachable& error) {
    EXPECT_NE(std::string(error.what()).find("Connection refused; is `floodgauge run` running"),
              std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace floodgauge
