#include "engine/count/pending_requests.h"

#include <gtest/gtest.h>

#include "engine/count/address_share.h"
#include "engine/count/awaited_bytes.h"
#include "engine/count/crowded_shares.h"
#include "engine/count/known_clients.h"

namespace floodgauge {
namespace {

using Phase = PendingRequests::Phase;

/// Spreads as a keyed hash does.
std::uint64_t hash_of_number(std::uint64_t n) {
  return (n + 1) * 0x9e3779b97f4a7c15u ^ (n + 1) * 0xbf58476d1ce4e5b9u >> 7;
}

TEST(PendingRequests, AnAnswerEndsItsRequestOnce) {
  PendingRequests pending;
  const Nanoseconds asked = whole_seconds(1000);
  EXPECT_TRUE(pending.add(7u << 8, Phase::datagram, true, asked));
  EXPECT_FALSE(pending.add(7u << 8, Phase::datagram, true, asked + milliseconds(500)))
      << "a repeated request is one request";
  EXPECT_FALSE(pending.take(7u << 8, Phase::bytes, asked).found) << "of another phase";
  const auto request = pending.take(7u << 8, Phase::datagram, asked + whole_seconds(1));
  EXPECT_TRUE(request.found);
  EXPECT_TRUE(request.known);
  EXPECT_EQ(request.time, asked) << "of the first one";
  EXPECT_FALSE(pending.take(7u << 8, Phase::datagram, asked).found);
}

TEST(PendingRequests, NoAnswerIsAwaitedForLongerThanThirtySeconds) {
  PendingRequests pending;
  const Nanoseconds asked = whole_seconds(1000);
  pending.add(7u << 8, Phase::connect, false, asked);
  EXPECT_FALSE(pending.add(7u << 8, Phase::connect, false, asked + whole_seconds(30)));
  EXPECT_TRUE(pending.add(7u << 8, Phase::connect, false, asked + whole_seconds(31)));
  EXPECT_FALSE(pending.take(7u << 8, Phase::connect, asked + whole_seconds(62)).found);
}

TEST(PendingRequests, AFloodOfUnknownClientsDoesNotReplaceTheRequestsOfKnownOnes) {
  PendingRequests pending;
  const Nanoseconds asked = whole_seconds(1000);
  for (std::uint64_t n = 0; n < 1000; ++n) {
    pending.add(hash_of_number(n), Phase::connect, true, asked);
  }
  for (std::uint64_t n = 1000; n < 500'000; ++n) {
    pending.add(hash_of_number(n), Phase::connect, false, asked + milliseconds(1));
  }
  unsigned kept = 0;
  for (std::uint64_t n = 0; n < 1000; ++n) {
    kept += pending.take(hash_of_number(n), Phase::connect, asked + milliseconds(2)).found;
  }
  EXPECT_EQ(kept, 1000u);
  EXPECT_GT(pending.replaced(), 400'000u) << "what had no room is counted";
}

/// What is replaced does not depend on the number of workers: each share has its own room.
TEST(PendingRequests, AFloodOfOneShareReplacesNoRequestOfAnother) {
  PendingRequests pending;
  const auto hash = [](std::uint64_t n, std::uint32_t share) {
    return in_share(hash_of_number(n), share, PendingRequests::kShareBits);
  };
  const Nanoseconds asked = whole_seconds(1000);
  for (std::uint64_t n = 0; n < 100; ++n) pending.add(hash(n, 5), Phase::datagram, false, asked);
  const std::uint64_t replaced = pending.replaced();
  for (std::uint64_t n = 0; n < 100'000; ++n) {
    pending.add(hash(n + 100, 6), Phase::datagram, false, asked + milliseconds(1));
  }
  EXPECT_GT(pending.replaced(), replaced + 90'000);
  unsigned kept = 0;
  for (std::uint64_t n = 0; n < 100; ++n) {
    kept += pending.take(hash(n, 5), Phase::datagram, asked + milliseconds(2)).found;
  }
  EXPECT_EQ(kept + replaced, 100u);
}

TEST(AddressShare, IsThatOfBothDirectionsAndOfOneWorker) {
  const IpAddress server = IpAddress::from_v4(0xc6336407u);
  for (std::uint32_t n = 0; n < 5000; ++n) {
    const IpAddress client = IpAddress::from_v4(0xcb007100u + n * 977);
    const std::uint32_t share = share_of(client, server);
    EXPECT_EQ(share_of(server, client), share);
    for (const std::uint32_t workers : {1u, 2u, 3u, 4u, 5u, 8u, 24u}) {
      EXPECT_EQ(queue_of(symmetric_rss(client, server), workers), share * workers / kAddressShares);
    }
  }
}

TEST(CrowdedShares, AFloodIsToldFromWhatIsUsual) {
  CrowdedShares shares;
  Nanoseconds now = whole_seconds(1000);
  const auto pass = [&](int seconds, int per_second, std::uint32_t share) {
    int crowded = 0;
    for (int s = 0; s < seconds; ++s) {
      for (int n = 0; n < per_second; ++n) {
        shares.note(share, now + milliseconds(1000 * n / per_second));
      }
      now = now + whole_seconds(1);
      crowded += shares.is_crowded(share, now - milliseconds(1));
    }
    return crowded;
  };
  EXPECT_EQ(pass(60, 10, 3), 0) << "few requests";
  EXPECT_EQ(pass(30, 500, 3), 30);
  EXPECT_FALSE(shares.is_crowded(4, now)) << "another share";
  EXPECT_TRUE(shares.is_crowded(3, now)) << "it has just ended";
  EXPECT_FALSE(shares.is_crowded(3, now + whole_seconds(1)));
  pass(300, 500, 3);
  EXPECT_EQ(pass(10, 500, 3), 0) << "what lasts is usual";
  now = now + whole_seconds(600);
  EXPECT_EQ(pass(1, 500, 3), 1) << "what is long past is not";
}

TEST(KnownClients, AClientIsKnownAfterAHandshake) {
  KnownClients clients;
  const Nanoseconds now = whole_seconds(100'000);
  EXPECT_FALSE(clients.is_known(1u << 30, now));
  clients.note(1u << 30, now, true);
  EXPECT_TRUE(clients.is_known(1u << 30, now));
  EXPECT_FALSE(clients.is_known(3u << 30, now));
  EXPECT_TRUE(clients.is_known(1u << 30, now + KnownClients::kForgotten));
  EXPECT_FALSE(clients.is_known(1u << 30, now + KnownClients::kForgotten + whole_seconds(8)));
}

TEST(KnownClients, AnAnsweredDatagramMayHaveAForgedSourceUntilItComesAgainLater) {
  KnownClients clients;
  const Nanoseconds now = whole_seconds(100'000);
  clients.note(1u << 30, now, false);
  clients.note(1u << 30, now + milliseconds(10), false);
  EXPECT_FALSE(clients.is_known(1u << 30, now + milliseconds(20))) << "within the same seconds";
  clients.note(1u << 30, now + milliseconds(4010), false);
  clients.note(2u << 30, now + milliseconds(3990), false);
  clients.note(2u << 30, now + milliseconds(4010), false);
  EXPECT_FALSE(clients.is_known(2u << 30, now + whole_seconds(5))) << "20 ms later";
  clients.note(1u << 30, now + whole_seconds(8), false);
  EXPECT_TRUE(clients.is_known(1u << 30, now + whole_seconds(8)));
}

TEST(KnownClients, AnsweredForgedSourcesDoNotReplaceKnownClients) {
  KnownClients clients;
  const Nanoseconds now = whole_seconds(100'000);
  for (std::uint64_t n = 0; n < 5000; ++n) clients.note(hash_of_number(n), now, true);
  for (std::uint64_t n = 5000; n < 1'000'000; ++n) clients.note(hash_of_number(n), now, false);
  unsigned known = 0;
  for (std::uint64_t n = 0; n < 5000; ++n) known += clients.is_known(hash_of_number(n), now);
  EXPECT_EQ(known, 5000u);
}

TEST(AwaitedBytes, ABitLastsThirtySecondsAndAtMostTwiceThat) {
  AwaitedBytes awaited;
  const Nanoseconds now = whole_seconds(1000);
  awaited.add(0x1234567890abcdefu, now);
  EXPECT_TRUE(awaited.may_await(0x1234567890abcdefu));
  EXPECT_FALSE(awaited.may_await(0x9234567890abcdefu));
  awaited.add(1, now + whole_seconds(31));
  EXPECT_TRUE(awaited.may_await(0x1234567890abcdefu));
  awaited.add(1, now + whole_seconds(62));
  EXPECT_FALSE(awaited.may_await(0x1234567890abcdefu));
}

}  // namespace
}  // namespace floodgauge
