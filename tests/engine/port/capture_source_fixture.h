// Fixture of the CaptureSource tests: captures with numbered packets, and a worker that checks what
// a queue delivers.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "engine/port/capture_source.h"
#include "tests/engine/port/capture_builder.h"
#include "tests/engine/port/temp_folder.h"

namespace floodgauge::test {

inline constexpr std::int64_t kSecond = 1'000'000'000;
inline constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();

/// Ethernet, IPv4 and UDP, with the packet's number as payload.
inline Bytes udp_packet(std::uint8_t from, std::uint8_t to, std::uint32_t number) {
  ByteWriter out(true);
  out.u64(0).u32(0).u16(0x0800);
  out.u16(0x4500).u16(32).u32(0).u16(0x4011).u16(0);
  out.u32(0x0a000000u | from).u32(0x0a000000u | to);
  out.u16(1000).u16(2000).u16(12).u16(0).u32(number);
  return out.take();
}

struct Seen {
  std::uint32_t number;
  std::uint8_t low;  ///< last bytes of the addresses, the lower first
  std::uint8_t high;
  std::int64_t time;
};

inline Seen look_at(const ReceivedBurst& burst, std::uint16_t i) {
  const std::uint8_t* data = burst.frames[i].data;
  EXPECT_EQ(burst.frames[i].captured, 46u);
  const std::uint8_t from = data[29];
  const std::uint8_t to = data[33];
  const std::uint32_t number = std::uint32_t{data[42]} << 24 | std::uint32_t{data[43]} << 16 |
                               std::uint32_t{data[44]} << 8 | data[45];
  return {number, std::min(from, to), std::max(from, to), burst.times[i].count};
}

/// `count` packets between random hosts, in both directions, `step` microseconds apart.
inline Bytes random_traffic(std::uint32_t count, std::uint32_t step,
                            std::uint32_t first_number = 0) {
  std::mt19937 random(count + first_number);
  PcapBuilder builder;
  for (std::uint32_t at = 0; at < count; ++at) {
    const std::uint64_t time = std::uint64_t{at} * step;
    builder.packet(static_cast<std::uint32_t>(1000 + time / 1'000'000),
                   static_cast<std::uint32_t>(time % 1'000'000),
                   udp_packet(static_cast<std::uint8_t>(random() % 40),
                              static_cast<std::uint8_t>(random() % 40), first_number + at));
  }
  return builder.take();
}

class CaptureSourceTest : public testing::Test {
 protected:
  /// A worker's loop. Checks that the clock never claims more than it may, and returns the packets.
  static std::vector<Seen> drain(RxQueue& queue, std::atomic<std::int64_t>* published = nullptr,
                                 const std::function<void(std::int64_t)>& after_burst = {}) {
    std::vector<Seen> seen;
    std::int64_t promised = std::numeric_limits<std::int64_t>::min();
    ReceivedBurst burst;
    while (!queue.finished()) {
      Nanoseconds clock{};
      queue.receive(burst, clock);
      for (std::uint16_t at = 0; at < burst.size; ++at) {
        seen.push_back(look_at(burst, at));
        EXPECT_GE(seen.back().time, promised) << "earlier than the clock before";
        promised = std::max(promised, seen.back().time);
      }
      EXPECT_GE(clock.count, promised) << "the clock is behind the packets received";
      promised = clock.count;
      if (published != nullptr) published->store(clock.count, std::memory_order_release);
      if (burst.size > 0 && after_burst) after_burst(seen.back().time);
      if (burst.size == 0) std::this_thread::yield();
    }
    Nanoseconds clock{};
    queue.receive(burst, clock);
    EXPECT_EQ(burst.size, 0);
    EXPECT_EQ(clock.count, kEnd);
    if (published != nullptr) published->store(kEnd, std::memory_order_release);
    return seen;
  }

  static std::vector<std::vector<Seen>> drain_all(CaptureSource& source) {
    std::vector<std::vector<Seen>> seen(source.queues());
    std::vector<std::thread> workers;
    source.start();
    for (unsigned index = 0; index < source.queues(); ++index) {
      workers.emplace_back([&, index] { seen[index] = drain(source.queue(index)); });
    }
    for (std::thread& worker : workers) worker.join();
    return seen;
  }

  static void expect_each_once(const std::vector<std::vector<Seen>>& seen, std::uint32_t count) {
    std::vector<int> times(count);
    for (const auto& queue : seen) {
      for (const Seen& packet : queue) {
        ASSERT_LT(packet.number, count);
        ++times[packet.number];
      }
    }
    EXPECT_THAT(times, testing::Each(1));
  }

  TempFolder folder_;
};

/// Tests of both kinds of queue: the parameter is true for a gzip file, which a thread inflates,
/// and false for a mapped file.
class EitherQueueTest : public CaptureSourceTest, public testing::WithParamInterface<bool> {
 protected:
  std::string write(const Bytes& capture) const {
    return GetParam() ? folder_.write("a.gz", gzip(capture)) : folder_.write("a.pcap", capture);
  }
};

}  // namespace floodgauge::test
