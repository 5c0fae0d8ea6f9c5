#include "engine/count/host_record.h"

#include <gtest/gtest.h>

#include <vector>

namespace floodgauge {
namespace {

TEST(HostRecord, DoesNotShareMemoryWithOtherRecords) {
  constexpr std::uint32_t kMany = 20'000;  // several megabytes
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

TEST(HostRecord, BeginsWithTheEventsAndCellOfItsFirstPacket) {
  MoreCellsPool pool(1);
  HostRecords records(1);
  HostRecord& record = records[0];
  for (const bool hit : {true, false}) {
    record.begin(IpAddress::from_v4(1), 5, 7, 9);
    record.events().suspicious = 1000;  // left by a window before
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
  // All vectors in both directions are more than the record has room for.
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

TEST(HostRecord, LosesNoPacketWithoutRoomForAnotherVector) {
  MoreCellsPool pool(0);
  HostRecords records(1);
  HostRecord& record = records[0];
  for (std::size_t v = 0; v < kVectors; ++v)
    record.add(static_cast<Vector>(v), false, {1, 60}, pool);
  std::uint64_t packets = 0;
  record.for_each_cell([&](const Cell& cell) { packets += cell.packets; });
  EXPECT_EQ(packets, kVectors);
}

TEST(HostRecord, KeepsWhatItSendsApartAndMergesIt) {
  MoreCellsPool pool(4);
  HostRecords records(3);
  const HostRecord& record = records[0];
  EXPECT_FALSE(record.sends());
  EXPECT_EQ(record.sent().suspicious, 0u);
  for (int n = 0; n < 2; ++n) {
    HostRecord& one = records[static_cast<std::size_t>(n)];
    one.begin(IpAddress::from_v4(1), 0, 1);
    one.add_sent(Vector::udp, false, {5, 500}, pool);
    one.add_sent(Vector::udp, true, {2, 200}, pool);
    one.add(Vector::udp, false, {1, 100}, pool);
    one.sent().suspicious = 5;
    one.sent().reflected_bytes = 1000;
    one.sent().log_head = 7;
  }
  EXPECT_FALSE(record.has_events()) << "what it sends needs no events";
  HostRecord& sum = records[2];
  sum.begin_as(records[0], pool);
  sum.merge(records[1], pool);
  EXPECT_EQ(sum.sent().suspicious, 10u);
  EXPECT_EQ(sum.sent().reflected_bytes, 2000u);
  EXPECT_EQ(sum.sent().log_head, 0u) << "a worker's log is not the merged record's";
  std::uint64_t out = 0;
  std::uint64_t aside = 0;
  std::uint64_t in = 0;
  sum.for_each_cell([&](const Cell& cell) {
    (cell.aside ? aside : cell.outbound ? out : in) += cell.packets;
  });
  EXPECT_EQ(out, 10u);
  EXPECT_EQ(aside, 4u);
  EXPECT_EQ(in, 2u);
}

}  // namespace
}  // namespace floodgauge
