// The lists, rates and streams of the API, and the commands that ask for them.
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/export/events/event_ring.h"
#include "engine/export/history/history_store.h"
#include "engine/export/http/http_server.h"
#include "engine/export/http/web_api.h"
#include "engine/export/page/live_figures.h"
#include "engine/export/page/page_files.h"
#include "engine/export/report/time_text.h"
#include "engine/export/terminal/incidents.h"
#include "engine/export/terminal/status_client.h"
#include "tests/engine/export/sample.h"

namespace floodgauge {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

class ListTest : public testing::Test {
 protected:
  ListTest() {
    std::string name = testing::TempDir() + "floodgauge-list-XXXXXX";
    folder_ = mkdtemp(name.data());
    history_ = folder_ / "history.db";
    snapshot_ = std::make_shared<EngineSnapshot>(sample::link());
    ring_ = std::make_shared<EventRing>("7");
    live_ = std::make_shared<LiveFigures>();
    live_->tick(*snapshot_);
  }
  ~ListTest() override { std::filesystem::remove_all(folder_); }

  /// Closed incidents of an earlier run, one a minute, beginning a day before those of the sample.
  void remember(std::uint32_t count) {
    HistoryStore store(history_, {}, "run", {});
    std::vector<HistoryEntry> entries;
    for (std::uint32_t i = 0; i < count; ++i) {
      Incident incident = sample::syn_flood();
      incident.id = "old" + std::to_string(i);
      incident.number = i + 1;
      incident.start = sample::kEvening - whole_seconds(86'400 - 60 * std::int64_t{i});
      incident.end = incident.start + whole_seconds(30);
      entries.push_back({incident.start, std::make_shared<const Incident>(incident)});
    }
    // What the sensor itself remembers is stored too.
    for (const auto& incident : snapshot_->incidents) {
      entries.push_back({incident->start, incident});
    }
    store.write(entries, {});
  }
  WebApi api() {
    WebApi::Options options;
    options.latest = [this] { return snapshot_; };
    options.history = history_;
    options.events = ring_;
    options.live = live_;
    return {options, metrics_};
  }
  HttpResponse ask(const std::string& path, std::map<std::string, std::string> query = {}) {
    HttpRequest request;
    request.method = "GET";
    request.path = path;
    request.query = std::move(query);
    return api()(request);
  }
  std::vector<std::string> ids(const Json& json) {
    std::vector<std::string> list;
    for (const Json& incident : json["incidents"]) list.push_back(incident["id"]);
    return list;
  }

  std::filesystem::path folder_;
  std::string history_;
  std::shared_ptr<EngineSnapshot> snapshot_;
  std::shared_ptr<EventRing> ring_;
  std::shared_ptr<LiveFigures> live_;
  ControlMetrics metrics_;
};

TEST_F(ListTest, IsOneListOfMemoryAndHistory) {
  remember(3);
  const Json all = Json::parse(ask("/api/v1/incidents").body);
  EXPECT_THAT(ids(all), SizeIs(5)) << all.dump(1);
  EXPECT_EQ(ids(all)[0], "old0");
  EXPECT_EQ(all["incidents"][2]["number"], 3);
  EXPECT_TRUE(all["next"].is_null());
  EXPECT_THAT(ids(Json::parse(ask("/api/v1/incidents", {{"state", "open"}}).body)), SizeIs(1));
  EXPECT_THAT(ids(Json::parse(ask("/api/v1/incidents", {{"state", "closed"}}).body)), SizeIs(4));
  const std::string day = rfc3339(sample::kEvening - whole_seconds(3600));
  EXPECT_THAT(ids(Json::parse(ask("/api/v1/incidents", {{"since", day}}).body)), SizeIs(2));
  EXPECT_EQ(Json::parse(ask("/api/v1/incidents/old1").body)["number"], 2);
  EXPECT_EQ(ask("/api/v1/incidents/none").status, 404);
}

TEST_F(ListTest, PagesMeetWithoutGapOrOverlap) {
  remember(20);
  for (const std::string order : {"start", "latest"}) {
    std::vector<std::string> seen;
    std::string after;
    do {
      std::map<std::string, std::string> query = {{"limit", "6"}, {"order", order}};
      if (!after.empty()) query["after"] = after;
      const Json page = Json::parse(ask("/api/v1/incidents", query).body);
      for (const std::string& id : ids(page)) seen.push_back(id);
      EXPECT_LE(ids(page).size(), 6u);
      after = page["next"].is_null() ? "" : page["next"];
    } while (!after.empty() && seen.size() < 100);
    EXPECT_THAT(seen, SizeIs(22)) << order;
    EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 22u) << order;
    EXPECT_EQ(seen[order == "start" ? 0 : 21], "old0");
  }
}

TEST_F(ListTest, RefusesWhatItCannotAnswer) {
  for (const auto& [key, value] : std::map<std::string, std::string>{{"state", "half"},
                                                                     {"since", "yesterday"},
                                                                     {"limit", "0"},
                                                                     {"limit", "10001"},
                                                                     {"order", "size"},
                                                                     {"after", "none"}}) {
    EXPECT_EQ(ask("/api/v1/incidents", {{key, value}}).status, 400) << key << "=" << value;
  }
  EXPECT_EQ(ask("/api/v1/incidents", {{"limit", "10000"}}).status, 200);
  EXPECT_EQ(ask("/api/v1/prefixes", {{"limit", "x"}}).status, 400);
  EXPECT_EQ(ask("/api/v1/prefixes", {{"after", "192.0.2.0/24"}}).status, 400);
}

TEST_F(ListTest, AHistoryThatCannotBeReadHidesNothingElse) {
  const Json json = Json::parse(ask("/api/v1/incidents").body);
  EXPECT_THAT(ids(json), SizeIs(2));
  EXPECT_THAT(std::string(json["history_error"]), HasSubstr("cannot read the history " + history_));
  EXPECT_EQ(ask("/api/v1/rates").status, 503);
  history_.clear();
  EXPECT_FALSE(Json::parse(ask("/api/v1/incidents").body).contains("history_error"));
  EXPECT_EQ(ask("/api/v1/rates").status, 404);
}

TEST_F(ListTest, PrefixesArePaged) {
  const Json first = Json::parse(ask("/api/v1/prefixes", {{"limit", "1"}}).body);
  ASSERT_THAT(first["prefixes"], SizeIs(1));
  EXPECT_EQ(first["next"], "198.51.100.0/24");
  const Json second =
      Json::parse(ask("/api/v1/prefixes", {{"limit", "1"}, {"after", first["next"]}}).body);
  EXPECT_EQ(second["prefixes"][0]["prefix"], "2001:db8:25::/48");
  EXPECT_TRUE(second["next"].is_null());
  EXPECT_THAT(Json::parse(ask("/api/v1/prefixes").body)["prefixes"], SizeIs(2));
}

TEST_F(ListTest, RatesAnswerMinutesAndHours) {
  {
    HistoryStore store(history_, {}, "run", {});
    MinuteRates minute;
    minute.start = {sample::kEvening.count / 3'600'000'000'000 * 3'600'000'000'000};
    minute.covered = whole_seconds(30);
    minute.all.in[static_cast<std::size_t>(TrafficClass::udp)] = {300, 30'000};
    PrefixMinute prefix = minute.all;
    prefix.prefix = sample::prefix("198.51.100.0/24");
    prefix.peaks[10] = {50, sample::address("198.51.100.7"), 60};
    minute.prefixes = {prefix};
    const std::vector<MinuteRates> minutes = {minute};
    store.write({}, minutes);
  }
  const std::string from = rfc3339({sample::kEvening.count - 3'600'000'000'000});
  const std::string to = rfc3339({sample::kEvening.count + 3'600'000'000'000});
  for (const std::string step : {"minute", "hour"}) {
    const HttpResponse answer =
        ask("/api/v1/rates",
            {{"from", from}, {"to", to}, {"step", step}, {"prefix", "198.51.100.0/24"}});
    const Json json = Json::parse(answer.body);
    EXPECT_EQ(json["step_seconds"], step == "minute" ? 60 : 3600);
    EXPECT_EQ(json["classes"]["udp"]["pps_in"], Json::array({10.0})) << "over what was counted";
    EXPECT_EQ(json["classes"]["udp"]["bps_in"], Json::array({8000.0}));
    EXPECT_EQ(json["limits"]["udp"]["host"], Json::array({"198.51.100.7"}));
    EXPECT_EQ(json["limits"]["udp"]["host_rate"], Json::array({50.0}));
  }
  EXPECT_EQ(ask("/api/v1/rates", {{"from", to}, {"to", from}}).status, 400);
  EXPECT_EQ(ask("/api/v1/rates", {{"prefix", "x"}}).status, 400);
  EXPECT_EQ(ask("/api/v1/rates", {{"from", "1990-01-01T00:00:00Z"}, {"to", to}}).status, 400);
}

TEST_F(ListTest, ThePageHasAPolicyAndTheStreamGoesOn) {
  const HttpResponse page = ask("/");
  EXPECT_EQ(page.content_security_policy, kPagePolicy);
  EXPECT_THAT(std::string(kPagePolicy), Not(HasSubstr("unsafe")));
  const HttpServer server({.listen = "127.0.0.1:0", .web = {}, .limits = {}}, api());
  const Url url = parse_url(server.url());
  ring_->append(sample::kEvening, Transition::opened, sample::carpet());
  try {
    // The stream never ends, so the client's patience does.
    http_get(url, "/api/v1/events?figures=1", std::chrono::milliseconds(900));
    FAIL() << "the stream ended";
  } catch (const NotReachable& error) {
    EXPECT_THAT(error.what(), HasSubstr("no answer in time"));
  }
  EXPECT_EQ(http_get(url, "/api/v1/status").status, 200);
}

TEST_F(ListTest, StreamsSendEventsThatComeLater) {
  HttpRequest request;
  request.method = "GET";
  request.path = "/api/v1/events";
  const HttpResponse stream = api()(request);
  EXPECT_EQ(stream.content_type, "text/event-stream");
  ASSERT_TRUE(stream.stream);
  std::string out;
  stream.stream(out);
  EXPECT_EQ(out, "") << "figures are sent to those who ask for them";
  ring_->append(sample::kEvening, Transition::opened, sample::carpet());
  stream.stream(out);
  EXPECT_THAT(out, testing::StartsWith("id: 7-1\nevent: opened\n"));
  request.query["figures"] = "1";
  request.last_event_id = "7-0";
  const HttpResponse with_figures = api()(request);
  EXPECT_THAT(with_figures.body, HasSubstr("event: figures\ndata: {\"now\"")) << "at once";
  std::string more;
  with_figures.stream(more);
  EXPECT_THAT(more, HasSubstr("id: 7-1\nevent: opened\n"));
  EXPECT_THAT(more, testing::Not(HasSubstr("event: figures"))) << "the same figures go once";
}

TEST_F(ListTest, OnlySoManyStreamsAreOpen) {
  const HttpServer server({.listen = "127.0.0.1:0", .web = {}, .limits = {}, .streams = 1}, api());
  const Url url = parse_url(server.url());
  std::thread first([&] {
    EXPECT_THROW(http_get(url, "/api/v1/events", std::chrono::milliseconds(1500)), NotReachable);
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  EXPECT_EQ(http_get(url, "/api/v1/events").status, 503);
  EXPECT_EQ(http_get(url, "/").status, 200);
  first.join();
}

class IncidentsCommandTest : public ListTest {
 protected:
  std::pair<int, std::string> run(const IncidentsOptions& options) {
    char* buffer = nullptr;
    std::size_t size = 0;
    std::FILE* out = open_memstream(&buffer, &size);
    const int status = run_incidents(options, out);
    std::fclose(out);
    std::string text(buffer, size);
    std::free(buffer);
    return {status, text};
  }
};

TEST_F(IncidentsCommandTest, ShowsTheSameFromADaemonAndFromAFile) {
  remember(3);
  const HttpServer server({.listen = "127.0.0.1:0", .web = {}, .limits = {}}, api());
  for (const char* format : {"text", "csv"}) {
    IncidentsOptions options;
    options.format = format;
    options.history = history_;
    const auto [file_status, from_file] = run(options);
    EXPECT_EQ(file_status, 0);
    options.history.clear();
    options.url = server.url();
    const auto [status, from_daemon] = run(options);
    EXPECT_EQ(status, 0);
    if (std::string(format) == "csv") {
      EXPECT_EQ(from_daemon, from_file);
      EXPECT_THAT(from_file, HasSubstr("\r\nold0,flood,closed,high,198.51.100.43/32,"));
    } else {
      EXPECT_THAT(from_file, HasSubstr("SYN flood on 198.51.100.43 (web)\n"
                                       "    2026-11-20 18:00:00 UTC - 2026-11-20 18:00:30 UTC (30 "
                                       "s)\n"));
      EXPECT_THAT(from_file, testing::EndsWith("5 incidents, 1 open\n"));
      EXPECT_THAT(from_daemon, testing::EndsWith("5 incidents, 1 open\n"));
    }
  }
}

TEST_F(IncidentsCommandTest, ShowsOneWhole) {
  remember(1);
  IncidentsOptions options;
  options.history = history_;
  options.id = "old0";
  const auto [status, text] = run(options);
  EXPECT_EQ(status, 0);
  for (const char* part : {"in protected prefix 198.51.100.0/24", "vector tcp_syn",
                           "seen: ", "block: match", "id old0"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  options.format = "json";
  EXPECT_EQ(Json::parse(run(options).second)["id"], "old0");
}

TEST_F(IncidentsCommandTest, FloodsAreGivenToOthersAndNothingElseIs) {
  remember(2);
  {
    SqliteConnection db(history_, SqliteConnection::Mode::read_write);
    db.run("UPDATE incidents SET json = json_set(json, '$.kind', 'impact') WHERE id = 'old1'");
  }
  const std::size_t floods = snapshot_->incidents.size() + 1;
  IncidentsOptions options;
  options.history = history_;
  options.format = "fingerprint";
  const Json fingerprints = Json::parse(run(options).second);
  ASSERT_TRUE(fingerprints.is_array());
  EXPECT_THAT(fingerprints, SizeIs(floods));
  options.format = "misp";
  EXPECT_THAT(Json::parse(run(options).second)["response"], SizeIs(floods));
  options.id = "old0";
  EXPECT_EQ(Json::parse(run(options).second)["Event"]["date"], "2026-11-20");
  options.id = "old1";
  testing::internal::CaptureStderr();
  EXPECT_EQ(run(options).first, 2);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("old1 is no flood (impact)"));
}

TEST_F(IncidentsCommandTest, MembersThatItDoesNotKnowAreShown) {
  remember(1);
  {
    SqliteConnection db(history_, SqliteConnection::Mode::read_write);
    db.run(
        "UPDATE incidents SET json = json_set(json, '$.lost_sales', 26000, '$.shops', "
        "json('[{\"address\":\"198.51.100.53\"}]')) WHERE id = 'old0'");
  }
  IncidentsOptions options;
  options.history = history_;
  options.id = "old0";
  EXPECT_THAT(run(options).second,
              testing::AllOf(HasSubstr("lost_sales: 26000"),
                             HasSubstr("shops: [{\"address\":\"198.51.100.53\"}]")));
}

TEST_F(IncidentsCommandTest, ExitsAsTheContractSays) {
  remember(1);
  testing::internal::CaptureStderr();
  IncidentsOptions options;
  options.history = history_;
  options.id = "none";
  EXPECT_EQ(run(options).first, 2);
  options.id.clear();
  options.since = "1 fortnight";
  EXPECT_EQ(run(options).first, 2);
  options.since.clear();
  options.history += ".missing";
  EXPECT_EQ(run(options).first, 3);
  options.history.clear();
  options.url = "http://127.0.0.1:1";
  EXPECT_EQ(run(options).first, 3);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("no incident none is in "));
}

TEST(CsvLine, QuotesWhatASpreadsheetWouldTakeForMore) {
  EXPECT_EQ(csv_line(R"({"id":"a","name":"=cmd(),\"x\"","peak_pps":1.5,"top_sources":[]})"),
            "a,,,,,,,\"'=cmd(),\"\"x\"\"\",,,,1.5,0,0,0,0,,");
}

TEST(Time, IsReadInEveryFormOfRfc3339) {
  EXPECT_EQ(parse_time("2026-11-21T18:00:00Z"), sample::kEvening);
  EXPECT_EQ(parse_time("2026-11-21T19:30:00.5+01:30"), sample::kEvening + milliseconds(500));
  EXPECT_EQ(parse_time(rfc3339({1})), Nanoseconds{1});
  for (const char* wrong : {"", "2026-11-21", "2026-02-30T00:00:00Z", "2026-11-21T24:00:00Z",
                            "2026-11-21T18:00:00", "2026-11-21T18:00:00.Z", "1969-12-31T23:59:59Z",
                            "2262-01-01T00:00:00Z", "2026-11-21T18:00:00Zx"}) {
    EXPECT_FALSE(parse_time(wrong)) << wrong;
  }
}

class PasswordFileTest : public ListTest {
 protected:
  std::string user(const std::string& url, const std::string& content) {
    const std::string path = folder_ / "password";
    std::ofstream(path) << content;
    try {
      return client_url(url, path).user;
    } catch (const NotReachable& error) {
      return error.what();
    }
  }
};

TEST_F(PasswordFileTest, HasUserAndPasswordOrThePasswordAlone) {
  EXPECT_EQ(user("http://h", "ops:secret\n"), "ops:secret");
  EXPECT_EQ(user("http://ops@h", "secret\r\n"), "ops:secret");
  EXPECT_EQ(user("http://ops:old@h", "se:cret"), "ops:se:cret");
  EXPECT_THAT(user("http://h", "secret\n"), HasSubstr("write user:password"));
  EXPECT_THAT(user("http://h", ""), HasSubstr("is empty"));
  EXPECT_THROW(client_url("http://h", folder_ / "missing"), NotReachable);
}

}  // namespace
}  // namespace floodgauge
