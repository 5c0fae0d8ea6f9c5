// Settings are replaced while four workers read them. No worker sees a mixture of two versions, a
// freed version, or an older version after a newer one. Under ThreadSanitizer this shows that
// readers need no lock.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "engine/base/live_settings.h"
#include "engine/protect/protection.h"

namespace floodgauge {
namespace {

constexpr unsigned kReaders = 4;
constexpr unsigned kVersions = 120;

/// The address that identifies version `n`: 192.0.2.n.
IpAddress mark_of(unsigned version) {
  return IpAddress::from_v4(0xc0000200u + version);
}

/// A version protects and excludes one address, its mark.
std::unique_ptr<const Protection> version(unsigned number) {
  Settings settings;
  const IpPrefix mark = IpPrefix::host(mark_of(number));
  settings.protect.push_back({.name = "", .prefixes = {mark}});
  settings.exclude.targets.push_back(mark);
  PrefixRegistry registry(1);
  registry.assign(settings);
  return std::make_unique<const Protection>(registry, settings);
}

/// Whether `read` is exactly one version, and that is `at_least` or newer. Sets `found` to the
/// version, which is known by the one address that it excludes.
bool is_whole(const Protection& read, unsigned at_least, unsigned& found) {
  unsigned excluded = 0;
  for (unsigned number = 0; number < kVersions; ++number) {
    if (!read.excluded(mark_of(0), mark_of(number))) continue;
    ++excluded;
    found = number;
  }
  PacketFacts facts;
  facts.flags = kFactIpv4;
  facts.destination = mark_of(found);
  const PacketTarget target = read.choose(FrameView{}, facts);
  return excluded == 1 && found >= at_least && target.in == 0 && target.out == kNoPrefix;
}

TEST(LiveSettings, AreReplacedWhileFourReadersRead) {
  LiveSettings<Protection> live(version(0), kReaders);
  std::atomic<bool> stop{false};
  std::atomic<unsigned> wrong{0};
  std::vector<std::atomic<unsigned>> seen(kReaders);  // number of versions that a reader saw
  std::vector<std::thread> readers;
  for (unsigned reader = 0; reader < kReaders; ++reader) {
    readers.emplace_back([&, reader] {
      live.enter(reader);
      unsigned latest = 0;
      seen[reader] = 1;
      for (unsigned burst = 0; !stop.load(std::memory_order_relaxed); ++burst) {
        unsigned found = latest;
        if (!is_whole(live.read(), latest, found)) wrong.fetch_add(1);
        if (found != latest) seen[reader].fetch_add(1);
        latest = found;
        live.quiescent(reader);
        if (burst % 64 != reader) continue;
        live.leave(reader);  // as when a worker ends and another one starts
        std::this_thread::yield();
        live.enter(reader);
      }
      live.leave(reader);
    });
  }
  for (unsigned number = 1; number < kVersions; ++number) {
    live.publish(version(number));
    if (number % 16 == 0) std::this_thread::yield();
  }
  // Before they stop, all readers must have seen more than one version.
  for (bool all = false; !all; std::this_thread::yield()) {
    all = true;
    for (const auto& count : seen) all = all && count.load() > 1;
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong.load(), 0u);
}

TEST(LiveSettings, AreReplacedWithoutAnyReader) {
  LiveSettings<Protection> live(version(0), 2);
  live.publish(version(1));
  unsigned found = 0;
  EXPECT_TRUE(is_whole(live.read(), 1, found));
}

}  // namespace
}  // namespace floodgauge
