// Merges workers' windows in one thread: which windows are ready, and what they contain.
#include "engine/merge/merger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <memory>
#include <set>
#include <vector>

namespace floodgauge {
namespace {

using ::testing::ElementsAre;

constexpr std::uint64_t kEnded = std::numeric_limits<std::uint64_t>::max();
constexpr WindowCapacity kCapacity{
    .hosts = 64, .prefixes = 4, .log_entries = 4096, .details = 2, .more_cells = 4, .snaps = true};
constexpr WindowGrid kGrid{whole_seconds(1000)};

class MergerTest : public ::testing::Test {
 protected:
  void workers(unsigned count) {
    for (unsigned w = 0; w < count; ++w) {
      exchanges_.push_back(std::make_unique<WindowExchange>(kCapacity));
      pointers_.push_back(exchanges_.back().get());
    }
    merger_ = std::make_unique<Merger>(pointers_, kGrid, key_from_seed(1), kCapacity.hosts);
  }
  /// Worker `w` hands over window `index`, with packets towards one host.
  void seal(unsigned w, std::uint64_t index, std::uint32_t packets = 1, bool final = false) {
    WorkerWindow& window = exchanges_[w]->filling();
    window.index = index;
    window.final = final;
    window.last_packet = kGrid.start_of(index) + milliseconds(10 * (w + 1));
    // Slots are not in ascending order.
    const std::uint32_t slot = kCapacity.hosts - 1 - window.hosts_used;
    HostRecord& record = window.begin_host(slot, IpAddress::from_v4(0xc6336407u), 0);
    record.add(Vector::udp, false, {packets, 0}, window.more_cells);
    window.touch_prefix(0);
    window.total = {packets, packets * 60};
    exchanges_[w]->seal();
    progress(w, final ? kEnded : index + 1);
  }
  void progress(unsigned w, std::uint64_t index) { exchanges_[w]->publish_progress(index); }
  /// Indices of the windows that are ready now; `last_` and `window_` are of the last one.
  std::vector<std::uint64_t> merged() {
    std::vector<std::uint64_t> indices;
    while (merger_->next(window_)) {
      indices.push_back(window_.index);
      packets_.push_back(window_.total.packets);
      lasts_.push_back(window_.last);
      ends_.push_back(window_.end);
      merger_->release();
    }
    return indices;
  }

