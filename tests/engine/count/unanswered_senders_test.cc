#include "engine/count/unanswered_senders.h"

#include <gtest/gtest.h>

#include <memory>

#include "engine/base/keyed_hash.h"

namespace floodgauge {
namespace {

const HashKey kKey = key_from_seed(1);

std::uint64_t hash_of_number(std::uint64_t number) {
  return hash_of(number, kKey);
}

TEST(UnansweredSenders, OfTwoWorkersAddUpAndCanBeCleared) {
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
