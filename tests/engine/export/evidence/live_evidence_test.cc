// Evidence of a daemon: the ring of the last packets, the sample of an incident, and what is
// written when.
#include "engine/export/evidence/live_evidence.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

constexpr Nanoseconds kWindow = milliseconds(100);
constexpr Nanoseconds kStart = sample::kEvening;

Bytes frame(Vector vector, const char* to, const char* from) {
  PacketBuilder builder;
  builder.ethernet().ipv4({.source = from, .destination = to});
  return vector == Vector::tcp_syn ? builder.tcp().build() : builder.udp().payload(400).build();
}

/// A packet as a worker keeps it. `choice` is its hash.
SnappedPacket packet(Nanoseconds time, std::uint32_t choice, Vector vector = Vector::tcp_syn,
                     std::uint8_t level = 0, const char* to = "198.51.100.43",
                     const char* from = "192.0.2.1") {
  const Bytes bytes = frame(vector, to, from);
  const auto size = static_cast<std::uint32_t>(bytes.size());
  SnappedPacket made;
  made.set({.source = IpAddress::parse(from).value(),
            .destination = IpAddress::parse(to).value(),
            .time = time,
            .choice = choice,
            .wire = size,
            .vector = vector,
            .level = level},
           {.data = bytes.data(), .captured = size, .wire = size});
  return made;
}

/// Hashes that are evenly spread over those that a level keeps.
std::uint32_t spread(std::uint32_t n, std::uint8_t level = 0) {
  return (n * 2654435761u) >> level;
}

std::shared_ptr<const Incident> flood(std::optional<Nanoseconds> end = {}) {
  Incident incident;
  incident.id = "0123456789abcdef";
  incident.target = sample::prefix("198.51.100.43/32");
  incident.vectors = {{"tcp_syn", 0.8}, {"udp", 0.2}};
  incident.start = kStart;
  incident.detected = kStart + kWindow;
  incident.open = !end;
  incident.end = end;
  return std::make_shared<const Incident>(incident);
}

void offer(LiveSample& sample, const SnappedPacket& packet) {
  sample.offer(packet, std::span(packet.bytes).first(packet.captured));
}

std::size_t own_of(const LiveSample::Result& result, std::uint8_t protocol) {
  return static_cast<std::size_t>(
      std::count_if(result.packets.begin(), result.packets.end(),
                    [&](const KeptPacket& one) { return one.own && one.bytes[23] == protocol; }));
}

TEST(PacketSnaps, ASnapHasTheFirstBytesAlone) {
  const SnappedPacket small = packet(kStart, 1);
  EXPECT_EQ(small.captured, small.wire);
  const SnappedPacket large = packet(kStart, 1, Vector::udp);
  EXPECT_GT(large.wire, kSnapBytes);
  EXPECT_EQ(large.captured, kSnapBytes);
}

