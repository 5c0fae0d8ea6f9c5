// Where the merged window's hosts are.
#include "engine/merge/host_index.h"

#include <gtest/gtest.h>

#include <vector>

#include "engine/base/keyed_hash.h"

namespace floodgauge {
namespace {

const HashKey kKey = key_from_seed(1);

/// Places hosts as the merge does.
class Places {
 public:
  explicit Places(std::uint32_t hosts) : index_(hosts) {}
  HostIndex::Spot spot(std::uint64_t host) const {
    return index_.find(hash_of(host, kKey),
                       [&](std::uint32_t place) { return hosts_[place] == host; });
  }
  std::uint32_t find(std::uint64_t host) const { return spot(host).place; }
  void add(std::uint64_t host) {
    const HostIndex::Spot free = spot(host);
    ASSERT_EQ(free.place, HostIndex::kNone);
    index_.insert(free, hash_of(host, kKey), static_cast<std::uint32_t>(hosts_.size()));
    hosts_.push_back(host);
  }
  std::uint32_t guess(std::uint64_t host) const { return index_.guess(hash_of(host, kKey)); }
  void next_window() {
    index_.next_window();
    hosts_.clear();
  }

 private:
  HostIndex index_;
  std::vector<std::uint64_t> hosts_;
};

TEST(HostIndex, FindsWhatWasPlacedInThisWindowAndNothingElse) {
  Places places(1000);
  // More windows than there are epochs, so that old entries would come to life again.
  for (std::uint64_t window = 0; window < 5000; ++window) {
    const std::uint64_t hosts = window % 500 == 0 ? 1000 : 3;
    for (std::uint64_t host = 0; host < hosts; ++host) places.add(window + host);
    for (std::uint64_t host = 0; host < hosts; ++host) {
      ASSERT_EQ(places.find(window + host), host) << window;
    }
    ASSERT_EQ(places.find(window + hosts), HostIndex::kNone) << window;
    places.next_window();
  }
}

// For a guess one line is looked at, the one that prefetch() asked for.
TEST(HostIndex, GuessesRightOrNotAtAll) {
  constexpr std::uint64_t kHosts = 16384;  // as many as it has room for
  Places places(kHosts);
  for (std::uint64_t window = 0; window < 3; ++window) {
    const std::uint64_t first = window * kHosts / 2;  // half of them as in the window before
    for (std::uint64_t host = 0; host < first + kHosts; ++host) {
      ASSERT_EQ(places.guess(host), HostIndex::kNone) << "of a window before";
    }
    for (std::uint64_t host = first; host < first + kHosts; ++host) places.add(host);
    std::uint64_t guessed = 0;
    for (std::uint64_t host = first; host < first + kHosts; ++host) {
      if (places.guess(host) == HostIndex::kNone) continue;
      ++guessed;
      ASSERT_EQ(places.guess(host), host - first);
    }
    EXPECT_GT(guessed, kHosts * 95 / 100) << window;
    places.next_window();
  }
}

TEST(HostIndex, TellsHostsWithTheSameHashApart) {
  HostIndex index(64);
  const auto nobody = [](std::uint32_t) { return false; };
  for (std::uint32_t place = 0; place < 64; ++place) {
    const HostIndex::Spot free = index.find(42, nobody);
    ASSERT_EQ(free.place, HostIndex::kNone);
    index.insert(free, 42, place);
  }
  for (std::uint32_t place = 0; place < 64; ++place) {
    EXPECT_EQ(index.find(42, [&](std::uint32_t at) { return at == place; }).place, place);
  }
}

}  // namespace
}  // namespace floodgauge
