// The web configuration file, TLS, and the paths of the API.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/export/http/http_server.h"
#include "engine/export/http/web_api.h"
#include "engine/export/terminal/status_client.h"
#include "tests/engine/export/sample.h"
#include "tests/support/json_schema.h"

namespace floodgauge {
namespace {

class WebConfigTest : public testing::Test {
 protected:
  WebConfigTest() {
    std::string name = testing::TempDir() + "floodgauge-web-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~WebConfigTest() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name) << content;
    return folder_ / name;
  }
  std::string errors(const std::string& content) const {
    try {
      load_web_config(file("web.yml", content));
      return "";
    } catch (const WebConfigError& error) {
      return error.what();
    }
  }

  std::filesystem::path folder_;
};

TEST_F(WebConfigTest, ReadsTheFormatOfExporters) {
  file("cert.pem", "");
  file("key.pem", "");
  const WebConfig config = load_web_config(file("web.yml", R"(
tls_server_config:
  cert_file: cert.pem
  key_file: key.pem
  min_version: TLS13
basic_auth_users:
  ops: $2y$10$abcdefghijklmnopqrstuu4T826PRnz0Hu6YlprUuxkZxOOj5Fw5S
)"));
  EXPECT_EQ(config.tls->cert_file, folder_ / "cert.pem");
  EXPECT_TRUE(config.tls->only_tls13);
  EXPECT_EQ(config.users.size(), 1u);
  EXPECT_FALSE(load_web_config(file("empty.yml", "")).tls);
}

TEST_F(WebConfigTest, NamesEveryErrorWithItsPlace) {
  const std::string path = folder_ / "web.yml";
  EXPECT_EQ(errors("tls_server_config:\n  cert_file: none.pem\nbasic_auth_users:\n  ops: secret\n"
                   "tsl: 1\n"),
            path + ":2:14: tls_server_config.cert_file: " + (folder_ / "none.pem").string() +
                " cannot be read: No such file or directory\n" + path +
                ":2:3: tls_server_config.key_file is missing\n" + path +
                ":4:8: basic_auth_users.ops: not a bcrypt hash with a cost of at most 16; make one "
                "with htpasswd -nBC 10 \"\"\n" +
                path + ":5:1: tsl: unknown key; known are tls_server_config and basic_auth_users");
  EXPECT_TRUE(errors("a: [").starts_with(path + ":")) << "an error of YAML has a place too";
  EXPECT_EQ(errors("- list\n"), path + ":1:1: a map was expected");
}

TEST_F(WebConfigTest, AcceptsOnlyBcrypt) {
  const std::string rest = "abcdefghijklmnopqrstuu4T826PRnz0Hu6YlprUuxkZxOOj5Fw5S";
  for (const char* start : {"$2a$04$", "$2b$10$", "$2y$16$"}) {
    EXPECT_EQ(errors("basic_auth_users: {ops: " + (start + rest) + "}"), "") << start;
  }
  for (const char* start :
       {"$2x$10$", "$2b$03$", "$2b$17$", "$2b$31$", "$2b$1o$", "$2b$10/", "$6$$10$", ""}) {
    EXPECT_NE(errors("basic_auth_users: {ops: '" + (start + rest) + "'}"), "") << start;
  }
  EXPECT_NE(errors("basic_auth_users: {ops: '$2b$10$" + rest.substr(1) + "'}"), "");
  EXPECT_NE(errors("basic_auth_users: {ops: '$2b$10$" + rest.substr(1) + "!'}"), "");
}

TEST_F(WebConfigTest, TlsServesClientsThatTrustItsCertificate) {
  const std::string cert = folder_ / "cert.pem";
  const std::string key = folder_ / "key.pem";
  const std::string make =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
      "-days 1 -subj /CN=sensor -addext subjectAltName=IP:127.0.0.1 -keyout " +
      key + " -out " + cert + " 2>/dev/null";
  if (std::system(make.c_str()) != 0) GTEST_SKIP() << "openssl(1) is not installed";
  HttpServer::Options options;
  options.listen = "127.0.0.1:0";
  options.web.tls = TlsServerConfig{cert, key, "", false};
  const std::string large(8 << 20, 'x');
  const HttpServer server(options, [&](const HttpRequest&) { return HttpResponse::text(large); });
  const Url url = parse_url(server.url());
  EXPECT_TRUE(url.tls);
  EXPECT_THROW(http_get(url, "/"), NotReachable) << "the certificate is not trusted";
  setenv("SSL_CERT_FILE", cert.c_str(), 1);
  EXPECT_EQ(http_get(url, "/").body, large);
  Url plain = url;
  plain.tls = false;
  EXPECT_THROW(http_get(plain, "/"), NotReachable) << "no answer without TLS";
  Url other_name = url;
  other_name.host = "localhost";
  EXPECT_THROW(http_get(other_name, "/"), NotReachable) << "the certificate is for another name";
  unsetenv("SSL_CERT_FILE");
  options.web.tls->key_file = cert;
  EXPECT_THROW(HttpServer(options, [](const HttpRequest&) { return HttpResponse(); }), TlsError);
}

class WebApiTest : public testing::Test {
 protected:
  WebApiTest() {
    options_.latest = [this] { return snapshot_; };
    options_.metrics.build = {"0.1.0", "abc", "DPDK 22.11"};
  }
  HttpResponse get(const std::string& path, std::map<std::string, std::string> query = {},
                   const std::string& method = "GET") {
    return WebApi(options_, metrics_)({method, path, std::move(query), ""});
  }
  nlohmann::json json(const std::string& path, std::map<std::string, std::string> query = {}) {
    const HttpResponse response = get(path, std::move(query));
    EXPECT_EQ(response.content_type, "application/json");
    return nlohmann::json::parse(response.body);
  }

  std::shared_ptr<const EngineSnapshot> snapshot_ =
      std::make_shared<const EngineSnapshot>(sample::link());
  WebApi::Options options_;
  ControlMetrics metrics_;
};

TEST_F(WebApiTest, ServesMetricsAndHealth) {
  EXPECT_NE(get("/metrics").body.find("floodgauge_incidents_open{"), std::string::npos);
  EXPECT_EQ(get("/metrics").content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(get("/-/healthy").status, 200);
  EXPECT_EQ(get("/-/ready").status, 200);
  EXPECT_NE(get("/").body.find("href=\"metrics\""), std::string::npos);
}

/// The text of a scrape without the duration of scrapes, which differs from scrape to scrape.
std::string without_scrape_duration(const std::string& text) {
  std::istringstream in(text);
  std::string kept;
  for (std::string line; std::getline(in, line);) {
    if (line.find("floodgauge_scrape_duration_seconds") == std::string::npos) kept += line + "\n";
  }
  return kept;
}

TEST_F(WebApiTest, TheMemoryOfAScrapeIsReused) {
  const WebApi api(options_, metrics_);
  const HttpRequest scrape{"GET", "/metrics", {}, ""};
  HttpResponse first = api(scrape);
  const std::string text = without_scrape_duration(first.body);
  const char* const memory = first.body.data();
  EXPECT_EQ(without_scrape_duration(api(scrape).body), text)
      << "a scrape at the same time has its own memory";
  first.recycle(std::move(first.body));
  HttpResponse second = api(scrape);
  EXPECT_EQ(second.body.data(), memory);
  EXPECT_EQ(without_scrape_duration(second.body), text);
}

TEST_F(WebApiTest, AScrapeHoldsWhatTheControlPathCountsAndIsTimed) {
  metrics_.count_reload(true);
  const std::string first = get("/metrics").body;
  EXPECT_THAT(first,
              testing::HasSubstr("\nfloodgauge_config_reloads_total{result=\"succeeded\"} 1\n"));
  EXPECT_THAT(first, testing::HasSubstr("\nfloodgauge_scrape_duration_seconds_count 0\n"));
  EXPECT_THAT(get("/metrics").body,
              testing::HasSubstr("\nfloodgauge_scrape_duration_seconds_count 1\n"));
  get("/api/v1/status");
  EXPECT_THAT(get("/metrics").body,
              testing::HasSubstr("\nfloodgauge_scrape_duration_seconds_count 2\n"))
      << "only scrapes are timed";
}

TEST_F(WebApiTest, EveryPathThatIsServedIsCountedByName) {
  const std::string incident = "/api/v1/incidents/20261121T181207-198.51.100.43-flood";
  for (const std::string& path :
       {std::string("/"), std::string("/metrics"), std::string("/-/healthy"),
        std::string("/-/ready"), std::string("/api/v1/incidents"), incident,
        std::string("/api/v1/prefixes"), std::string("/api/v1/hosts"), std::string("/api/v1/scans"),
        std::string("/api/v1/stories"), std::string("/api/v1/status")}) {
    const int status = get(path).status;
    EXPECT_EQ(status, 200) << path;
    metrics_.count_http_request(path, status);
    const std::string label = path == incident ? "/api/v1/incidents/ID" : path;
    EXPECT_THAT(get("/metrics").body,
                testing::HasSubstr("\nfloodgauge_http_requests_total{path=\"" + label +
                                   "\",status=\"200\"} 1\n"));
  }
}

TEST_F(WebApiTest, AnIllnessIsToldWithItsReason) {
  EngineSnapshot ill = sample::link();
  ill.health = {
      .healthy = false, .ready = true, .reason = "worker 1 has not polled its queues for 1.7 s"};
  snapshot_ = std::make_shared<const EngineSnapshot>(ill);
  EXPECT_EQ(get("/-/healthy").status, 503);
  EXPECT_EQ(get("/-/healthy").body, "worker 1 has not polled its queues for 1.7 s\n");
  EXPECT_EQ(get("/-/ready").status, 200);
  EXPECT_THAT(get("/metrics").body, testing::HasSubstr("\nfloodgauge_healthy 0\n"));
}

TEST_F(WebApiTest, BeforeTheFirstWindowItIsHealthyButNotReady) {
  EngineSnapshot early = sample::link();
  early.health = {.healthy = true, .reason = "starting: no window was merged yet"};
  snapshot_ = std::make_shared<const EngineSnapshot>(early);
  EXPECT_EQ(get("/-/healthy").status, 200);
  EXPECT_EQ(get("/-/ready").status, 503);
  EXPECT_EQ(get("/-/ready").body, "starting: no window was merged yet\n");
}

TEST_F(WebApiTest, BeforeTheEngineRunsItIsNeitherHealthyNorReady) {
  snapshot_ = nullptr;
  EXPECT_EQ(get("/-/healthy").status, 503);
  EXPECT_EQ(get("/metrics").status, 200);
  EXPECT_EQ(get("/-/ready").status, 503);
  EXPECT_EQ(get("/api/v1/status").status, 503);
}

TEST_F(WebApiTest, ServesIncidentsByState) {
  EXPECT_EQ(json("/api/v1/incidents")["incidents"].size(), 2u);
  EXPECT_EQ(json("/api/v1/incidents", {{"state", "open"}})["incidents"][0]["target"],
            "198.51.100.0/24");
  EXPECT_EQ(json("/api/v1/incidents", {{"state", "closed"}})["incidents"].size(), 1u);
  EXPECT_EQ(get("/api/v1/incidents", {{"state", "ajar"}}).status, 400);
}

TEST_F(WebApiTest, ServesOneIncidentAsItsSchemaDescribes) {
  const auto incident = json("/api/v1/incidents/20261121T181207-198.51.100.43-flood");
  support::JsonSchema schema(std::filesystem::path(SOURCE_ROOT) /
                             "deploy/schema/incident.schema.json");
  const auto errors = schema.errors(incident);
  EXPECT_TRUE(errors.empty()) << errors.front();
  EXPECT_EQ(get("/api/v1/incidents/none").status, 404);
}

TEST_F(WebApiTest, ServesPrefixesHostsAndStatus) {
  EXPECT_EQ(json("/api/v1/prefixes")["prefixes"][1]["name"], "mail");
  EXPECT_EQ(json("/api/v1/hosts")["hosts"][0]["address"], "198.51.100.43");
  EXPECT_EQ(json("/api/v1/hosts", {{"prefix", "198.51.100.0/24"}})["hosts"].size(), 1u);
  EXPECT_EQ(json("/api/v1/hosts", {{"prefix", "203.0.113.0/24"}})["hosts"].size(), 0u);
  EXPECT_EQ(get("/api/v1/hosts", {{"prefix", "x"}}).status, 400);
  EXPECT_EQ(json("/api/v1/status")["version"], "0.1.0");
  EXPECT_EQ(json("/api/v1/status")["workers"][0]["shedding"][0], "payload");
}

TEST_F(WebApiTest, RatesAreMarkedWhilePacketsAreLost) {
  auto losing = std::make_shared<EngineSnapshot>(sample::link());
  losing->loss_ratio = 0.125;
  auto hit = std::make_shared<Incident>(sample::syn_flood());
  hit->loss_ratio = 0.25;
  losing->incidents = {hit};
  snapshot_ = losing;
  for (const char* path : {"/api/v1/prefixes", "/api/v1/hosts", "/api/v1/status"}) {
    EXPECT_EQ(json(path)["loss_ratio"], 0.125) << path;
  }
  const auto incident = json("/api/v1/incidents")["incidents"][0];
  EXPECT_EQ(incident["loss_ratio"], 0.25);
  support::JsonSchema schema(std::filesystem::path(SOURCE_ROOT) /
                             "deploy/schema/incident.schema.json");
  EXPECT_TRUE(schema.errors(incident).empty());
  EXPECT_THAT(get("/metrics").body, testing::HasSubstr("\nfloodgauge_loss_ratio 0.125\n"));
}

TEST_F(WebApiTest, RefusesOtherMethodsAndPaths) {
  const HttpResponse response = get("/metrics", {}, "DELETE");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.allow, "GET, HEAD");
  EXPECT_EQ(get("/-/reload").status, 405);
  EXPECT_EQ(get("/api/v1/nothing").status, 404);
  EXPECT_EQ(get("/etc/passwd").status, 404);
}

TEST_F(WebApiTest, ExplainsATarget) {
  EXPECT_EQ(get("/api/v1/explain", {{"target", "198.51.100.43"}}).status, 404) << "nobody explains";
  ExplainAnswer answer;
  std::string asked;
  options_.explain = [&](const std::string& target) {
    asked = target;
    return answer;
  };
  EXPECT_EQ(get("/api/v1/explain").status, 400);
  EXPECT_EQ(get("/api/v1/explain", {{"target", "web"}, {"at", "noon"}}).status, 400);
  EXPECT_EQ(get("/api/v1/explain", {{"target", "web"}, {"at", "2026-11-21T18:00:00Z"}}).status, 400)
      << "no history is kept";
  EXPECT_EQ(asked, "");
  answer.unknown = "198.51.100.43/32 lies in no protected prefix";
  EXPECT_EQ(get("/api/v1/explain", {{"target", "198.51.100.43"}}).status, 404);
  answer.unknown = "";
  answer.failed = "floodgauge is stopping";
  EXPECT_EQ(get("/api/v1/explain", {{"target", "198.51.100.43"}}).status, 503);
  answer.failed = "";
  answer.sampling = 10;
  answer.targets.push_back({.target = *IpPrefix::parse("198.51.100.43/32"),
                            .prefix = *IpPrefix::parse("198.51.100.0/24"),
                            .profile = "default"});
  answer.targets[0].looks.push_back({.seconds = 0.1,
                                     .left_alone = {},
                                     .rows = {{.detector = "limits",
                                               .measure = "udp_packets",
                                               .vector = Vector::udp,
                                               .key = &Thresholds::udp,
                                               .value = 150,
                                               .limit = 200,
                                               .why = {}}}});
  const auto told = json("/api/v1/explain", {{"target", "198.51.100.43"}});
  EXPECT_EQ(told["schema"], "floodgauge.explain/1");
  const auto& target = told["targets"][0];
  EXPECT_EQ(target["verdict"], "flood") << "one is open on its network";
  const auto& row = target["looks"][0]["measures"][0];
  EXPECT_EQ(row["value"], 1500) << "of all packets, of which one in ten arrived";
  EXPECT_EQ(row["limit"], 2000);
  EXPECT_EQ(row["near"], 0.75);
  EXPECT_EQ(row["key"], "profiles.default.thresholds.udp");
  EXPECT_EQ(row["change"], "profiles.default.thresholds.udp below 1.5kpps: above the limit");
  EXPECT_EQ(target["incidents"].size(), 2u) << "the incident on it and the one around it";
}

TEST_F(WebApiTest, ReloadsOnlyWhereEnabledAndTellsWhatIsWrong) {
  EXPECT_EQ(get("/-/reload", {}, "POST").status, 403);
  std::string wrong;
  options_.reload = [&] { return wrong; };
  EXPECT_EQ(get("/-/reload", {}, "POST").status, 200);
  wrong = "link.yaml:3:1: protct: unknown key";
  const HttpResponse response = get("/-/reload", {}, "POST");
  EXPECT_EQ(response.status, 500);
  EXPECT_NE(response.body.find(wrong), std::string::npos);
}

TEST_F(WebApiTest, AnotherSitesPageReloadsNothingAndHealthAnswersUnderAnyName) {
  int reloads = 0;
  options_.reload = [&] {
    ++reloads;
    return std::string();
  };
  const auto site = std::make_shared<LiveSiteRules>();
  site->set({.reading_needs_a_name = true});
  options_.site = site;
  const WebApi api(options_, metrics_);
  HttpRequest request{"POST", "/-/reload", {}, ""};
  request.host = "127.0.0.1:9733";
  request.origin = "http://evil.example";
  EXPECT_EQ(api(request).status, 403);
  request.origin.clear();
  request.host = "evil.example";
  EXPECT_EQ(api(request).status, 403);
  EXPECT_EQ(reloads, 0);
  request.host = "127.0.0.1:9733";
  EXPECT_EQ(api(request).status, 200);
  EXPECT_EQ(reloads, 1);
  for (const auto& [path, status] : std::map<std::string, int>{
           {"/-/healthy", 200}, {"/-/ready", 200}, {"/metrics", 403}, {"/api/v1/incidents", 403}}) {
    HttpRequest foreign{"GET", path, {}, ""};
    foreign.host = "evil.example";
    EXPECT_EQ(api(foreign).status, status) << path;
  }
}

}  // namespace
}  // namespace floodgauge
