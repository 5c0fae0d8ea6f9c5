#include "tests/engine/port/capture_cases.h"

#include <utility>

#include "engine/port/capture_record.h"

namespace floodgauge::test {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

}  // namespace

std::vector<CaptureCase> pcap_cases() {
  const Bytes a = frame(60, 1);
  const Bytes b = frame(5, 2);
  const Packet first{10 * kSecond + 7000, a, 60, LinkType::ethernet};
  const Packet second{11 * kSecond + 300'000'000, b, 5, LinkType::ethernet};
  const std::vector<Packet> both = {first, second};
  const auto two = [&](test::PcapOptions options, std::uint32_t fraction = 7) {
    const std::uint32_t third_of_second = fraction == 7 ? 300'000 : 300'000'000;
    return PcapBuilder(options).packet(10, fraction, a).packet(11, third_of_second, b).take();
  };
  // The rest of longer record headers: interface 2, IPv4, type 0. It is implausible as the
  // beginning of a packet with a plain header, so that the longer headers are found.
  const Bytes kuznetsov = {2, 0, 0, 0, 8, 0, 0, 0};
  const Bytes suse = {2, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0};
  std::vector<CaptureCase> cases = {
      {"microseconds, little-endian", two({}), both},
      {"microseconds, big-endian", two({.big_endian = true}), both},
      {"nanoseconds, little-endian", two({.magic = 0xa1b23c4d}, 7000), both},
      {"nanoseconds, big-endian", two({.magic = 0xa1b23c4d, .big_endian = true}, 7000), both},
      {"Kuznetsov's record header of 24 bytes",
       two({.magic = 0xa1b2cd34, .record_extra = kuznetsov}), both},
      {"the same, big-endian",
       two({.magic = 0xa1b2cd34, .big_endian = true, .record_extra = {0, 0, 0, 2, 8, 0, 0, 0}}),
       both},
      {"Kuznetsov's record header of 28 bytes", two({.magic = 0xa1b2cd34, .record_extra = suse}),
       both},
      {"24-byte record headers under the ordinary magic", two({.record_extra = kuznetsov}), both},
      {"Nokia's 20-byte record headers under the ordinary magic",
       two({.record_extra = {1, 2, 3, 4}}), both},
      {"Ixia, hardware times: nanoseconds, a longer file header",
       two({.magic = 0x1c0001ac, .file_extra = {97, 0, 0, 0}}, 7000), both},
      {"Ixia, software times: microseconds",
       two({.magic = 0x1c0001ab, .file_extra = {97, 0, 0, 0}}), both},
      {"AIX: version 2.2, interface type 6, nanoseconds", two({.minor = 2, .link = 6}, 7000), both},
      {"before version 2.3 the lengths are in reverse order",
       PcapBuilder({.minor = 1, .lengths_swapped = true}).packet(10, 7, a, 99).take(),
       {{first.time, a, 99, LinkType::ethernet}}},
      {"version 2.3 with the lengths in reverse order",
       PcapBuilder({.minor = 3, .lengths_swapped = true}).packet(10, 7, a, 99).take(),
       {{first.time, a, 99, LinkType::ethernet}}},
      {"version 2.3 with the lengths in the usual order",
       PcapBuilder({.minor = 3}).packet(10, 7, a, 99).take(),
       {{first.time, a, 99, LinkType::ethernet}}},
      {"a packet that the snap length cut keeps its wire length",
       PcapBuilder().packet(10, 7, a, 1514).take(),
       {{first.time, a, 1514, LinkType::ethernet}}},
      {"a wire length below the captured one is raised to it",
       PcapBuilder().packet(10, 7, a, 20).take(),
       {{first.time, a, 60, LinkType::ethernet}}},
      {"an FCS of 4 bytes, announced by the link field's upper bits, is removed",
       PcapBuilder({.link = 0x24000001}).packet(10, 7, a).take(),
       {{first.time, frame(56, 1), 56, LinkType::ethernet}}},
      {"a snapped packet does not contain its FCS",
       PcapBuilder({.link = 0x24000001}).packet(10, 7, b, 100).take(),
       {{first.time, b, 96, LinkType::ethernet}}},
      {"an FCS length without its flag is ignored",
       PcapBuilder({.link = 0x20000001}).packet(10, 7, a).take(),
       {first}},
      {"a fraction of more than a second is no time",
       PcapBuilder().packet(10, 4'000'000'000, a).take(),
       {{kDamagedTime, a, 60, LinkType::ethernet}}},
      {"an empty packet",
       PcapBuilder().packet(10, 7, {}, 40).take(),
       {{first.time, {}, 40, LinkType::ethernet}}},
      {"no packets", PcapBuilder().take(), {}},
      {"gzip", gzip(two({})), both},
  };
  Bytes members = gzip(PcapBuilder().packet(10, 7, a).take());
  const Bytes rest = gzip(ByteWriter().u32(11).u32(300'000).u32(5).u32(5).bytes(b).take());
  members.insert(members.end(), rest.begin(), rest.end());
  cases.push_back({"two gzip members, divided between packets", members, both});
  members.insert(members.end(), 512, 0);
  cases.push_back({"zeros after the last gzip member are padding", members, both});
  const std::vector<std::pair<std::uint32_t, LinkType>> links = {
      {0, LinkType::null_loopback},
      {1, LinkType::ethernet},
      {9, LinkType::ppp},
      {12, LinkType::raw_ip},
      {14, LinkType::raw_ip},
      {50, LinkType::ppp},
      {101, LinkType::raw_ip},
      {104, LinkType::chdlc},
      {105, LinkType::ieee80211},
      {107, LinkType::frame_relay},
      {108, LinkType::null_loopback},
      {113, LinkType::linux_sll},
      {127, LinkType::ieee80211_radiotap},
      {147, LinkType{147}},
      {228, LinkType::raw_ip},
      {229, LinkType::raw_ip},
      {276, LinkType::linux_sll2},
      {65535, LinkType::other}};
  for (const auto& [number, link] : links) {
    cases.push_back({"link type " + std::to_string(number),
                     PcapBuilder({.link = number}).packet(11, 0, b).take(),
                     {{11 * kSecond, b, 5, link}}});
  }
  return cases;
}

std::vector<CaptureCase> pcapng_cases() {
  const Bytes a = frame(61, 1);
  const Bytes b = frame(4, 2);
  const PcapngBuilder big(true);
  const PcapngBuilder little;
  const auto one = [&](std::uint8_t resolution, std::uint64_t ticks, std::int64_t time) {
    return CaptureCase{
        "if_tsresol " + std::to_string(resolution),
        PcapngBuilder().interface(1, little.option(9, {resolution})).enhanced(0, ticks, b).take(),
        {{time, b, 4, LinkType::ethernet}}};
  };
  std::vector<CaptureCase> cases = {
      {"microseconds are the default",
       PcapngBuilder().interface(1).enhanced(0, 5'000'007, a).take(),
       {{5 * kSecond + 7000, a, 61, LinkType::ethernet}}},
      {"big-endian",
       PcapngBuilder(true).interface(1).enhanced(0, 5'000'007, a).take(),
       {{5 * kSecond + 7000, a, 61, LinkType::ethernet}}},
      {"each interface has its own link type and clock",
       PcapngBuilder()
           .interface(1, little.option(9, {9}))
           .interface(101)
           .enhanced(1, 3, b)
           .enhanced(0, 3, a)
           .take(),
       {{3000, b, 4, LinkType::raw_ip}, {3, a, 61, LinkType::ethernet}}},
      {"a new section, in the other byte order, has its own interfaces",
       PcapngBuilder()
           .interface(1)
           .enhanced(0, 1, b)
           .section(true)
           .interface(113)
           .enhanced(0, 2, b)
           .take(),
       {{1000, b, 4, LinkType::ethernet}, {2000, b, 4, LinkType::linux_sll}}},
      {"if_tsoffset adds seconds",
       PcapngBuilder()
           .interface(1, little.option(14, ByteWriter().u64(100).take()))
           .enhanced(0, 1, b)
           .take(),
       {{100 * kSecond + 1000, b, 4, LinkType::ethernet}}},
      {"a big-endian if_tsoffset",
       PcapngBuilder(true)
           .interface(1, big.option(14, ByteWriter(true).u64(100).take()))
           .enhanced(0, 1, b)
           .take(),
       {{100 * kSecond + 1000, b, 4, LinkType::ethernet}}},
      {"a time before 1970 is moved to 1970",
       PcapngBuilder()
           .interface(1, little.option(14, ByteWriter().u64(~std::uint64_t{0}).take()))
           .enhanced(0, 1, b)
           .take(),
       {{0, b, 4, LinkType::ethernet}}},
      {"a time after 2116 is moved to 2116",
       PcapngBuilder().interface(1).enhanced(0, ~std::uint64_t{0}, b).take(),
       {{kLatestCaptureTime, b, 4, LinkType::ethernet}}},
      {"a simple packet has interface 0's link type and no time",
       PcapngBuilder().interface(1).enhanced(0, 9, a).simple(b, 4).take(),
       {{9000, a, 61, LinkType::ethernet}, {kNoTime, b, 4, LinkType::ethernet}}},
      {"a simple packet is cut by the snap length",
       PcapngBuilder().interface(1, {}, 4).simple(b, 1500).take(),
       {{kNoTime, b, 1500, LinkType::ethernet}}},
      {"the obsolete packet block",
       PcapngBuilder().interface(1).interface(101).obsolete(1, 9, a).take(),
       {{9000, a, 61, LinkType::raw_ip}}},
      {"unknown blocks are skipped",
       PcapngBuilder()
           .interface(1)
           .block(0x0bad, frame(40))
           .block(5, frame(16))
           .enhanced(0, 1, b)
           .block(0x80000001, {})
           .take(),
       {{1000, b, 4, LinkType::ethernet}}},
      {"if_fcslen 4 is in bytes, as in the draft's example",
       PcapngBuilder().interface(1, little.option(13, {4})).enhanced(0, 1, a).take(),
       {{1000, frame(57, 1), 57, LinkType::ethernet}}},
      {"if_fcslen 32 is in bits, as in the draft's older text",
       PcapngBuilder().interface(1, little.option(13, {32})).enhanced(0, 1, a).take(),
       {{1000, frame(57, 1), 57, LinkType::ethernet}}},
      {"a packet's own flags give its FCS length",
       PcapngBuilder()
           .interface(1)
           .enhanced(0, 1, a, -1, little.option(2, ByteWriter().u32(4 << 5).take()))
           .take(),
       {{1000, frame(57, 1), 57, LinkType::ethernet}}},
      {"gzip",
       gzip(PcapngBuilder().interface(1).enhanced(0, 1, a).take()),
       {{1000, a, 61, LinkType::ethernet}}},
      one(0, 7, 7 * kSecond),
      one(3, 7, 7'000'000),
      one(9, 7, 7),
      one(12, 7000, 7),
      one(30, 7000, 0),
      one(127, ~std::uint64_t{0}, 0),
      one(0x80 | 10, 1024 + 512, 1'500'000'000),
      one(0x80 | 63, std::uint64_t{1} << 62, 500'000'000),
      one(0xff, ~std::uint64_t{0}, 0),
  };
  return cases;
}

}  // namespace floodgauge::test
