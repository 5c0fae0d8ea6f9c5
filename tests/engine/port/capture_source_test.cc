#include "engine/port/capture_source.h"

#include <rte_pause.h>
#include <unistd.h>

#include <map>
#include <utility>

#include "tests/engine/port/capture_source_fixture.h"

namespace floodgauge::test {
namespace {

INSTANTIATE_TEST_SUITE_P(OfFiles, EitherQueueTest, testing::Bool(), [](const auto& kind) {
  return std::string(kind.param ? "Inflated" : "Mapped");
});

TEST_F(CaptureSourceTest, DeliversEachPacketOnceAndAPairToOneQueue) {
  constexpr std::uint32_t kPackets = 20'000;
  const std::string plain = folder_.write("a.pcap", random_traffic(kPackets, 10));
  const std::string packed = folder_.write("a.gz", gzip(random_traffic(kPackets, 10)));
  for (const std::string& path : {plain, packed}) {
    for (const unsigned queues : {1u, 2u, 5u}) {
      SCOPED_TRACE(path + " into " + std::to_string(queues));
      CaptureSource source({.paths = {path}, .queues = queues});
      const auto seen = drain_all(source);
      expect_each_once(seen, kPackets);
      std::map<std::pair<int, int>, std::size_t> queue_of_pair;
      for (std::size_t index = 0; index < seen.size(); ++index) {
        EXPECT_FALSE(seen[index].empty()) << "no packets in queue " << index;
        for (const Seen& packet : seen[index]) {
          const auto [pair, fresh] = queue_of_pair.try_emplace({packet.low, packet.high}, index);
          EXPECT_EQ(pair->second, index) << "a pair is in two queues";
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

TEST_F(CaptureSourceTest, MergesMappedFilesWithStreams) {
  const std::string plain = folder_.write("a.pcap", random_traffic(3000, 20));
  const std::string packed = folder_.write("b.gz", gzip(random_traffic(3000, 30, 3000)));
  for (const unsigned queues : {1u, 3u}) {
    CaptureSource source({.paths = {plain, packed}, .queues = queues});
    expect_each_once(drain_all(source), 6000);
  }
  EXPECT_EQ(CaptureChunk::alive(), 0u);
}

/// As in the engine, a worker waits until all clocks have left a window before it enters the next
/// one. A reading thread that waits for a full queue must therefore keep the other queues' clocks
/// going.
TEST_P(EitherQueueTest, WorkersMayWaitForTheClocksOfOthers) {
  constexpr std::uint32_t kPackets = 30'000;
  constexpr unsigned kQueues = 3;
  CaptureOptions options{.paths = {write(random_traffic(kPackets, 10))}, .queues = kQueues};
  // Nearly all packets go to queue 0.
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
      // Worker 0, whose queue is full, waits for the clocks of the others, which get few packets.
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

/// A worker whose queue is mostly empty often reads the clock while the reading thread enqueues
/// packets, which is when an error in their order would show.
TEST_P(EitherQueueTest, TheClockOfAnEmptyQueueIsNeverTooLate) {
  constexpr std::uint32_t kPackets = 100'000;
  CaptureOptions options{.paths = {write(random_traffic(kPackets, 10))}, .queues = 2};
  options.spread = [](std::span<const CaptureRecord>, std::span<std::uint32_t> hashes) {
    std::fill(hashes.begin(), hashes.end(), 0);
    // Makes the reading thread slower than the worker.
    for (int spin = 0; spin < 500; ++spin) rte_pause();
  };
  CaptureSource source(options);
  source.start();
  std::int64_t promised = 0;
  std::uint32_t packets = 0;
  std::uint32_t too_early = 0;
  ReceivedBurst burst;
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

/// The bytes of a burst are valid until the next receive(), however far the reading thread has
/// read, and are released even if the worker never receives again.
TEST_P(EitherQueueTest, KeepsABurstUntilTheNextReceive) {
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
    ReceivedBurst burst;
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
  EXPECT_EQ(CaptureChunk::alive(), 0u) << "the chunks of the last burst";
}

TEST_F(CaptureSourceTest, DeliversFramesTimesAndLinkType) {
  const Bytes large = frame(70'000);
  const std::string path = folder_.write("a.pcap", PcapBuilder({.snap = 1 << 18, .link = 113})
                                                       .packet(1, 5, large, 80'000)
                                                       .packet(2, 0, {}, 60)
                                                       .take());
  const std::string packed = folder_.write("a.gz", gzip(PcapBuilder({.snap = 1 << 18, .link = 113})
                                                            .packet(1, 5, large, 80'000)
                                                            .packet(2, 0, {}, 60)
                                                            .take()));
  for (const std::string& file : {path, packed}) {
    SCOPED_TRACE(file);
    CaptureSource source({.paths = {file}});
    source.start();
    ReceivedBurst burst;
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

TEST_F(CaptureSourceTest, AGapOfYearsTakesNoTime) {
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

TEST_F(CaptureSourceTest, FinishesWithoutPackets) {
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

TEST_F(CaptureSourceTest, RefusesNoPathsAndNoQueues) {
  EXPECT_THROW(CaptureSource({.paths = {}}), std::invalid_argument);
  EXPECT_THROW(CaptureSource({.paths = {"-"}, .queues = 0}), std::invalid_argument);
}

/// Every queue of a mapped file reads up to where it is truncated. It is reported once.
TEST_F(CaptureSourceTest, ATruncatedFileIsReportedOnce) {
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

TEST_P(EitherQueueTest, StopsWhenAsked) {
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

/// Once the times of the first two seconds have shown that packets come in order, none is held back
/// until later ones have come.
TEST_F(CaptureSourceTest, StopsWhileItWaitsForAPipe) {
  constexpr std::uint32_t kPackets = 40;  // over four seconds
  PcapBuilder builder;
  for (std::uint32_t n = 0; n < kPackets; ++n) {
    builder.packet(1 + n / 10, n % 10 * 100'000, udp_packet(1, 2, n));
  }
  const Bytes capture = builder.take();
  const std::size_t last = 16 + udp_packet(1, 2, 0).size();
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const auto send = [&](std::size_t from, std::size_t to) {
    ASSERT_EQ(write(ends[1], capture.data() + from, to - from), static_cast<ssize_t>(to - from));
  };
  send(0, capture.size() - last);
  {
    CaptureSource source({.paths = {"/dev/fd/" + std::to_string(ends[0])}});
    source.start();
    ReceivedBurst burst;
    Nanoseconds clock{};
    std::uint32_t received = 0;
    const auto receive_until = [&](std::uint32_t wanted) {
      while (received < wanted) {
        source.queue(0).receive(burst, clock);
        for (std::uint16_t at = 0; at < burst.size; ++at) {
          ASSERT_EQ(look_at(burst, at).number, received++);
        }
      }
    };
    receive_until(kPackets - 1);
    send(capture.size() - last, capture.size());
    receive_until(kPackets);
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
}  // namespace floodgauge::test
