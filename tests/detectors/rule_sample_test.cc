// An incident's sample: its bounds, its time, and what of it is the flood's.
#include "detectors/rule_sample.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/detectors/rule_packets.h"

namespace floodgauge {
namespace {

using testing::Made;
using testing::made;

const IpPrefix kVictim = IpPrefix::parse("198.51.100.7/32").value();

/// A window of 100 ms with the packets of one worker.
class Windows {
 public:
  template <typename Of>
  WindowSample next(std::uint32_t packets, Of of) {
    PacketSample worker;
    for (std::uint32_t n = 0; n < packets; ++n) {
      SampledPacket packet = of(n);
      packet.choice = ++offered_ * 0x9e3779b1u;
      PacketReservoir& reservoir = worker.of(packet.vector);
      if (packet.choice > reservoir.most()) continue;
      SampledPacket* const place = reservoir.place(packet.choice);
      if (place != nullptr) *place = packet;
    }
    window_.sample.clear();
    window_.sample.add(worker);
    window_.sample.finish();
    window_.start = window_.end;
    window_.end = window_.end + milliseconds(100);
    return WindowSample(window_);
  }

 private:
  NetworkWindow window_;
  std::uint32_t offered_ = 0;
};

double weights(const RuleSample& sample, bool attack) {
  double sum = 0;
  sample.for_each([&](const SampledPacket& packet, double weight) {
    if (is_attack(packet.vector) == attack) sum += weight;
  });
  return sum;
}

std::size_t count(const RuleSample& sample) {
  std::size_t packets = 0;
  sample.for_each([&](const SampledPacket&, double) { ++packets; });
  return packets;
}

SampledPacket of_udp(std::uint32_t n) {
  return made({.vector = Vector::udp}, n);
}

TEST(RuleSample, StandsForAllPacketsWhateverItsRoom) {
  Windows windows;
  RuleSample sample;
  for (int window = 0; window < 20; ++window) {
    // One packet in eleven is answered.
    sample.add(windows.next(5500,
                            [](std::uint32_t n) {
                              return made(
                                  {.vector = n % 11 == 0 ? Vector::udp_answered : Vector::udp}, n);
                            }),
               kVictim, Direction::in, 500);
  }
  EXPECT_LE(count(sample), 1000u);
  EXPECT_GT(count(sample), 400u);
  EXPECT_NEAR(weights(sample, true), 100000, 15000);
  EXPECT_NEAR(weights(sample, false), 10000, 1500);
  EXPECT_NEAR(sample.seconds(), 2, 1e-9);
}

TEST(RuleSample, ForgetsWhatIsTenSecondsOld) {
  Windows windows;
  RuleSample sample;
  for (int window = 0; window < 250; ++window) {
    sample.add(windows.next(10, of_udp), kVictim, Direction::in, 4096);
  }
  EXPECT_NEAR(sample.seconds(), 10, 0.11);
  EXPECT_NEAR(weights(sample, true), 1000, 15);
}

TEST(RuleSample, HoldsTheTargetsPacketsAlone) {
  Windows windows;
  RuleSample sample;
  sample.add(windows.next(100,
                          [](std::uint32_t n) {
                            SampledPacket packet = of_udp(n);
                            if (n % 2 == 0) packet.destination = packet.source;
                            return packet;
                          }),
             kVictim, Direction::in, 4096);
  EXPECT_EQ(count(sample), 50u);
  RuleSample out;
  out.add(windows.next(100, of_udp), kVictim, Direction::out, 4096);
  EXPECT_TRUE(out.empty());
  out.add(windows.next(100,
                       [](std::uint32_t n) {
                         SampledPacket packet = of_udp(n);
                         std::swap(packet.source, packet.destination);
                         return packet;
                       }),
          kVictim, Direction::out, 4096);
  EXPECT_EQ(count(out), 100u);
}

TEST(NetworkSample, TwoWorkersMakeTheSampleOfOne) {
  PacketSample whole;
  PacketSample parts[2];
  for (std::uint32_t n = 0; n < 50000; ++n) {
    SampledPacket packet = made({.vector = n % 3 == 0 ? Vector::tcp_established : Vector::udp}, n);
    packet.choice = n * 0x9e3779b1u;
    for (PacketSample* const worker : {&whole, &parts[n % 7 == 0]}) {
      PacketReservoir& reservoir = worker->of(packet.vector);
      if (packet.choice > reservoir.most()) continue;
      if (SampledPacket* const place = reservoir.place(packet.choice)) *place = packet;
    }
  }
  const auto choices = [](std::initializer_list<const PacketSample*> workers) {
    NetworkSample sample;
    for (const PacketSample* const worker : workers) sample.add(*worker);
    sample.finish();
    std::vector<std::pair<std::uint32_t, std::uint8_t>> all;
    for (const SampledPacket& packet : sample.packets()) {
      all.emplace_back(packet.choice, packet.level);
    }
    std::sort(all.begin(), all.end());
    return all;
  };
  const auto one = choices({&whole});
  EXPECT_EQ(choices({&parts[0], &parts[1]}), one);
  EXPECT_EQ(choices({&parts[1], &parts[0]}), one);
  EXPECT_LE(one.size(), PacketSample::kAttack + PacketSample::kOrdinary);
  EXPECT_GE(one.size(), (PacketSample::kAttack + PacketSample::kOrdinary) / 3);
}

TEST(NetworkSample, TwoWorkersKeepTheNamesThatOneWouldKeep) {
  for (const std::uint32_t queries_one_in : {2u, 100u}) {
    PacketSample whole;
    PacketSample parts[2];
    for (std::uint32_t n = 0; n < 50000; ++n) {
      const std::uint32_t choice = n * 0x9e3779b1u;
      for (PacketSample* const worker : {&whole, &parts[n % 7 == 0]}) {
        if (choice > worker->attack.most()) continue;
        SampledPacket* const packet = worker->attack.place(choice);
        if (packet == nullptr) continue;
        *packet = made({.vector = Vector::dns_query}, n);
        packet->choice = choice;
        if (n % queries_one_in != 0 || choice > worker->names.most()) continue;
        if (SampledName* const place = worker->names.place(choice))
          *place = {.destination = {}, .choice = choice};
      }
    }
    const auto choices = [](std::initializer_list<const PacketSample*> workers) {
      NetworkSample sample;
      for (const PacketSample* const worker : workers) sample.add(*worker);
      sample.finish();
      std::vector<std::uint32_t> all;
      for (const SampledName& name : sample.names()) all.push_back(name.choice);
      return all;
    };
    const auto one = choices({&whole});
    EXPECT_EQ(choices({&parts[0], &parts[1]}), one);
    EXPECT_EQ(choices({&parts[1], &parts[0]}), one);
    EXPECT_GT(one.size(), 4u);
    EXPECT_LE(one.size(), PacketSample::kNames);
  }
}

TEST(PacketReservoir, EqualHashesDoNotFillItForEver) {
  PacketReservoir reservoir(4);
  for (int n = 0; n < 4; ++n) ASSERT_NE(reservoir.place(5), nullptr);
  std::size_t kept = 0;
  for (int n = 0; n < 100; ++n) {
    if (5 <= reservoir.most() && reservoir.place(5) != nullptr) ++kept;
  }
  EXPECT_LE(reservoir.end() - reservoir.begin(), 4);
  EXPECT_EQ(kept, 0u);
}

struct Told {
  double flood = 0;
  double answered = 0;
};

Told told_apart(const RuleSample& sample, const RuleSample& before, const RuleQuestion& question) {
  const RuleTraffic traffic = traffic_of(sample, before, question);
  return {weight_of(traffic.flood), weight_of(traffic.answered)};
}

class RuleTrafficTest : public ::testing::Test {
 protected:
  template <typename Of>
  void add(RuleSample& sample, std::uint32_t packets, Of of) {
    sample.add(windows_.next(packets, of), kVictim, Direction::in, 4096);
  }
  Windows windows_;
  RuleSample sample_;
  RuleSample before_;
};

TEST_F(RuleTrafficTest, OwnVectorsAreTheFloodAndOrdinaryOnesAreAnswered) {
  const Vector vectors[] = {Vector::udp, Vector::tcp_established, Vector::gre};
  add(sample_, 300, [&](std::uint32_t n) { return made({.vector = vectors[n % 3]}, n); });
  const Told told = told_apart(sample_, before_, {.vectors = set_of(Vector::udp)});
  EXPECT_EQ(told.flood, 100);
  EXPECT_EQ(told.answered, 100);  // GRE is neither
}

TEST_F(RuleTrafficTest, AKnownClientThatAsksAgainIsNotTheFloods) {
  add(sample_, 100, [](std::uint32_t n) {
    SampledPacket packet = made({.vector = Vector::tcp_syn, .protocol = 6}, n);
    packet.from_known_client = n < 20;
    return packet;
  });
  const RuleQuestion question{.vectors = set_of(Vector::tcp_syn)};
  EXPECT_EQ(told_apart(sample_, before_, question).flood, 80);
  EXPECT_EQ(told_apart(sample_, before_, question).answered, 20);
}

TEST_F(RuleTrafficTest, WhatCameBeforeStandsForGenuineRequests) {
  for (int n = 0; n < 20; ++n) add(sample_, 1000, of_udp);  // 2 s
  for (int n = 0; n < 10; ++n) {                            // 1 s
    add(before_, 10, [](std::uint32_t p) { return made({.vector = Vector::dns_query}, p); });
  }
  const Told told = told_apart(sample_, before_, {.vectors = set_of(Vector::udp)});
  EXPECT_NEAR(told.answered, 200, 1e-6);
}

TEST_F(RuleTrafficTest, OfAFloodOfConnectionsWhatCameBeforeIsWhatIsAnswered) {
  const auto of_web = [](std::uint32_t n) {
    return made({.vector = Vector::tcp_established, .protocol = 6}, n);
  };
  add(sample_, 500, of_web);
  add(before_, 50, of_web);
  const RuleQuestion question{.vectors = set_of(Vector::http_request), .takes_connections = true};
  const Told told = told_apart(sample_, before_, question);
  EXPECT_EQ(told.flood, 500);
  EXPECT_NEAR(told.answered, 50, 1e-6);
}

TEST_F(RuleTrafficTest, WithoutABeforeWhoAsksMoreThanAPersonIsTheFloods) {
  // One source sends half of all requests, 500 in the second that is the shortest; the others one.
  add(sample_, 1000, [](std::uint32_t n) {
    return made({.vector = Vector::http_request, .protocol = 6}, n % 2 == 0 ? 0 : n);
  });
  const RuleQuestion question{.vectors = set_of(Vector::http_request), .takes_connections = true};
  EXPECT_EQ(told_apart(sample_, before_, question).flood, 500);
}

TEST_F(RuleTrafficTest, WithoutABeforeTheOthersOfAFloodOfFewAreAnswered) {
  add(sample_, 1000, [](std::uint32_t n) {
    return made({.vector = Vector::http_request, .protocol = 6}, n % 4 == 1 ? n : 0);
  });
  const RuleQuestion question{.vectors = set_of(Vector::http_request), .takes_connections = true};
  const Told told = told_apart(sample_, before_, question);
  EXPECT_EQ(told.flood, 750);
  EXPECT_EQ(told.answered, 250);
}

TEST_F(RuleTrafficTest, WithoutABeforeWhereNobodyAsksMoreThanAPersonAllAreTheFloods) {
  add(sample_, 1000,
      [](std::uint32_t n) { return made({.vector = Vector::http_request, .protocol = 6}, n); });
  const RuleQuestion question{.vectors = set_of(Vector::http_request), .takes_connections = true};
  EXPECT_EQ(told_apart(sample_, before_, question).flood, 1000);
}

TEST_F(RuleTrafficTest, FirstFragmentsBelongToAFloodOfFragmentsWhateverTheirPortsSay) {
  add(sample_, 300, [](std::uint32_t n) {
    constexpr std::uint8_t kFirst = kFactIpv4 | kFactTransport | kFactFragment;
    if (n % 3 == 0) return made({.vector = Vector::udp_fragment}, n);
    if (n % 3 == 1) return made({.vector = Vector::tcp_flags, .fact_flags = kFirst}, n);
    return made({.vector = Vector::tcp_established, .protocol = 6}, n);
  });
  RuleQuestion question{.vectors = set_of(Vector::udp_fragment)};
  EXPECT_EQ(told_apart(sample_, before_, question).flood, 100);
  question.fragments = true;
  EXPECT_EQ(told_apart(sample_, before_, question).flood, 200);
  EXPECT_EQ(told_apart(sample_, before_, question).answered, 100);
}

TEST_F(RuleTrafficTest, SynsBelongToAFloodOfConnectionsAndOtherAttacksDoNot) {
  const Vector vectors[] = {Vector::http_request, Vector::tcp_established, Vector::tcp_syn,
                            Vector::tcp_syn, Vector::tcp_rst};
  add(sample_, 500,
      [&](std::uint32_t n) { return made({.vector = vectors[n % 5], .protocol = 6}, n); });
  add(before_, 50,
      [](std::uint32_t n) { return made({.vector = Vector::tcp_established, .protocol = 6}, n); });
  const RuleQuestion question{.vectors = set_of(Vector::http_request), .takes_connections = true};
  EXPECT_EQ(told_apart(sample_, before_, question).flood, 400);
}

}  // namespace
}  // namespace floodgauge
