// Ordinary traffic, effects, presets and capture formats.
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "bench/trafficgen/benign.h"
#include "bench/trafficgen/presets.h"
#include "tests/bench/trafficgen/capture_reader.h"

namespace floodgauge::trafficgen {
namespace {

class RateOfMix : public testing::TestWithParam<const char*> {};

TEST_P(RateOfMix, IsWithinThreePerCent) {
  const ScratchDirectory scratch;
  Request request = small_request(scratch.file("capture.pcap"));
  request.duration = whole_seconds(5);
  request.benign = {{GetParam(), 10'000}};
  const Truth truth = generate(request);
  EXPECT_NEAR(static_cast<double>(truth.total.volume().packets), 50'000, 1'500);
}

// Without speed tests and flash crowds: they begin with the capture and reach their rate later.
INSTANTIATE_TEST_SUITE_P(Mixes, RateOfMix,
                         testing::Values("mix", "web", "dns", "mail", "video", "voip", "vpn", "ntp",
                                         "ping", "backup", "cdn_fill", "port_scan", "quic",
                                         "file_sharing", "game", "conference", "nat", "overlay",
                                         "broadcast", "telemetry", "radiation", "health_check"));

TEST(Mixes, HaveBothDirectionsAndBothIpVersions) {
  const ScratchDirectory scratch;
  Request request = small_request(scratch.file("capture.pcap"));
  for (const Mix& mix : mixes()) {
    request.benign = {{std::string(mix.name), 4000}};
    request.ipv6_share = 0.5;
    generate(request);
    std::size_t in = 0;
    std::size_t v6 = 0;
    const auto packets = read_pcap(request.out);
    for (const CapturedPacket& packet : packets) {
      if (packet.bytes[5] == 2) ++in;  // the MAC address of the router inside
      if (packet.v6()) ++v6;
    }
    EXPECT_GT(in, packets.size() / 10) << mix.name;
    const bool one_way = mix.name == "broadcast" || mix.name == "telemetry";
    EXPECT_LE(in, one_way ? packets.size() : packets.size() * 9 / 10) << mix.name;
    const bool single = mix.name == "port_scan" || mix.name == "backup" ||
                        mix.name == "speed_test" || mix.name == "cdn_fill" || mix.name == "nat" ||
                        mix.name == "overlay" || mix.name == "radiation";
    if (single) continue;
    EXPECT_GT(v6, packets.size() / 10) << mix.name;
    EXPECT_LT(v6, packets.size() * 9 / 10) << mix.name;
  }
}

std::size_t inbound(const std::vector<CapturedPacket>& packets) {
  return static_cast<std::size_t>(
      std::count_if(packets.begin(), packets.end(),
                    [](const CapturedPacket& packet) { return packet.bytes[5] == 2; }));
}

TEST(Views, ContainOnlyTheirDirection) {
  const ScratchDirectory scratch;
  Request request = small_request(scratch.file("capture.pcap"));
  request.benign = {{"web", 4000}};
  const auto whole = (generate(request), read_pcap(request.out));
  request.view = View::inbound;
  const Truth truth = generate(request);
  const auto in = read_pcap(request.out);
  request.view = View::outbound;
  const auto out = (generate(request), read_pcap(request.out));
  EXPECT_EQ(in.size(), inbound(whole));
  EXPECT_EQ(inbound(in), in.size());
  EXPECT_EQ(inbound(out), 0u);
  EXPECT_EQ(in.size() + out.size(), whole.size());
  EXPECT_EQ(truth.benign.at(0).traffic.volume().packets, in.size());
}

TEST(Views, AsymmetricRoutesHideOneDirectionOfPairsOfHosts) {
  const ScratchDirectory scratch;
  Request request = small_request(scratch.file("capture.pcap"));
  request.benign = {{"web", 4000}};
  request.asymmetric = 1;
  generate(request);
  std::set<std::pair<std::string, std::string>> pairs;
  for (const CapturedPacket& packet : read_pcap(request.out)) {
    pairs.emplace(packet.source(), packet.destination());
  }
  EXPECT_GT(pairs.size(), 100u);
  for (const auto& [source, destination] : pairs) {
    EXPECT_FALSE(pairs.contains({destination, source}));
  }
}

TEST(Views, SamplingKeepsOnePacketInTen) {
  const ScratchDirectory scratch;
  Request request = small_request(scratch.file("capture.pcap"));
  request.benign = {{"mix", 20'000}};
  request.floods = {parse_flood("tcp_syn:rate=10kpps,answers=0")};
  request.sample = 10;
  const Truth truth = generate(request);
  const auto packets = read_pcap(request.out);
  EXPECT_NEAR(static_cast<double>(packets.size()), 6000, 300);
  EXPECT_EQ(packets.size(), truth.total.volume().packets);
  const FloodTruth& flood = truth.floods.at(0);
  EXPECT_NEAR(static_cast<double>(flood.attack.volume().packets), 2000, 200);
  EXPECT_EQ(flood.sources, flood.attack.volume().packets);  // each spoofed address is used once
}

TEST(Views, SkipLeavesOutTheBeginning) {
  const ScratchDirectory scratch;
  Request request = small_request(scratch.file("capture.pcap"));
  request.benign = {{"web", 4000}};
  const auto whole = (generate(request), read_pcap(request.out));
  request.skip = milliseconds(500);
  const auto later = (generate(request), read_pcap(request.out));
  const std::int64_t begin = (request.start + request.skip).count;
  const auto expected = std::count_if(
      whole.begin(), whole.end(), [&](const CapturedPacket& each) { return each.time >= begin; });
  EXPECT_EQ(static_cast<std::ptrdiff_t>(later.size()), expected);
  EXPECT_GE(later.front().time, begin);
}

TEST(Mixes, StayWithinTheirStartAndDuration) {
  const ScratchDirectory scratch;
  Request request = small_request(scratch.file("capture.pcap"));
  for (const char* mix : {"backup", "speed_test", "flash_crowd", "video", "vpn", "dns"}) {
    request.benign = {{mix, 4000, milliseconds(500), milliseconds(800)}};
    const Truth truth = generate(request);
    const Tally& traffic = truth.benign.at(0).traffic;
    EXPECT_GT(traffic.volume().packets, 400u) << mix;
    EXPECT_GE(traffic.first(), request.start + milliseconds(500)) << mix;
    EXPECT_LT(traffic.last(), request.start + milliseconds(1300)) << mix;
  }
}

TEST(Mixes, FollowTheHoursOfTheDayAndTheDaysOfTheWeek) {
  const ScratchDirectory scratch;
  Request request = small_request(scratch.file("capture.pcap"));
  request.benign = {{"dns", 2000}};
  request.rhythm = true;
  request.duration = whole_seconds(5);
  const auto packets_from = [&](const char* time) {
    request.start = parse_time(time);
    return static_cast<double>(generate(request).total.volume().packets);
  };
  const double night = packets_from("2026-01-01T04:30:00Z");
  const double evening = packets_from("2026-01-01T16:30:00Z");
  const double sunday = packets_from("2026-01-04T16:30:00Z");
  EXPECT_NEAR(night / evening, 0.35, 0.03);
  EXPECT_NEAR(sunday / evening, 0.85, 0.03);
}

std::size_t answers_between(const std::vector<CapturedPacket>& packets, const Request& request,
                            Nanoseconds from, Nanoseconds to) {
  std::size_t answers = 0;
  for (const CapturedPacket& packet : packets) {
    const std::int64_t since = packet.time - request.start.count;
    const bool outgoing = packet.bytes[5] == 1;
    if (since < from.count || since >= to.count || !outgoing || packet.protocol() != 17) continue;
    if (packet.u16(packet.transport()) == 53) ++answers;
  }
  return answers;
}

TEST(Effects, AnswersCollapseAndRecover) {
  const ScratchDirectory scratch;
  Request request = small_request(scratch.file("capture.pcap"));
  request.duration = whole_seconds(3);
  request.benign = {{"dns", 2000}};
  request.effects = {parse_effect("dns:answers=0.05,start=1s,duration=1s")};
  generate(request);
  const auto packets = read_pcap(request.out);
  const auto before = answers_between(packets, request, {}, whole_seconds(1));
  const auto during = answers_between(packets, request, whole_seconds(1), whole_seconds(2));
  const auto after = answers_between(packets, request, whole_seconds(2), whole_seconds(3));
  EXPECT_GT(before, 400u);
  EXPECT_LT(during, before / 8);
  EXPECT_GT(after, 400u);
}

TEST(Effects, NoPacketPassesInABlackout) {
  const ScratchDirectory scratch;
  Request request = small_request(scratch.file("capture.pcap"));
  request.benign = {{"mix", 2000}};
  request.floods = {parse_flood("udp:rate=5kpps,target=198.51.100.7"),
                    parse_flood("udp:rate=5kpps,target=203.0.113.7")};
  request.effects = {parse_effect("blackout:start=500ms,duration=1s,target=198.51.100.0/24"),
                     parse_effect("blackout:start=1200ms,duration=100ms")};
  generate(request);
  std::size_t elsewhere = 0;
  for (const CapturedPacket& packet : read_pcap(request.out)) {
    const double since = static_cast<double>(packet.time - request.start.count) * 1e-9;
    if (since < 0.5 || since >= 1.5) continue;
    EXPECT_TRUE(since < 1.2 || since >= 1.3);
    const std::string dark("\xc6\x33\x64", 3);
    ASSERT_FALSE(packet.source().starts_with(dark) || packet.destination().starts_with(dark));
    ++elsewhere;
  }
  EXPECT_GT(elsewhere, 1000u);
}

TEST(Presets, AllCanBeGeneratedAndScaled) {
  const ScratchDirectory scratch;
  for (const Preset& preset : presets()) {
    Request request = small_request(scratch.file("capture.pcap"));
    request.snaplen = 64;
    request.duration = {};
    apply_preset(preset.name, request);
    EXPECT_EQ(request.duration, preset.duration) << preset.name;
    request = small_request(scratch.file("capture.pcap"));
    request.duration = milliseconds(600);
    apply_preset(preset.name, request);
    const Truth truth = generate(request);
    for (const FloodTruth& flood : truth.floods) {
      EXPECT_GT(flood.attack.volume().packets, 0u) << preset.name << flood.spec.vector_name();
    }
  }
  Request request = small_request("");
  EXPECT_THROW(apply_preset("nonesuch", request), SpecError);
}

std::vector<std::uint8_t> inflate_file(const std::string& path) {
  std::vector<std::uint8_t> data(std::size_t{1} << 24);
  const gzFile file = gzopen(path.c_str(), "rb");
  const int size = gzread(file, data.data(), static_cast<unsigned>(data.size()));
  gzclose(file);
  data.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return data;
}

TEST(Formats, ContainTheSamePackets) {
  const ScratchDirectory scratch;
  Request request = small_request(scratch.file("plain.pcap"));
  request.benign = {{"dns", 1000}};
  generate(request);
  const auto nanoseconds = read_pcap(request.out);

  request.out = scratch.file("packed.pcap.gz");
  generate(request);
  EXPECT_EQ(inflate_file(request.out), read_file(scratch.file("plain.pcap")));

  request.out = scratch.file("micro.pcap");
  request.format = CaptureFormat::pcap_microseconds;
  generate(request);
  const auto microseconds = read_pcap(request.out);
  ASSERT_EQ(microseconds.size(), nanoseconds.size());
  for (std::size_t i = 0; i < microseconds.size(); ++i) {
    EXPECT_EQ(microseconds[i].time, nanoseconds[i].time / 1000 * 1000);
    EXPECT_EQ(microseconds[i].bytes, nanoseconds[i].bytes);
  }

  request.out = scratch.file("capture.pcapng");
  request.format = format_of_name(request.out);
  generate(request);
  const auto blocks = read_file(request.out);
  std::size_t packets = 0;
  for (std::size_t at = 0; at + 12 <= blocks.size();) {
    std::uint32_t type;
    std::uint32_t length;
    std::uint32_t trailer;
    std::memcpy(&type, blocks.data() + at, 4);
    std::memcpy(&length, blocks.data() + at + 4, 4);
    ASSERT_GE(length, 12u);
    ASSERT_LE(at + length, blocks.size());
    std::memcpy(&trailer, blocks.data() + at + length - 4, 4);
    ASSERT_EQ(length, trailer);
    if (type == 6) ++packets;
    at += length;
  }
  EXPECT_EQ(packets, nanoseconds.size());
}

TEST(Formats, SnaplenCutsStoredBytesButNotTheOriginalLength) {
  const ScratchDirectory scratch;
  Request request = small_request(scratch.file("capture.pcap"));
  request.snaplen = 96;
  request.floods = {parse_flood("reflection_ntp:rate=1kpps")};
  const Truth truth = generate(request);
  std::uint64_t bytes = 0;
  for (const CapturedPacket& packet : read_pcap(request.out)) {
    EXPECT_EQ(packet.bytes.size(), 96u);
    bytes += packet.original;
  }
  EXPECT_EQ(bytes, truth.total.volume().bytes);
}

}  // namespace
}  // namespace floodgauge::trafficgen
