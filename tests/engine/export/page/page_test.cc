// The page: its files, its live figures and its event stream.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "engine/base/base64.h"
#include "engine/export/events/event_ring.h"
#include "engine/export/page/live_figures.h"
#include "engine/export/page/page_files.h"
#include "engine/export/page/replay_page.h"
#include "tests/engine/export/sample.h"

namespace floodgauge {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

std::string read_all(const EventRing& ring, EventRing::Cursor& cursor) {
  std::string text;
  ring.read(cursor, text);
  return text;
}

TEST(EventRing, SendsWhatComesAndGoesOnAfterAnId) {
  EventRing ring("7");
  ring.append(sample::kEvening, Transition::opened, sample::syn_flood());
  EventRing::Cursor fresh = ring.after("");
  EXPECT_EQ(read_all(ring, fresh), "");
  ring.append(sample::kEvening, Transition::closed, sample::syn_flood());
  const std::string next = read_all(ring, fresh);
  EXPECT_THAT(next, testing::StartsWith("id: 7-2\nevent: closed\ndata: {\"time\":\"2026-11-21T"));
  EXPECT_THAT(next, testing::EndsWith("}\n\n"));
  EXPECT_EQ(read_all(ring, fresh), "") << "each is sent once";
  EventRing::Cursor resumed = ring.after("7-1");
  EXPECT_EQ(read_all(ring, resumed), next);
}

TEST(EventRing, TellsAClientThatItMissedSomething) {
  EventRing ring("7", {.events = 2});
  for (int i = 0; i < 4; ++i) {
    ring.append(sample::kEvening, Transition::updated, sample::carpet());
  }
  for (const char* id : {"7-1", "6-3", "7-99", "7-x", "x"}) {
    EventRing::Cursor cursor = ring.after(id);
    const std::string text = read_all(ring, cursor);
    EXPECT_THAT(text, testing::StartsWith("event: reset\ndata: {}\n\nid: 7-3\n")) << id;
  }
  EventRing::Cursor cursor = ring.after("7-2");
  EXPECT_THAT(read_all(ring, cursor), testing::StartsWith("id: 7-3\n"));
}

TEST(EventRing, IsBoundedInBytes) {
  EventRing ring("7", {.events = 1000, .bytes = 10'000});
  for (int i = 0; i < 100; ++i) {
    ring.append(sample::kEvening, Transition::updated, sample::carpet());
  }
  EventRing::Cursor cursor = ring.after("0-0");
  EXPECT_LT(read_all(ring, cursor).size(), 10'100u);
}

TEST(LiveFigures, MakesPointsOfFiveSecondsAndRatesOfTheTick) {
  LiveFigures live;
  EXPECT_EQ(live.figures(), "");
  EngineSnapshot snapshot = sample::link();
  const auto syn = static_cast<std::size_t>(TrafficClass::tcp_syn);
  for (int second = 0; second <= 12; ++second) {
    live.tick(snapshot);
    snapshot.now = snapshot.now + whole_seconds(1);
    snapshot.prefixes[0].in[syn] += {1000, 64'000};
  }
  const Json points = live.points_json();
  ASSERT_THAT(points["points"], SizeIs(2));
  EXPECT_EQ(points["points"][1]["in"], (Json{{"tcp_syn", 512'000}}));
  EXPECT_EQ(points["points"][1]["pps_in"], 1000);
  EXPECT_EQ(
      points["points"][1]["t"].get<std::int64_t>() - points["points"][0]["t"].get<std::int64_t>(),
      5000);
  const Json figures = Json::parse(live.figures());
  EXPECT_EQ(figures["point"]["in"], (Json{{"tcp_syn", 512'000}}));
  ASSERT_THAT(figures["incidents"], SizeIs(1)) << "open ones";
  EXPECT_EQ(figures["incidents"][0]["target"], "198.51.100.0/24");
  EXPECT_EQ(figures["prefixes_total"], 2);
}

TEST(LiveFigures, OfALargeNetworkAreSmall) {
  EngineSnapshot snapshot = sample::link();
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    PrefixSnapshot prefix = snapshot.prefixes[0];
    prefix.prefix = IpPrefix::around(IpAddress::from_v4(0x0a000000 + (i << 8)), 24);
    prefix.bps_in = i;
    snapshot.prefixes.push_back(prefix);
  }
  for (std::uint32_t i = 0; i < 200; ++i) {
    Incident incident = sample::carpet();
    incident.id = "i" + std::to_string(i);
    snapshot.incidents.push_back(std::make_shared<const Incident>(incident));
  }
  LiveFigures live;
  live.tick(snapshot);
  const Json figures = Json::parse(live.figures());
  EXPECT_THAT(figures["incidents"], SizeIs(LiveFigures::kIncidentRows));
  ASSERT_THAT(figures["prefixes"], SizeIs(LiveFigures::kPrefixRows));
  EXPECT_EQ(figures["prefixes"][0]["prefix"], "198.51.100.0/24") << "it has an open incident";
  EXPECT_LT(live.figures().size(), 250'000u);
}

std::string sha256(const std::string& text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr);
  return base64_encode(std::string(reinterpret_cast<char*>(digest), size));
}

TEST(PageFiles, NameNoOtherHost) {
  std::size_t bytes = 0;
  for (const PageFile& file : page_files()) {
    bytes += file.text.size();
    EXPECT_FALSE(file.text.empty()) << file.path;
    if (file.path == "/chart.js") continue;  // its licence names its home
    std::string text(file.text);
    const std::size_t xmlns = text.find("http://www.w3.org/2000/svg");
    if (xmlns != std::string::npos) text.erase(xmlns, 26);
    EXPECT_THAT(text, Not(HasSubstr("://"))) << file.path;
    EXPECT_THAT(text, Not(HasSubstr("innerHTML"))) << file.path;
    EXPECT_THAT(text, Not(HasSubstr("style="))) << file.path << ": the policy forbids it";
  }
  EXPECT_LT(bytes, 400'000u);
  EXPECT_EQ(page_file("/nothing"), nullptr);
}

TEST(PageFiles, AStandalonePageRunsItsOwnScriptsAlone) {
  const std::string page = standalone_page("{\"name\":\"</script><script>alert(1)</script>\"}");
  EXPECT_THAT(page, Not(HasSubstr("src=")));
  EXPECT_THAT(page, Not(HasSubstr("<link ")));
  EXPECT_THAT(page, Not(HasSubstr("<script>alert(1)")));
  EXPECT_THAT(page, Not(HasSubstr("sourceMappingURL")));
  const std::size_t begin = page.find("script-src ");
  ASSERT_NE(begin, std::string::npos);
  const std::string policy = page.substr(begin, page.find('"', begin) - begin);
  std::size_t scripts = 0;
  for (std::size_t at = 0; (at = page.find("<script>", at)) != std::string::npos; ++scripts) {
    at += 8;
    const std::string script = page.substr(at, page.find("</script>", at) - at);
    EXPECT_THAT(policy, HasSubstr("'sha256-" + sha256(script) + "'"));
  }
  EXPECT_EQ(scripts, 7u);
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
}

TEST(ReplayPage, HasTheReportAndTheRates) {
  const EngineSnapshot snapshot = sample::link();
  const ReportInput input{.snapshot = snapshot,
                          .capture = sample::capture(),
                          .engine = sample::engine(),
                          .protecting = "2 prefixes"};
  LinkPoint point;
  point.time = sample::kEvening;
  point.bps_in[0] = 5;
  const std::string page = replay_page(input, {point}, "1.2.3");
  const std::string head = "<script type=\"application/json\" id=\"data\">";
  const std::size_t begin = page.find(head);
  ASSERT_NE(begin, std::string::npos);
  const std::size_t first = begin + head.size();
  const Json data = Json::parse(page.substr(first, page.find("</script>", first) - first));
  EXPECT_EQ(data["version"], "1.2.3");
  EXPECT_THAT(data["report"]["incidents"], SizeIs(2));
  EXPECT_THAT(data["rates"], SizeIs(2));
  EXPECT_EQ(data["link"]["points"][0]["in"]["tcp"], 5);
}

}  // namespace
}  // namespace floodgauge
