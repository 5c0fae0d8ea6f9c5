// What of a host's traffic belongs to a carpet bombing that has an incident open.
#include "detectors/open_carpets.h"

#include <gtest/gtest.h>

#include "tests/detectors/stages.h"

namespace floodgauge {
namespace {

using testing::counts_of;
using testing::prefix_of;
using testing::protecting;
using testing::Stages;

const IpAddress kHost = IpAddress::parse("198.51.100.7").value();

class OpenCarpetsTest : public ::testing::Test {
 protected:
  void begin(const Settings& settings = {}) { stages_ = std::make_unique<Stages>(settings); }
  OpenCarpets& open() { return stages_->open_carpets; }
  /// What is excused of a window in which the host gets so many datagrams and as many SYNs.
  VectorSet excused(std::uint32_t packets, const char* host = "198.51.100.7") {
    VectorSet vectors;
    for (const Vector vector : {Vector::udp, Vector::tcp_syn}) {
      stages_->feed.add({.target = host, .vector = vector, .packets = packets});
    }
    stages_->feed.close([&](const NetworkWindow& window) {
      vectors = open().excused_in_window(window.hosts()[0], window.seconds());
    });
    return vectors;
  }
  /// The same of a second.
  VectorSet excused_in_period(std::uint64_t packets) {
    return open().excused_in_period(kHost, 0, counts_of(Vector::udp, packets), 1);
  }
  /// Opens a carpet of UDP.
  OngoingIncident& open_udp(const char* target, std::uint64_t packets_in_window) {
    OngoingIncident& flood = stages_->open_flood(target);
    flood.add(counts_of(Vector::udp, packets_in_window), 0.1);
    flood.note_peak(static_cast<double>(packets_in_window) * 10, 0);
    return flood;
  }

  std::unique_ptr<Stages> stages_;
};

TEST_F(OpenCarpetsTest, ItsOwnVectorsAreExcusedOfAHostThatTakesLessThanAQuarter) {
  begin(protecting("198.51.100.0/25"));
  EXPECT_FALSE(excused(1).any()) << "no carpet is open";
  open_udp("198.51.100.0/25", 1000);
  EXPECT_EQ(excused(249), set_of(Vector::udp)) << "SYNs are no part of it";
  EXPECT_FALSE(excused(250).any());
  stages_->close_all();
  EXPECT_FALSE(excused(1).any());
}

TEST_F(OpenCarpetsTest, TheLastSecondsAreComparedWithTheCarpetsPeak) {
  begin(protecting("198.51.100.0/25"));
  OngoingIncident& flood = open_udp("198.51.100.0/25", 1000);
  flood.add_nothing();
  EXPECT_FALSE(excused(1).any()) << "the carpet has just ended";
  EXPECT_EQ(excused_in_period(2499), set_of(Vector::udp));
  EXPECT_FALSE(excused_in_period(2500).any());
  flood.moves = true;
  EXPECT_TRUE(excused_in_period(2500).any()) << "of a flood that moves, a host may get all";
}

TEST_F(OpenCarpetsTest, OfACarpetThatHasShrunkToFewHostsEachMayGetAll) {
  begin(protecting("198.51.100.0/25"));
  open_udp("198.51.100.0/25", 1000);
  open().note_shrunk(prefix_of("198.51.100.0/25"));
  EXPECT_EQ(excused(1000), set_of(Vector::udp));
  open().begin_window();
  EXPECT_FALSE(excused(1000).any()) << "it holds for one window";
}

TEST_F(OpenCarpetsTest, WhereEverythingIsProtectedTheNetworkIsASlash24) {
  begin();
  open_udp("198.51.100.0/24", 1000);
  EXPECT_TRUE(excused(249).any());
  EXPECT_FALSE(excused(249, "198.51.101.7").any());
}

TEST_F(OpenCarpetsTest, AProtectedHostIsNotExcusedByItsOwnFlood) {
  begin(protecting("198.51.100.7/32"));
  open_udp("198.51.100.7/32", 1000);
  EXPECT_FALSE(excused(1).any());
}

TEST_F(OpenCarpetsTest, AWideNetworkIsKnownByTheTargetThatWasHit) {
  begin();
  const IpPrefix wide = prefix_of("198.51.0.0/16");
  const IpPrefix target = prefix_of("198.51.96.0/19");
  open().note_wide_target(wide, target);
  EXPECT_EQ(open().wide_target(wide), nullptr) << "no incident is open on it";
  open_udp("198.51.96.0/19", 1000);
  ASSERT_NE(open().wide_target(wide), nullptr);
  EXPECT_EQ(*open().wide_target(wide), target);
  EXPECT_EQ(excused(249), set_of(Vector::udp));
  EXPECT_EQ(open().excused_by_wide(prefix_of("198.51.100.0/24")), set_of(Vector::udp));
  EXPECT_FALSE(open().excused_by_wide(prefix_of("198.52.100.0/24")).any());
  stages_->close_all();
  open().forget_closed();
  open_udp("198.51.96.0/19", 1000);
  EXPECT_EQ(open().wide_target(wide), nullptr) << "forgotten with its incident";
}

}  // namespace
}  // namespace floodgauge
