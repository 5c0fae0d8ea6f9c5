// The incident book by itself: ids, bounds, order, and its counts of incidents.
#include "detectors/incident_book.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace floodgauge {
namespace {

Incident flood_on(std::uint32_t host, Nanoseconds start = whole_seconds(100)) {
  Incident incident;
  incident.kind = IncidentKind::flood;
  incident.target = IpPrefix::host(IpAddress::from_v4(0xc6330000u + host));
  incident.start = start;
  incident.detected = start + milliseconds(200);
  return incident;
}

OngoingIncident* open(IncidentBook& book, const Incident& incident) {
  OngoingIncident* ongoing = book.open(incident, UsualRates{}, 64, 1);
  if (ongoing != nullptr) {
    ongoing->hold = whole_seconds(10);
    book.announce(*ongoing, incident.detected);
  }
  return ongoing;
}

TEST(IncidentBook, IdsAreReproducibleAndDiffer) {
  std::set<std::string> ids;
  for (int round = 0; round < 2; ++round) {
    IncidentBook book([](Nanoseconds, Transition, const Incident&) {});
    for (std::uint32_t host = 0; host < 50; ++host) {
      ids.insert(open(book, flood_on(host))->incident().id);
      ids.insert(open(book, flood_on(host + 100, whole_seconds(200)))->incident().id);
    }
  }
  EXPECT_EQ(ids.size(), 100u);
  for (const std::string& id : ids) EXPECT_EQ(id.size(), 16u) << id;
}

TEST(IncidentBook, OpensAtMostABoundAndCountsTheRest) {
  IncidentBook book([](Nanoseconds, Transition, const Incident&) {});
  for (std::uint32_t host = 0; host < IncidentBook::kMostOpen + 7; ++host) {
    EXPECT_EQ(open(book, flood_on(host)) != nullptr, host < IncidentBook::kMostOpen);
  }
  EXPECT_EQ(book.not_opened(), 7u);
  EXPECT_EQ(book.all().size(), IncidentBook::kMostOpen);
}

/// A book with as many open floods as it takes; that of host n has n packets/s at its limit.
std::vector<std::string> fill(IncidentBook& book) {
  std::vector<std::string> ids;
  for (std::uint32_t host = 0; host < IncidentBook::kMostOpen; ++host) {
    OngoingIncident* const flood = book.open(flood_on(host), UsualRates{}, 1, 1);
    flood->worst_ratio = 1.5;
    flood->hold = whole_seconds(60);
    flood->note_peak(host, 1);
    ids.push_back(flood->incident().id);
  }
  return ids;
}

OngoingIncident* open_at(IncidentBook& book, std::uint32_t host, double ratio) {
  OngoingIncident* const flood = book.open(flood_on(host), UsualRates{}, 1, ratio);
  if (flood != nullptr) flood->hold = whole_seconds(60);
  return flood;
}

TEST(IncidentBook, ALargeFloodDisplacesTheLeastAtTheEndOfTheWindow) {
  std::vector<std::string> closed;
  IncidentBook book([&](Nanoseconds, Transition transition, const Incident& incident) {
    if (transition == Transition::closed) closed.push_back(incident.id + " " + incident.note);
  });
  const std::vector<std::string> ids = fill(book);
  const Nanoseconds now = whole_seconds(101);
  EXPECT_EQ(open_at(book, 9001, 2.9), nullptr) << "not twice as large";
  EXPECT_EQ(book.not_opened(), 1u);
  EXPECT_NE(open_at(book, 9002, 3), nullptr) << "twice as large";
  EXPECT_NE(open_at(book, 9003, 40), nullptr);
  EXPECT_TRUE(closed.empty()) << "pointers to open incidents stay valid during a window";
  book.end_window(now);
  const std::string note = " closed for a larger incident: too many were open";
  EXPECT_EQ(closed, (std::vector<std::string>{ids[0] + note, ids[1] + note}))
      << "those of the lowest rate";
  EXPECT_EQ(book.displaced(), 2u);
  EXPECT_EQ(book.ongoing().size(), IncidentBook::kMostOpen);
  EXPECT_EQ(book.flood_on(flood_on(0).target), nullptr);
  EXPECT_NE(book.flood_on(flood_on(2).target), nullptr);
  EXPECT_EQ(open_at(book, 0, 1.5), nullptr) << "it cannot come back";
}

TEST(IncidentBook, WhatIsNoFloodIsAlwaysOpenedAndNeverDisplaced) {
  IncidentBook book([](Nanoseconds, Transition, const Incident&) {});
  fill(book);
  Incident blackout = flood_on(9001);
  blackout.kind = IncidentKind::blackout;
  OngoingIncident* const dark = book.open(blackout, UsualRates{}, 1);
  ASSERT_NE(dark, nullptr);
  dark->hold = whole_seconds(60);
  book.end_window(whole_seconds(101));
  // A window's newcomers do not displace each other.
  std::size_t opened = 0;
  for (std::uint32_t host = 0; host < IncidentBook::kMostOpen + 10; ++host) {
    opened += open_at(book, 20'000 + host, 1e9) != nullptr;
  }
  EXPECT_EQ(opened, IncidentBook::kMostOpen - 1) << "all floods were displaced, the blackout stays";
  book.end_window(whole_seconds(102));
  EXPECT_EQ(book.ongoing().size(), IncidentBook::kMostOpen);
  EXPECT_NE(book.find(IncidentKind::blackout, blackout.target), nullptr);
}

TEST(IncidentBook, ListsByStartThenTarget) {
  IncidentBook book([](Nanoseconds, Transition, const Incident&) {});
  open(book, flood_on(9, whole_seconds(101)));
  open(book, flood_on(8, whole_seconds(100)));
  open(book, flood_on(7, whole_seconds(101)));
  std::vector<std::uint8_t> hosts;
  for (const auto& incident : book.all()) hosts.push_back(incident->target.address.bytes[15]);
  EXPECT_EQ(hosts, (std::vector<std::uint8_t>{8, 7, 9}));
}

TEST(IncidentBook, FindsIncidentsWhileTheyAreOpen) {
  IncidentBook book([](Nanoseconds, Transition, const Incident&) {});
  const Incident one = flood_on(1);
  const Incident other = flood_on(2, whole_seconds(150));
  Incident network = flood_on(3);
  network.target = IpPrefix::around(network.target.address, 24);
  const auto found = [&](const Incident& incident) {
    const OngoingIncident* ongoing = book.find(IncidentKind::flood, incident.target);
    return ongoing != nullptr && ongoing->incident().target == incident.target;
  };
  for (int round = 0; round < 2; ++round) {
    for (const Incident& incident : {one, other, network}) EXPECT_FALSE(found(incident));
    open(book, one);
    open(book, other);
    EXPECT_FALSE(found(network));
    open(book, network);
    EXPECT_EQ(book.find(IncidentKind::impact, one.target), nullptr);
    EXPECT_TRUE(found(one) && found(other) && found(network));
    book.end_window(whole_seconds(120));  // closes those that began at 100 s
    EXPECT_FALSE(found(one));
    EXPECT_TRUE(found(other));
    EXPECT_FALSE(found(network));
    book.close_all(whole_seconds(151), "");
  }
}

TEST(IncidentBook, TheTimeOfClosingIsTheEndOfTheHold) {
  std::vector<std::pair<Nanoseconds, Transition>> told;
  IncidentBook book([&](Nanoseconds time, Transition transition, const Incident&) {
    told.emplace_back(time, transition);
  });
  open(book, flood_on(1));
  book.end_window(whole_seconds(105));
  EXPECT_TRUE(book.any_open());
  book.end_window(whole_seconds(500));  // the next window comes after a gap
  EXPECT_FALSE(book.any_open());
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[1].second, Transition::closed);
  EXPECT_EQ(told[1].first, whole_seconds(110) + milliseconds(200));
  EXPECT_EQ(book.all()[0]->end, whole_seconds(100) + milliseconds(200));
}

/// Whatever the hold says: nothing was captured, so that nothing is known of it.
TEST(IncidentBook, AGapBetweenCapturesClosesAtItsLastPacket) {
  std::vector<Nanoseconds> closed;
  IncidentBook book([&](Nanoseconds time, Transition transition, const Incident&) {
    if (transition == Transition::closed) closed.push_back(time);
  });
  const std::string first = open(book, flood_on(1))->incident().id;
  book.close_at_gap(whole_seconds(100) + milliseconds(150), whole_seconds(102));
  EXPECT_FALSE(book.any_open());
  EXPECT_EQ(book.find(IncidentKind::flood, flood_on(1).target), nullptr);
  EXPECT_EQ(closed, (std::vector<Nanoseconds>{whole_seconds(102)})) << "never after the gap";
  EXPECT_EQ(book.all()[0]->end, whole_seconds(100) + milliseconds(150));
  const std::string second = open(book, flood_on(1))->incident().id;
  book.close_at_gap(whole_seconds(101), whole_seconds(1000));
  ASSERT_EQ(book.all().size(), 2u);
  for (const auto& incident : book.all()) {
    if (incident->id == first) continue;
    EXPECT_EQ(incident->id, second);
    EXPECT_EQ(incident->end, whole_seconds(100) + milliseconds(200)) << "it had ended before";
  }
}

TEST(IncidentBook, AFloodIsClosedBeforeAWindowAfterItsHold) {
  IncidentBook book([](Nanoseconds, Transition, const Incident&) {});
  open(book, flood_on(1));
  book.close_ended_floods(whole_seconds(110) + milliseconds(199));
  EXPECT_TRUE(book.any_open());
  book.close_ended_floods(whole_seconds(110) + milliseconds(200));
  EXPECT_FALSE(book.any_open());
}

TEST(IncidentBook, ClosesAllWithANote) {
  std::vector<std::string> notes;
  IncidentBook book([&](Nanoseconds, Transition transition, const Incident& incident) {
    if (transition == Transition::closed) notes.push_back(incident.note);
  });
  open(book, flood_on(1));
  open(book, flood_on(2));
  book.close_all(whole_seconds(101), "the daemon stops");
  EXPECT_EQ(notes, (std::vector<std::string>{"the daemon stops", "the daemon stops"}));
  EXPECT_FALSE(book.any_open());
}

TEST(IncidentBook, IncidentsShowTheGreatestLossOfTheirTime) {
  std::vector<double> told;
  IncidentBook book([&](Nanoseconds, Transition, const Incident& incident) {
    told.push_back(incident.loss_ratio);
  });
  open(book, flood_on(1));
  book.note_losses(0.25);
  open(book, flood_on(2));
  book.note_losses(0.125);
  book.note_losses(0);
  open(book, flood_on(3));
  EXPECT_EQ(told, (std::vector<double>{0, 0.25, 0}));
  told.clear();
  book.close_all(whole_seconds(101), "");
  EXPECT_EQ(told, (std::vector<double>{0.25, 0.25, 0}));
}

TEST(IncidentBook, CountsIncidentsAndTellsDetectionDelays) {
  std::vector<double> delays;
  IncidentBook book([&](Nanoseconds, Transition transition, const Incident& incident) {
    EXPECT_EQ(transition, Transition::opened);
    delays.push_back((incident.detected - incident.start).seconds());
  });
  open(book, flood_on(1));
  open(book, flood_on(2));
  std::uint64_t opened = 0;
  for (const auto& [key, count] : book.totals()) opened += count;
  EXPECT_EQ(opened, 2u);
  EXPECT_EQ(delays, (std::vector<double>{0.2, 0.2}));
}

TEST(Severity, DependsOnTheRatioToTheLimitAndOnThePeak) {
  struct {
    const char* why;
    double ratio;
    double bps;
    Severity severity;
  } const cases[] = {
      {"just above", 1.01, 1e6, Severity::low},
      {"twice the limit", 2, 1e6, Severity::medium},
      {"five times", 5, 1e6, Severity::high},
      {"twenty times", 20, 1e6, Severity::critical},
      {"a gigabit, however close to the limit", 1.01, 1e9, Severity::high},
      {"ten", 1.01, 10e9, Severity::critical},
  };
  for (const auto& one : cases) EXPECT_EQ(severity_of(one.ratio, one.bps), one.severity) << one.why;
}

TEST(IncidentBook, WhatIsDiscardedLeavesItsNumberToTheNext) {
  IncidentBook book([](Nanoseconds, Transition, const Incident&) {});
  const auto number_on = [&](std::uint32_t host) {
    return book.open(flood_on(host), UsualRates{}, 64, 1)->incident().number;
  };
  const auto first = number_on(1);
  const auto second = number_on(2);
  book.discard(flood_on(2).target, Direction::in);
  EXPECT_EQ(number_on(3), second);
  book.discard(flood_on(1).target, Direction::in);
  EXPECT_EQ(number_on(4), second + 1) << "the discarded one was not the last";
  book.discard(flood_on(9).target, Direction::in);
  EXPECT_EQ(number_on(5), second + 2) << "there was none";
  EXPECT_NE(first, second);
}

TEST(IncidentBook, AnEvidenceFileIsNotedOfOpenAndOfClosedIncidents) {
  IncidentBook book([](Nanoseconds, Transition, const Incident&) {});
  const std::string closed = open(book, flood_on(1))->incident().id;
  open(book, flood_on(2));
  book.close_all(whole_seconds(101), "");
  open(book, flood_on(3));
  const std::string other = open(book, flood_on(4))->incident().id;
  const auto with_file = [&] {
    std::set<std::string> ids;
    for (const auto& incident : book.all()) {
      if (incident->evidence_file) ids.insert(incident->id);
    }
    return ids;
  };
  book.note_evidence("unknown", EvidenceFile{});
  EXPECT_EQ(with_file(), std::set<std::string>{});
  book.note_evidence(other, EvidenceFile{});
  EXPECT_EQ(with_file(), std::set<std::string>{other});
  book.note_evidence(closed, EvidenceFile{});
  EXPECT_EQ(with_file(), (std::set<std::string>{closed, other}));
}

TEST(IncidentBook, FloodsInAndOutOfAHostHaveIdsOfTheirOwn) {
  const auto id = [](Direction direction) {
    IncidentBook book([](Nanoseconds, Transition, const Incident&) {});
    Incident incident = flood_on(1);
    incident.direction = direction;
    return open(book, incident)->incident().id;
  };
  EXPECT_NE(id(Direction::in), id(Direction::out));
  EXPECT_EQ(id(Direction::in), "b759545f916592d2") << "histories and receivers know it";
}

TEST(IncidentBook, AWindowInWhichNothingWasAddedEndsTheRate) {
  IncidentBook book([](Nanoseconds, Transition, const Incident&) {});
  OngoingIncident& flood = *open(book, flood_on(1));
  const Nanoseconds now = whole_seconds(101);
  TargetCounts counts;
  counts.vectors.add(Vector::udp, {1000, 100000});
  flood.add(counts, 0.1);
  flood.last_added = flood.last_above = now;
  book.end_window(now);
  EXPECT_GT(flood.incident().current_pps, 0);
  EXPECT_FALSE(flood.incident().quiet_since);
  book.end_window(now + milliseconds(100));
  EXPECT_EQ(flood.incident().current_pps, 0);
  EXPECT_EQ(flood.incident().quiet_since, now);
}

}  // namespace
}  // namespace floodgauge
