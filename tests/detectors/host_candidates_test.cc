// Stage 1: which hosts of a window are worth a look.
#include "detectors/host_candidates.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/detectors/stages.h"

namespace floodgauge {
namespace {

struct Chosen {
  std::string address;
  bool above_total_limit;
  bool operator==(const Chosen&) const = default;
};

class HostCandidatesTest : public ::testing::Test {
 protected:
  /// The sizes of all batches; the candidates go to chosen_.
  std::vector<std::size_t> close_window() {
    std::vector<std::size_t> sizes;
    stages_.feed.close([&](const NetworkWindow& window) {
      HostCandidates hosts(window, stages_.profiles);
      for (auto batch = hosts.next(); !batch.empty(); batch = hosts.next()) {
        sizes.push_back(batch.size());
        for (const HostCandidate& one : batch) {
          EXPECT_EQ(&window.hosts()[one.number], one.host);
          EXPECT_EQ(one.tracker, nullptr);
          chosen_.push_back({one.host->address.text(), one.above_total_limit});
        }
      }
    });
    return sizes;
  }

  testing::Stages stages_;
  std::vector<Chosen> chosen_;
};

TEST_F(HostCandidatesTest, AreHostsWithSuspiciousPacketsOrAboveATotalLimit) {
  stages_.feed.add({.target = "198.51.100.1", .vector = Vector::udp, .packets = 1});
  stages_.feed.add({.target = "198.51.100.2", .vector = Vector::tcp_established, .packets = 5000});
  stages_.feed.add({.target = "198.51.100.3", .vector = Vector::tcp_established, .packets = 5001});
  stages_.feed.add({.target = "198.51.100.4",
                    .vector = Vector::tcp_established,
                    .packets = 5000,
                    .bytes_each = 1400});
  stages_.feed.add({.target = "198.51.100.5", .vector = Vector::udp, .packets = 6000});
  stages_.feed.add({.target = "198.51.100.6",
                    .vector = Vector::tcp_established,
                    .packets = 9000,
                    .outbound = true});
  EXPECT_EQ(close_window(), (std::vector<std::size_t>{4}));
  EXPECT_EQ(chosen_, (std::vector<Chosen>{{"198.51.100.1", false},
                                          {"198.51.100.3", true},
                                          {"198.51.100.4", true},
                                          {"198.51.100.5", true}}))
      << "in the order of the window; a host that only sends is none";
}

TEST_F(HostCandidatesTest, HandshakesCountFromHalfTheLimitOn) {
  stages_.feed.add({.target = "198.51.100.1",
                    .vector = Vector::tcp_established,
                    .packets = 1000,
                    .handshakes = 250});
  stages_.feed.add({.target = "198.51.100.2",
                    .vector = Vector::tcp_established,
                    .packets = 1000,
                    .handshakes = 251});
  close_window();
  EXPECT_EQ(chosen_, (std::vector<Chosen>{{"198.51.100.2", true}}))
      << "an open connection flood stays open above half of its limit";
}

TEST_F(HostCandidatesTest, ComeInBatchesAndEachOnce) {
  std::vector<Chosen> expected;
  for (unsigned n = 0; n < 70; ++n) {
    expected.push_back({"198.51.100." + std::to_string(n), false});
    stages_.feed.add(
        {.target = expected.back().address.c_str(), .vector = Vector::udp, .packets = 1});
  }
  EXPECT_EQ(close_window(), (std::vector<std::size_t>{32, 32, 6}));
  EXPECT_EQ(chosen_, expected);
}

}  // namespace
}  // namespace floodgauge
