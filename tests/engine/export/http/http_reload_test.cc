// A server whose users and certificates change while it serves, and requests that take long.
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <semaphore>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/export/http/http_server.h"
#include "engine/export/terminal/status_client.h"

namespace floodgauge {
namespace {

// bcrypt hashes of "secret".
const std::string kSecret = "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW";
const std::string kDear = "$2b$10$abcdefghijklmnopqrstuuqflPDzB6gcMhKa1rZqKiun2YGL5sa2u";

HttpServer::Options on_loopback() {
  HttpServer::Options options;
  options.listen = "127.0.0.1:0";
  return options;
}

int status_as(const HttpServer& server, const std::string& user, const std::string& path = "/x") {
  Url url = parse_url(server.url());
  url.user = user;
  return http_get(url, path).status;
}

HttpResponse answer(const HttpRequest& request) {
  HttpResponse response = HttpResponse::text("here\n");
  if (request.path == "/stream") response.stream = [](std::string&) {};
  return response;
}

TEST(HttpReload, AUserWhoIsRemovedIsRefusedAtOnce) {
  HttpServer::Options options = on_loopback();
  options.web.users = {{"ops", kSecret}, {"eve", kSecret}};
  HttpServer server(options, answer);
  EXPECT_EQ(status_as(server, "eve:secret"), 200);
  EXPECT_EQ(status_as(server, "ops:secret"), 200);
  auto stream =
      std::async(std::launch::async, [&] { return status_as(server, "eve:secret", "/stream"); });
  WebConfig without_eve;
  without_eve.users = {{"ops", kSecret}};
  const std::function<void()> change = server.prepare_reload(without_eve);
  EXPECT_EQ(status_as(server, "eve:secret"), 200) << "prepared, and not yet done";
  change();
  EXPECT_EQ(status_as(server, "eve:secret"), 401);
  EXPECT_EQ(status_as(server, "ops:secret"), 200);
  // The stream was opened before or after the change: it ends, or was refused.
  ASSERT_EQ(stream.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  server.prepare_reload(WebConfig{})();
  EXPECT_EQ(status_as(server, ""), 200) << "without users everybody may ask";
}

TEST(HttpReload, ARenewedCertificateIsServedAndAWrongOneChangesNothing) {
  std::string name = testing::TempDir() + "floodgauge-reload-XXXXXX";
  const std::filesystem::path folder = mkdtemp(name.data());
  const auto make = [&](const std::string& which) {
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj "
        "/CN=sensor -addext subjectAltName=IP:127.0.0.1 -keyout " +
        (folder / (which + ".key")).string() + " -out " + (folder / (which + ".pem")).string() +
        " 2>/dev/null";
    return std::system(command.c_str()) == 0;
  };
  if (!make("old") || !make("new")) GTEST_SKIP() << "openssl(1) is not installed";
  const auto web = [&](const std::string& cert, const std::string& key) {
    WebConfig config;
    config.tls = TlsServerConfig{folder / cert, folder / key, "", false};
    return config;
  };
  const auto trusts = [&](const HttpServer& server, const std::string& which) {
    setenv("SSL_CERT_FILE", (folder / (which + ".pem")).c_str(), 1);
    try {
      return http_get(parse_url(server.url()), "/").status == 200;
    } catch (const NotReachable&) {
      return false;
    }
  };
  HttpServer::Options options = on_loopback();
  options.web = web("old.pem", "old.key");
  HttpServer server(options, answer);
  EXPECT_TRUE(trusts(server, "old"));
  EXPECT_THROW(server.prepare_reload(web("new.pem", "old.key")), TlsError);
  EXPECT_TRUE(trusts(server, "old"));
  server.prepare_reload(web("new.pem", "new.key"))();
  EXPECT_FALSE(trusts(server, "old"));
  EXPECT_TRUE(trusts(server, "new"));
  server.prepare_reload(WebConfig{})();
  for (int n = 0; n < 500 && !server.url().starts_with("http:"); ++n) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));  // until it is taken
  }
  EXPECT_TRUE(server.url().starts_with("http:"));
  unsetenv("SSL_CERT_FILE");
  std::filesystem::remove_all(folder);
}

