// The live table: its pages as golden text, its keys, and daemons with unusual answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/export/http/http_server.h"
#include "engine/export/http/web_api.h"
#include "engine/export/report/snapshot_json.h"
#include "engine/export/terminal/status.h"
#include "engine/export/terminal/status_client.h"
#include "engine/export/terminal/top.h"
#include "engine/export/terminal/top_view.h"
#include "tests/engine/export/sample.h"

namespace floodgauge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TopData data_of(const EngineSnapshot& snapshot) {
  TopData data;
  data.status = status_json(snapshot);
  data.prefixes = Json::array();
  for (const auto& prefix : snapshot.prefixes) data.prefixes.push_back(prefix_live_json(prefix));
  data.hosts = Json::array();
  for (const auto& host : snapshot.top_hosts) data.hosts.push_back(host_json(host, snapshot));
  data.incidents = Json::array();
  for (const Incident* incident : in_report_order(snapshot)) {
    data.incidents.push_back(incident_json(*incident));
  }
  return data;
}

std::string page(const TopView& view, const TextStyle& style = {}, int height = 0) {
  std::string text;
  for (const std::string& line : render_top(data_of(sample::link()), view, style, height)) {
    text += line + "\n";
  }
  return text;
}

TEST(TopView, ShowsPrefixes) {
  EXPECT_EQ(page({}), R"(uplink  4.2 Gbit/s in  1.1 Gbit/s out  880 kpps
1 worker 41 % busy  0 lost  up 42 min 10 s  1 incident open

PREFIX              IN pps IN bit/s   SYN/s  DONE STATE
198.51.100.0/24      612 k    3.9 G  41.2 k   2 % FLOOD reflection_dns
2001:db8:25::/48      41 k    300 M     402  99 % ok
)");
}

TEST(TopView, TellsWhereOneDirectionAloneIsVisible) {
  EngineSnapshot link = sample::link();
  const auto shown = [&](std::uint64_t in, std::uint64_t out) {
    link.prefixes[1].total_in = {in, 64 * in};
    link.prefixes[1].total_out = {out, 64 * out};
    std::string text;
    for (const std::string& line : render_top(data_of(link), {}, {}, 0)) text += line + "\n";
    return text;
  };
  EXPECT_THAT(shown(1001, 0), HasSubstr("99 % only inbound is visible"));
  EXPECT_THAT(shown(0, 1001), HasSubstr("99 % only outbound is visible"));
  EXPECT_THAT(shown(1000, 0), HasSubstr("99 % ok")) << "so few packets do not tell";
  EXPECT_THAT(shown(1001, 1), HasSubstr("99 % ok"));
}