TEST(EvidenceRing, KeepsWindowsForItsTimeAndNoLonger) {
  EvidenceRing ring(whole_seconds(1), 1 << 20);
  for (int w = 1; w <= 12; ++w) {
    const auto index = static_cast<std::uint32_t>(w);
    EXPECT_EQ(ring.add({kStart + kWindow * w, {packet(kStart, index)}}), 0u);
  }
  std::vector<std::uint32_t> seen;
  ring.for_each([&](const SnapFacts& facts, auto bytes) {
    seen.push_back(facts.choice);
    EXPECT_EQ(bytes.size(), facts.captured);
  });
  EXPECT_THAT(seen, ElementsAre(2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
  EXPECT_EQ(ring.reach(), whole_seconds(1));
  ring.for_each_of_last([&](const SnapFacts& facts, auto) { EXPECT_EQ(facts.choice, 12u); });
}

TEST(EvidenceRing, BeyondItsBytesTheOldestLeaveEarlyAndAreCounted) {
  const std::vector<SnappedPacket> many(100, packet(kStart, 1, Vector::udp));
  EvidenceRing ring(whole_seconds(60), 100'000);  // three such windows
  std::size_t early = 0;
  for (int w = 1; w <= 10; ++w) early += ring.add({kStart + kWindow * w, many});
  EXPECT_EQ(early, 7u);
  EXPECT_LE(ring.used_bytes(), 100'000u);
  EvidenceRing tiny(whole_seconds(60), 1);
  tiny.add({kStart, many});
  EXPECT_GT(tiny.used_bytes(), 1u) << "the last window always stays";
}

TEST(LiveSample, VectorsHaveTheProportionsOfAllWindowsTogether) {
  // First 1,000 SYNs in a window that keeps all; then 64,000 packets, half of each, in windows that
  // keep one in 16.
  LiveSample sample(flood(), {.packets = 2000});
  for (std::uint32_t n = 0; n < 1000; ++n) offer(sample, packet(kStart, spread(n)));
  for (std::uint32_t n = 0; n < 4000; ++n) {
    offer(sample, packet(kStart + kWindow, spread(n, 4), n % 2 ? Vector::udp : Vector::tcp_syn, 4));
  }
  const LiveSample::Result result = sample.result();
  const auto syn = static_cast<double>(own_of(result, 6));
  const auto udp = static_cast<double>(own_of(result, 17));
  EXPECT_EQ(syn + udp, 1600);
  EXPECT_NEAR(syn / (syn + udp), 33.0 / 65, 0.03);
  EXPECT_NEAR(result.sampled_one_in, 65'000.0 / 1600, 3);
}

TEST(LiveSample, WithRoomForAllOfThemEachIsThere) {
  LiveSample sample(flood(), {.packets = 2000});
  for (std::uint32_t n = 0; n < 1600; ++n) offer(sample, packet(kStart, spread(n)));
  EXPECT_EQ(own_of(sample.result(), 6), 1600u);
  EXPECT_DOUBLE_EQ(sample.result().sampled_one_in, 1);
  offer(sample, packet(kStart, spread(1600)));
  EXPECT_EQ(own_of(sample.result(), 6), 1600u);
  EXPECT_GT(sample.result().sampled_one_in, 1);
}

TEST(LiveSample, TellsTheFloodFromConversationsOfTheSameShape) {
  LiveSample sample(flood(), {.packets = 100});
  offer(sample, packet(kStart, 1, Vector::udp));
  offer(sample, packet(kStart, 2, Vector::udp_answered));
  offer(sample, packet(kStart, 3, Vector::udp, 0, "192.0.2.1", "198.51.100.43"));
  offer(sample, packet(kStart, 4, Vector::udp, 0, "198.51.100.44"));
  const LiveSample::Result result = sample.result();
  EXPECT_EQ(result.packets.size(), 3u) << "nothing of another host";
  EXPECT_EQ(own_of(result, 17), 1u);
}

TEST(LiveSample, BeforeAndAfterAreThereAndBounded) {
  LiveSample sample(flood(), {.packets = 100, .before = whole_seconds(5)});
  const Nanoseconds end = kStart + whole_seconds(10);
  for (std::uint32_t n = 0; n < 50; ++n) {
    offer(sample, packet(kStart - whole_seconds(5) - Nanoseconds{1}, spread(n)));
    offer(sample, packet(kStart - whole_seconds(5), spread(n)));
    offer(sample, packet(kStart, spread(n)));
    offer(sample, packet(end + Nanoseconds{1}, spread(n), Vector::udp_answered));
  }
  sample.follow(flood(end));
  for (std::uint32_t n = 0; n < 50; ++n) {
    offer(sample, packet(end, spread(n)));
    offer(sample, packet(end + whole_seconds(5), spread(n)));
  }
  std::map<Nanoseconds, int> times;
  for (const KeptPacket& one : sample.result().packets) ++times[one.time];
  EXPECT_THAT(times, ElementsAre(std::pair(kStart - whole_seconds(5), 10), std::pair(kStart, 50),
                                 std::pair(end + whole_seconds(5), 5)));
}

class LiveEvidenceTest : public ::testing::Test {
 protected:
  LiveEvidenceTest() {
    std::string name = ::testing::TempDir() + "floodgauge-live-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~LiveEvidenceTest() override { fs::remove_all(folder_); }

  std::unique_ptr<LiveEvidence> evidence(std::uint32_t packets = 2000) {
    return std::make_unique<LiveEvidence>(
        std::make_unique<EvidenceFolder>(folder_ + "/kept", 1 << 22, EvidenceOrigin{}),
        LiveEvidence::Options{
            .limits = {.packets = packets},
            .report = [this](const std::string& line) { said_.push_back(line); },
            .count = [this](EvidenceResult r) { ++counts_[static_cast<std::size_t>(r)]; }});
  }
  int counted(EvidenceResult result) { return counts_[static_cast<std::size_t>(result)]; }
  /// A window of ten packets that ends `tenths` of a second after the flood's start.
  static EvidenceWindow window(int tenths) {
    EvidenceWindow made{.end = kStart + kWindow * tenths, .packets = {}};
    for (std::uint32_t n = 0; n < 10; ++n) {
      made.packets.push_back(packet(made.end - Nanoseconds{1}, spread(n)));
    }
    return made;
  }
  static void feed(LiveEvidence& evidence, int from, int to) {
    for (int w = from; w <= to; ++w) {
      evidence.window(window(w));
      if (w % 30 == 0) evidence.settle();
    }
    evidence.settle();
  }
  std::vector<Nanoseconds> times() const {
    CaptureReader reader(folder_ + "/kept/0123456789abcdef.pcapng");
    std::vector<Nanoseconds> all;
    for (auto batch = reader.next(); !batch.empty(); batch = reader.next()) {
      for (const CaptureRecord& record : batch) all.push_back({record.time});
    }
    return all;
  }

  std::string folder_;
  std::vector<std::string> said_;  ///< by the evidence's thread; read when it has settled
  std::array<std::atomic<int>, kEvidenceResultNames.size()> counts_{};
};

TEST_F(LiveEvidenceTest, AnIncidentHasACaptureSoonAndAWholeOneAtItsEnd) {
  const auto live = evidence();
  feed(*live, -29, 1);
  live->incident(Transition::opened, flood());
  feed(*live, 2, 10);
  EXPECT_EQ(counted(EvidenceResult::written), 0);
  feed(*live, 11, 12);
  EXPECT_EQ(counted(EvidenceResult::written), 1) << "a second after it was opened";
  const auto first = live->take_written();
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0]->evidence_file->path, folder_ + "/kept/0123456789abcdef.pcapng");
  EXPECT_EQ(first[0]->evidence_file->packets, times().size());
  EXPECT_LT(times().front(), kStart) << "from before it";
  EXPECT_THAT(live->take_written(), IsEmpty());

  feed(*live, 13, 20);
  live->incident(Transition::closed, flood(kStart + whole_seconds(2)));
  feed(*live, 21, 69);
  EXPECT_EQ(counted(EvidenceResult::written), 2) << "four times as long after it was opened";
  feed(*live, 70, 70);
  EXPECT_EQ(counted(EvidenceResult::written), 3);
  EXPECT_GT(times().back(), kStart + whole_seconds(2)) << "from after it";
  ASSERT_EQ(live->take_written().size(), 1u);
  feed(*live, 71, 300);
  EXPECT_EQ(counted(EvidenceResult::written), 3) << "that was the last";
  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(LiveEvidenceTest, OneThatIsNeverHeardOfAgainEnds) {
  const auto live = evidence();
  feed(*live, 0, 1);
  live->incident(Transition::opened, flood());
  feed(*live, 2, 1200);
  const int before = counted(EvidenceResult::written);
  feed(*live, 1201, 1201);
  EXPECT_EQ(counted(EvidenceResult::written), before + 1);
  feed(*live, 1202, 1500);
  EXPECT_EQ(counted(EvidenceResult::written), before + 1);
}

TEST_F(LiveEvidenceTest, AtTheEndOfTheDaemonOpenOnesAreWritten) {
  const auto live = evidence();
  feed(*live, 0, 1);
  live->incident(Transition::opened, flood());
  EXPECT_TRUE(live->finish_for(std::chrono::seconds(10)));
  EXPECT_EQ(live->take_written().size(), 1u);
}

TEST_F(LiveEvidenceTest, AFolderThatCannotBeUsedIsToldOnceAndTriedAgain) {
  std::filesystem::create_directories(folder_);
  std::ofstream(folder_ + "/kept") << "a file";
  const auto live = evidence();
  feed(*live, 0, 1);
  live->incident(Transition::opened, flood());
  feed(*live, 2, 100);
  EXPECT_EQ(counted(EvidenceResult::failed), 2);
  EXPECT_THAT(said_, ElementsAre(HasSubstr("cannot keep evidence there")));
  fs::remove(folder_ + "/kept");
  feed(*live, 101, 200);
  EXPECT_EQ(counted(EvidenceResult::written), 1);
  EXPECT_THAT(said_.back(), HasSubstr("can be written again"));
}

TEST_F(LiveEvidenceTest, BeyondTheMostTheGravestHaveCaptures) {
  const auto live = evidence(10'000);  // 20 incidents
  feed(*live, 0, 1);
  const auto open = [&](int n, Severity severity) {
    Incident incident = *flood();
    incident.id += std::to_string(n);
    incident.severity = severity;
    live->incident(Transition::opened, std::make_shared<const Incident>(incident));
    live->settle();
  };
  for (int n = 0; n < 20; ++n) open(n, Severity::medium);
  EXPECT_EQ(counted(EvidenceResult::left_out), 0);
  open(20, Severity::medium);
  EXPECT_EQ(counted(EvidenceResult::left_out), 1);
  EXPECT_EQ(counted(EvidenceResult::written), 0);
  open(21, Severity::high);
  EXPECT_EQ(counted(EvidenceResult::left_out), 2);
  EXPECT_EQ(counted(EvidenceResult::written), 1) << "what there was of the one that leaves";
  EXPECT_THAT(said_, ElementsAre(HasSubstr("the gravest have captures")));
  feed(*live, 2, 12);
  EXPECT_EQ(counted(EvidenceResult::written), 21);
  EXPECT_EQ(counted(EvidenceResult::failed), 0);
  std::size_t captures = 0;
  for (const auto& one : live->take_written()) captures += one->severity == Severity::high;
  EXPECT_EQ(captures, 1u);
}

TEST_F(LiveEvidenceTest, WhatDoesNotFitInTheQueueIsLostAndCounted) {
  // The thread waits in the report of a folder that cannot be used.
  std::ofstream(folder_ + "/kept") << "a file";
  std::mutex gate;
  std::unique_lock closed(gate);
  LiveEvidence live(
      std::make_unique<EvidenceFolder>(folder_ + "/kept", 1 << 22, EvidenceOrigin{}),
      LiveEvidence::Options{
          .limits = {},
          .report = [&](const std::string&) { const std::scoped_lock wait(gate); },
          .count = [this](EvidenceResult r) { ++counts_[static_cast<std::size_t>(r)]; }});
  live.window(window(1));
  live.incident(Transition::opened, flood());
  live.window(window(11));
  while (counted(EvidenceResult::failed) == 0) std::this_thread::yield();
  for (unsigned w = 0; w < LiveEvidence::kMostWindows; ++w) live.window(window(12));
  EXPECT_EQ(counted(EvidenceResult::window_lost), 0);
  std::thread late([&] { live.window(window(12)); });  // it tells, and so waits here
  while (counted(EvidenceResult::window_lost) == 0) std::this_thread::yield();
  closed.unlock();
  late.join();
  live.settle();
  EXPECT_EQ(counted(EvidenceResult::window_lost), 1);
}

}  // namespace
}  // namespace floodgauge
