// Evidence: the sample of an incident's packets, the capture that is written of it, and the folder.
#include "engine/export/evidence/evidence_folder.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/export/evidence/pcapng_writer.h"
#include "engine/port/capture_reader.h"
#include "tests/engine/export/sample.h"
#include "tests/support/packet_builder.h"

namespace floodgauge {
namespace {

using testing::Bytes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::PacketBuilder;

namespace fs = std::filesystem;

FrameView frame_of(const Bytes& bytes, LinkType link = LinkType::ethernet) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  return {.data = bytes.data(), .captured = size, .wire = size, .link = link};
}

PacketFacts facts_of(const Bytes& bytes) {
  PacketFacts facts;
  parse_outer(frame_of(bytes), facts);
  return facts;
}

Bytes syn(const char* to = "198.51.100.43", std::size_t payload = 0) {
  return PacketBuilder().ethernet().ipv4({.destination = to}).tcp().payload(payload).build();
}
Bytes udp(std::uint16_t source_port = 40000) {
  return PacketBuilder()
      .ethernet()
      .ipv4({.destination = "198.51.100.43"})
      .udp({.source_port = source_port})
      .payload(20)
      .build();
}

TEST(PcapngWriter, ACaptureReaderReadsWhatItWrote) {
  PcapngWriter writer("floodgauge 1.2", "two lines\nof comment", 0);
  const Bytes first = syn();
  const Bytes second = udp();
  writer.packet(sample::kEvening + Nanoseconds{7}, LinkType::ethernet, first, 1500, "odd");
  writer.packet(sample::kEvening + Nanoseconds{8}, LinkType::raw_ip, second, 9);
  writer.packet(sample::kEvening + Nanoseconds{9}, LinkType::ethernet, second,
                static_cast<std::uint32_t>(second.size()));
  const std::string file = writer.take();
  CaptureReader reader({reinterpret_cast<const std::uint8_t*>(file.data()), file.size()}, "file");
  std::vector<CaptureRecord> records;
  for (auto batch = reader.next(); !batch.empty(); batch = reader.next()) {
    records.insert(records.end(), batch.begin(), batch.end());
  }
  ASSERT_EQ(records.size(), 3u) << reader.outcome().message;
  EXPECT_EQ(records[0].time, (sample::kEvening + Nanoseconds{7}).count);
  EXPECT_EQ(records[0].frame.wire, 1500u);
  EXPECT_EQ(Bytes(records[0].frame.data, records[0].frame.data + records[0].frame.captured), first);
  EXPECT_EQ(records[1].frame.link, LinkType::raw_ip);
  EXPECT_EQ(records[1].frame.wire, second.size()) << "not less than was captured";
  EXPECT_EQ(records[2].interface, records[0].interface) << "one block of an interface a link type";
  EXPECT_EQ(reader.outcome().end, CaptureEnd::complete) << reader.outcome().message;
  EXPECT_THAT(file, HasSubstr("two lines\nof comment"));
  EXPECT_THAT(file, HasSubstr("floodgauge 1.2"));
}

TEST(VectorShape, IsThatOfTheVectorsPacketsAndOfNoOthers) {
  const auto tcp = [](std::uint8_t flags) {
    return facts_of(PacketBuilder().ethernet().ipv4().tcp({.flags = flags}).build());
  };
  using testing::kAck, testing::kFin, testing::kRst, testing::kSyn;
  const PacketFacts icmp = facts_of(PacketBuilder().ethernet().ipv4().icmp().build());
  const PacketFacts dns = facts_of(udp());
  const PacketFacts ntp = facts_of(udp(123));
  const PacketFacts piece =
      facts_of(PacketBuilder().ethernet().ipv4({.more_fragments = true}).udp().payload(64).build());
  struct Case {
    const char* name;
    std::vector<PacketFacts> fit;
    std::vector<PacketFacts> others;
  };
  const Case cases[] = {
      {"tcp_syn", {tcp(kSyn)}, {tcp(kSyn | kAck), tcp(kAck), dns}},
      {"tcp_synack", {tcp(kSyn | kAck)}, {tcp(kSyn), tcp(kAck)}},
      {"tcp_ack", {tcp(kAck)}, {tcp(kSyn | kAck), tcp(kRst | kAck), tcp(0)}},
      {"tcp_rst", {tcp(kRst), tcp(kRst | kAck)}, {tcp(kAck)}},
      {"tcp_fin", {tcp(kFin | kAck)}, {tcp(kFin | kSyn), tcp(kAck)}},
      {"tcp_flags", {tcp(0), tcp(kSyn | kFin)}, {tcp(kSyn), tcp(kAck), icmp}},
      {"udp", {dns, ntp}, {piece, icmp, tcp(kSyn)}},
      {"udp_fragment", {piece}, {dns}},
      {"icmp", {icmp}, {dns, tcp(kSyn)}},
      {"dns_query", {dns}, {piece, icmp, tcp(kSyn)}},
      {"reflection_ntp", {ntp}, {facts_of(udp(53)), tcp(kSyn)}},
      {"reflection_port_4321", {facts_of(udp(4321))}, {ntp, tcp(kSyn)}},
      {"reflection_tcp", {tcp(kSyn | kAck), tcp(kRst)}, {tcp(kAck), dns}},
      {"other",
       {facts_of(PacketBuilder().ethernet().ipv4({.protocol = 132}).build())},
       {dns, icmp}},
      {"a_vector_of_tomorrow", {dns, icmp, tcp(kAck)}, {}},
  };
  for (const Case& c : cases) {
    const VectorShape shape(c.name);
    for (const PacketFacts& facts : c.fit) EXPECT_TRUE(shape.fits(facts)) << c.name;
    for (const PacketFacts& facts : c.others) EXPECT_FALSE(shape.fits(facts)) << c.name;
  }
}

class EvidenceTest : public ::testing::Test {
 protected:
  EvidenceTest() {
    std::string name = ::testing::TempDir() + "floodgauge-evidence-XXXXXX";
    folder_ = mkdtemp(name.data());
    incident_.vectors = {{"tcp_syn", 0.8}, {"udp", 0.2}};
  }
  ~EvidenceTest() override { fs::remove_all(folder_); }