TEST(TopView, ShowsMoreOnAWideTerminal) {
  TextStyle wide;
  wide.width = 120;
  EXPECT_THAT(page({}, wide), HasSubstr(R"(
PREFIX             NAME          IN pps IN bit/s   NEW/s   SYN/s  DONE SOURCES STATE
198.51.100.0/24    web            612 k    3.9 G  44.1 k  41.2 k   2 %   1.9 M FLOOD reflection_dns
)"));
}

TEST(TopView, ShowsHostsIncidentsAndWorkers) {
  TopView view;
  view.page = TopView::Page::hosts;
  EXPECT_THAT(page(view), HasSubstr("198.51.100.43                412 k    211 M"));
  view.page = TopView::Page::incidents;
  EXPECT_THAT(page(view), HasSubstr(R"(
critical open   198.51.100.0/24       1.21 M     9.87 G DNS reflection 81 %, NTP
high     closed 198.51.100.43/32       412 k      211 M SYN flood
)"));
  view.page = TopView::Page::workers;
  EXPECT_THAT(page(view), HasSubstr("0        41 %     212   12.4 M    88 k       12 payload\n"));
}

TEST(TopView, TellsThatRatesAreTooLowWhilePacketsAreLost) {
  EngineSnapshot losing = sample::link();
  losing.dropped = 1'200'000;
  losing.loss_ratio = 0.12;
  Incident hit = sample::syn_flood();
  hit.loss_ratio = 0.25;
  losing.incidents = {std::make_shared<const Incident>(hit)};
  TopView view;
  view.page = TopView::Page::incidents;
  const auto lines = render_top(data_of(losing), view, {}, 0);
  EXPECT_EQ(lines[1], "1 worker 41 % busy  1.2 M lost, 12 % now  up 42 min 10 s  no incident open");
  EXPECT_THAT(lines.back(), HasSubstr("closed 198.51.100.43/32      >412 k     >211 M SYN flood"));
}

TEST(TopView, FitsEveryTerminal) {
  for (const int width : {40, 79, 80, 200}) {
    for (const int height : {1, 3, 6, 24}) {
      for (const auto which : {TopView::Page::prefixes, TopView::Page::hosts,
                               TopView::Page::incidents, TopView::Page::workers}) {
        TopView view;
        view.page = which;
        TextStyle style;
        style.width = width;
        const auto lines = render_top(data_of(sample::link()), view, style, height);
        EXPECT_LE(lines.size(), static_cast<std::size_t>(height));
        for (const std::string& line : lines) {
          EXPECT_LE(line.size(), static_cast<std::size_t>(width)) << line;
        }
      }
    }
  }
}

TEST(TopView, ScrollsToTheSelectedRow) {
  EngineSnapshot snapshot = sample::quiet();
  snapshot.prefixes.resize(50, snapshot.prefixes.front());
  for (std::size_t i = 0; i < 50; ++i) snapshot.prefixes[i].name = "n" + std::to_string(i);
  TopView view;
  view.selected = 40;
  TextStyle wide;
  wide.width = 120;
  const auto lines = render_top(data_of(snapshot), view, wide, 12);
  ASSERT_EQ(lines.size(), 12u);
  EXPECT_THAT(lines[9], testing::StartsWith(">198.51.100.0/24"));
  EXPECT_THAT(lines[9], HasSubstr(" n40 "));
}

TEST(TopView, KeysSortFilterAndWalk) {
  const TopData data = data_of(sample::link());
  TopView view;
  const auto press = [&](std::initializer_list<int> keys) {
    for (const int key : keys) view.press(key, top_rows(data, view));
  };
  EXPECT_THAT(top_rows(data, view), ElementsAre("198.51.100.0/24", "2001:db8:25::/48"));
  press({'/', 'm', 'a', 'x', TopView::kBackspace, 'q', TopView::kBackspace, 'i'});
  EXPECT_EQ(view.filter, "mai") << "letters go to the filter while it is typed";
  EXPECT_FALSE(view.leave);
  EXPECT_THAT(top_rows(data, view), ElementsAre("2001:db8:25::/48"));
  press({TopView::kEnter, TopView::kEnter});
  EXPECT_EQ(view.page, TopView::Page::hosts);
  EXPECT_EQ(view.prefix, "2001:db8:25::/48");
  EXPECT_THAT(top_rows(data, view), ElementsAre());
  press({'p', TopView::kDown, TopView::kDown, TopView::kDown});
  EXPECT_EQ(view.selected, 1u) << "the selection stops at the last row";
  press({'s', 's', 's', 's'});
  EXPECT_EQ(view.sort, TopView::Sort::name);
  press({'s', 'i', 'w', 'q'});
  EXPECT_EQ(view.sort, TopView::Sort::packets_in);
  EXPECT_EQ(view.page, TopView::Page::workers);
  EXPECT_TRUE(view.leave);
}

TEST(TopView, SurvivesAnswersOfOtherTypes) {
  TopData odd;
  odd.status = Json::parse(R"({"workers": 7, "ports": [1, null], "uptime_seconds": "long"})");
  odd.prefixes = Json::parse(R"([1, {"prefix": "a\u001b[2J", "pps_in": {}}, null])");
  odd.hosts = Json::parse(R"([[]])");
  odd.incidents = Json::parse(R"([{"state": "open", "vectors": [3]}, "x"])");
  for (const auto which : {TopView::Page::prefixes, TopView::Page::hosts, TopView::Page::incidents,
                           TopView::Page::workers}) {
    TopView view;
    view.page = which;
    for (const std::string& line : render_top(odd, view, {}, 24)) {
      EXPECT_EQ(line.find('\033'), std::string::npos);
    }
  }
  EXPECT_FALSE(render_top({}, {}, {}, 24).empty());
}

class StatusTest : public testing::Test {
 protected:
  /// The exit status of `command` and the text that it wrote.
  template <typename Command>
  std::pair<int, std::string> run(const Command& command) {
    char* buffer = nullptr;
    std::size_t size = 0;
    std::FILE* out = open_memstream(&buffer, &size);
    const int status = command(out);
    std::fclose(out);
    std::string text(buffer, size);
    std::free(buffer);
    return {status, text};
  }
};

TEST_F(StatusTest, AsksARunningDaemon) {
  const auto snapshot = std::make_shared<const EngineSnapshot>(sample::link());
  WebApi::Options api;
  ControlMetrics metrics;
  api.latest = [&] { return snapshot; };
  HttpServer::Options options;
  options.listen = "127.0.0.1:0";
  const HttpServer server(options, WebApi(api, metrics));
  const auto [status, text] = run([&](std::FILE* out) {
    return run_status({.urls = {server.url()}, .password_file = "", .format = "text"}, out);
  });
  EXPECT_EQ(status, 0);
  EXPECT_EQ(text, page({}) + R"(
#2  CRITICAL  DNS reflection 81 %, NTP reflection 19 % on 198.51.100.0/24
    2026-11-21 18:31:00 UTC, still open
    now 900 kpps, 7.5 Gbit/s; peak 1.21 Mpps, 9.87 Gbit/s
    from ~8.21 k sources
    id 20261121T183100-198.51.100.0-flood
)");
  const auto [json_status, json] = run([&](std::FILE* out) {
    return run_status({.urls = {server.url()}, .password_file = "", .format = "json"}, out);
  });
  EXPECT_EQ(json_status, 0);
  EXPECT_EQ(Json::parse(json)["incidents_open"], 1);
}

TEST_F(StatusTest, ExitsWith3WithoutAnAnswer) {
  HttpServer::Options options;
  options.listen = "127.0.0.1:0";
  WebApi::Options api;
  ControlMetrics metrics;
  api.latest = [] { return nullptr; };
  testing::internal::CaptureStderr();
  {
    const HttpServer starting(options, WebApi(api, metrics));
    EXPECT_EQ(run_status({.urls = {starting.url()}, .password_file = ""}, stdout), 3);
  }
  EXPECT_EQ(run_status({.urls = {"ftp://x"}, .password_file = ""}, stdout), 3);
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_THAT(said, HasSubstr("it answers 503: starting: the first window has not closed yet"));
  EXPECT_THAT(said, HasSubstr("ftp://x is no URL of a daemon"));
}

}  // namespace
}  // namespace floodgauge
