// SYN floods in a window and over time, beside crowds of clients.
#include "tests/detectors/detector_case.h"

namespace floodgauge {
namespace {

using testing::expect_found;
using testing::When;

TEST(Syn, FloodsAreDistinguishedFromCrowdsByCompletedHandshakes) {
  expect_found(
      "syn", When::window,
      {{.why = "SYNs of which none becomes a connection",
        .in = {{Vector::tcp_syn, 501}},
        .found = {Vector::tcp_syn, Vector::tcp_syn}},
       {.why = "at the limit", .in = {{Vector::tcp_syn, 500}}},
       {.why = "29 % of the handshakes completed",
        .in = {{Vector::tcp_syn, 1000}},
        .counts = {.handshakes = 290},
        .found = {Vector::tcp_syn, Vector::tcp_syn}},
       {.why = "30 % of the handshakes completed: a crowd",
        .in = {{Vector::tcp_syn, 1000}},
        .counts = {.handshakes = 300},
        .left_alone = true},
       {.why = "where nothing that the target sends is visible, clients that go on are a crowd",
        .in = {{Vector::tcp_syn, 1000}},
        .counts = {.progressed = 300},
        .left_alone = true},
       {.why = "where the target is visible, its SYN-ACKs would be seen",
        .in = {{Vector::tcp_syn, 1000}},
        .counts = {.out_total = {10, 1000}, .progressed = 300},
        .found = {Vector::tcp_syn, Vector::tcp_syn}}});
}

/// Whether SYNs at six times the limit are a flood in the window after `before` such windows.
bool is_found_after(int before, Nanoseconds window, double scale = 1) {
  TargetCounts counts;
  const auto syn = static_cast<std::uint64_t>(30000 * window.seconds());
  counts.vectors.add(Vector::tcp_syn, {syn, 60 * syn});
  counts.in_total = {syn, 60 * syn};
  Nanoseconds start = whole_seconds(5);
  TargetTracker tracker(start, 0, window);
  for (int i = 0; i < before; ++i, start = start + window) {
    tracker.add(counts, start, window.seconds());
  }
  tracker.add(counts, start, window.seconds());
  const Thresholds limits = default_host_thresholds();
  Verdict verdict;
  check_syn({.counts = counts,
             .seconds = window.seconds(),
             .limits = &limits,
             .window = window.seconds(),
             .scale = scale,
             .tracker = &tracker,
             .start = start},
            verdict);
  return !verdict.findings.empty();
}

TEST(Syn, InShortWindowsTheyLastAsLongAsARoundTrip) {
  EXPECT_TRUE(is_found_after(0, milliseconds(100)));
  EXPECT_FALSE(is_found_after(0, milliseconds(50)));
  EXPECT_TRUE(is_found_after(1, milliseconds(50)));
  EXPECT_FALSE(is_found_after(8, milliseconds(10))) << "90 ms: no handshake can be complete yet";
  EXPECT_TRUE(is_found_after(9, milliseconds(10)));
  EXPECT_TRUE(is_found_after(0, whole_seconds(1)));
  EXPECT_TRUE(is_found_after(4, milliseconds(10), 0.5)) << "of an open incident";
}

TEST(Syn, SlowFloodsAreFoundOverAPeriod) {
  expect_found(
      "syn", When::period,
      {{.why = "150 SYNs of 60 sources in a second, none completed",
        .in = {{Vector::tcp_syn, 150}},
        .found = {Vector::tcp_syn, Vector::tcp_syn},
        .seconds = 1,
        .sources = 60},
       {.why = "149 SYNs are too few", .in = {{Vector::tcp_syn, 149}}, .seconds = 1, .sources = 60},
       {.why = "30 sources: clients that retry",
        .in = {{Vector::tcp_syn, 150}},
        .seconds = 1,
        .sources = 30},
       {.why = "400 SYNs in ten seconds are too low a rate",
        .in = {{Vector::tcp_syn, 400}},
        .seconds = 10,
        .sources = 60},
       {.why = "more than a tenth of the handshakes completed",
        .in = {{Vector::tcp_syn, 200}},
        .counts = {.handshakes = 21},
        .seconds = 1,
        .sources = 60},
       {.why = "a tenth of the handshakes completed",
        .in = {{Vector::tcp_syn, 200}},
        .counts = {.handshakes = 20},
        .found = {Vector::tcp_syn, Vector::tcp_syn},
        .seconds = 1,
        .sources = 60},
       {.why = "500 SYNs in ten seconds are the least rate",
        .in = {{Vector::tcp_syn, 500}},
        .found = {Vector::tcp_syn, Vector::tcp_syn},
        .seconds = 10,
        .sources = 60},
       {.why = "as many segments of connections as SYNs",
        .in = {{Vector::tcp_syn, 150}, {Vector::tcp_established, 150}},
        .found = {Vector::tcp_syn, Vector::tcp_syn},
        .seconds = 1,
        .sources = 60},
       {.why = "most segments are of connections",
        .in = {{Vector::tcp_syn, 150}, {Vector::tcp_established, 151}},
        .seconds = 1,
        .sources = 60},
       {.why = "on a whole prefix other rules hold",
        .in = {{Vector::tcp_syn, 150}},
        .seconds = 1,
        .sources = 60,
        .whole_prefix = true},
       {.why = "nothing is known of the sources", .in = {{Vector::tcp_syn, 150}}, .seconds = 1},
       {.why = "80 SYNs keep an open incident open",
        .in = {{Vector::tcp_syn, 80}},
        .found = {Vector::tcp_syn, Vector::tcp_syn},
        .seconds = 1,
        .scale = 0.5,
        .sources = 60}});
}

}  // namespace
}  // namespace floodgauge
