// An incident as others take it: the fields, types and identifiers that their formats ask for.
#include "engine/export/terminal/shared_incident.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <string>

namespace floodgauge {
namespace {

Json entry(const std::string& value, double share) {
  return {{"value", value}, {"packets", 1}, {"share", share}};
}

Json syn_flood() {
  return {{"id", "9f31c0ffee12ab34"},
          {"kind", "flood"},
          {"direction", "in"},
          {"state", "closed"},
          {"severity", "critical"},
          {"target", "198.51.100.7/32"},
          {"vectors", {{{"name", "tcp_syn"}, {"share", 1.0}}}},
          {"start", "2026-11-21T18:00:02.300000000Z"},
          {"detected", "2026-11-21T18:00:02.500000000Z"},
          {"end", "2026-11-21T18:00:12.800000000Z"},
          {"peak_pps", 41234.4},
          {"peak_bps", 19792512.0},
          {"packets", 420000},
          {"bytes", 25200000},
          {"sources_estimate", 36000},
          {"top_sources", {entry("203.0.113.9", 0.6), entry("203.0.113.10", 0.3)}},
          {"top_source_ports", Json::array()},
          {"top_destination_ports", {entry("443", 0.9), entry("80", 0.05)}},
          {"mitigation", {{"flowspec", "match { protocol =6; } then { discard; }"}}}};
}

Json reflection() {
  Json incident = syn_flood();
  incident["state"] = "open";
  incident["severity"] = "medium";
  incident["target"] = "2001:db8:1::/48";
  incident["end"] = nullptr;
  incident["quiet_since"] = "2026-11-21T18:00:07.300000000Z";
  incident["vectors"] = {{{"name", "reflection_dns"}, {"share", 0.75}},
                         {{"name", "udp_fragment"}, {"share", 0.25}}};
  incident["top_source_ports"] = {entry("53", 0.75)};
  incident["top_destination_ports"] = Json::array();
  return incident;
}

TEST(Fingerprint, HasTheFieldsOfTheClearingHouse) {
  const Json made = fingerprint_of(syn_flood());
  EXPECT_EQ(made["target"], "198.51.100.7");
  EXPECT_EQ(made["time_start"], "2026-11-21 18:00:02.300000+00:00");
  EXPECT_EQ(made["time_end"], "2026-11-21 18:00:12.800000+00:00");
  EXPECT_EQ(made["duration_seconds"], 10);
  EXPECT_EQ(made["total_megabytes"], 25);
  EXPECT_EQ(made["total_packets"], 420000);
  EXPECT_EQ(made["total_ips"], 36000);
  EXPECT_EQ(made["avg_bps"], 19200000);
  EXPECT_EQ(made["avg_pps"], 40000);
  EXPECT_EQ(made["avg_Bpp"], 60);
  EXPECT_EQ(made["tags"], Json({"TCP", "TCP flood attack", "TCP SYN flag attack"}));
  EXPECT_TRUE(std::regex_match(made["key"].get<std::string>(), std::regex("[0-9a-f]{32}")));
  ASSERT_EQ(made["attack_vectors"].size(), 1u);
  const Json& vector = made["attack_vectors"][0];
  EXPECT_EQ(vector["service"], nullptr);
  EXPECT_EQ(vector["protocol"], "TCP");
  EXPECT_EQ(vector["fraction_of_attack"], 1.0);
  EXPECT_EQ(vector["source_port"], "random");
  EXPECT_EQ(vector["destination_ports"], Json({{"443", 0.9}}));
  EXPECT_EQ(vector["tcp_flags"], Json({{"......S.", 1.0}}));
  EXPECT_EQ(vector["nr_packets"], 420000);
  EXPECT_EQ(vector["source_ips"], Json({"203.0.113.9", "203.0.113.10"}));
}

TEST(Fingerprint, OfReflectionNamesServicePortAndFragments) {
  const Json made = fingerprint_of(reflection());
  EXPECT_EQ(made["target"], "2001:db8:1::/48");
  EXPECT_EQ(made["time_end"], "2026-11-21 18:00:07.300000+00:00")
      << "the flood is quiet since then";
  EXPECT_EQ(made["tags"],
            Json({"Carpet bombing attack", "UDP", "Fragmentation attack", "Amplification attack"}));
  const Json& dns = made["attack_vectors"][0];
  EXPECT_EQ(dns["service"], "DNS");
  EXPECT_EQ(dns["source_port"], 53);
  EXPECT_EQ(dns["destination_ports"], "random");
  EXPECT_EQ(dns["tcp_flags"], nullptr);
  EXPECT_EQ(dns["nr_packets"], 315000);
  const Json& fragments = made["attack_vectors"][1];
  EXPECT_EQ(fragments["service"], "Fragmented IP packets");
  EXPECT_EQ(fragments["fraction_of_attack"], nullptr);
  Json unknown = reflection();
  unknown["vectors"] = {{{"name", "reflection_port_30120"}, {"share", 1.0}}};
  EXPECT_EQ(fingerprint_of(unknown)["attack_vectors"][0]["source_port"], 30120);
}

TEST(Fingerprint, OfAFloodOutNamesWhomItHits) {
  Json incident = syn_flood();
  incident["direction"] = "out";
  incident["towards"] = {entry("192.0.2.1", 0.9)};
  const Json made = fingerprint_of(incident);
  EXPECT_EQ(made["target"], "192.0.2.1");
  EXPECT_EQ(made["attack_vectors"][0]["source_ips"], Json({"198.51.100.7"}));
  incident["towards"] = Json::array();
  EXPECT_EQ(fingerprint_of(incident)["target"], "Anonymous");
}

TEST(MispEvent, HasTheFieldsOfTheCoreFormatAndTheTemplate) {
  const Json event = misp_event_of(syn_flood())["Event"];
  const std::regex uuid("[0-9a-f]{8}-[0-9a-f]{4}-3[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  EXPECT_TRUE(std::regex_match(event["uuid"].get<std::string>(), uuid));
  EXPECT_EQ(event["info"], "DDoS on 198.51.100.7: tcp_syn 100 %");
  EXPECT_EQ(event["date"], "2026-11-21");
  EXPECT_EQ(event["timestamp"], "1795284002");
  EXPECT_EQ(event["threat_level_id"], "1");
  EXPECT_EQ(event["analysis"], "2");
  EXPECT_EQ(event["distribution"], "0");
  EXPECT_EQ(event["published"], false);
  ASSERT_EQ(event["Object"].size(), 1u);
  const Json& object = event["Object"][0];
  EXPECT_EQ(object["name"], "ddos");
  EXPECT_EQ(object["template_uuid"], "e2f124d6-f57c-4f93-99e6-8450545fa05d");
  std::string all;
  std::set<std::string> uuids = {event["uuid"], object["uuid"]};
  for (const Json& attribute : object["Attribute"]) {
    EXPECT_EQ(attribute["to_ids"], false);
    EXPECT_TRUE(std::regex_match(attribute["uuid"].get<std::string>(), uuid));
    EXPECT_TRUE(uuids.insert(attribute["uuid"]).second) << "each has its own identifier";
    all += attribute["object_relation"].get<std::string>() + "/" +
           attribute["type"].get<std::string>() + "=" + attribute["value"].get<std::string>() + ";";
  }
  EXPECT_EQ(all,
            "ip-dst/ip-dst=198.51.100.7;ip-src/ip-src=203.0.113.9;ip-src/ip-src=203.0.113.10;"
            "dst-port/port=443;dst-port/port=80;protocol/text=TCP;total-pps/counter=41234;"
            "total-bps/counter=19792512;first-seen/datetime=2026-11-21T18:00:02.300000000Z;"
            "last-seen/datetime=2026-11-21T18:00:12.800000000Z;"
            "text/text=tcp_syn 100 %; match { protocol =6; } then { discard; };");
}

TEST(MispEvent, FollowsTheIncidentWhileItIsOpen) {
  Json incident = reflection();
  const Json open = misp_event_of(incident)["Event"];
  EXPECT_EQ(open["analysis"], "1");
  EXPECT_EQ(open["threat_level_id"], "2");
  incident["state"] = "closed";
  incident["packets"] = 1;
  EXPECT_EQ(misp_event_of(incident)["Event"]["uuid"], open["uuid"]) << "the same event";
  incident["id"] = "another";
  EXPECT_NE(misp_event_of(incident)["Event"]["uuid"], open["uuid"]);
}

TEST(SharedIncident, WhatIsMissingDoesNoHarm) {
  const Json empty = Json::object();
  EXPECT_EQ(fingerprint_of(empty)["total_packets"], 0);
  EXPECT_EQ(misp_event_of(empty)["Event"]["analysis"], "2");
  EXPECT_EQ(fingerprint_of({{"vectors", "none"}, {"start", 7}})["attack_vectors"].size(), 0u);
}

}  // namespace
}  // namespace floodgauge
