// Tests CaptureSource at a limited speed, with a clock that the test sets.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "engine/port/capture_source.h"
#include "tests/engine/port/capture_source_fixture.h"

namespace floodgauge::test {
namespace {

std::atomic<std::int64_t> wall_now{0};

TEST_F(CaptureSourceTest, AtDoubleSpeedPacketsAreDeliveredWhenDue) {
  const std::string path = folder_.write("a.pcap", PcapBuilder()
                                                       .packet(10, 0, udp_packet(1, 2, 0))
                                                       .packet(14, 0, udp_packet(1, 2, 1))
                                                       .packet(14, 500'000, udp_packet(1, 2, 2))
                                                       .take());
  struct Step {
    std::string what;
    std::int64_t wall;
    int packets;
    std::int64_t clock;
  };
  const std::vector<Step> steps = {
      {"the first packet is due at once", 0, 1, 10 * kSecond},
      {"a wall second is two capture seconds", kSecond, 0, 12 * kSecond},
      {"shortly before the second packet", 2 * kSecond - 1, 0, 14 * kSecond - 2},
      {"at the second packet's time", 2 * kSecond, 1, 14 * kSecond},
      {"between the second and the third packet", 2 * kSecond + 100, 0, 14 * kSecond + 200},
      {"long after", 60 * kSecond, 1, 14 * kSecond + kSecond / 2},
      {"at the end", 60 * kSecond, 0, kEnd},
  };
  wall_now = 0;
  CaptureSource source({.paths = {path}, .speed = 2, .wall = [] { return wall_now.load(); }});
  ReceivedBurst burst;
  for (const Step& step : steps) {
    SCOPED_TRACE(step.what);
    wall_now = step.wall;
    Nanoseconds clock{};
    source.queue(0).receive(burst, clock);
    EXPECT_EQ(burst.size, step.packets);
    EXPECT_EQ(clock.count, step.clock);
  }
  EXPECT_TRUE(source.queue(0).finished());
}

TEST_F(CaptureSourceTest, WithoutPacketsTheClocksOfSeveralQueuesGoOn) {
  const std::string path = folder_.write(
      "a.pcap",
      PcapBuilder().packet(10, 0, udp_packet(1, 2, 0)).packet(14, 0, udp_packet(1, 2, 1)).take());
  wall_now = 0;
  CaptureOptions options{
      .paths = {path}, .queues = 2, .speed = 1, .wall = [] { return wall_now.load(); }};
  options.spread = [](std::span<const CaptureRecord>, std::span<std::uint32_t> hashes) {
    std::fill(hashes.begin(), hashes.end(), 0);
  };
  CaptureSource source(options);
  source.start();
  ReceivedBurst burst;
  Nanoseconds clock{};
  const auto receive_until = [&](unsigned queue, std::int64_t time) {
    int packets = 0;
    while (clock.count < time) {
      source.queue(queue).receive(burst, clock);
      packets += burst.size;
      std::this_thread::yield();
    }
    clock = {};
    return packets;
  };
  EXPECT_EQ(receive_until(0, 10 * kSecond), 1);
  wall_now = 3 * kSecond;
  EXPECT_EQ(receive_until(0, 13 * kSecond), 0);
  EXPECT_EQ(receive_until(1, 13 * kSecond), 0) << "a queue without packets";
  wall_now = 4 * kSecond;
  EXPECT_EQ(receive_until(0, kEnd), 1);
  EXPECT_EQ(receive_until(1, kEnd), 0);
}

}  // namespace
}  // namespace floodgauge::test
