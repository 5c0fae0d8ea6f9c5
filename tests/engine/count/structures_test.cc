// The fixed-size structures that the counter is made of.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include <map>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include "engine/base/huge_array.h"
#include "engine/base/keyed_hash.h"
#include "engine/count/host_record.h"
#include "engine/count/host_slots.h"
#include "engine/count/overflow_hosts.h"
#include "engine/count/port_set.h"
#include "engine/count/prefix_sources.h"
#include "engine/count/response_timer.h"
#include "engine/count/slot_map.h"
#include "engine/count/target_detail.h"
#include "engine/count/unanswered_senders.h"
#include "engine/flow/single_packet_flows.h"

namespace floodgauge {
namespace {

const HashKey kKey = key_from_seed(1);

std::uint64_t hash_of_number(std::uint64_t number) {
  return hash_of(number, kKey);
}

TEST(SinglePacketFlows, GivesBackOnceWhatWasNoted) {
  SinglePacketFlows single_packet_flows(1000, 150);
  for (SinglePacketFlows::Note note = 0; note < 16; ++note) {
    EXPECT_TRUE(single_packet_flows.insert(hash_of_number(note), note, 65530));
  }
  EXPECT_EQ(single_packet_flows.size(), 16u);
  for (SinglePacketFlows::Note note = 0; note < 16; ++note) {
    const SinglePacketFlows::FirstPacket first = single_packet_flows.take(hash_of_number(note), 3);
    EXPECT_TRUE(first.found);
    EXPECT_EQ(first.note, note);
    EXPECT_EQ(first.generation, 65530);
    EXPECT_FALSE(single_packet_flows.take(hash_of_number(note), 3).found);
  }
  EXPECT_EQ(single_packet_flows.size(), 0u);
}

TEST(SinglePacketFlows, TheOldestOfABucketGivesWay) {
  constexpr std::uint64_t kWays = 12;
  SinglePacketFlows single_packet_flows(kWays, 150);
  for (std::uint64_t i = 0; i < kWays; ++i)
    EXPECT_TRUE(single_packet_flows.insert(hash_of_number(i), 1, 1));
  EXPECT_FALSE(single_packet_flows.insert(hash_of_number(kWays), 1, 2));
  EXPECT_EQ(single_packet_flows.size(), kWays);
  EXPECT_FALSE(single_packet_flows.take(hash_of_number(0), 2).found);
  for (std::uint64_t i = 1; i <= kWays; ++i) {
    EXPECT_TRUE(single_packet_flows.take(hash_of_number(i), 2).found);
  }
  EXPECT_TRUE(single_packet_flows.insert(hash_of_number(16), 1, 2)) << "there is room again";
}

// Of the same bucket: told apart by nothing but the tag.
TEST(SinglePacketFlows, HardlyTakesAFlowForAnother) {
  SinglePacketFlows single_packet_flows(1, 150);
  std::uint32_t taken = 0;
  for (std::uint64_t i = 0; i < 12; ++i) single_packet_flows.insert(hash_of_number(i), 1, 1);
  for (std::uint64_t i = 100; i < 400'000; ++i)
    taken += single_packet_flows.take(hash_of_number(i), 1).found;
  EXPECT_EQ(taken, 0u);
}

TEST(SinglePacketFlows, ForgetsInTimeHoweverTimePasses) {
  constexpr std::uint16_t kIdle = 150;
  for (const std::uint16_t step :
       std::initializer_list<std::uint16_t>{1, 3, 63, 64, 65, 200, 256, 300, 40'000}) {
    SCOPED_TRACE(step);
    SinglePacketFlows single_packet_flows(4096, kIdle);
    for (std::uint64_t i = 0; i < 1000; ++i) single_packet_flows.insert(hash_of_number(i), 1, 0);
    for (std::uint32_t generation = step; generation < 300u + step; generation += step) {
      single_packet_flows.expire(static_cast<std::uint16_t>(generation), step);
    }
    EXPECT_EQ(single_packet_flows.size(), 0u);
  }
  for (const std::uint16_t passed : std::initializer_list<std::uint16_t>{1, 64, 65, kIdle}) {
    SinglePacketFlows single_packet_flows(4096, kIdle);
    for (std::uint64_t i = 0; i < 1000; ++i) single_packet_flows.insert(hash_of_number(i), 1, 0);
    single_packet_flows.expire(passed, passed);
    EXPECT_EQ(single_packet_flows.size(), 1000u) << passed << " windows are not their time";
  }
  SinglePacketFlows single_packet_flows(4096, kIdle);
  for (std::uint64_t i = 0; i < 1000; ++i) single_packet_flows.insert(hash_of_number(i), 1, 0);
  for (std::uint16_t generation = 1; generation <= kIdle; ++generation)
    single_packet_flows.expire(generation, 1);
  EXPECT_EQ(single_packet_flows.size(), 1000u) << "none of them before its time";
  std::uint32_t found = 0;
  for (std::uint64_t i = 0; i < 1000; ++i)
    found += single_packet_flows.take(hash_of_number(i), kIdle + 1).found;
  EXPECT_EQ(found, 0u);
}

TEST(HugeArray, IsZeroAlignedAndMovable) {
  HugeArray<std::uint64_t> array(100000);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(array.data()) % 4096, 0u);
  for (std::size_t i = 0; i < array.size(); ++i) ASSERT_EQ(array[i], 0u);
  array[99999] = 7;
  HugeArray<std::uint64_t> other(std::move(array));
  EXPECT_EQ(other[99999], 7u);
  EXPECT_EQ(other.bytes(), 800000u);
  HugeArray<std::uint64_t> third;
  third = std::move(other);
  EXPECT_EQ(third[99999], 7u);
  EXPECT_EQ(HugeArray<std::uint64_t>(0).size(), 0u);
}

TEST(HugeArray, RefusesWhatCannotBeHad) {
  EXPECT_THROW(HugeArray<std::uint64_t>(std::size_t{1} << 58), std::bad_alloc);
}

/// Hosts met window by window, as the counter meets them.
class Hosts {
 public:
  explicit Hosts(std::uint32_t places, bool grows = false)
      : places_(places, grows), host_at_(places, kNobody) {}

  std::uint32_t find(std::uint64_t host) const {
    return places_.find(hash_of_number(host),
                        [&](std::uint32_t place) { return host_at_[place] == host; });
  }
  /// Where the host has its place now.
  std::uint32_t meet(std::uint64_t host, std::uint32_t end) {
    std::uint32_t place = find(host);
    if (place != HostSlots::kNone) {
      places_.take(place);
      return place;
    }
    place = places_.give(hash_of_number(host), end);
    if (place != HostSlots::kNone) host_at_[place] = host;
    return place;
  }
  HostSlots& places() { return places_; }

 private:
  static constexpr std::uint64_t kNobody = ~std::uint64_t{0};
  HostSlots places_;
  std::vector<std::uint64_t> host_at_;
};

/// Whose index has its full size from the beginning, and whose grows.
class HostPlacesOfEitherSize : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(, HostPlacesOfEitherSize, testing::Bool());

TEST_P(HostPlacesOfEitherSize, KeepAHostsPlaceInWhateverOrderItIsMetAgain) {
  constexpr std::uint32_t kHosts = 1000;
  Hosts hosts(kHosts, GetParam());
  std::vector<std::uint32_t> places;
  for (std::uint64_t host = 0; host < kHosts; ++host) places.push_back(hosts.meet(host, kHosts));
  EXPECT_EQ(std::set<std::uint32_t>(places.begin(), places.end()).size(), kHosts);
  for (int window = 0; window < 3; ++window) {
    hosts.places().next_window();
    for (std::uint64_t host = kHosts; host-- > 0;) {
      ASSERT_EQ(hosts.meet(host, kHosts), places[host]);
      ASSERT_EQ(hosts.places().generation(places[host]), 1u);
    }
    EXPECT_EQ(hosts.find(kHosts), HostSlots::kNone);
    EXPECT_EQ(hosts.meet(kHosts, kHosts), HostSlots::kNone) << "all are taken";
  }
}

// For a guess one line of the index is looked at, the one that prefetch() asked for.
TEST_P(HostPlacesOfEitherSize, AreGuessedRightOrNotAtAll) {
  constexpr std::uint32_t kHosts = 16384;  // as many as the index has room for
  Hosts hosts(kHosts, GetParam());
  for (std::uint64_t host = 0; host < kHosts; ++host) hosts.meet(host, kHosts);
  for (int window = 0; window < 3; ++window) {  // of whom half make room for others each time
    std::uint32_t guessed = 0;
    const std::uint64_t first = static_cast<std::uint64_t>(window) * kHosts / 2;
    for (std::uint64_t host = first; host < first + kHosts; ++host) {
      const std::uint32_t guess = hosts.places().guess(hash_of_number(host));
      if (guess == HostSlots::kNone) continue;
      ++guessed;
      ASSERT_EQ(guess, hosts.find(host));
    }
    EXPECT_GT(guessed, kHosts * 95 / 100) << window;
    for (std::uint64_t host = 0; host < first; ++host) {
      EXPECT_EQ(hosts.places().guess(hash_of_number(host)), HostSlots::kNone);
    }
    const std::uint64_t kept = first + kHosts / 2;
    for (int i = 0; i < 2; ++i) {
      hosts.places().next_window();
      for (std::uint64_t host = kept; host < first + kHosts; ++host) hosts.meet(host, kHosts);
    }
    for (std::uint64_t host = first + kHosts; host < kept + kHosts; ++host) {
      ASSERT_NE(hosts.meet(host, kHosts), HostSlots::kNone);
    }
  }
}

TEST(HostSlots, GivesThePlacesOfWhoWasNotMetLately) {
  constexpr std::uint32_t kHosts = 192;
  Hosts hosts(kHosts);
  for (std::uint64_t host = 0; host < kHosts; ++host) hosts.meet(host, kHosts);
  hosts.places().next_window();
  for (std::uint64_t host = 0; host < 100; ++host) hosts.meet(host, kHosts);
  hosts.places().next_window();
  // 92 were met in neither window, the other hundred in the one before: those come last.
  for (std::uint64_t n = 0; n < 92; ++n) {
    const std::uint32_t place = hosts.meet(1000 + n, kHosts);
    ASSERT_NE(place, HostSlots::kNone);
    EXPECT_EQ(hosts.places().generation(place), 2u);
  }
  for (std::uint64_t host = 0; host < 100; ++host) {
    EXPECT_NE(hosts.find(host), HostSlots::kNone) << host;
  }
  for (std::uint64_t host = 100; host < kHosts; ++host) {
    EXPECT_EQ(hosts.find(host), HostSlots::kNone) << host;
  }
  EXPECT_NE(hosts.meet(2000, kHosts), HostSlots::kNone);
}

/// What is found is what a map of hosts says, whoever comes, comes back and stays away.
TEST_P(HostPlacesOfEitherSize, FindWhatHasAPlaceAndNothingElse) {
  constexpr std::uint32_t kHosts = 300;
  Hosts hosts(kHosts, GetParam());
  std::map<std::uint64_t, std::uint32_t> slot_of;  // may be stale: then another has the place
  std::map<std::uint32_t, std::uint64_t> host_of;
  std::mt19937_64 random(7);
  for (int window = 0; window < 2000; ++window) {
    const std::uint64_t among = window % 3 == 0 ? 200 : 5000;
    for (int n = 0; n < 150; ++n) {
      const std::uint64_t host = random() % among;
      const std::uint32_t place = hosts.meet(host, kHosts);
      ASSERT_LT(place, kHosts);
      const auto known = slot_of.find(host);
      const bool kept = known != slot_of.end() && host_of[known->second] == host;
      if (kept) {
        ASSERT_EQ(place, known->second);
      }
      slot_of[host] = place;
      host_of[place] = host;
    }
    for (int n = 0; n < 50; ++n) {
      const std::uint64_t host = random() % 5000;
      const auto known = slot_of.find(host);
      const bool has = known != slot_of.end() && host_of[known->second] == host;
      ASSERT_EQ(hosts.find(host), has ? known->second : HostSlots::kNone);
    }
    hosts.places().next_window();
  }
}

/// Beside a plain list of what is taken, over several blocks of 4096 places: what is given is free,
/// and not what the window before took as long as there is anything else; nothing is given when all
/// is taken, and all is given before that. What may be given grows meanwhile.
TEST(SlotMap, GivesAllThatIsFreeAndLastWhatTheWindowBeforeTook) {
  constexpr std::uint32_t kSlots = 3 * 4096 + 777;
  SlotMap map(kSlots);
  std::vector<bool> now(kSlots), before(kSlots);
  std::uint32_t end = 100;
  std::mt19937_64 random(11);
  int given_again = 0;
  int all_taken = 0;
  for (int window = 0; window < 40; ++window) {
    // Below a fixed end first, for there the order is told in full.
    const auto is_free = [&](std::uint32_t place) { return !now[place] && !before[place]; };
    const std::uint32_t fixed = end;
    std::int64_t left_alone = 0;
    for (std::uint32_t place = 0; place < fixed; ++place) left_alone += is_free(place);
    const auto give = [&](std::uint32_t below) {
      const std::uint32_t place = map.find_free(below);
      if (place == SlotMap::kNone) return place;
      EXPECT_LT(place, below);
      EXPECT_FALSE(now[place]) << place;
      map.take(place);
      now[place] = true;
      return place;
    };
    for (std::uint32_t n = 0; n < fixed / 2; ++n) {
      if (random() % 4 == 0) {  // as who has a place from before comes again
        const auto place = static_cast<std::uint32_t>(random() % fixed);
        left_alone -= is_free(place);
        map.take(place);
        now[place] = true;
        continue;
      }
      const std::uint32_t place = give(fixed);
      ASSERT_NE(place, SlotMap::kNone);
      ASSERT_EQ(!before[place], left_alone > 0) << "window " << window << ", place " << place;
      left_alone -= !before[place];
      given_again += before[place];
    }
    // Then all that there is, with the end going on.
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

TEST(HostSlots, TellsHostsWithTheSameHashApart) {
  HostSlots places(64);
  for (std::uint32_t n = 0; n < 64; ++n) ASSERT_NE(places.give(42, 64), HostSlots::kNone);
  for (std::uint32_t place = 0; place < 64; ++place) {
    EXPECT_EQ(places.find(42, [&](std::uint32_t at) { return at == place; }), place);
  }
  EXPECT_EQ(places.find(42, [](std::uint32_t) { return false; }), HostSlots::kNone);
}

TEST(OverflowHosts, AdmitsWhoComesOften) {
  OverflowHosts hosts;
  for (std::uint32_t n = 1; n < OverflowHosts::kAdmit; ++n) {
    ASSERT_FALSE(hosts.earned(hash_of_number(1))) << n;
  }
  EXPECT_TRUE(hosts.earned(hash_of_number(1)));
  hosts.next_window();
  EXPECT_FALSE(hosts.earned(hash_of_number(1))) << "each window counts anew";
}

TEST(OverflowHosts, FewWhoCameOnceAreTakenForOneWhoCameOften) {
  OverflowHosts hosts;
  unsigned admitted = 0;
  for (std::uint64_t host = 0; host < 200000; ++host)
    admitted += hosts.earned(hash_of_number(host));
  // 200,000 hosts in 65,536 columns of three rows.
  EXPECT_EQ(admitted, 0u);
}

TEST(PortSet, CountsEachPortOnce) {
  auto ports = std::make_unique<PortSet>();
  EXPECT_EQ(ports->size(), 0u);
  constexpr std::uint16_t kPorts[] = {0, 1, 63, 64, 65535};
  for (int round = 0; round < 2; ++round) {
    for (const std::uint16_t port : kPorts) ports->add(port);
  }
  EXPECT_EQ(ports->size(), 5u);
  auto others = std::make_unique<PortSet>();
  others->add(64);
  others->add(1000);
  ports->merge(*others);
  EXPECT_EQ(ports->size(), 6u);
  ports->clear();
  EXPECT_EQ(ports->size(), 0u);
}

/// A flow that is timed: its hash begins with two zero bits.
constexpr std::uint64_t kTimed = 0x1234'5678'9abc'def0;
constexpr std::uint64_t kNotTimed = 0xf234'5678'9abc'def0;

TEST(ResponseTimer, TimesOneAnswerARequest) {
  ResponseTimer timer;
  EXPECT_LT(timer.answer(kTimed, whole_seconds(1)), 0) << "nobody asked";
  timer.request(kTimed, whole_seconds(1));
  EXPECT_FLOAT_EQ(timer.answer(kTimed, whole_seconds(1) + milliseconds(80)), 0.08f);
  EXPECT_LT(timer.answer(kTimed, whole_seconds(1) + milliseconds(90)), 0) << "answered already";
}

struct TimerCase {
  const char* why;
  std::uint64_t asked;
  std::uint64_t answered;
  Nanoseconds after;
  bool timed;
};

TEST(ResponseTimer, IsNotTakenOverByACrowdThatNobodyAnswers) {
  ResponseTimer timer;
  std::mt19937_64 random(1);
  std::vector<std::uint64_t> waiting(4000);
  std::ranges::generate(waiting, [&] { return random(); });
  for (const std::uint64_t flow : waiting) timer.request(flow, whole_seconds(1));
  for (int n = 0; n < 1'000'000; ++n) timer.request(random(), whole_seconds(1));
  int timed = 0;
  for (const std::uint64_t flow : waiting) timed += timer.answer(flow, whole_seconds(1)) >= 0;
  EXPECT_GT(timed, 600) << "of about a thousand that are sampled";
  // The next window samples as this one did.
  const std::uint64_t late = kTimed;
  timer.request(late, whole_seconds(2));
  EXPECT_LT(timer.answer(late, whole_seconds(2)), 0) << "crowded";
  timer.next_window();
  timer.request(late, whole_seconds(2));
  EXPECT_GE(timer.answer(late, whole_seconds(2)), 0);
}

TEST(ResponseTimer, KnowsWhatIsNoAnswer) {
  const TimerCase cases[] = {
      {"an answer", kTimed, kTimed, milliseconds(5), true},
      {"in the very moment", kTimed, kTimed, milliseconds(0), true},
      {"a flow that is not sampled", kNotTimed, kNotTimed, milliseconds(5), false},
      {"another flow in the same place", kTimed, kTimed + 1, milliseconds(5), false},
      {"half a minute later", kTimed, kTimed, whole_seconds(29), true},
      {"later than that is a port used again", kTimed, kTimed, whole_seconds(31), false},
      {"before it was asked: a clock that went back", kTimed, kTimed, milliseconds(-5), false},
  };
  for (const TimerCase& one : cases) {
    ResponseTimer timer;
    timer.request(one.asked, whole_seconds(100));
    EXPECT_EQ(timer.answer(one.answered, whole_seconds(100) + one.after) >= 0, one.timed)
        << one.why;
  }
}

LogEntry packet_from(std::uint32_t source, std::uint16_t source_port = 1000) {
  return {.source = IpAddress::from_v4(0xc0000200u + source),
          .source_port = source_port,
          .destination_port = 443,
          .ip_bytes = 1500,
          .ttl = 57};
}

TEST(TargetDetail, IsExactWithinItsCapacity) {
  auto detail = std::make_unique<TargetDetail>();
  for (std::uint32_t n = 0; n < 3000; ++n) {
    const LogEntry packet = packet_from(n % 100, static_cast<std::uint16_t>(n % 500));
    detail->add(packet, hash_of(packet.source, kKey));
  }
  EXPECT_EQ(detail->packets, 3000u);
  EXPECT_TRUE(detail->top_sources.exact());
  detail->top_sources.for_each([](const auto& entry) { EXPECT_EQ(entry.count, 30u); });
  EXPECT_EQ(detail->source_ports_seen.size(), 500u);
  EXPECT_EQ(detail->destination_ports_seen.size(), 1u);
  EXPECT_EQ(detail->ttl[57], 3000u);
  EXPECT_EQ(detail->length[1500 / 32], 3000u);
  EXPECT_NEAR(detail->sources.estimate(), 100, 5);
}

TEST(TargetDetail, KeepsTheHeaviestOfManyAndSaysThatItIsNotExact) {
  auto detail = std::make_unique<TargetDetail>();
  for (std::uint32_t n = 0; n < 50000; ++n) {
    const LogEntry packet = packet_from(n % 5 == 0 ? 7 : 1000 + n);
    detail->add(packet, hash_of(packet.source, kKey));
  }
  EXPECT_FALSE(detail->top_sources.exact());
  std::uint64_t heaviest = 0;
  IpAddress who;
  detail->top_sources.for_each([&](const auto& entry) {
    if (entry.count > heaviest) heaviest = entry.count, who = entry.key;
  });
  EXPECT_EQ(who.text(), "192.0.2.7");
  EXPECT_NEAR(static_cast<double>(heaviest), 10000, 50);
}

TEST(TargetDetail, OfAVeryHardHitHostOnePacketStandsForEight) {
  constexpr std::uint32_t kPackets = 1'000'000;
  constexpr std::uint32_t kSources = 100'000;
  const auto detail = std::make_unique<TargetDetail>();
  for (std::uint32_t n = 0; n < kPackets; ++n) {
    // One in ten of one source, by TTL 64; the others of all, in a rhythm of eight.
    const bool heavy = hash_of_number(n) % 10 == 0;
    const std::uint32_t source = heavy ? 0 : 1 + n % kSources;
    const LogEntry packet{.source = IpAddress::from_v4(source),
                          .source_port = static_cast<std::uint16_t>(n % 8),
                          .destination_port = 443,
                          .ip_bytes = 40,
                          .ttl = heavy ? std::uint8_t{64} : std::uint8_t{50},
                          .vector = Vector::tcp_syn};
    detail->add(packet, hash_of_number(source));
  }
  EXPECT_EQ(detail->packets, kPackets);
  EXPECT_NEAR(detail->sources.estimate(), kSources, kSources * 0.05) << "counted of every packet";
  EXPECT_EQ(detail->source_ports_seen.size(), 8u);
  EXPECT_FALSE(detail->top_sources.exact());
  // Five standard errors of a sample of one in eight: the square root of eight times the count.
  const auto near = [](double count, double truth) {
    return std::abs(count - truth) < 5 * std::sqrt(8 * truth);
  };
  const auto top = detail->top_sources.top(1);
  EXPECT_EQ(top[0].key, IpAddress::from_v4(0));
  EXPECT_TRUE(near(static_cast<double>(top[0].count), kPackets / 10.0)) << top[0].count;
  EXPECT_TRUE(near(detail->ttl[64], kPackets / 10.0)) << detail->ttl[64];
  EXPECT_TRUE(near(detail->ttl[50], kPackets * 0.9)) << detail->ttl[50];
  EXPECT_TRUE(near(detail->length[1], kPackets)) << detail->length[1];
  const auto ports = detail->source_ports.top(10);
  ASSERT_EQ(ports.size(), 8u);
  for (const auto& port : ports) {
    EXPECT_TRUE(near(static_cast<double>(port.count), kPackets / 8.0)) << port.count;
  }
}

TEST(TargetDetail, IsEmptyAfterClear) {
  auto detail = std::make_unique<TargetDetail>();
  detail->add(packet_from(1), hash_of(packet_from(1).source, kKey));
  detail->clear();
  EXPECT_EQ(detail->packets, 0u);
  EXPECT_EQ(detail->ttl[57], 0u);
  EXPECT_EQ(detail->source_ports_seen.size(), 0u);
  unsigned entries = 0;
  detail->top_sources.for_each([&](const auto&) { ++entries; });
  EXPECT_EQ(entries, 0u);
}

TEST(HostRecord, HasAllThatIsItsOwnInMemoryOfItsOwn) {
  constexpr std::uint32_t kMany = 20'000;  // of some megabytes
  MoreCellsPool pool(kMany);
  HostRecords records(kMany);
  for (std::uint32_t i = 0; i < kMany; ++i) {
    HostRecord& record = records[i];
    EXPECT_EQ(records.slot_of(record), i);
    record.begin(IpAddress::from_v4(i), i, 1);
    record.events().answers = i;
    for (int v = 0; v < HostRecord::kCells; ++v) {
      record.add(static_cast<Vector>(v), false, {i + 1, 60}, pool);
    }
  }
  for (std::uint32_t i = 0; i < kMany; ++i) {
    EXPECT_EQ(records[i].address, IpAddress::from_v4(i));
    EXPECT_EQ(records[i].events().answers, i);
    EXPECT_EQ(records[i].events().more, nullptr);
    int cells = 0;
    records[i].for_each_cell([&](const Cell& cell) {
      ++cells;
      EXPECT_EQ(cell.packets, i + 1);
    });
    EXPECT_EQ(cells, HostRecord::kCells);
  }
}

TEST(HostRecord, BeginsWithWhatItsFirstPacketTouches) {
  MoreCellsPool pool(1);
  HostRecords records(1);
  HostRecord& record = records[0];
  for (const bool hit : {true, false}) {
    record.begin(IpAddress::from_v4(1), 5, 7, 9);
    record.events().suspicious = 1000;  // of a window before
    for (int v = 0; v < HostRecord::kCells; ++v) {
      record.add(static_cast<Vector>(v), false, {1000, 1000}, pool);
    }
    record.begin(IpAddress::from_v4(2), 6, 8, 10,
                 hit ? HostRecord::hit_by(Vector::udp) : HostRecord::sending(Vector::udp));
    EXPECT_EQ(record.record_generation(), 8u);
    EXPECT_EQ(record.slot_generation(), 10u);
    EXPECT_EQ(record.has_events(), hit);
    EXPECT_EQ(record.events().suspicious, 0u);
    record.add(Vector::udp, !hit, {1, 60}, pool);
    record.add(Vector::tcp_syn, false, {2, 80}, pool);
    std::vector<Cell> cells;
    record.for_each_cell([&](const Cell& cell) { cells.push_back(cell); });
    ASSERT_EQ(cells.size(), 2u);
    EXPECT_EQ(cells[0].vector, Vector::udp);
    EXPECT_EQ(cells[0].outbound, !hit);
    EXPECT_EQ(cells[0].packets, 1u);
    EXPECT_EQ(cells[0].bytes, 60u);
    EXPECT_EQ(cells[1].packets, 2u);
    EXPECT_EQ(cells[1].bytes, 80u);
  }
}

TEST(HostRecord, MergesVectorByVector) {
  MoreCellsPool pool(4);
  HostRecords records(2);
  HostRecord& one = records[0];
  HostRecord& other = records[1];
  // All vectors in both directions: more than the record has room for.
  for (std::size_t v = 0; v < kVectors; ++v) {
    for (const bool outbound : {false, true}) {
      other.add(static_cast<Vector>(v), outbound, {v + 1, 100 * (v + 1)}, pool);
    }
  }
  one.add(Vector::udp, false, {1000, 0}, pool);
  one.events().handshakes = 3;
  other.events().handshakes = 4;
  one.merge(other, pool);
  EXPECT_EQ(one.events().handshakes, 7u);
  std::size_t cells = 0;
  one.for_each_cell([&](const Cell& cell) {
    ++cells;
    const std::size_t v = static_cast<std::size_t>(cell.vector);
    const bool both = cell.vector == Vector::udp && !cell.outbound;
    EXPECT_EQ(cell.packets, v + 1 + (both ? 1000 : 0)) << info(cell.vector).name;
    EXPECT_EQ(cell.bytes, 100 * (v + 1)) << info(cell.vector).name;
  });
  EXPECT_EQ(cells, 2 * kVectors);
}

TEST(HostRecord, LosesNoPacketWhenThereIsNoRoomForAnotherVector) {
  MoreCellsPool pool(0);
  HostRecords records(1);
  HostRecord& record = records[0];
  for (std::size_t v = 0; v < kVectors; ++v)
    record.add(static_cast<Vector>(v), false, {1, 60}, pool);
  std::uint64_t packets = 0;
  record.for_each_cell([&](const Cell& cell) { packets += cell.packets; });
  EXPECT_EQ(packets, kVectors);
}

// Few or many, and with another's in between: what a sketch of its own would say.
TEST(PrefixSources, SaysOfEachPrefixWhatItsOwnSketchWould) {
  PrefixSources sources(1000);
  const std::map<std::uint32_t, std::uint32_t> counts{
      {0, 1}, {7, 16}, {8, 17}, {500, 18}, {999, 40'000}};
  std::vector<std::uint32_t> touched;
  for (const auto& [prefix, count] : counts) touched.push_back(prefix);
  for (int round = 0; round < 3; ++round) {
    std::map<std::uint32_t, WindowSources> own;
    for (std::uint32_t i = 0; i < 40'000; ++i) {
      for (const auto& [prefix, count] : counts) {
        const std::uint64_t hash =
            hash_of_number(i % count + static_cast<std::uint32_t>(round) * 50'000);
        sources.add(prefix, hash);
        own[prefix].add(hash);
      }
    }
    for (const std::uint32_t prefix : touched) {
      GrowingHyperLogLog<12> sum;
      sources.merge_into(sum, prefix);
      EXPECT_EQ(sum.estimate(), own[prefix].estimate()) << prefix;
    }
    sources.clear(touched);
  }
  GrowingHyperLogLog<12> nothing;
  for (const std::uint32_t prefix : touched) sources.merge_into(nothing, prefix);
  EXPECT_EQ(nothing.estimate(), 0);
}

TEST(PrefixSources, PrefixesBeyondTheSketchesHaveTheirFirstFew) {
  constexpr std::uint32_t kPrefixes = PrefixSources::kSketches + 2;
  PrefixSources sources(kPrefixes);
  for (std::uint32_t prefix = 0; prefix < kPrefixes; ++prefix) {
    for (std::uint32_t i = 0; i < 30; ++i) sources.add(prefix, hash_of_number(i));
  }
  const auto told = [&](std::uint32_t prefix) {
    GrowingHyperLogLog<12> sum;
    sources.merge_into(sum, prefix);
    return sum.estimate();
  };
  EXPECT_NEAR(told(PrefixSources::kSketches - 1), 30, 1);
  EXPECT_NEAR(told(PrefixSources::kSketches), 16, 1);
  EXPECT_NEAR(told(kPrefixes - 1), 16, 1);
}

TEST(UnansweredSenders, OfTwoWorkersAddUpAndBecomeEmpty) {
  constexpr std::uint64_t kSenders = 2000;
  auto one = std::make_unique<UnansweredSenders>();
  auto two = std::make_unique<UnansweredSenders>();
  auto all = std::make_unique<UnansweredSenders>();
  for (std::uint64_t i = 0; i < kSenders; ++i) {
    const bool tcp = i % 3 == 0;
    (i % 2 == 0 ? one : two)->add(hash_of_number(i), tcp);
    all->add(hash_of_number(i), tcp);
  }
  one->merge(*two);
  for (std::uint64_t i = 0; i < kSenders; ++i) {
    const UnansweredSenders::Count count = all->of(hash_of_number(i));
    EXPECT_GE(i % 3 == 0 ? count.tcp : count.udp, 1u) << i;
    EXPECT_EQ(one->of(hash_of_number(i)).tcp, count.tcp) << i;
    EXPECT_EQ(one->of(hash_of_number(i)).udp, count.udp) << i;
  }
  one->clear();
  for (std::uint64_t i = 0; i < kSenders; ++i) {
    const UnansweredSenders::Count count = one->of(hash_of_number(i));
    EXPECT_EQ(count.tcp + count.udp, 0u) << i;
  }
}

}  // namespace
}  // namespace floodgauge
