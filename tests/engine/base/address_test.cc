#include "engine/base/address.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>

#include <random>

#include "engine/parse/packet_facts.h"

namespace floodgauge {
namespace {

struct AddressCase {
  const char* why;
  const char* text;
  const char* canonical;  // nullptr: rejected
};

constexpr AddressCase kAddressCases[] = {
    {"a dotted quad", "192.0.2.1", "192.0.2.1"},
    {"the lowest IPv4 address", "0.0.0.0", "0.0.0.0"},
    {"the highest IPv4 address", "255.255.255.255", "255.255.255.255"},
    {"an octet above 255", "256.0.0.1", nullptr},
    {"three octets", "192.0.2", nullptr},
    {"five octets", "192.0.2.1.1", nullptr},
    {"a leading zero might be octal", "192.0.02.1", nullptr},
    {"an empty octet", "192..2.1", nullptr},
    {"a dot at the end", "192.0.2.1.", nullptr},
    {"a blank before", " 192.0.2.1", nullptr},
    {"a blank after", "192.0.2.1 ", nullptr},
    {"a port", "192.0.2.1:80", nullptr},
    {"a sign", "192.0.2.+1", nullptr},
    {"nothing at all", "", nullptr},
    {"all groups written", "2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"},
    {"upper case becomes lower", "2001:DB8::ABCD", "2001:db8::abcd"},
    {"the unspecified address", "::", "::"},
    {"loopback", "::1", "::1"},
    {"a gap at the end", "2001:db8::", "2001:db8::"},
    {"one zero group is not shortened", "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
    {"a gap for one group is read", "2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
    {"the longest run is shortened", "2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
    {"the first of equal runs is shortened", "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
    {"IPv4-mapped is IPv4", "::ffff:192.0.2.1", "192.0.2.1"},
    {"IPv4-mapped in hex is IPv4", "::ffff:c000:201", "192.0.2.1"},
    {"a quad at the end of IPv6", "64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
    {"a quad as last two of eight groups", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
    {"a quad in the middle", "::1.2.3.4:1", nullptr},
    {"a quad before the gap", "1.2.3.4::", nullptr},
    {"a quad that leaves no room", "1:2:3:4:5:6:7:1.2.3.4", nullptr},
    {"seven groups and no gap", "1:2:3:4:5:6:7", nullptr},
    {"nine groups", "1:2:3:4:5:6:7:8:9", nullptr},
    {"a gap for no group", "1:2:3:4::5:6:7:8", nullptr},
    {"two gaps", "1::2::3", nullptr},
    {"three colons", "1:::2", nullptr},
    {"a colon alone", ":", nullptr},
    {"a colon at the start", ":1:2:3:4:5:6:7", nullptr},
    {"a colon at the end", "1:2:3:4:5:6:7:", nullptr},
    {"a group of five digits", "12345::", nullptr},
    {"a letter that is no digit", "2001:db8::g", nullptr},
    {"a zone", "fe80::1%eth0", nullptr},
    {"brackets", "[::1]", nullptr},
    {"a prefix length", "::1/128", nullptr},
};

TEST(IpAddress, ParsesStrictlyAndPrintsCanonically) {
  for (const auto& c : kAddressCases) {
    SCOPED_TRACE(std::string(c.why) + ": " + c.text);
    const auto address = IpAddress::parse(c.text);
    ASSERT_EQ(address.has_value(), c.canonical != nullptr);
    if (!address) continue;
    EXPECT_EQ(address->text(), c.canonical);
    EXPECT_EQ(IpAddress::parse(address->text()), address)
        << "parsing the text gives the same address";
  }
}

TEST(IpAddress, RejectsTextWithAZeroByte) {
  EXPECT_FALSE(IpAddress::parse(std::string_view("192.0.2.1\0", 10)));
  EXPECT_FALSE(IpAddress::parse(std::string_view("::1\0", 4)));
}

TEST(IpAddress, ConvertsIpv4BothWays) {
  const IpAddress address = IpAddress::from_v4(0xc0000201);
  EXPECT_TRUE(address.is_v4());
  EXPECT_EQ(address.v4(), 0xc0000201u);
  EXPECT_EQ(address.text(), "192.0.2.1");
  EXPECT_FALSE(IpAddress::parse("::192.0.2.1")->is_v4()) << "IPv4-compatible is not mapped";
}

TEST(IpAddress, AgreesWithInetPtonAndInetNtopOnRandomAddressesWithRunsOfZeros) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 20000; ++round) {
    IpAddress address;
    const std::uint64_t zeros = random();
    for (std::size_t i = 0; i < 16; ++i) {
      if ((zeros >> (i / 2) & 1) != 0) address.bytes[i] = static_cast<std::uint8_t>(random());
    }
    const std::string text = address.text();
    IpAddress reference;
    if (!address.is_v4()) {
      ASSERT_EQ(inet_pton(AF_INET6, text.c_str(), reference.bytes.data()), 1) << text;
      ASSERT_EQ(reference, address) << text;
    }
    char system_text[INET6_ADDRSTRLEN];
    ASSERT_NE(inet_ntop(AF_INET6, address.bytes.data(), system_text, sizeof system_text), nullptr);
    ASSERT_EQ(IpAddress::parse(system_text), address) << system_text;
  }
}

struct PrefixCase {
  const char* why;
  const char* text;
  const char* canonical;  // nullptr: rejected
  bool v6 = false;
  bool host_bits = false;
};

constexpr PrefixCase kPrefixCases[] = {
    {"an IPv4 prefix", "192.0.2.0/24", "192.0.2.0/24"},
    {"a bare IPv4 address is its host prefix", "192.0.2.7", "192.0.2.7/32"},
    {"all of IPv4", "0.0.0.0/0", "0.0.0.0/0"},
    {"IPv4 host bits are cleared", "198.51.100.65/25", "198.51.100.0/25", false, true},
    {"host bits below a whole octet", "10.1.2.3/8", "10.0.0.0/8", false, true},
    {"an IPv6 prefix", "2001:db8::/32", "2001:db8::/32", true},
    {"a bare IPv6 address is its host prefix", "2001:db8::1", "2001:db8::1/128", true},
    {"all of IPv6", "::/0", "::/0", true},
    {"IPv6 host bits are cleared", "2001:db8::1/47", "2001:db8::/47", true, true},
    {"a length within a group", "2001:db8:8000::/33", "2001:db8:8000::/33", true},
    {"mapped IPv4 counts from the left of 128", "::ffff:192.0.2.0/120", "192.0.2.0/24"},
    {"a bare mapped address", "::ffff:192.0.2.1", "192.0.2.1/32"},
    {"wider than the mapped range is IPv6", "::ffff:0:0/80", "::/80", true, true},
    {"IPv4 length above 32", "192.0.2.0/33", nullptr},
    {"IPv6 length above 128", "2001:db8::/129", nullptr},
    {"no length", "192.0.2.0/", nullptr},
    {"a length with a leading zero", "192.0.2.0/024", nullptr},
    {"a negative length", "192.0.2.0/-1", nullptr},
    {"a netmask", "192.0.2.0/255.255.255.0", nullptr},
    {"two lengths", "192.0.2.0/24/24", nullptr},
    {"a blank in it", "192.0.2.0 /24", nullptr},
    {"nothing", "", nullptr},
    {"a length alone", "/24", nullptr},
};

TEST(IpPrefix, ParsesAndPrints) {
  for (const auto& c : kPrefixCases) {
    SCOPED_TRACE(std::string(c.why) + ": " + c.text);
    const auto prefix = IpPrefix::parse(c.text);
    ASSERT_EQ(prefix.has_value(), c.canonical != nullptr);
    EXPECT_EQ(IpPrefix::text_has_host_bits(c.text), c.host_bits);
    if (!prefix) continue;
    EXPECT_EQ(prefix->text(), c.canonical);
    EXPECT_EQ(prefix->v6, c.v6);
  }
}

struct ContainsCase {
  const char* why;
  const char* prefix;
  const char* address;
  bool contained;
};

constexpr ContainsCase kContainsCases[] = {
    {"inside", "192.0.2.0/24", "192.0.2.255", true},
    {"one past the end", "192.0.2.0/24", "192.0.3.0", false},
    {"a host prefix holds itself", "192.0.2.1", "192.0.2.1", true},
    {"a host prefix holds nothing else", "192.0.2.1", "192.0.2.0", false},
    {"all of IPv4 holds IPv4", "0.0.0.0/0", "203.0.113.9", true},
    {"all of IPv4 holds no IPv6", "0.0.0.0/0", "2001:db8::1", false},
    {"all of IPv6 holds IPv6", "::/0", "2001:db8::1", true},
    {"all of IPv6 holds no IPv4", "::/0", "192.0.2.1", false},
    {"a length within an octet", "2001:db8::/33", "2001:db8:7fff::1", true},
    {"just outside a length within an octet", "2001:db8::/33", "2001:db8:8000::1", false},
};

TEST(IpPrefix, ContainsItsOwnVersionOnly) {
  for (const auto& c : kContainsCases) {
    SCOPED_TRACE(c.why);
    EXPECT_EQ(IpPrefix::parse(c.prefix)->contains(*IpAddress::parse(c.address)), c.contained);
  }
}

TEST(IpPrefix, AroundClearsHostBitsOnTheScaleOfTheVersion) {
  EXPECT_EQ(IpPrefix::around(*IpAddress::parse("198.51.100.77"), 24).text(), "198.51.100.0/24");
  EXPECT_EQ(IpPrefix::around(*IpAddress::parse("2001:db8:1:2::3"), 48).text(), "2001:db8:1::/48");
  EXPECT_EQ(IpPrefix::around(*IpAddress::parse("198.51.100.77"), 64).text(), "198.51.100.77/32")
      << "a length that is too large gives the host prefix";
}

TEST(Fault, EveryOneHasItsOwnName) {
  EXPECT_STREQ(fault_name(Fault::none), "none");
  EXPECT_STREQ(fault_name(Fault::ipv4_total_length), "ipv4_total_length");
  EXPECT_STREQ(fault_name(Fault::tcp_offset), "tcp_offset");
  EXPECT_STREQ(fault_name(Fault::icmp_short), "icmp_short");
  EXPECT_STREQ(fault_name(Fault::nesting), "nesting");
  EXPECT_STREQ(fault_name(Fault::count_), "unknown");
}

}  // namespace
}  // namespace floodgauge
