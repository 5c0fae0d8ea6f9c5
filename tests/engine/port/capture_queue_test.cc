#include "engine/port/capture_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rte_pause.h>
#include <unistd.h>

#include <atomic>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/engine/port/capture_builder.h"
#include "tests/engine/port/temp_folder.h"

namespace floodgauge {
namespace {

using test::Bytes;
using test::frame;
using test::PcapBuilder;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();

/// Ethernet, IPv4, UDP with the packet's number behind it.
Bytes udp_packet(std::uint8_t from, std::uint8_t to, std::uint32_t number) {
  test::ByteWriter out(true);
  out.u64(0).u32(0).u16(0x0800);
  out.u16(0x4500).u16(32).u32(0).u16(0x4011).u16(0);
  out.u32(0x0a000000u | from).u32(0x0a000000u | to);
  out.u16(1000).u16(2000).u16(12).u16(0).u32(number);
  return out.take();
}

struct Seen {
  std::uint32_t number;
  std::uint8_t low;  ///< the pair's addresses, the lower first
  std::uint8_t high;
  std::int64_t time;
};

Seen look_at(const Received& burst, std::uint16_t i) {
  const std::uint8_t* data = burst.frames[i].data;
  EXPECT_EQ(burst.frames[i].captured, 46u);
  const std::uint8_t from = data[29];
  const std::uint8_t to = data[33];
  const std::uint32_t number = std::uint32_t{data[42]} << 24 | std::uint32_t{data[43]} << 16 |
                               std::uint32_t{data[44]} << 8 | data[45];
  return {number, std::min(from, to), std::max(from, to), burst.times[i].count};
}

/// `count` packets between random pairs, both ways, `step` microseconds apart.
Bytes random_traffic(std::uint32_t count, std::uint32_t step, std::uint32_t first_number = 0) {
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

class CaptureQueue : public testing::Test {
 protected:
  /// A worker's loop: checks the queue's promises and remembers what came.
  static std::vector<Seen> drain(RxQueue& queue, std::atomic<std::int64_t>* published = nullptr,
                                 const std::function<void(std::int64_t)>& after_burst = {}) {
    std::vector<Seen> seen;
    std::int64_t promised = std::numeric_limits<std::int64_t>::min();
    Received burst;
    while (!queue.finished()) {
      Nanoseconds clock{};
      queue.receive(burst, clock);
      for (std::uint16_t at = 0; at < burst.size; ++at) {
        seen.push_back(look_at(burst, at));
        EXPECT_GE(seen.back().time, promised) << "earlier than the clock had said";
        promised = std::max(promised, seen.back().time);
      }
      EXPECT_GE(clock.count, promised) << "the clock lags behind what was received";
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

  test::TempFolder folder_;
};

/// Whether queues read a file themselves, or from a thread that inflates it.
class EitherQueue : public CaptureQueue, public testing::WithParamInterface<bool> {
 protected:
  std::string write(const Bytes& capture) const {
    return GetParam() ? folder_.write("a.gz", test::gzip(capture))
                      : folder_.write("a.pcap", capture);
  }
};
INSTANTIATE_TEST_SUITE_P(OfFiles, EitherQueue, testing::Bool(), [](const auto& kind) {
  return std::string(kind.param ? "Inflated" : "Mapped");
});

TEST_F(CaptureQueue, GivesEachPacketOnceAndPairsToOneQueue) {
  constexpr std::uint32_t kPackets = 20'000;
  const std::string plain = folder_.write("a.pcap", random_traffic(kPackets, 10));
  const std::string packed = folder_.write("a.gz", test::gzip(random_traffic(kPackets, 10)));
  for (const std::string& path : {plain, packed}) {
    for (const unsigned queues : {1u, 2u, 5u}) {
      SCOPED_TRACE(path + " into " + std::to_string(queues));
      CaptureSource source({.paths = {path}, .queues = queues});
      const auto seen = drain_all(source);
      expect_each_once(seen, kPackets);
      std::map<std::pair<int, int>, std::size_t> queue_of_pair;
      for (std::size_t index = 0; index < seen.size(); ++index) {
        EXPECT_FALSE(seen[index].empty()) << "nothing came to queue " << index;
        for (const Seen& packet : seen[index]) {
          const auto [pair, fresh] = queue_of_pair.try_emplace({packet.low, packet.high}, index);
          EXPECT_EQ(pair->second, index) << "a pair was torn apart";
        }
      }
      const CaptureSummary summary = source.summary();
      EXPECT_EQ(summary.packets, kPackets);
      EXPECT_EQ(summary.bytes, kPackets * 46u);
      EXPECT_EQ(summary.first, 1000 * kSecond);
      EXPECT_EQ(summary.last, 1000 * kSecond + (kPackets - 1) * std::int64_t{10'000});
      EXPECT_EQ(summary.outcomes.front().end, CaptureEnd::complete);
      EXPECT_EQ(source.progress().position, source.progress().size);
    }
  }
  EXPECT_EQ(CaptureChunk::alive(), 0u);
}

TEST_F(CaptureQueue, MergesMappedFilesWithStreams) {
  const std::string plain = folder_.write("a.pcap", random_traffic(3000, 20));
  const std::string packed = folder_.write("b.gz", test::gzip(random_traffic(3000, 30, 3000)));
  for (const unsigned queues : {1u, 3u}) {
    CaptureSource source({.paths = {plain, packed}, .queues = queues});
    expect_each_once(drain_all(source), 6000);
  }
  EXPECT_EQ(CaptureChunk::alive(), 0u);
}

/// As the engine does it: nobody goes on into a later window before all clocks have left this one.
/// A reader who waits for one full queue must not keep the other queues' clocks from going on.
TEST_P(EitherQueue, WorkersMayWaitForOneAnothersClocks) {
  constexpr std::uint32_t kPackets = 30'000;
  constexpr unsigned kQueues = 3;
  CaptureOptions options{.paths = {write(random_traffic(kPackets, 10))}, .queues = kQueues};
  // Nearly all into queue 0.
  options.spread = [](std::span<const CaptureRecord> records, std::span<std::uint32_t> hashes) {
    for (std::size_t at = 0; at < records.size(); ++at) {
      const std::uint8_t* const data = records[at].frame.data;
      const std::uint32_t number = std::uint32_t{data[44]} << 8 | data[45];
      hashes[at] = number % 5000 == 0 ? 0xffffffff : number % 5000 == 1 ? 0x7fffffff : 0;
    }
  };
  CaptureSource source(options);
  std::vector<std::atomic<std::int64_t>> clocks(kQueues);
  std::vector<std::vector<Seen>> seen(kQueues);
  std::vector<std::thread> workers;
  for (unsigned index = 0; index < kQueues; ++index) {
    workers.emplace_back([&, index] {
      // Worker 0 waits, with its queue full, for the clocks of those who get next to nothing.
      seen[index] = drain(source.queue(index), &clocks[index], [&](std::int64_t time) {
        if (index != 0) return;
        for (const auto& clock : clocks) {
          while (&clock != &clocks[0] && clock.load(std::memory_order_acquire) < time) {
            std::this_thread::yield();
          }
        }
      });
    });
  }
  source.start();
  for (std::thread& worker : workers) worker.join();
  expect_each_once(seen, kPackets);
}

/// A worker that finds its queue empty again and again meets the clock at its most delicate moment:
/// while the reader puts packets in.
TEST_P(EitherQueue, AnEmptyQueueNeverPromisesTooMuch) {
  constexpr std::uint32_t kPackets = 100'000;
  CaptureOptions options{.paths = {write(random_traffic(kPackets, 10))}, .queues = 2};
  options.spread = [](std::span<const CaptureRecord>, std::span<std::uint32_t> hashes) {
    std::fill(hashes.begin(), hashes.end(), 0);
    // Slower than the worker.
    for (int spin = 0; spin < 500; ++spin) rte_pause();
  };
  CaptureSource source(options);
  source.start();
  std::int64_t promised = 0;
  std::uint32_t packets = 0;
  std::uint32_t too_early = 0;
  Received burst;
  while (!source.queue(0).finished()) {
    Nanoseconds clock{};
    source.queue(0).receive(burst, clock);
    for (std::uint16_t at = 0; at < burst.size; ++at) {
      too_early += burst.times[at].count < promised ? 1 : 0;
    }
    promised = clock.count;
    packets += burst.size;
  }
  EXPECT_EQ(packets, kPackets);
  EXPECT_EQ(too_early, 0u);
}

/// The bytes of a burst are there until the next one, however far the reading thread has gone on,
/// and even when the worker comes back for no more.
TEST_P(EitherQueue, LetsGoOfABurstWhenTheNextIsAskedFor) {
  constexpr std::uint32_t kPackets = 100'000;  // several chunks, when they are inflated
  const std::string path = write(random_traffic(kPackets, 10));
  for (const unsigned queues : {1u, 2u}) {
    SCOPED_TRACE(queues);
    CaptureOptions options{.paths = {path}, .queues = queues};
    options.spread = [](std::span<const CaptureRecord>, std::span<std::uint32_t> hashes) {
      std::fill(hashes.begin(), hashes.end(), 0);
    };
    CaptureSource source(options);
    source.start();
    Received burst;
    Nanoseconds clock{};
    while (burst.size == 0) source.queue(0).receive(burst, clock);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    for (std::uint16_t at = 0; at < burst.size; ++at) EXPECT_EQ(look_at(burst, at).number, at);
    for (std::uint32_t packets = burst.size; packets < kPackets / 2; packets += burst.size) {
      source.queue(0).receive(burst, clock);
      if (burst.size != 0) {
        EXPECT_EQ(look_at(burst, 0).number, packets);
      }
    }
  }
  EXPECT_EQ(CaptureChunk::alive(), 0u) << "what the last burst lay in";
}

TEST_F(CaptureQueue, DescribesPackets) {
  const Bytes large = frame(70'000);
  const std::string path = folder_.write("a.pcap", PcapBuilder({.snap = 1 << 18, .link = 113})
                                                       .packet(1, 5, large, 80'000)
                                                       .packet(2, 0, {}, 60)
                                                       .take());
  const std::string packed =
      folder_.write("a.gz", test::gzip(PcapBuilder({.snap = 1 << 18, .link = 113})
                                           .packet(1, 5, large, 80'000)
                                           .packet(2, 0, {}, 60)
                                           .take()));
  for (const std::string& file : {path, packed}) {
    SCOPED_TRACE(file);
    CaptureSource source({.paths = {file}});
    source.start();
    Received burst;
    Nanoseconds clock{};
    std::vector<std::uint32_t> wire;
    while (!source.queue(0).finished()) {
      source.queue(0).receive(burst, clock);
      for (std::uint16_t at = 0; at < burst.size; ++at) {
        const FrameView& frame = burst.frames[at];
        wire.push_back(frame.wire);
        if (wire.size() == 1) {
          EXPECT_EQ(Bytes(frame.data, frame.data + frame.captured), large);
          EXPECT_EQ(burst.times[at].count, kSecond + 5000);
          EXPECT_EQ(frame.link, LinkType::linux_sll);
        } else {
          EXPECT_EQ(frame.captured, 0u);
          EXPECT_EQ(burst.times[at].count, 2 * kSecond);
        }
      }
    }
    EXPECT_EQ(wire, (std::vector<std::uint32_t>{80'000, 60}));
  }
  EXPECT_EQ(CaptureChunk::alive(), 0u);
}

TEST_F(CaptureQueue, CrossesAGapOfYearsAtOnce) {
  const std::string path =
      folder_.write("a.pcap", PcapBuilder()
                                  .packet(1, 0, udp_packet(1, 2, 0))
                                  .packet(4'000'000'000, 0, udp_packet(1, 2, 1))
                                  .take());
  for (const unsigned queues : {1u, 2u}) {
    CaptureSource source({.paths = {path}, .queues = queues});
    expect_each_once(drain_all(source), 2);
  }
}

TEST_F(CaptureQueue, WithoutAPacketFinishes) {
  const std::string empty = folder_.write("a.pcap", PcapBuilder().take());
  const std::string missing = folder_.path() / "missing.pcap";
  for (const unsigned queues : {1u, 2u}) {
    CaptureSource source({.paths = {empty, missing}, .queues = queues});
    EXPECT_EQ(source.outcomes()[1].end, CaptureEnd::open_failed);
    drain_all(source);
    const CaptureSummary summary = source.summary();
    EXPECT_EQ(summary.packets, 0u);
    EXPECT_EQ(summary.names, (std::vector<std::string>{empty, missing}));
    EXPECT_EQ(summary.outcomes[0].end, CaptureEnd::complete);
    EXPECT_EQ(summary.outcomes[1].end, CaptureEnd::open_failed);
  }
}

TEST_F(CaptureQueue, RefusesNothingToReplay) {
  EXPECT_THROW(CaptureSource({.paths = {}}), std::invalid_argument);
  EXPECT_THROW(CaptureSource({.paths = {"-"}, .queues = 0}), std::invalid_argument);
}

std::atomic<std::int64_t> wall_now{0};

TEST_F(CaptureQueue, AtDoubleSpeedPacketsComeWhenTheyAreDue) {
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
      {"one wall second is two of the capture", kSecond, 0, 12 * kSecond},
      {"shortly before the second packet", 2 * kSecond - 1, 0, 14 * kSecond - 2},
      {"the second packet's time", 2 * kSecond, 1, 14 * kSecond},
      {"between the two", 2 * kSecond + 100, 0, 14 * kSecond + 200},
      {"long after", 60 * kSecond, 1, 14 * kSecond + kSecond / 2},
      {"at the end", 60 * kSecond, 0, kEnd},
  };
  wall_now = 0;
  CaptureSource source({.paths = {path}, .speed = 2, .wall = [] { return wall_now.load(); }});
  Received burst;
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

TEST_F(CaptureQueue, TheClockGoesOnInASilenceWithSeveralQueues) {
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
  Received burst;
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
  EXPECT_EQ(receive_until(1, 13 * kSecond), 0) << "nothing ever came to this queue";
  wall_now = 4 * kSecond;
  EXPECT_EQ(receive_until(0, kEnd), 1);
  EXPECT_EQ(receive_until(1, kEnd), 0);
}

/// Every queue of a mapped file comes to where it breaks off: it is one file for all that.
TEST_F(CaptureQueue, AFileThatBreaksOffIsToldOnce) {
  constexpr std::uint32_t kPackets = 5000;
  Bytes capture = random_traffic(kPackets, 10);
  capture.resize(capture.size() - 5);
  CaptureSource source({.paths = {folder_.write("a.pcap", capture)}, .queues = 3});
  std::size_t received = 0;
  for (const auto& queue : drain_all(source)) received += queue.size();
  EXPECT_EQ(received, kPackets - 1);
  const CaptureSummary summary = source.summary();
  EXPECT_EQ(summary.packets, kPackets - 1);
  ASSERT_EQ(summary.outcomes.size(), 1u);
  EXPECT_EQ(summary.outcomes[0].end, CaptureEnd::truncated);
  EXPECT_EQ(summary.names.size(), 1u);
  EXPECT_EQ(source.progress().size, capture.size());
}

TEST_P(EitherQueue, StopsWhenAsked) {
  const std::string path = write(random_traffic(50'000, 10));
  for (const unsigned queues : {1u, 3u}) {
    CaptureSource source({.paths = {path}, .queues = queues});
    source.start();
    source.request_stop();
    std::size_t received = 0;
    for (const auto& queue : drain_all(source)) received += queue.size();
    EXPECT_LT(received, 50'000u);
    EXPECT_EQ(source.summary().packets, received);
  }
}

TEST_F(CaptureQueue, StopsThoughAPipeSaysNothing) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const Bytes begin = PcapBuilder().packet(1, 0, udp_packet(1, 2, 0)).take();
  ASSERT_EQ(write(ends[1], begin.data(), begin.size()), static_cast<ssize_t>(begin.size()));
  {
    CaptureSource source({.paths = {"/dev/fd/" + std::to_string(ends[0])}});
    source.start();
    Received burst;
    Nanoseconds clock{};
    while (burst.size == 0) source.queue(0).receive(burst, clock);
    EXPECT_EQ(look_at(burst, 0).number, 0u) << "a live packet does not wait for the next";
    source.request_stop();
    while (!source.queue(0).finished()) source.queue(0).receive(burst, clock);
    // `stopped` if the reader waited for the pipe, `reading` if it was told before it read again.
    EXPECT_LT(source.summary().outcomes[0].end, CaptureEnd::complete);
    EXPECT_EQ(source.summary().outcomes[0].message, "");
  }
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace floodgauge