  EvidenceSample sample_of(std::uint32_t packets = 2000) {
    return {std::make_shared<const Incident>(incident_), {.packets = packets}};
  }
  static void offer(EvidenceSample& sample, Nanoseconds time, const Bytes& bytes) {
    sample.offer(time, frame_of(bytes), facts_of(bytes));
  }
  /// Some packets of the incident.
  EvidenceSample flooded(std::size_t packets = 100) {
    EvidenceSample sample = sample_of();
    for (std::size_t i = 0; i < packets; ++i) offer(sample, incident_.start, syn());
    return sample;
  }
  EvidenceFolder folder_of(std::uint64_t bytes) const {
    return {
        folder_, bytes, {.version = "1.2", .configuration = "protect: []\n", .captures = {"a"}}};
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      names.push_back(entry.path().filename());
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  /// Writes the evidence of an incident with that id, `age` seconds ago.
  std::string write(const EvidenceFolder& folder, const std::string& id, int age = 0) {
    const EvidenceSample sample = flooded();
    Incident incident = incident_;
    incident.id = id;
    incident.evidence_file = EvidenceFile{folder.path_of(incident), 100, 1};
    const std::string wrong = folder.write(sample.packets(), sample.snap(), incident);
    const fs::path description = fs::path(folder_) / (id + ".json");
    if (wrong.empty()) {
      fs::last_write_time(description,
                          fs::file_time_type::clock::now() - std::chrono::seconds(age));
    }
    return wrong;
  }

  Incident incident_ = sample::syn_flood();
  std::string folder_;
};

TEST_F(EvidenceTest, VectorsHaveTheirOwnProportions) {
  EvidenceSample sample = sample_of();
  for (int i = 0; i < 100'000; ++i) {
    offer(sample, incident_.start + milliseconds(i / 100), i % 5 == 0 ? udp() : syn());
  }
  const auto kept = sample.packets();
  ASSERT_EQ(kept.size(), 1600u) << "four fifths are for its own packets";
  const auto datagrams = std::count_if(kept.begin(), kept.end(),
                                       [](const KeptPacket* one) { return one->bytes[23] == 17; });
  EXPECT_NEAR(static_cast<double>(datagrams) / 1600, 0.2, 0.05);
  EXPECT_DOUBLE_EQ(sample.sampled_one_in(), 62.5);
  EXPECT_TRUE(std::is_sorted(kept.begin(), kept.end(),
                             [](const auto* a, const auto* b) { return a->time < b->time; }));
}

TEST_F(EvidenceTest, WhatCameBeforeAndAfterIsThereAndBounded) {
  EvidenceSample sample = sample_of(100);
  const Nanoseconds moment{1};
  for (int i = 0; i < 50; ++i) {
    offer(sample, incident_.start - whole_seconds(5) - moment, syn());
    offer(sample, incident_.start - whole_seconds(5), syn());
    offer(sample, incident_.start, syn());
    offer(sample, *incident_.end + whole_seconds(5), syn());
    offer(sample, *incident_.end + whole_seconds(5) + moment, syn());
  }
  std::map<Nanoseconds, int> times;
  for (const KeptPacket* packet : sample.packets()) ++times[packet->time];
  EXPECT_THAT(times, ElementsAre(std::pair(incident_.start - whole_seconds(5), 10),
                                 std::pair(incident_.start, 50),
                                 std::pair(*incident_.end + whole_seconds(5), 5)));
  EXPECT_DOUBLE_EQ(sample.sampled_one_in(), 1);
}

TEST_F(EvidenceTest, HoldsTheTargetsPacketsCutOffAndNoOthers) {
  EvidenceSample sample = sample_of();
  offer(sample, incident_.start, syn("198.51.100.44"));
  EXPECT_THAT(sample.packets(), IsEmpty()) << "another host";
  const Bytes answer = PacketBuilder().ethernet().ipv4({.source = "198.51.100.43"}).tcp().build();
  offer(sample, incident_.start, answer);
  offer(sample, incident_.start, syn("198.51.100.43", 1000));
  const Bytes inner = PacketBuilder()
                          .ethernet()
                          .ipv4({.destination = "203.0.113.1"})
                          .udp({.destination_port = 4789})
                          .vxlan()
                          .ethernet()
                          .ipv4({.destination = "198.51.100.43"})
                          .tcp()
                          .build();
  offer(sample, incident_.start, inner);
  const auto kept = sample.packets();
  ASSERT_EQ(kept.size(), 3u);
  EXPECT_EQ(std::count_if(kept.begin(), kept.end(), [](const auto* one) { return one->own; }), 2)
      << "the flood's own, in a tunnel too";
  EXPECT_EQ(kept[0]->wire, 1054u);
  EXPECT_EQ(kept[0]->bytes.size(), 256u);
}

TEST_F(EvidenceTest, OfAFloodOutTheSendersPacketsAreItsOwn) {
  incident_.direction = Direction::out;
  EvidenceSample sample = sample_of();
  offer(sample, incident_.start, syn());
  offer(sample, incident_.start,
        PacketBuilder().ethernet().ipv4({.source = "198.51.100.43"}).tcp().build());
  const auto kept = sample.packets();
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_TRUE(kept[0]->own);
  EXPECT_FALSE(kept[1]->own);
}

TEST_F(EvidenceTest, TheFolderHasACaptureAndWhatItIsOf) {
  const EvidenceFolder folder = folder_of(1 << 20);
  ASSERT_EQ(folder.make(), "");
  ASSERT_EQ(write(folder, "one"), "");
  EXPECT_THAT(files(), ElementsAre("one.json", "one.pcapng"));
  CaptureReader reader(folder_ + "/one.pcapng");
  EXPECT_EQ(reader.next().size(), 100u);
  std::ifstream in(folder_ + "/one.json");
  const auto json = nlohmann::json::parse(in);
  EXPECT_EQ(json["incident"]["id"], "one");
  EXPECT_EQ(json["incident"]["evidence_file"]["path"], folder_ + "/one.pcapng");
  EXPECT_EQ(json["configuration"], "protect: []\n");
  EXPECT_EQ(json["build"]["version"], "1.2");
}

TEST_F(EvidenceTest, TheOldestGoesFirstAndTheUsersFilesStay) {
  const EvidenceFolder large = folder_of(1 << 20);
  ASSERT_EQ(write(large, "old", 20), "");
  ASSERT_EQ(write(large, "young", 10), "");
  const std::uint64_t one =
      fs::file_size(folder_ + "/old.json") + fs::file_size(folder_ + "/old.pcapng");
  for (const char* own : {"/evening.pcapng", "/evening.json"}) {
    std::ofstream(folder_ + own) << std::string(10'000, '{');
  }
  ASSERT_EQ(write(folder_of(3 * one + 100), "new"), "");
  EXPECT_EQ(files().size(), 8u) << "all have room";
  ASSERT_EQ(write(folder_of(3 * one + 100), "newer"), "");
  EXPECT_THAT(files(), ElementsAre("evening.json", "evening.pcapng", "new.json", "new.pcapng",
                                   "newer.json", "newer.pcapng", "young.json", "young.pcapng"));
  EXPECT_THAT(write(folder_of(one / 2), "newest"), HasSubstr("does not fit in"));
}

TEST_F(EvidenceTest, PathsThatCannotBeUsedAreTold) {
  std::ofstream(folder_ + "/file") << "x";
  EXPECT_THAT(EvidenceFolder(folder_ + "/file", 1 << 20, {}).make(), HasSubstr("cannot keep"));
  EXPECT_THAT(write(folder_of(1 << 20), "../elsewhere"), HasSubstr("is no name of a file"));
  EXPECT_THAT(write(folder_of(1 << 20), ".hidden"), HasSubstr("is no name of a file"));
  EXPECT_THAT(files(), ElementsAre("file"));
}

}  // namespace
}  // namespace floodgauge
