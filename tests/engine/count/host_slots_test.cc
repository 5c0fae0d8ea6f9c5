#include "engine/count/host_slots.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "engine/base/keyed_hash.h"
#include "engine/count/slot_map.h"

namespace floodgauge {
namespace {

const HashKey kKey = key_from_seed(1);

std::uint64_t hash_of_number(std::uint64_t number) {
  return hash_of(number, kKey);
}

/// Hosts that have packets window by window, as in HostTable.
class Hosts {
 public:
  explicit Hosts(std::uint32_t slots, bool grows = false)
      : slots_(slots, grows), host_at_(slots, kNoHost) {}

  std::uint32_t find(std::uint64_t host) const {
    return slots_.find(hash_of_number(host),
                       [&](std::uint32_t slot) { return host_at_[slot] == host; });
  }
  /// The slot of a host with a packet in this window.
  std::uint32_t use(std::uint64_t host, std::uint32_t end) {
    std::uint32_t slot = find(host);
    if (slot != HostSlots::kNone) {
      slots_.take(slot);
      return slot;
    }
    slot = slots_.give(hash_of_number(host), end);
    if (slot != HostSlots::kNone) host_at_[slot] = host;
    return slot;
  }
  HostSlots& slots() { return slots_; }

 private:
  static constexpr std::uint64_t kNoHost = ~std::uint64_t{0};
  HostSlots slots_;
  std::vector<std::uint64_t> host_at_;
};

/// With an index of full size from the start, and with one that grows.
class HostSlotsOfEitherSize : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(, HostSlotsOfEitherSize, testing::Bool());

TEST_P(HostSlotsOfEitherSize, KeepAHostsSlotInWhateverOrderHostsComeAgain) {
  constexpr std::uint32_t kHosts = 1000;
  Hosts hosts(kHosts, GetParam());
  std::vector<std::uint32_t> slots;
  for (std::uint64_t host = 0; host < kHosts; ++host) slots.push_back(hosts.use(host, kHosts));
  EXPECT_EQ(std::set<std::uint32_t>(slots.begin(), slots.end()).size(), kHosts);
  for (int window = 0; window < 3; ++window) {
    hosts.slots().next_window();
    for (std::uint64_t host = kHosts; host-- > 0;) {
      ASSERT_EQ(hosts.use(host, kHosts), slots[host]);
      ASSERT_EQ(hosts.slots().generation(slots[host]), 1u);
    }
    EXPECT_EQ(hosts.find(kHosts), HostSlots::kNone);
    EXPECT_EQ(hosts.use(kHosts, kHosts), HostSlots::kNone) << "all are taken";
  }
}

// A guess looks only at the line of the index that prefetch() fetches.
TEST_P(HostSlotsOfEitherSize, GuessTheRightSlotOrNone) {
  constexpr std::uint32_t kHosts = 16384;  // as many as the index has room for
  Hosts hosts(kHosts, GetParam());
  for (std::uint64_t host = 0; host < kHosts; ++host) hosts.use(host, kHosts);
  for (int window = 0; window < 3; ++window) {  // each time half of the hosts are replaced
    std::uint32_t guessed = 0;
    const std::uint64_t first = static_cast<std::uint64_t>(window) * kHosts / 2;
    for (std::uint64_t host = first; host < first + kHosts; ++host) {
      const std::uint32_t guess = hosts.slots().guess(hash_of_number(host));
      if (guess == HostSlots::kNone) continue;
      ++guessed;
      ASSERT_EQ(guess, hosts.find(host));
    }
    EXPECT_GT(guessed, kHosts * 95 / 100) << window;
    for (std::uint64_t host = 0; host < first; ++host) {
      EXPECT_EQ(hosts.slots().guess(hash_of_number(host)), HostSlots::kNone);
    }
    const std::uint64_t kept = first + kHosts / 2;
    for (int i = 0; i < 2; ++i) {
      hosts.slots().next_window();
      for (std::uint64_t host = kept; host < first + kHosts; ++host) hosts.use(host, kHosts);
    }
    for (std::uint64_t host = first + kHosts; host < kept + kHosts; ++host) {
      ASSERT_NE(hosts.use(host, kHosts), HostSlots::kNone);
    }
  }
}

TEST(HostSlots, GivesFirstTheSlotsOfHostsWithoutRecentPackets) {
  constexpr std::uint32_t kHosts = 192;
  Hosts hosts(kHosts);
  for (std::uint64_t host = 0; host < kHosts; ++host) hosts.use(host, kHosts);
  hosts.slots().next_window();
  for (std::uint64_t host = 0; host < 100; ++host) hosts.use(host, kHosts);
  hosts.slots().next_window();
  // 92 hosts had packets in neither window. The other hundred had some in the window before: their
  // slots come last.
  for (std::uint64_t n = 0; n < 92; ++n) {
    const std::uint32_t slot = hosts.use(1000 + n, kHosts);
    ASSERT_NE(slot, HostSlots::kNone);
    EXPECT_EQ(hosts.slots().generation(slot), 2u);
  }
  for (std::uint64_t host = 0; host < 100; ++host) {
    EXPECT_NE(hosts.find(host), HostSlots::kNone) << host;
  }
  for (std::uint64_t host = 100; host < kHosts; ++host) {
    EXPECT_EQ(hosts.find(host), HostSlots::kNone) << host;
  }
  EXPECT_NE(hosts.use(2000, kHosts), HostSlots::kNone);
}

/// Compares find() with a map of hosts and slots, while hosts come, return and stay away.
TEST_P(HostSlotsOfEitherSize, FindHostsThatHaveASlotAndNoOthers) {
  constexpr std::uint32_t kHosts = 300;
  Hosts hosts(kHosts, GetParam());
  std::map<std::uint64_t, std::uint32_t> slot_of;  // may be stale: then another host has the slot
  std::map<std::uint32_t, std::uint64_t> host_of;
  std::mt19937_64 random(7);
  for (int window = 0; window < 2000; ++window) {
    const std::uint64_t among = window % 3 == 0 ? 200 : 5000;
    for (int n = 0; n < 150; ++n) {
      const std::uint64_t host = random() % among;
      const std::uint32_t slot = hosts.use(host, kHosts);
      ASSERT_LT(slot, kHosts);
      const auto known = slot_of.find(host);
      const bool kept = known != slot_of.end() && host_of[known->second] == host;
      if (kept) {
        ASSERT_EQ(slot, known->second);
      }
      slot_of[host] = slot;
      host_of[slot] = host;
    }
    for (int n = 0; n < 50; ++n) {
      const std::uint64_t host = random() % 5000;
      const auto known = slot_of.find(host);
      const bool has = known != slot_of.end() && host_of[known->second] == host;
      ASSERT_EQ(hosts.find(host), has ? known->second : HostSlots::kNone);
    }
    hosts.slots().next_window();
  }
}

TEST(HostSlots, TellsHostsWithTheSameHashApart) {
  HostSlots slots(64);
  for (std::uint32_t n = 0; n < 64; ++n) ASSERT_NE(slots.give(42, 64), HostSlots::kNone);
  for (std::uint32_t slot = 0; slot < 64; ++slot) {
    EXPECT_EQ(slots.find(42, [&](std::uint32_t at) { return at == slot; }), slot);
  }
  EXPECT_EQ(slots.find(42, [](std::uint32_t) { return false; }), HostSlots::kNone);
}

/// Compares the map with plain lists of taken slots, over several blocks of 4096 slots. A slot that
/// is given must be free, and must not be one of the window before while there are others. None is
/// given when all are taken, and all are given before that. The end of the range grows meanwhile.
TEST(SlotMap, GivesAllFreeSlotsThoseOfTheWindowBeforeLast) {
  constexpr std::uint32_t kSlots = 3 * 4096 + 777;
  SlotMap map(kSlots);
  std::vector<bool> now(kSlots), before(kSlots);
  std::uint32_t end = 100;
  std::mt19937_64 random(11);
  int given_again = 0;
  int all_taken = 0;
  for (int window = 0; window < 40; ++window) {
    // First below a fixed end, where the order is fully determined.
    const auto is_free = [&](std::uint32_t slot) { return !now[slot] && !before[slot]; };
    const std::uint32_t fixed = end;
    std::int64_t left_alone = 0;
    for (std::uint32_t slot = 0; slot < fixed; ++slot) left_alone += is_free(slot);
    const auto give = [&](std::uint32_t below) {
      const std::uint32_t slot = map.find_free(below);
      if (slot == SlotMap::kNone) return slot;
      EXPECT_LT(slot, below);
      EXPECT_FALSE(now[slot]) << slot;
      map.take(slot);
      now[slot] = true;
      return slot;
    };
    for (std::uint32_t n = 0; n < fixed / 2; ++n) {
      if (random() % 4 == 0) {  // a host that has a slot already
        const auto slot = static_cast<std::uint32_t>(random() % fixed);
        left_alone -= is_free(slot);
        map.take(slot);
        now[slot] = true;
        continue;
      }
      const std::uint32_t slot = give(fixed);
      ASSERT_NE(slot, SlotMap::kNone);
      ASSERT_EQ(!before[slot], left_alone > 0) << "window " << window << ", slot " << slot;
      left_alone -= !before[slot];
      given_again += before[slot];
    }
    // Then all slots, while the end grows.
    if (window % 3 == 2) {
      std::uint32_t last = end;
      for (std::uint32_t n = 0; n < kSlots; ++n) {
        if (n % 2 == 0 && last < std::min(kSlots, end + end / 2)) ++last;
        if (give(last) == SlotMap::kNone) break;
      }
      end = last;
      ASSERT_EQ(std::count(now.begin(), now.begin() + end, true), end) << "window " << window;
      ASSERT_EQ(map.find_free(end), SlotMap::kNone);
      ++all_taken;
    }
    before = now;
    now.assign(kSlots, false);
    map.next_window();
  }
  EXPECT_EQ(end, kSlots);
  EXPECT_GT(given_again, 1000);
  EXPECT_EQ(all_taken, 13);
}

}  // namespace
}  // namespace floodgauge
