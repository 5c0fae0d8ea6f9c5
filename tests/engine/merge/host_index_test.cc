// The hash table of the merged window's hosts.
#include "engine/merge/host_index.h"

#include <gtest/gtest.h>

#include <vector>

#include "engine/base/keyed_hash.h"

namespace floodgauge {
namespace {

const HashKey kKey = key_from_seed(1);

/// Gives hosts slots as the merge does.
class Slots {
 public:
  explicit Slots(std::uint32_t hosts) : index_(hosts) {}
  HostIndex::Found found(std::uint64_t host) const {
    return index_.find(hash_of(host, kKey),
                       [&](std::uint32_t slot) { return hosts_[slot] == host; });
  }
  std::uint32_t find(std::uint64_t host) const { return found(host).slot; }
  void add(std::uint64_t host) {
    const HostIndex::Found none = found(host);
    ASSERT_EQ(none.slot, HostIndex::kNone);
    index_.insert(none, hash_of(host, kKey), static_cast<std::uint32_t>(hosts_.size()));
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

TEST(HostIndex, FindsTheHostsOfThisWindowAndNoOthers) {
  Slots slots(1000);
  // More windows than there are window generations: entries of old windows must not reappear.
  for (std::uint64_t window = 0; window < 5000; ++window) {
    const std::uint64_t hosts = window % 500 == 0 ? 1000 : 3;
    for (std::uint64_t host = 0; host < hosts; ++host) slots.add(window + host);
    for (std::uint64_t host = 0; host < hosts; ++host) {
      ASSERT_EQ(slots.find(window + host), host) << window;
    }
    ASSERT_EQ(slots.find(window + hosts), HostIndex::kNone) << window;
    slots.next_window();
  }
}

// guess() reads only the line that prefetch() requested.
TEST(HostIndex, GuessesRightOrNotAtAll) {
  constexpr std::uint64_t kHosts = 16384;  // its capacity
  Slots slots(kHosts);
  for (std::uint64_t window = 0; window < 3; ++window) {
    const std::uint64_t first = window * kHosts / 2;  // half of them were in the window before
    for (std::uint64_t host = 0; host < first + kHosts; ++host) {
      ASSERT_EQ(slots.guess(host), HostIndex::kNone) << "of a window before";
    }
    for (std::uint64_t host = first; host < first + kHosts; ++host) slots.add(host);
    std::uint64_t guessed = 0;
    for (std::uint64_t host = first; host < first + kHosts; ++host) {
      if (slots.guess(host) == HostIndex::kNone) continue;
      ++guessed;
      ASSERT_EQ(slots.guess(host), host - first);
    }
    EXPECT_GT(guessed, kHosts * 95 / 100) << window;
    slots.next_window();
  }
}

TEST(HostIndex, TellsHostsWithTheSameHashApart) {
  HostIndex index(64);
  const auto nobody = [](std::uint32_t) { return false; };
  for (std::uint32_t slot = 0; slot < 64; ++slot) {
    const HostIndex::Found none = index.find(42, nobody);
    ASSERT_EQ(none.slot, HostIndex::kNone);
    index.insert(none, 42, slot);
  }
  for (std::uint32_t slot = 0; slot < 64; ++slot) {
    EXPECT_EQ(index.find(42, [&](std::uint32_t at) { return at == slot; }).slot, slot);
  }
}

}  // namespace
}  // namespace floodgauge