  std::vector<std::unique_ptr<WindowExchange>> exchanges_;
  std::vector<WindowExchange*> pointers_;
  std::unique_ptr<Merger> merger_;
  NetworkWindow window_;
  std::vector<std::uint64_t> packets_;
  std::vector<bool> lasts_;
  std::vector<Nanoseconds> ends_;
};

TEST_F(MergerTest, WaitsUntilEveryWorkerHasPassedTheWindow) {
  workers(3);
  seal(0, 5, 10);
  EXPECT_THAT(merged(), ElementsAre());
  progress(1, 6);  // it received nothing
  EXPECT_THAT(merged(), ElementsAre());
  progress(2, 5);  // it is still counting this window
  EXPECT_THAT(merged(), ElementsAre());
  seal(2, 5, 7);
  EXPECT_THAT(merged(), ElementsAre(5));
  EXPECT_THAT(packets_, ElementsAre(17));
}

TEST_F(MergerTest, TakesTheEarliestFirst) {
  workers(2);
  seal(0, 3);
  seal(0, 9);
  seal(1, 4);
  seal(1, 9, 5);
  EXPECT_THAT(merged(), ElementsAre(3, 4, 9));
  EXPECT_THAT(packets_, ElementsAre(1, 1, 6));
  EXPECT_FALSE(merger_->finished());
}

TEST_F(MergerTest, TheLastWindowEndsWithItsLastPacket) {
  workers(2);
  seal(0, 1);
  seal(0, 2, 1, true);
  seal(1, 1);
  seal(1, 2, 1, true);
  EXPECT_THAT(merged(), ElementsAre(1, 2));
  EXPECT_THAT(lasts_, ElementsAre(false, true));
  EXPECT_THAT(ends_, ElementsAre(kGrid.start_of(2), kGrid.start_of(2) + milliseconds(20)));
  EXPECT_TRUE(merger_->finished());
}

TEST_F(MergerTest, WhetherAWindowIsTheLastIsKnownBeforeItIsMerged) {
  workers(2);
  seal(0, 1, 1, true);
  progress(1, 2);  // whether it will have packets is not known yet
  EXPECT_THAT(merged(), ElementsAre());
  seal(1, 7, 1, true);
  EXPECT_THAT(merged(), ElementsAre(1, 7));
  EXPECT_THAT(lasts_, ElementsAre(false, true));
}

TEST_F(MergerTest, AWorkerWithoutAPacketHoldsNothingUp) {
  workers(2);
  seal(0, 0, 1, true);
  progress(1, kEnded);
  EXPECT_THAT(merged(), ElementsAre(0));
  EXPECT_THAT(lasts_, ElementsAre(true));
  EXPECT_TRUE(merger_->finished());
}

TEST_F(MergerTest, WindowsThatRanTogetherAreAsLongAsTheyWere) {
  workers(1);
  exchanges_[0]->filling().windows = 4;
  seal(0, 10);
  EXPECT_THAT(merged(), ElementsAre(10));
  EXPECT_EQ(window_.windows, 4u);
  EXPECT_EQ(window_.end - window_.start, milliseconds(400));
  EXPECT_DOUBLE_EQ(window_.seconds(), 0.4);
}

TEST_F(MergerTest, GivesWindowsBackEmpty) {
  workers(1);
  EXPECT_TRUE(exchanges_[0]->can_seal());
  seal(0, 0, 9);
  EXPECT_FALSE(exchanges_[0]->can_seal()) << "the merge still has the other one";
  merged();
  EXPECT_TRUE(exchanges_[0]->can_seal());
  seal(0, 1, 9);
  merged();
  const WorkerWindow& window = exchanges_[0]->filling();
  EXPECT_EQ(window.hosts_used, 0u);
  EXPECT_EQ(window.total, Volume{});
  EXPECT_TRUE(window.touched_prefixes.empty());
  EXPECT_FALSE(window.final);
}

TEST_F(MergerTest, AddsUpAHostOfSeveralWorkers) {
  workers(3);
  for (unsigned w = 0; w < 3; ++w) seal(w, 0, w + 1);
  ASSERT_TRUE(merger_->next(window_));
  ASSERT_EQ(window_.hosts().size(), 1u);
  std::uint32_t packets = 0;
  window_.hosts()[0].for_each_cell([&](const Cell& cell) { packets += cell.packets; });
  EXPECT_EQ(packets, 6u);
  ASSERT_EQ(window_.prefixes.size(), 1u);
  EXPECT_EQ(window_.prefixes[0].total_in.packets, 6u);
  EXPECT_EQ(window_.prefixes[0].hosts, 1u)
      << "one host, whatever the number of workers that counted it";
  merger_->release();
}

TEST(WindowGrid, PlacesTimesInWindows) {
  EXPECT_EQ(kGrid.index_of(whole_seconds(999)), 0u)
      << "times before the first packet belong to window 0";
  EXPECT_EQ(kGrid.index_of(whole_seconds(1000)), 0u);
  EXPECT_EQ(kGrid.index_of(whole_seconds(1000) + milliseconds(99)), 0u);
  EXPECT_EQ(kGrid.index_of(whole_seconds(1000) + milliseconds(100)), 1u);
  EXPECT_EQ(kGrid.start_of(15), whole_seconds(1001) + milliseconds(500));
}

TEST(NetworkWindow, RatesOfASliverAreOverTenMilliseconds) {
  NetworkWindow window;
  window.end = milliseconds(1);
  EXPECT_DOUBLE_EQ(window.seconds(), 0.01);
  window.end = milliseconds(25);
  EXPECT_DOUBLE_EQ(window.seconds(), 0.025);
}

/// Keeps the bytes of `packets` packets, with hashes spread evenly over all, in a worker's window.
void snap(WorkerWindow& window, std::uint32_t packets, Vector vector, std::uint32_t first = 0) {
  SampleReservoir<SnappedPacket>& reservoir = window.snaps.of(vector);
  for (std::uint32_t n = first; n < first + packets; ++n) {
    const std::uint32_t choice = n * 2654435761u;
    if (choice > reservoir.most()) continue;
    if (SnappedPacket* const place = reservoir.place(choice)) {
      place->set({.choice = choice, .vector = vector}, {});
    }
  }
}

TEST_F(MergerTest, KeptBytesOfAllWorkersAreThoseThatOneWorkerWouldKeep) {
  workers(2);
  snap(exchanges_[0]->filling(), 5000, Vector::udp);
  snap(exchanges_[1]->filling(), 300, Vector::udp, 5000);
  snap(exchanges_[1]->filling(), 512, Vector::udp_answered);
  seal(0, 1);
  seal(1, 1);
  ASSERT_TRUE(merger_->next(window_));
  std::map<Vector, std::set<std::uint32_t>> choices;
  std::map<Vector, std::set<int>> levels;
  for (const SnappedPacket& packet : window_.snapped()) {
    choices[packet.vector].insert(packet.choice);
    levels[packet.vector].insert(packet.level);
  }
  WorkerWindow one(kCapacity);
  snap(one, 5300, Vector::udp);
  std::set<std::uint32_t> wanted;
  for (const SnappedPacket& packet : one.snaps.attack) wanted.insert(packet.choice);
  EXPECT_EQ(choices[Vector::udp], wanted);
  EXPECT_LE(wanted.size(), PacketSnaps::kEach);
  EXPECT_THAT(levels[Vector::udp], ElementsAre(int{one.snaps.attack.level().level}));
  EXPECT_EQ(choices[Vector::udp_answered].size(), 512u) << "all had room";
  EXPECT_THAT(levels[Vector::udp_answered], ElementsAre(0));
  merger_->release();
  EXPECT_EQ(exchanges_[0]->filling().snaps.attack.begin(),
            exchanges_[0]->filling().snaps.attack.end());
}

TEST(PacketSnaps, WithoutEvidenceTheyHaveNoRoom) {
  WindowCapacity capacity = kCapacity;
  capacity.snaps = false;
  const WorkerWindow without(capacity);
  EXPECT_FALSE(without.snaps.are_kept());
  EXPECT_EQ(without.snaps.memory_bytes(), 0u);
}

}  // namespace
}  // namespace floodgauge