TEST(HttpReload, ASlowRequestStopsNoOther) {
  std::counting_semaphore<> go{0};
  std::counting_semaphore<> came{0};
  HttpServer::Options options = on_loopback();
  options.lane = [](const HttpRequest& request) {
    return request.path == "/change" ? 1u : request.path == "/history" ? 2u : 0u;
  };
  const HttpServer server(options, [&](const HttpRequest& request) {
    if (request.path == "/change") {
      came.release();
      go.acquire();
    }
    if (request.path == "/throws") throw std::runtime_error("no");
    return HttpResponse::text("done\n");
  });
  const auto change = [&] { return status_as(server, "", "/change"); };
  auto slow = std::async(std::launch::async, change);
  came.acquire();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(status_as(server, ""), 200);
  EXPECT_EQ(status_as(server, "", "/history"), 200) << "the other slow lane";
  EXPECT_EQ(slow.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  // The lane takes a bounded number; a further request is refused at once.
  std::vector<std::future<int>> waiting;
  for (std::size_t i = 0; i < HttpServer::kLaneRequests + 1; ++i) {
    waiting.push_back(std::async(std::launch::async, change));
  }
  const auto is_over = [](const std::future<int>& one) {
    return one.wait_for(std::chrono::milliseconds(1)) == std::future_status::ready;
  };
  std::future<int>* refused = nullptr;
  while (refused == nullptr) {
    for (std::future<int>& one : waiting) refused = is_over(one) ? &one : refused;
  }
  EXPECT_EQ(refused->get(), 503);
  go.release(static_cast<std::ptrdiff_t>(waiting.size()));
  EXPECT_EQ(slow.get(), 200);
  for (std::future<int>& one : waiting) {
    if (one.valid()) {
      EXPECT_EQ(one.get(), 200);
    }
  }
}

TEST(HttpReload, WrongPasswordsDelayNobodyElse) {
  HttpServer::Options options = on_loopback();
  options.web.users = {{"ops", kDear}};
  options.open_paths = {"/-/healthy"};
  const HttpServer server(options, answer);
  ASSERT_EQ(status_as(server, "ops:secret"), 200);
  std::atomic<bool> over{false};
  std::vector<std::future<void>> guesses;
  for (int client = 0; client < 8; ++client) {
    guesses.push_back(std::async(std::launch::async, [&, client] {
      for (int i = 0; !over; ++i) {
        const int status =
            status_as(server, "ops:" + std::to_string(client) + "-" + std::to_string(i));
        EXPECT_TRUE(status == 401 || status == 429) << status;
      }
    }));
  }
  // A check takes 50 ms. Each of these would wait for up to eight of them in the serving thread.
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(status_as(server, "ops:secret"), 200);
    EXPECT_EQ(status_as(server, "", "/-/healthy"), 200);
  }
  const auto took = std::chrono::steady_clock::now() - begin;
  over = true;
  for (std::future<void>& one : guesses) one.get();
  EXPECT_LT(took, std::chrono::seconds(8)) << "80 answers, each behind eight checks: 32 s";
}

TEST(HttpReload, AConnectionThatIsReplacedIsCounted) {
  std::atomic<int> replaced{0};
  HttpServer::Options options = on_loopback();
  options.connections = 1;
  options.limits.request = std::chrono::hours(1);
  options.replaced = [&] { ++replaced; };
  const HttpServer server(options, answer);
  const int idle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server.port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(connect(idle, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(send(idle, "GET", 3, MSG_NOSIGNAL), 3);
  EXPECT_EQ(status_as(server, ""), 200) << "it takes the place of the one that says no more";
  EXPECT_EQ(replaced, 1);
  close(idle);
}

}  // namespace
}  // namespace floodgauge
