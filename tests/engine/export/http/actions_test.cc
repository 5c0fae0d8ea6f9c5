// What changes something in the sensor: approvals, and what announcers tell.
#include "engine/export/http/actions.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/export/http/web_api.h"
#include "tests/engine/export/sample.h"
#include "tests/support/json_schema.h"

namespace floodgauge {
namespace {

using testing::HasSubstr;

constexpr const char* kRoute =
    "flow route { match { destination 198.51.100.7/32; protocol =17; source-port =53; } then { "
    "discard; } }";

nlohmann::json rule(const std::string& incident) {
  return {{"route", kRoute},         {"incident", incident}, {"since", "2026-11-21T18:12:08Z"},
          {"promised_share", 0.99},  {"before_pps", 1000.0}, {"after_pps", 250.0},
          {"remaining_ratio", 0.25}, {"efficacy", 0.75}};
}

class ActionsTest : public testing::Test {
 protected:
  ActionsTest() {
    auto link = sample::link();
    for (const auto& incident : link.incidents) {
      (incident->open ? open_ : closed_) = incident->id;
    }
    plain_ = std::make_shared<const EngineSnapshot>(std::move(link));
    options_.latest = [this] { return board_->over(plain_); };
    options_.board = board_;
  }

  HttpResponse ask(const std::string& method, const std::string& path, const std::string& body = "",
                   const std::string& user = "ops") {
    HttpRequest request{method, path, {}, ""};
    request.user = user;
    request.body = body;
    return WebApi(options_, metrics_)(request);
  }
  nlohmann::json json(const std::string& path) {
    return nlohmann::json::parse(ask("GET", path).body);
  }
  nlohmann::json incident(const std::string& id) { return json("/api/v1/incidents/" + id); }
  std::string approve_path(const std::string& id) const {
    return "/api/v1/incidents/" + id + "/approve";
  }
  nlohmann::json telling() const {
    return {{"announcer", "edge:policy"},
            {"speaker", "gobgp"},
            {"started", "x"},
            {"rules", {rule(open_)}}};
  }
  /// The answer to a telling that cannot be used.
  std::string refusal_of(const nlohmann::json& telling) { return refusal(telling.dump()); }
  std::string refusal(const std::string& body) {
    const HttpResponse response = ask("PUT", "/api/v1/announced", body);
    EXPECT_EQ(response.status, 400) << body.substr(0, 200);
    return nlohmann::json::parse(response.body).value("error", "");
  }

