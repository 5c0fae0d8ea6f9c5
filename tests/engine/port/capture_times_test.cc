#include "engine/port/capture_times.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "tests/engine/port/capture_builder.h"

namespace floodgauge::test {
namespace {

constexpr double kBegin = 1'700'000'000;
constexpr double kHour = 3600;
constexpr double kYears = 40 * 365.0 * 86'400;

struct Stamp {
  double time;  ///< seconds after kBegin, as the file gives it
  std::uint32_t interface = 0;
};

/// `count` stamps from `from` on, `step` seconds apart.
std::vector<Stamp> steady(double from, std::size_t count, double step = 0.01,
                          std::uint32_t interface = 0) {
  std::vector<Stamp> stamps;
  for (std::size_t at = 0; at < count; ++at) {
    stamps.push_back({from + static_cast<double>(at) * step, interface});
  }
  return stamps;
}

std::vector<Stamp> operator+(std::vector<Stamp> a, const std::vector<Stamp>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// The packet's place in the file is in its frame.
Bytes capture_of(const std::vector<Stamp>& stamps) {
  PcapngBuilder builder;
  builder.interface(1).interface(1).interface(1);
  for (std::uint32_t at = 0; at < stamps.size(); ++at) {
    builder.enhanced(stamps[at].interface,
                     static_cast<std::uint64_t>(std::llround((kBegin + stamps[at].time) * 1e6)),
                     ByteWriter(true).u32(at).take());
  }
  return builder.take();
}

struct Corrected {
  std::vector<double> times;  ///< by the packet's place in the file, seconds after kBegin
  std::vector<std::uint32_t> order;
  CaptureClock clock;
};

Corrected correct(std::unique_ptr<CaptureReader> reader, Nanoseconds reorder = kUsualReorder) {
  CaptureTimes times(std::move(reader), reorder);
  Corrected result;
  std::int64_t latest = 0;
  for (auto batch = times.next(); !batch.empty(); batch = times.next()) {
    for (const CaptureRecord& record : batch) {
      EXPECT_GE(record.time, latest) << "times go back";
      latest = record.time;
      const std::uint8_t* data = record.frame.data;
      const std::uint32_t place = std::uint32_t{data[0]} << 24 | std::uint32_t{data[1]} << 16 |
                                  std::uint32_t{data[2]} << 8 | data[3];
      result.order.push_back(place);
      if (place >= result.times.size()) result.times.resize(place + 1, -1);
      result.times[place] = static_cast<double>(record.time) * 1e-9 - kBegin;
    }
  }
  result.clock = times.clock();
  return result;
}

Corrected correct(const std::vector<Stamp>& stamps) {
  const Bytes bytes = capture_of(stamps);
  const Corrected mapped = correct(std::make_unique<CaptureReader>(bytes, "t"));
  const Bytes packed = gzip(bytes);
  const Corrected streamed = correct(std::make_unique<CaptureReader>(packed, "t"));
  EXPECT_EQ(CaptureChunk::alive(), 0u);
  EXPECT_EQ(mapped.order.size(), stamps.size());
  EXPECT_EQ(mapped.order, streamed.order) << "a stream is corrected otherwise than a file";
  EXPECT_EQ(mapped.times, streamed.times);
  EXPECT_EQ(mapped.clock.jumps, streamed.clock.jumps);
  return mapped;
}

struct Case {
  std::string what;
  std::vector<Stamp> stamps;
  std::uint64_t jumps;
  double largest;
  std::uint64_t reordered;
  /// Place in the file and the time that the packet must get.
  std::vector<std::pair<std::size_t, double>> times;
};

void expect(const std::vector<Case>& cases) {
  for (const Case& test : cases) {
    SCOPED_TRACE(test.what);
    const Corrected result = correct(test.stamps);
    EXPECT_EQ(result.clock.jumps, test.jumps);
    EXPECT_NEAR(static_cast<double>(result.clock.largest_step) * 1e-9, test.largest, 0.05);
    EXPECT_EQ(result.clock.reordered, test.reordered);
    EXPECT_EQ(result.clock.stamped, test.stamps.size());
    for (const auto& [place, time] : test.times) {
      ASSERT_LT(place, result.times.size());
      EXPECT_NEAR(result.times[place], time, 0.02) << "packet " << place;
    }
  }
}

/// 100 packets, then `wrong`, then 100 more.
std::vector<Stamp> among(const std::vector<Stamp>& wrong) {
  return steady(0, 100) + wrong + steady(1, 100);
}

TEST(CaptureTimes, SetsSingleWrongTimesAside) {
  expect({
      {"all in order", steady(0, 1000), 0, 0, 0, {{0, 0}, {999, 9.99}}},
      {"2 s ahead", among({{3, 0}}), 1, 2, 0, {{100, 0.99}, {101, 1}, {200, 1.99}}},
      {"an hour ahead", among({{kHour, 0}}), 1, kHour - 1, 0, {{100, 0.99}, {200, 1.99}}},
      {"40 years ahead", among({{kYears, 0}}), 1, kYears - 1, 0, {{100, 0.99}, {200, 1.99}}},
      {"2 s behind", among({{-1, 0}}), 1, 1.99, 0, {{100, 0.99}, {101, 1}, {200, 1.99}}},
      {"40 years behind", among({{-kYears, 0}}), 1, kYears + 1, 0, {{100, 0.99}, {200, 1.99}}},
      {"five in a row, an hour ahead",
       among(steady(kHour, 5)),
       5,
       kHour - 1,
       0,
       {{100, 0.99}, {104, 0.99}, {105, 1}, {204, 1.99}}},
      {"sixteen in a row", among(steady(kHour, 16)), 16, kHour - 1, 0, {{115, 0.99}, {116, 1}}},
      {"three in a row, each another way",
       among({{kHour, 0}, {-50, 0}, {kYears, 0}}),
       3,
       kYears - kHour,
       0,
       {{100, 0.99}, {102, 0.99}, {103, 1}, {202, 1.99}}},
      {"two apart",
       among({{kHour, 0}}) + std::vector<Stamp>{{-9, 0}} + steady(2, 100),
       2,
       kHour - 1,
       0,
       {{100, 0.99}, {201, 1.99}, {202, 2}, {301, 2.99}}},
  });
}

TEST(CaptureTimes, OfTheFirstPacketsTheTimesAfterThemDecide) {
  expect({
      {"the first is an hour ahead",
       std::vector<Stamp>{{kHour, 0}} + steady(0, 100),
       1,
       kHour,
       0,
       {{0, 0}, {1, 0}, {100, 0.99}}},
      {"the first is of 1970",
       std::vector<Stamp>{{-kBegin + 7, 0}} + steady(0, 100),
       1,
       kBegin - 7,
       0,
       {{0, 0}, {1, 0}, {100, 0.99}}},
      {"the second is behind",
       std::vector<Stamp>{{0, 0}, {-5, 0}} + steady(0.01, 100),
       1,
       5,
       0,
       {{0, 0}, {1, 0}, {2, 0.01}, {101, 1}}},
      {"a silence after the first",
       std::vector<Stamp>{{0, 0}} + steady(kHour, 100),
       0,
       0,
       0,
       {{0, 0}, {1, kHour}}},
  });
}

TEST(CaptureTimes, SortsWithinTheBoundAndNotBeyondIt) {
  std::vector<Stamp> two_interfaces;
  std::vector<Stamp> three_seconds_late;
  for (int block = 0; block < 20; ++block) {
    // The second interface's packets of half a second stand together, after the first's.
    two_interfaces = two_interfaces + steady(block * 0.5, 50, 0.01, 0) +
                     steady(block * 0.5 + 0.001, 50, 0.01, 1);
    three_seconds_late = three_seconds_late + steady(block * 0.5, 50, 0.01, 0) +
                         steady(block * 0.5 - 3, 50, 0.01, 1);
  }
  expect({
      {"0.9 s late", among({{0.1, 0}}), 0, 0, 1, {{100, 0.1}, {101, 1}}},
      {"1.1 s late", among({{-0.11, 0}}), 1, 1.1, 0, {{100, 0.99}, {101, 1}}},
      {"0.9 s ahead", among({{1.89, 0}}), 0, 0, 89, {{100, 1.89}, {101, 1}}},
      {"the second interface up to 0.5 s late",
       two_interfaces,
       0,
       0,
       20 * 49,
       {{50, 0.001}, {99, 0.491}, {150, 0.501}, {1999, 9.991}}},
      {"the second interface 3.5 s late, steadily: its clock is moved",
       three_seconds_late,
       1,
       3.49,
       912,
       {{0, 0}, {50, 0.49}, {99, 0.98}, {150, 0.99}, {1950, 9.99}}},
  });
}

TEST(CaptureTimes, TellsClocksFromSilences) {
  expect({
      {"a step ahead that never returns is a silence",
       steady(0, 100) + steady(kHour, 100),
       0,
       0,
       0,
       {{99, 0.99}, {100, kHour}, {199, kHour + 0.99}}},
      {"packets every five seconds", steady(0, 100, 5), 0, 0, 0, {{99, 495}}},
      {"a step ahead that returns is the clock's",
       steady(0, 100) + steady(kHour + 1, 3000) + steady(31, 100),
       2,
       kHour,
       0,
       {{99, 0.99}, {100, 0.99}, {3099, 30.98}, {3100, 31}, {3199, 31.99}}},
      {"a step back that stays",
       steady(0, 300) + steady(-2, 300),
       1,
       4.99,
       0,
       {{299, 2.99}, {300, 2.99}, {599, 5.98}}},
      {"a step back that returns",
       steady(0, 100) + steady(1 - kHour, 3000) + steady(31, 100),
       2,
       kHour,
       0,
       {{99, 0.99}, {100, 0.99}, {3099, 30.98}, {3100, 31}, {3199, 31.99}}},
      {"a silence, and then a step back that is smaller",
       steady(0, 100) + steady(kHour, 300) + steady(kHour - 97, 300),
       1,
       99.99,
       0,
       {{100, kHour}, {399, kHour + 2.99}, {400, kHour + 2.99}, {699, kHour + 5.98}}},
      {"appended to itself",
       steady(0, 1000) + steady(0, 1000),
       1,
       9.99,
       0,
       {{999, 9.99}, {1000, 9.99}, {1999, 19.98}}},
      {"with a silence, appended to itself twice",
       steady(0, 300) + steady(8, 200) + steady(0, 300) + steady(8, 200) + steady(0, 300),
       2,
       9.99,
       0,
       {{299, 2.99},
        {300, 8},
        {499, 9.99},
        {500, 9.99},
        {799, 12.98},
        {800, 17.99},
        {1000, 19.98},
        {1299, 22.97}}},
      {"packets every five seconds, appended to themselves",
       steady(0, 20, 5) + steady(0, 20, 5),
       1,
       95,
       0,
       {{19, 95}, {20, 95}, {21, 100}, {39, 190}}},
  });
}

/// How long the packets of a live stream wait for a step to come back.
TEST(CaptureTimes, ALiveStreamWaitsTenSeconds) {
  for (const auto& [packets, jumps] : {std::pair<std::size_t, std::uint64_t>{900, 2}, {1100, 1}}) {
    const double length = static_cast<double>(packets) * 0.01;
    const Bytes bytes =
        capture_of(steady(0, 100) + steady(kHour + 1, packets) + steady(1 + length, 100));
    const Corrected live = correct(std::make_unique<CaptureReader>(
        [rest = std::span<const std::uint8_t>(bytes)](std::uint8_t* into,
                                                      std::size_t capacity) mutable {
          const std::size_t count = std::min({capacity, rest.size(), std::size_t{1000}});
          std::copy_n(rest.data(), count, into);
          rest = rest.subspan(count);
          return static_cast<std::ptrdiff_t>(count);
        },
        "t", 4096));
    EXPECT_EQ(live.clock.jumps, jumps) << "the step back alone counts where it was a silence";
    EXPECT_NEAR(live.times.at(100), jumps == 2 ? 0.99 : kHour + 1, 0.02);
  }
}

TEST(CaptureTimes, AnInterfaceMayHaveAClockOfItsOwn) {
  std::vector<Stamp> ahead;
  for (int at = 0; at < 1000; ++at) {
    ahead.push_back({at * 0.01, 0});
    ahead.push_back({at * 0.01 + kHour + 0.005, 1});
  }
  const Corrected result = correct(ahead);
  EXPECT_LE(result.clock.jumps, 5u);
  EXPECT_NEAR(static_cast<double>(result.clock.largest_step) * 1e-9, kHour, 0.1);
  for (std::size_t at = 20; at < ahead.size(); ++at) {
    EXPECT_NEAR(result.times[at], static_cast<double>(at / 2) * 0.01, 0.05) << at;
  }
}

TEST(CaptureTimes, ManyLatePacketsAfterLongOrderAreNoBurst) {
  // Packets begin to come late only after the buffer has stopped to hold any.
  std::vector<Stamp> stamps = steady(0, 1000);
  stamps = stamps + steady(9.6, 400, 0.001) + steady(10.001, 1000);
  const Corrected result = correct(stamps);
  std::vector<double> times = result.times;
  std::sort(times.begin(), times.end());
  for (std::size_t at = 0; at + 100 < times.size(); ++at) {
    EXPECT_GT(times[at + 100] - times[at], 0.05) << "a burst at " << times[at];
  }
}

TEST(CaptureTimes, WithoutTimesAllPacketsHaveTheTime0) {
  PcapngBuilder builder;
  builder.interface(1);
  for (std::uint32_t at = 0; at < 500; ++at) {
    builder.simple(ByteWriter(true).u32(at).take(), 4);
  }
  const Bytes bytes = builder.take();
  const Corrected result = correct(std::make_unique<CaptureReader>(bytes, "t"));
  EXPECT_EQ(result.order.size(), 500u);
  EXPECT_EQ(result.clock.stamped, 0u);
  EXPECT_EQ(result.clock.jumps, 0u);
  EXPECT_DOUBLE_EQ(*std::max_element(result.times.begin(), result.times.end()), -kBegin);
}

/// A fraction of a second in a file of microseconds that is no fraction, and whether it is.
struct FractionCase {
  std::string what;
  std::function<std::uint32_t(std::uint32_t)> fraction;  ///< of packet n, of 100 a second
  bool nanoseconds;
  std::uint64_t jumps;
};

TEST(CaptureTimes, ReadsNanosecondsUnderTheMagicOfMicroseconds) {
  const std::vector<FractionCase> cases = {
      {"microseconds", [](std::uint32_t n) { return n % 100 * 10'000; }, false, 0},
      {"nanoseconds", [](std::uint32_t n) { return n % 100 * 10'000'000; }, true, 0},
      {"one damaged fraction",
       [](std::uint32_t n) { return n == 150 ? 500'000'000 : n % 100 * 10'000; }, false, 1},
      {"one in three is damaged",
       [](std::uint32_t n) { return n % 3 == 1 ? 500'000'000 : n % 100 * 10'000; }, false, 133},
  };
  for (const FractionCase& test : cases) {
    SCOPED_TRACE(test.what);
    PcapBuilder builder;
    for (std::uint32_t at = 0; at < 400; ++at) {
      builder.packet(1'700'000'000 + at / 100, test.fraction(at), ByteWriter(true).u32(at).take());
    }
    const Bytes bytes = builder.take();
    const Corrected result = correct(std::make_unique<CaptureReader>(bytes, "t"));
    EXPECT_EQ(result.clock.read_as_nanoseconds, test.nanoseconds ? 1u : 0u);
    EXPECT_EQ(result.clock.jumps, test.jumps);
    for (std::size_t at = 0; at < 400; ++at) {
      EXPECT_NEAR(result.times[at], static_cast<double>(at) * 0.01, 0.011) << at;
    }
  }
}

/// Times of a damaged capture lie anywhere, and go on as they should in between.
TEST(CaptureTimes, TimesAnywhereAreBroughtWithinTheBounds) {
  std::uint64_t state = 7;
  const auto random = [&] {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return state >> 2;  // below 2^62 nanoseconds
  };
  for (int round = 0; round < 20; ++round) {
    std::vector<Stamp> stamps;
    double at = 0;
    while (stamps.size() < 3000) {
      const std::size_t row = 1 + random() % 40;
      at = random() % 3 == 0 ? at + 1 : static_cast<double>(random()) / 1e9 - kBegin;
      const auto interface = static_cast<std::uint32_t>(random() % 3);
      for (const Stamp& stamp : steady(at, row, 0.001, interface)) {
        stamps.push_back({std::clamp(stamp.time, -kBegin, 4.6e9 - kBegin), interface});
      }
    }
    const Corrected result = correct(stamps);
    EXPECT_EQ(result.order.size(), stamps.size());
    for (const double time : result.times) {
      EXPECT_GE(time, -kBegin);
      EXPECT_LE(time, 4.62e9 - kBegin);
    }
  }
}

}  // namespace
}  // namespace floodgauge::test
