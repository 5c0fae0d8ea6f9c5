// Tests which protected prefixes a packet belongs to, with and without tunnels, and that prefixes
// keep their numbers over reloads.
#include "engine/protect/protection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/packet_builder.h"

namespace floodgauge {
namespace {

using testing::Bytes;
using testing::PacketBuilder;
using ::testing::UnorderedElementsAre;

IpPrefix prefix(const char* text) {
  return IpPrefix::parse(text).value();
}

Settings protecting(const std::vector<std::pair<std::string, std::vector<const char*>>>& entries) {
  Settings settings;
  for (const auto& [name, prefixes] : entries) {
    ProtectEntry entry;
    entry.name = name;
    for (const char* text : prefixes) entry.prefixes.push_back(prefix(text));
    settings.protect.push_back(entry);
  }
  return settings;
}

/// "in=NAME out=NAME" with the names of the entries; "-" for a side that is not protected.
std::string names_of(const PacketTarget& target, const PrefixRegistry& registry) {
  const auto name = [&](std::uint32_t id) {
    return id == kNoPrefix ? std::string("-") : registry.prefixes()[id].name;
  };
  return "in=" + name(target.in) + " out=" + name(target.out);
}

struct Chosen {
  std::string target;
  std::string destination;  ///< of the packet whose addresses were used
};

Chosen choose(const Settings& settings, const Bytes& frame) {
  PrefixRegistry registry(16);
  registry.assign(settings);
  const Protection protection(registry, settings);
  const FrameView view{frame.data(), static_cast<std::uint32_t>(frame.size()),
                       static_cast<std::uint32_t>(frame.size()), LinkType::ethernet};
  PacketFacts facts;
  parse_outer(view, facts);
  const PacketTarget target = protection.choose(view, facts);
  return {names_of(target, registry), facts.destination.text()};
}

Bytes udp(const char* source, const char* destination) {
  return PacketBuilder()
      .ethernet()
      .ipv4({.source = source, .destination = destination})
      .udp()
      .build();
}

struct TargetCase {
  const char* why;
  const char* source;
  const char* destination;
  const char* target;
};

TEST(Protection, FindsTheLongestPrefixOfSourceAndDestination) {
  const Settings settings = protecting({{"all", {"198.51.0.0/16"}},
                                        {"web", {"198.51.100.0/24", "2001:db8:1::/48"}},
                                        {"one", {"198.51.100.7/32"}}});
  const TargetCase cases[] = {
      {"to a host with a prefix of its own", "192.0.2.1", "198.51.100.7", "in=one out=-"},
      {"to another host in the same /24", "192.0.2.1", "198.51.100.8", "in=web out=-"},
      {"to another network in the /16", "192.0.2.1", "198.51.1.1", "in=all out=-"},
      {"from the host", "198.51.100.7", "192.0.2.1", "in=- out=one"},
      {"from one protected prefix to another", "198.51.100.7", "198.51.100.8", "in=web out=one"},
      {"neither side is protected", "192.0.2.1", "203.0.113.1", "in=- out=-"},
  };
  for (const TargetCase& one : cases) {
    EXPECT_EQ(choose(settings, udp(one.source, one.destination)).target, one.target) << one.why;
  }
}

TEST(Protection, ProtectsEveryHostIfNoPrefixIsConfigured) {
  PrefixRegistry registry(2);
  registry.assign(Settings{});
  EXPECT_TRUE(registry.everything());
  const Protection protection(registry, Settings{});
  struct {
    const char* why;
    const char* destination;
    bool target;
  } const cases[] = {
      {"a host", "198.51.100.7", true},
      {"multicast is not a host", "224.0.0.251", false},
      {"limited broadcast is not a host", "255.255.255.255", false},
      {"an address of the reserved class E is a host", "240.0.0.1", true},
  };
  for (const auto& one : cases) {
    const Bytes frame = udp("192.0.2.1", one.destination);
    const FrameView view{frame.data(), static_cast<std::uint32_t>(frame.size()),
                         static_cast<std::uint32_t>(frame.size()), LinkType::ethernet};
    PacketFacts facts;
    parse_outer(view, facts);
    EXPECT_EQ(protection.choose(view, facts).in != kNoPrefix, one.target) << one.why;
  }
}

Bytes tunnelled(const char* outer, const char* inner) {
  return PacketBuilder()
      .ethernet()
      .ipv4({.source = "192.0.2.1", .destination = outer})
      .gre()
      .ipv4({.source = "192.0.2.9", .destination = inner})
      .udp()
      .build();
}

struct TunnelCase {
  const char* why;
  TunnelAddresses addresses;
  const char* outer;
  const char* inner;
  const char* target;
  const char* destination;
};

TEST(Protection, ChoosesTheAddressesOfATunnelAsConfigured) {
  using enum TunnelAddresses;
  const TunnelCase cases[] = {
      {"outermost_protected: the outer destination is protected", outermost_protected,
       "198.51.100.1", "203.0.113.1", "in=a out=-", "198.51.100.1"},
      {"outermost_protected: both are, and the outer one is used", outermost_protected,
       "198.51.100.1", "198.51.100.2", "in=a out=-", "198.51.100.1"},
      {"outermost_protected: the inner destination is protected", outermost_protected,
       "203.0.113.1", "198.51.100.2", "in=a out=-", "198.51.100.2"},
      {"outermost_protected: neither is protected", outermost_protected, "203.0.113.1",
       "203.0.113.2", "in=- out=-", "203.0.113.1"},
      {"outer: the inner destination is not used", outer, "203.0.113.1", "198.51.100.2",
       "in=- out=-", "203.0.113.1"},
      {"inner: the outer destination is not used", inner, "198.51.100.1", "203.0.113.2",
       "in=- out=-", "203.0.113.2"},
      {"inner: the inner destination is protected", inner, "198.51.100.1", "198.51.100.2",
       "in=a out=-", "198.51.100.2"},
  };
  for (const TunnelCase& one : cases) {
    Settings settings = protecting({{"a", {"198.51.100.0/24"}}});
    settings.engine.addresses = one.addresses;
    const Chosen chosen = choose(settings, tunnelled(one.outer, one.inner));
    EXPECT_EQ(chosen.target, one.target) << one.why;
    EXPECT_EQ(chosen.destination, one.destination) << one.why;
  }
}

struct SideCase {
  const char* why;
  FrameOrigin origin;
  bool from_router;  ///< its sender is the router outside
  bool to_router;
  const char* side;
};

TEST(Protection, TellsFromWhichSideAPacketBetweenProtectedHostsCame) {
  static constexpr SideCase kCases[] = {
      {"a router's", FrameOrigin::unknown, true, false, "from outside"},
      {"to a router", FrameOrigin::unknown, false, true, "to outside"},
      {"between others", FrameOrigin::unknown, false, false, "unknown"},
      {"of the outside port", FrameOrigin::outside, false, true, "from outside"},
      {"of the inside port", FrameOrigin::inside, true, false, "to outside"},
      {"received", FrameOrigin::received, false, false, "from outside"},
      {"sent", FrameOrigin::sent, false, false, "to outside"},
  };
  const MacAddress router = {2, 0, 0, 0, 0, 9};
  for (const bool inbound : {false, true}) {
    for (const SideCase& c : kCases) {
      Settings settings = protecting({{"a", {"198.51.100.0/24"}}});
      settings.engine.outside = {.macs = {router}, .received = true};
      PrefixRegistry registry(16);
      registry.assign(settings);
      const Protection protection(registry, settings);
      ASSERT_TRUE(protection.knows_sides());
      Bytes frame = udp(inbound ? "192.0.2.1" : "198.51.100.9", "198.51.100.7");
      if (c.from_router) std::copy(router.begin(), router.end(), frame.begin() + 6);
      if (c.to_router) std::copy(router.begin(), router.end(), frame.begin());
      const auto size = static_cast<std::uint32_t>(frame.size());
      TargetedBurst burst;
      burst.size = 1;
      burst.remaining = 1;
      burst.frames[0] = {frame.data(), size, size, LinkType::ethernet, true, c.origin};
      parse_outer(burst.frames[0], burst.facts[0]);
      protection.find_targets(burst);
      const std::string side = burst.from_outside != 0 ? "from outside"
                               : burst.to_outside != 0 ? "to outside"
                                                       : "unknown";
      EXPECT_EQ(side, inbound ? "unknown" : c.side) << c.why;
    }
  }
}

TEST(Protection, WhereTheSentCameFromOutsideTheReceivedLeave) {
  for (const FrameOrigin origin : {FrameOrigin::received, FrameOrigin::sent}) {
    Settings settings = protecting({{"a", {"198.51.100.0/24"}}});
    settings.engine.outside.sent = true;
    PrefixRegistry registry(16);
    registry.assign(settings);
    const Protection protection(registry, settings);
    const Bytes frame = udp("198.51.100.9", "198.51.100.7");
    const auto size = static_cast<std::uint32_t>(frame.size());
    TargetedBurst burst;
    burst.size = 1;
    burst.remaining = 1;
    burst.frames[0] = {frame.data(), size, size, LinkType::ethernet, true, origin};
    parse_outer(burst.frames[0], burst.facts[0]);
    protection.find_targets(burst);
    EXPECT_EQ(burst.from_outside, origin == FrameOrigin::sent ? 1u : 0u);
    EXPECT_EQ(burst.to_outside, origin == FrameOrigin::received ? 1u : 0u);
  }
}

TEST(Protection, KnowsNoSidesOfMirrorsNorWhereEverythingIsProtected) {
  Settings settings = protecting({{"a", {"198.51.100.0/24"}}});
  settings.ports.emplace_back();
  PrefixRegistry registry(16);
  registry.assign(settings);
  EXPECT_FALSE(Protection(registry, settings).knows_sides());
  settings.ports[0].side = PortSide::inside;
  EXPECT_TRUE(Protection(registry, settings).knows_sides());
  settings.protect.clear();
  registry.assign(settings);
  EXPECT_FALSE(Protection(registry, settings).knows_sides());
}

TEST(Protection, FindsExcludedSourcesAndTargets) {
  Settings settings = protecting({{"a", {"198.51.100.0/24"}}});
  PrefixRegistry registry(4);
  registry.assign(settings);
  EXPECT_FALSE(Protection(registry, settings).has_exclusions());
  settings.exclude.sources = {prefix("192.0.2.0/25")};
  settings.exclude.targets = {prefix("198.51.100.9/32")};
  const Protection protection(registry, settings);
  EXPECT_TRUE(protection.has_exclusions());
  const auto excluded = [&](const char* source, const char* destination) {
    return protection.excluded(IpAddress::parse(source).value(),
                               IpAddress::parse(destination).value());
  };
  EXPECT_TRUE(excluded("192.0.2.127", "198.51.100.7"));
  EXPECT_FALSE(excluded("192.0.2.128", "198.51.100.7"));
  EXPECT_TRUE(excluded("192.0.2.128", "198.51.100.9"));
  EXPECT_FALSE(excluded("198.51.100.9", "192.0.2.1"))
      << "sources are not matched with targets, nor targets with sources";
}

std::vector<std::string> active(const PrefixRegistry& registry) {
  std::vector<std::string> texts;
  for (std::uint32_t id = 0; id < registry.capacity(); ++id) {
    const ProtectedPrefix& one = registry.prefixes()[id];
    if (one.active) texts.push_back(std::to_string(id) + " " + one.prefix.text() + " " + one.name);
  }
  return texts;
}

TEST(PrefixRegistry, KeepsNumbersOverReloads) {
  PrefixRegistry registry(4);
  registry.assign(protecting({{"a", {"198.51.100.0/24"}}, {"b", {"203.0.113.0/24"}}}));
  EXPECT_THAT(active(registry), UnorderedElementsAre("0 198.51.100.0/24 a", "1 203.0.113.0/24 b"));
  registry.assign(protecting({{"new", {"192.0.2.0/24"}}, {"renamed", {"203.0.113.0/24"}}}));
  EXPECT_THAT(active(registry),
              UnorderedElementsAre("1 203.0.113.0/24 renamed", "2 192.0.2.0/24 new"));
  // A prefix that comes back has its old number.
  registry.assign(protecting({{"a", {"198.51.100.0/24"}}, {"b", {"203.0.113.0/24"}}}));
  EXPECT_THAT(active(registry), UnorderedElementsAre("0 198.51.100.0/24 a", "1 203.0.113.0/24 b"));
}

TEST(PrefixRegistry, ReusesANumberOnlyWhenNoneIsUnused) {
  PrefixRegistry registry(3);
  registry.assign(protecting({{"a", {"198.51.100.0/24"}}}));
  registry.assign(protecting({{"b", {"203.0.113.0/24"}}}));
  registry.assign(protecting({{"c", {"192.0.2.0/24"}}}));
  EXPECT_THAT(active(registry), UnorderedElementsAre("2 192.0.2.0/24 c"));
  registry.assign(protecting({{"c", {"192.0.2.0/24"}}, {"d", {"2001:db8::/32"}}}));
  EXPECT_THAT(active(registry), UnorderedElementsAre("2 192.0.2.0/24 c", "0 2001:db8::/32 d"));
}

TEST(PrefixRegistry, RefusesMorePrefixesThanItsCapacity) {
  PrefixRegistry registry(2);
  EXPECT_THROW(
      registry.assign(protecting({{"", {"198.51.100.0/24", "203.0.113.0/24", "192.0.2.0/24"}}})),
      std::runtime_error);
}

}  // namespace
}  // namespace floodgauge