  std::string open_;
  std::string closed_;
  std::vector<std::string> log_;
  std::chrono::steady_clock::time_point now_{};
  std::shared_ptr<AnnouncedBoard> board_ = std::make_shared<AnnouncedBoard>(
      [this](const std::string& line) { log_.push_back(line); }, [this] { return now_; });
  std::shared_ptr<const EngineSnapshot> plain_;
  WebApi::Options options_;
  ControlMetrics metrics_;
};

TEST_F(ActionsTest, AnOpenIncidentIsApprovedWithWhoAndWhen) {
  EXPECT_FALSE(incident(open_).contains("approved"));
  const HttpResponse response = ask("POST", approve_path(open_));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(nlohmann::json::parse(response.body)["approved"], true);
  const auto approved = incident(open_);
  EXPECT_EQ(approved["approved"], true);
  EXPECT_EQ(approved["approval"]["by"], "ops");
  support::JsonSchema schema(std::filesystem::path(SOURCE_ROOT) /
                             "deploy/schema/incident.schema.json");
  const auto errors = schema.errors(approved);
  EXPECT_TRUE(errors.empty()) << errors.front();
  EXPECT_THAT(log_, testing::ElementsAre("incident " + open_ + " was approved by ops"));
  ask("POST", approve_path(open_), "", "other");
  EXPECT_EQ(incident(open_)["approval"]["by"], "ops") << "the first yes is kept";
}

TEST_F(ActionsTest, WhatCannotBeApprovedIsRefusedWithAReason) {
  EXPECT_EQ(ask("POST", approve_path("none")).status, 404);
  EXPECT_EQ(ask("POST", approve_path(closed_)).status, 409);
  EXPECT_EQ(ask("GET", approve_path(open_)).status, 405);
  EXPECT_EQ(ask("POST", "/api/v1/incidents/approve").status, 404) << "no incident is named";
  const HttpResponse nobody = ask("POST", approve_path(open_), "", "");
  EXPECT_EQ(nobody.status, 403);
  EXPECT_THAT(nobody.body, HasSubstr("export.web_config"));
  EXPECT_FALSE(incident(open_).contains("approved"));
}

TEST_F(ActionsTest, APageOfAnotherSiteChangesNothing) {
  for (const bool put : {false, true}) {
    HttpRequest request{
        put ? "PUT" : "POST", put ? "/api/v1/announced" : approve_path(open_), {}, ""};
    request.user = "ops";
    request.body = telling().dump();
    request.host = "198.51.100.1:9733";
    request.origin = "https://attacker.example";
    EXPECT_EQ(WebApi(options_, metrics_)(request).status, 403) << "a foreign Origin";
    request.fetch_site = "cross-site";
    request.origin = "";
    EXPECT_EQ(WebApi(options_, metrics_)(request).status, 403) << "a foreign Sec-Fetch-Site";
    request.fetch_site = "same-origin";
    request.host = "attacker.example";
    EXPECT_EQ(WebApi(options_, metrics_)(request).status, 403) << "a foreign Host";
    EXPECT_FALSE(incident(open_).contains("approved"));
    EXPECT_FALSE(incident(open_).contains("announced"));
    request.host = "198.51.100.1:9733";
    EXPECT_EQ(WebApi(options_, metrics_)(request).status, 200) << "the sensor's own page";
    board_ = std::make_shared<AnnouncedBoard>();
    options_.board = board_;
  }
}

TEST_F(ActionsTest, AnApprovalIsForgottenWithItsIncident) {
  ask("POST", approve_path(open_));
  const auto kept = plain_;
  plain_ = std::make_shared<const EngineSnapshot>();
  options_.latest();
  plain_ = kept;
  EXPECT_FALSE(incident(open_).contains("approved"));
}

TEST_F(ActionsTest, WhatStandsIsShownInTheApiAndInTheMetrics) {
  EXPECT_THAT(ask("GET", "/metrics").body,
              HasSubstr("\nfloodgauge_announcements_total{result=\"announced\"} 0\n"));
  auto body = telling();
  body["totals"] = {{"announced", 3}, {"failed", 1}};
  ASSERT_EQ(ask("PUT", "/api/v1/announced", body.dump()).status, 200);
  const auto shown = incident(open_);
  ASSERT_EQ(shown["announced"].size(), 1u);
  EXPECT_EQ(shown["announced"][0]["route"], kRoute);
  EXPECT_EQ(shown["announced"][0]["speaker"], "gobgp");
  EXPECT_EQ(shown["announced"][0]["efficacy"], 0.75);
  support::JsonSchema schema(std::filesystem::path(SOURCE_ROOT) /
                             "deploy/schema/incident.schema.json");
  const auto errors = schema.errors(shown);
  EXPECT_TRUE(errors.empty()) << errors.front();
  EXPECT_EQ(json("/api/v1/announced")["rules"].size(), 1u);
  EXPECT_EQ(json("/api/v1/announced")["announcers"][0]["stale"], false);
  const std::string metrics = ask("GET", "/metrics").body;
  for (const char* line : {"\nfloodgauge_announced_rules{speaker=\"gobgp\"} 1\n",
                           "\nfloodgauge_announcements_total{result=\"announced\"} 3\n",
                           "\nfloodgauge_announcements_total{result=\"failed\"} 1\n",
                           "\nfloodgauge_rule_remaining_ratio{target=\"198.51.100.7/32\","
                           "rule=\"protocol =17; source-port =53\"} 0.25\n"}) {
    EXPECT_THAT(metrics, HasSubstr(line));
  }
  EXPECT_THAT(log_, testing::ElementsAre("announced for " + open_ + ": " + kRoute));
}

TEST_F(ActionsTest, EachTellingReplacesTheOneBeforeAndTotalsOnlyGrow) {
  auto body = telling();
  body["totals"] = {{"announced", 3}};
  board_->tell(body.dump());
  body["totals"] = {{"announced", 5}, {"withdrawn", 1}};
  body["rules"] = nlohmann::json::array();
  board_->tell(body.dump());
  EXPECT_FALSE(incident(open_).contains("announced"));
  EXPECT_EQ(log_.back(), "withdrawn for " + open_ + ": " + kRoute);
  body["started"] = "a restart";
  body["totals"] = {{"announced", 2}};
  board_->tell(body.dump());
  const std::string metrics = ask("GET", "/metrics").body;
  EXPECT_THAT(metrics, HasSubstr("\nfloodgauge_announcements_total{result=\"announced\"} 7\n"));
  EXPECT_THAT(metrics, HasSubstr("\nfloodgauge_announced_rules{speaker=\"gobgp\"} 0\n"));
}

TEST_F(ActionsTest, WhatIsNotToldAgainGoesStale) {
  board_->tell(telling().dump());
  now_ += AnnouncedBoard::kStaleAfter;
  board_->tick();
  EXPECT_FALSE(incident(open_)["announced"][0].contains("stale")) << "30 s are not too long";
  now_ += std::chrono::milliseconds(1);
  board_->tick();
  board_->tick();
  EXPECT_EQ(incident(open_)["announced"][0]["stale"], true);
  EXPECT_EQ(json("/api/v1/announced")["announcers"][0]["stale"], true);
  EXPECT_THAT(ask("GET", "/metrics").body,
              testing::Not(HasSubstr("\nfloodgauge_announced_rules{")));
  EXPECT_EQ(log_.size(), 2u) << "it is told once";
  EXPECT_THAT(log_.back(), HasSubstr("edge:policy tells nothing since"));
}

TEST_F(ActionsTest, ADryRunStandsNowhere) {
  auto body = telling();
  body["dry_run"] = true;
  board_->tell(body.dump());
  EXPECT_EQ(incident(open_)["announced"][0]["dry_run"], true);
  EXPECT_THAT(ask("GET", "/metrics").body,
              HasSubstr("\nfloodgauge_announced_rules{speaker=\"gobgp\"} 0\n"));
}

TEST_F(ActionsTest, WhatIsHeldBackAndWhatTookNothingIsShown) {
  auto body = telling();
  body["rules"][0]["state"] = "ineffective";
  body["held_back"] = {{{"incident", open_}, {"reason", "it waits for a person's approval"}}};
  board_->tell(body.dump());
  EXPECT_EQ(incident(open_)["not_announced"], "it waits for a person's approval");
  EXPECT_EQ(incident(open_)["announced"][0]["state"], "ineffective");
  EXPECT_THAT(log_.front(), HasSubstr("took nothing of the flood for " + open_));
  EXPECT_THAT(ask("GET", "/metrics").body,
              HasSubstr("\nfloodgauge_announced_rules{speaker=\"gobgp\"} 0\n"));
}

TEST_F(ActionsTest, TellingNeedsAUser) {
  const HttpResponse response = ask("PUT", "/api/v1/announced", telling().dump(), "");
  EXPECT_EQ(response.status, 403);
  EXPECT_THAT(response.body, HasSubstr("basic_auth_users"));
  EXPECT_EQ(json("/api/v1/announced")["announcers"].size(), 0u);
}

TEST_F(ActionsTest, AHostileTellingIsRefusedAndSaysWhere) {
  board_->tell(telling().dump());
  const auto with = [&](const char* key, const nlohmann::json& value) {
    auto body = telling();
    body["rules"].push_back(rule(open_));
    body["rules"][1][key] = value;
    return refusal_of(body);
  };
  EXPECT_EQ(refusal("{"), "the body is no JSON, at byte 2");
  EXPECT_EQ(refusal("[]"), "the body: is no object");
  EXPECT_EQ(refusal("{}"), "rules: is missing");
  EXPECT_EQ(refusal(R"({"rules": 1})"), "rules: is no list");
  EXPECT_EQ(refusal(R"({"rules": [1]})"), "rules[0]: is no object");
  EXPECT_EQ(refusal(R"({"rules": [], "totals": {"announced": 1e309}})"),
            "the body has a number that no double can hold");
  EXPECT_EQ(refusal(std::string(100'000, '[')), "the body is no JSON, at byte 100001");
  EXPECT_EQ(refusal(R"({"rules": [], "x": [[[[[[[[1]]]]]]]]})"),
            "the body: has lists or objects more than 6 deep");
  EXPECT_EQ(with("since", "yesterday"), "rules[1].since: is no RFC 3339 time");
  EXPECT_EQ(with("since", nullptr), "rules[1].since: is missing");
  EXPECT_EQ(with("incident", "a b"),
            "rules[1].incident: has characters other than A-Z a-z 0-9 - _ . : / @");
  EXPECT_EQ(with("incident", std::string(65, 'a')), "rules[1].incident: is longer than 64 bytes");
  EXPECT_EQ(with("route", "rm -rf"),
            "rules[1].route: is no route of a prefix in ExaBGP's text form");
  EXPECT_EQ(with("route", "route 198.51.100.7/32\n"),
            "rules[1].route: has characters other than printable ones of ASCII");
  EXPECT_EQ(with("speaker", "bird"), "rules[1].speaker: is none of exabgp, gobgp and program");
  EXPECT_EQ(with("state", "here"), "rules[1].state: is neither announced nor ineffective");
  EXPECT_EQ(with("efficacy", 1.01), "rules[1].efficacy: is no number from 0 to 1.0");
  EXPECT_EQ(with("before_pps", -1), "rules[1].before_pps: is no number from 0 to 1e+15");
  EXPECT_EQ(with("after_pps", "1"), "rules[1].after_pps: is no number from 0 to 1e+15");
  auto many = telling();
  for (std::size_t n = 0; n < kMostToldRules; ++n) many["rules"].push_back(rule(open_));
  EXPECT_THAT(refusal_of(many), HasSubstr("rules: has more than 2000 entries"));
  EXPECT_THAT(refusal(std::string(kMostTellingBytes + 1, ' ')), HasSubstr("longer than 1048576"));
  EXPECT_EQ(incident(open_)["announced"].size(), 1u) << "what was told before still holds";
}

TEST_F(ActionsTest, ANinthAnnouncerIsRefusedUntilOneOfTheOthersIsSilent) {
  auto body = telling();
  for (std::size_t n = 0; n < AnnouncedBoard::kMostAnnouncers; ++n) {
    body["announcer"] = "a" + std::to_string(n);
    EXPECT_EQ(board_->tell(body.dump()), "");
  }
  body["announcer"] = "one-more";
  EXPECT_EQ(board_->tell(body.dump()), "announcer: 8 others tell already");
  now_ += AnnouncedBoard::kStaleAfter + std::chrono::seconds(1);
  EXPECT_EQ(board_->tell(body.dump()), "");
}

}  // namespace
}  // namespace floodgauge
