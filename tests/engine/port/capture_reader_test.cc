#include "engine/port/capture_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "tests/engine/port/capture_builder.h"
#include "tests/engine/port/temp_folder.h"

namespace floodgauge {
namespace {

using test::Bytes;
using test::ByteWriter;
using test::frame;
using test::gzip;
using test::PcapBuilder;
using test::PcapngBuilder;
using testing::HasSubstr;
using testing::StartsWith;

struct Packet {
  std::int64_t time;
  Bytes data;
  std::uint32_t wire;
  LinkType link;
  bool operator==(const Packet&) const = default;
};

void PrintTo(const Packet& packet, std::ostream* out) {
  *out << "{time " << packet.time << ", captured " << packet.data.size() << ", wire " << packet.wire
       << ", link " << static_cast<int>(packet.link) << "}";
}

struct ReadResult {
  std::vector<Packet> packets;
  CaptureOutcome outcome;
};

ReadResult read_all(CaptureReader& reader) {
  ReadResult result;
  for (auto batch = reader.next(); !batch.empty(); batch = reader.next()) {
    for (const CaptureRecord& record : batch) {
      const FrameView& frame = record.frame;
      result.packets.push_back(
          {record.time, Bytes(frame.data, frame.data + frame.captured), frame.wire, frame.link});
    }
  }
  result.outcome = reader.outcome();
  return result;
}

ReadResult read_memory(const Bytes& bytes) {
  CaptureReader reader(bytes, "t.pcap");
  return read_all(reader);
}

/// Through a pipe that gives `piece` bytes at a time, into chunks of `chunk` bytes.
ReadResult read_stream(const Bytes& bytes, std::size_t piece, std::size_t chunk) {
  std::size_t at = 0;
  CaptureReader reader(
      [&](std::uint8_t* into, std::size_t capacity) {
        const std::size_t count = std::min({piece, capacity, bytes.size() - at});
        std::copy_n(bytes.data() + at, count, into);
        at += count;
        return static_cast<std::ptrdiff_t>(count);
      },
      "t.pcap", chunk);
  return read_all(reader);
}

constexpr std::int64_t kSecond = 1'000'000'000;

struct Case {
  std::string what;
  Bytes bytes;
  std::vector<Packet> packets;
};

std::vector<Case> pcap_cases() {
  const Bytes a = frame(60, 1);
  const Bytes b = frame(5, 2);
  const Packet first{10 * kSecond + 7000, a, 60, LinkType::ethernet};
  const Packet second{11 * kSecond + 300'000'000, b, 5, LinkType::ethernet};
  const std::vector<Packet> both = {first, second};
  const auto two = [&](test::PcapOptions options, std::uint32_t fraction = 7) {
    const std::uint32_t third_of_second = fraction == 7 ? 300'000 : 300'000'000;
    return PcapBuilder(options).packet(10, fraction, a).packet(11, third_of_second, b).take();
  };
  // Wrong for plain headers, so that the longer ones are found: interface 2, IPv4, type 0.
  const Bytes kuznetsov = {2, 0, 0, 0, 8, 0, 0, 0};
  const Bytes suse = {2, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0};
  std::vector<Case> cases = {
      {"microseconds, little-endian", two({}), both},
      {"microseconds, big-endian", two({.big_endian = true}), both},
      {"nanoseconds, little-endian", two({.magic = 0xa1b23c4d}, 7000), both},
      {"nanoseconds, big-endian", two({.magic = 0xa1b23c4d, .big_endian = true}, 7000), both},
      {"Kuznetsov's record header of 24 bytes",
       two({.magic = 0xa1b2cd34, .record_extra = kuznetsov}), both},
      {"the same, big-endian",
       two({.magic = 0xa1b2cd34, .big_endian = true, .record_extra = {0, 0, 0, 2, 8, 0, 0, 0}}),
       both},
      {"Kuznetsov's record header of 28 bytes", two({.magic = 0xa1b2cd34, .record_extra = suse}),
       both},
      {"24-byte record headers under the ordinary magic", two({.record_extra = kuznetsov}), both},
      {"Nokia's 20-byte record headers under the ordinary magic",
       two({.record_extra = {1, 2, 3, 4}}), both},
      {"Ixia, hardware times: nanoseconds, a longer file header",
       two({.magic = 0x1c0001ac, .file_extra = {97, 0, 0, 0}}, 7000), both},
      {"Ixia, software times: microseconds",
       two({.magic = 0x1c0001ab, .file_extra = {97, 0, 0, 0}}), both},
      {"AIX: version 2.2, interface type 6, nanoseconds", two({.minor = 2, .link = 6}, 7000), both},
      {"before version 2.3 the lengths stand the other way round",
       PcapBuilder({.minor = 1, .lengths_swapped = true}).packet(10, 7, a, 99).take(),
       {{first.time, a, 99, LinkType::ethernet}}},
      {"version 2.3 with the lengths the other way round",
       PcapBuilder({.minor = 3, .lengths_swapped = true}).packet(10, 7, a, 99).take(),
       {{first.time, a, 99, LinkType::ethernet}}},
      {"version 2.3 with the lengths in order",
       PcapBuilder({.minor = 3}).packet(10, 7, a, 99).take(),
       {{first.time, a, 99, LinkType::ethernet}}},
      {"cut by the snap length: the wire length stays",
       PcapBuilder().packet(10, 7, a, 1514).take(),
       {{first.time, a, 1514, LinkType::ethernet}}},
      {"a wire length below the captured one is raised to it",
       PcapBuilder().packet(10, 7, a, 20).take(),
       {{first.time, a, 60, LinkType::ethernet}}},
      {"an FCS of 4 bytes, by the link field's upper bits, is taken off",
       PcapBuilder({.link = 0x24000001}).packet(10, 7, a).take(),
       {{first.time, frame(56, 1), 56, LinkType::ethernet}}},
      {"a snapped packet lost its FCS with its end",
       PcapBuilder({.link = 0x24000001}).packet(10, 7, b, 100).take(),
       {{first.time, b, 96, LinkType::ethernet}}},
      {"an FCS length without its flag is not believed",
       PcapBuilder({.link = 0x20000001}).packet(10, 7, a).take(),
       {first}},
      {"a fraction of more than a second does not carry",
       PcapBuilder().packet(10, 4'000'000'000, a).take(),
       {{10 * kSecond + 999'999'999, a, 60, LinkType::ethernet}}},
      {"an empty packet",
       PcapBuilder().packet(10, 7, {}, 40).take(),
       {{first.time, {}, 40, LinkType::ethernet}}},
      {"no packet at all", PcapBuilder().take(), {}},
      {"gzip", gzip(two({})), both},
  };
  Bytes members = gzip(PcapBuilder().packet(10, 7, a).take());
  const Bytes rest = gzip(ByteWriter().u32(11).u32(300'000).u32(5).u32(5).bytes(b).take());
  members.insert(members.end(), rest.begin(), rest.end());
  cases.push_back({"gzip of two members, the seam between packets", members, both});
  members.insert(members.end(), 512, 0);
  cases.push_back({"zeros after the last gzip member are padding", members, both});
  const std::vector<std::pair<std::uint32_t, LinkType>> links = {
      {0, LinkType::null_loopback},
      {1, LinkType::ethernet},
      {9, LinkType::ppp},
      {12, LinkType::raw_ip},
      {14, LinkType::raw_ip},
      {50, LinkType::ppp},
      {101, LinkType::raw_ip},
      {104, LinkType::chdlc},
      {105, LinkType::ieee80211},
      {107, LinkType::frame_relay},
      {108, LinkType::null_loopback},
      {113, LinkType::linux_sll},
      {127, LinkType::ieee80211_radiotap},
      {147, LinkType::other},
      {228, LinkType::raw_ip},
      {229, LinkType::raw_ip},
      {276, LinkType::linux_sll2},
      {65535, LinkType::other}};
  for (const auto& [number, link] : links) {
    cases.push_back({"link type " + std::to_string(number),
                     PcapBuilder({.link = number}).packet(11, 0, b).take(),
                     {{11 * kSecond, b, 5, link}}});
  }
  return cases;
}

std::vector<Case> pcapng_cases() {
  const Bytes a = frame(61, 1);
  const Bytes b = frame(4, 2);
  const PcapngBuilder big(true);
  const PcapngBuilder little;
  const auto one = [&](std::uint8_t resolution, std::uint64_t ticks, std::int64_t time) {
    return Case{
        "if_tsresol " + std::to_string(resolution),
        PcapngBuilder().interface(1, little.option(9, {resolution})).enhanced(0, ticks, b).take(),
        {{time, b, 4, LinkType::ethernet}}};
  };
  std::vector<Case> cases = {
      {"microseconds are the default",
       PcapngBuilder().interface(1).enhanced(0, 5'000'007, a).take(),
       {{5 * kSecond + 7000, a, 61, LinkType::ethernet}}},
      {"big-endian",
       PcapngBuilder(true).interface(1).enhanced(0, 5'000'007, a).take(),
       {{5 * kSecond + 7000, a, 61, LinkType::ethernet}}},
      {"each interface has its own link type and clock",
       PcapngBuilder()
           .interface(1, little.option(9, {9}))
           .interface(101)
           .enhanced(1, 3, b)
           .enhanced(0, 3, a)
           .take(),
       {{3000, b, 4, LinkType::raw_ip}, {3, a, 61, LinkType::ethernet}}},
      {"a new section, of the other byte order, has interfaces of its own",
       PcapngBuilder()
           .interface(1)
           .enhanced(0, 1, b)
           .section(true)
           .interface(113)
           .enhanced(0, 2, b)
           .take(),
       {{1000, b, 4, LinkType::ethernet}, {2000, b, 4, LinkType::linux_sll}}},
      {"if_tsoffset adds seconds",
       PcapngBuilder()
           .interface(1, little.option(14, ByteWriter().u64(100).take()))
           .enhanced(0, 1, b)
           .take(),
       {{100 * kSecond + 1000, b, 4, LinkType::ethernet}}},
      {"a big-endian if_tsoffset",
       PcapngBuilder(true)
           .interface(1, big.option(14, ByteWriter(true).u64(100).take()))
           .enhanced(0, 1, b)
           .take(),
       {{100 * kSecond + 1000, b, 4, LinkType::ethernet}}},
      {"a time before 1970 is moved to 1970",
       PcapngBuilder()
           .interface(1, little.option(14, ByteWriter().u64(~std::uint64_t{0}).take()))
           .enhanced(0, 1, b)
           .take(),
       {{0, b, 4, LinkType::ethernet}}},
      {"a time past 2116 is moved to it",
       PcapngBuilder().interface(1).enhanced(0, ~std::uint64_t{0}, b).take(),
       {{kLatestCaptureTime, b, 4, LinkType::ethernet}}},
      {"a simple packet has interface 0's link type and the time before it",
       PcapngBuilder().interface(1).enhanced(0, 9, a).simple(b, 4).take(),
       {{9000, a, 61, LinkType::ethernet}, {9000, b, 4, LinkType::ethernet}}},
      {"a simple packet is cut by the snap length",
       PcapngBuilder().interface(1, {}, 4).simple(b, 1500).take(),
       {{0, b, 1500, LinkType::ethernet}}},
      {"the obsolete packet block",
       PcapngBuilder().interface(1).interface(101).obsolete(1, 9, a).take(),
       {{9000, a, 61, LinkType::raw_ip}}},
      {"unknown blocks are passed over",
       PcapngBuilder()
           .interface(1)
           .block(0x0bad, frame(40))
           .block(5, frame(16))
           .enhanced(0, 1, b)
           .block(0x80000001, {})
           .take(),
       {{1000, b, 4, LinkType::ethernet}}},
      {"if_fcslen 4 is in bytes, as the draft's example has it",
       PcapngBuilder().interface(1, little.option(13, {4})).enhanced(0, 1, a).take(),
       {{1000, frame(57, 1), 57, LinkType::ethernet}}},
      {"if_fcslen 32 is in bits, as the draft's text once had it",
       PcapngBuilder().interface(1, little.option(13, {32})).enhanced(0, 1, a).take(),
       {{1000, frame(57, 1), 57, LinkType::ethernet}}},
      {"a packet's own flags say its FCS length",
       PcapngBuilder()
           .interface(1)
           .enhanced(0, 1, a, -1, little.option(2, ByteWriter().u32(4 << 5).take()))
           .take(),
       {{1000, frame(57, 1), 57, LinkType::ethernet}}},
      {"gzip",
       gzip(PcapngBuilder().interface(1).enhanced(0, 1, a).take()),
       {{1000, a, 61, LinkType::ethernet}}},
      one(0, 7, 7 * kSecond),
      one(3, 7, 7'000'000),
      one(9, 7, 7),
      one(12, 7000, 7),
      one(30, 7000, 0),
      one(127, ~std::uint64_t{0}, 0),
      one(0x80 | 10, 1024 + 512, 1'500'000'000),
      one(0x80 | 63, std::uint64_t{1} << 62, 500'000'000),
      one(0xff, ~std::uint64_t{0}, 0),
  };
  return cases;
}

TEST(CaptureReader, ReadsWhatTheFormatsSay) {
  for (const auto& cases : {pcap_cases(), pcapng_cases()}) {
    for (const Case& test : cases) {
      SCOPED_TRACE(test.what);
      const ReadResult result = read_memory(test.bytes);
      EXPECT_EQ(result.packets, test.packets);
      EXPECT_EQ(result.outcome.end, CaptureEnd::complete) << result.outcome.message;
      EXPECT_EQ(result.outcome.message, "");
    }
  }
}

TEST(CaptureReader, ReadsTheSameFromAStreamInAnyPieces) {
  const std::size_t before = CaptureChunk::alive();
  for (const auto& [piece, chunk] :
       {std::pair<std::size_t, std::size_t>{1, 64}, {7, 100}, {13, 4096}, {1 << 16, 32}}) {
    for (const Case& test : pcapng_cases()) {
      SCOPED_TRACE(test.what + ", " + std::to_string(piece) + " bytes at a time");
      const ReadResult result = read_stream(test.bytes, piece, chunk);
      EXPECT_EQ(result.packets, test.packets);
      EXPECT_EQ(result.outcome.end, CaptureEnd::complete) << result.outcome.message;
    }
  }
  EXPECT_EQ(CaptureChunk::alive(), before) << "a chunk was leaked";
}

/// Cut anywhere, all whole packets are delivered, and the offset is that of the broken record.
void expect_every_cut(const Bytes& whole, std::span<const std::size_t> record_ends,
                      std::size_t packets_from) {
  for (std::size_t length = record_ends.front(); length <= whole.size(); ++length) {
    SCOPED_TRACE("cut to " + std::to_string(length) + " bytes");
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    const auto next = std::upper_bound(record_ends.begin(), record_ends.end(), length);
    const auto records = static_cast<std::size_t>(next - record_ends.begin());
    const std::size_t last_end = record_ends[records - 1];
    for (const ReadResult& result : {read_memory(cut), read_stream(cut, 5, 64)}) {
      EXPECT_EQ(result.packets.size(), records > packets_from ? records - packets_from : 0);
      if (length == last_end) {
        EXPECT_EQ(result.outcome.end, CaptureEnd::complete) << result.outcome.message;
      } else {
        EXPECT_EQ(result.outcome.end, CaptureEnd::truncated);
        EXPECT_EQ(result.outcome.offset, last_end);
        EXPECT_THAT(result.outcome.message, StartsWith("t.pcap: cut off in mid-"));
      }
    }
  }
}

TEST(CaptureReader, PcapCutAnywhere) {
  const Bytes whole =
      PcapBuilder().packet(1, 0, frame(20)).packet(2, 0, frame(3)).packet(3, 0, {}).take();
  const std::vector<std::size_t> ends = {24, 24 + 36, 24 + 36 + 19, 24 + 36 + 19 + 16};
  ASSERT_EQ(whole.size(), ends.back());
  expect_every_cut(whole, ends, 1);
}

TEST(CaptureReader, PcapngCutAnywhere) {
  const Bytes whole =
      PcapngBuilder().interface(1).enhanced(0, 1, frame(20)).enhanced(0, 2, frame(3)).take();
  const std::vector<std::size_t> ends = {28, 48, 48 + 52, 48 + 52 + 36};
  ASSERT_EQ(whole.size(), ends.back());
  expect_every_cut(whole, ends, 2);
}

TEST(CaptureReader, PcapCutInItsFileHeader) {
  const Bytes whole = PcapBuilder().take();
  for (std::size_t length = 4; length < whole.size(); ++length) {
    const ReadResult result =
        read_memory(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)));
    EXPECT_EQ(result.outcome.end, CaptureEnd::truncated) << length;
    EXPECT_EQ(result.packets.size(), 0u);
  }
}

TEST(CaptureReader, GzipCutOff) {
  const Bytes plain = PcapBuilder().packet(1, 0, frame(2000)).packet(2, 0, frame(2000, 3)).take();
  Bytes packed = gzip(plain);
  packed.resize(packed.size() - 9);
  const ReadResult result = read_memory(packed);
  EXPECT_EQ(result.outcome.end, CaptureEnd::truncated);
  EXPECT_THAT(result.outcome.message, HasSubstr("gzip data is cut off"));
}

struct BadCase {
  std::string what;
  Bytes bytes;
  CaptureEnd end;
  std::uint64_t offset;
  std::size_t packets;
  std::string message;
};

TEST(CaptureReader, SaysWhatIsWrongAndKeepsWhatWasRead) {
  const Bytes a = frame(4);
  Bytes damaged_gzip = gzip(PcapBuilder().packet(1, 0, a).take());
  damaged_gzip[damaged_gzip.size() - 8] ^= 0xff;  // its CRC
  const auto good = [] { return PcapngBuilder().interface(1); };
  const std::vector<BadCase> cases = {
      {"empty", {}, CaptureEnd::not_a_capture, 0, 0, "it is empty"},
      {"one byte", {0xd4}, CaptureEnd::not_a_capture, 0, 0, "neither pcap nor pcapng"},
      {"text", {'h', 'e', 'l', 'l', 'o', '\n'}, CaptureEnd::not_a_capture, 0, 0, "neither"},
      {"zstd", {0x28, 0xb5, 0x2f, 0xfd, 4, 0}, CaptureEnd::not_a_capture, 0, 0, "zstd -dc"},
      {"pcap of version 1", PcapBuilder({.major = 1}).take(), CaptureEnd::not_a_capture, 0, 0,
       "version 1"},
      {"a pcap record of 4 GiB",
       PcapBuilder()
           .packet(1, 0, a)
           .packet(1, 0, a)
           .packet(1, 0, a)
           .header(1, 0, 0xffffffff, 60)
           .take(),
       CaptureEnd::corrupt, 84, 3, "claims 4294967295 bytes"},
      {"a pcapng packet of an interface that was not described",
       good().enhanced(0, 1, a).enhanced(1, 1, a).take(), CaptureEnd::corrupt, 84, 1,
       "interface 1, and 1 were described"},
      {"a simple packet before any interface", PcapngBuilder().simple(a, 4).take(),
       CaptureEnd::corrupt, 28, 0, "interface 0, and 0 were described"},
      {"a pcapng packet longer than its block",
       good().block(6, ByteWriter().u32(0).u32(0).u32(0).u32(5).u32(5).u32(0).take()).take(),
       CaptureEnd::corrupt, 48, 0, "a packet of 5 bytes in a block of 36"},
      {"a pcapng packet block too short for its own header", good().block(6, a).take(),
       CaptureEnd::corrupt, 48, 0, "too short"},
      {"a block's length and its repetition differ",
       good().raw(ByteWriter().u32(5).u32(16).u32(0).u32(20).take()).take(), CaptureEnd::corrupt,
       48, 0, "16 at its beginning and 20 at its end"},
      {"a packet block's length and its repetition differ",
       good().raw(ByteWriter().u32(6).u32(32).u64(0).u64(0).u32(0).u32(36).take()).take(),
       CaptureEnd::corrupt, 48, 0, "32 at its beginning and 36 at its end"},
      {"a block of length 8", good().raw(ByteWriter().u32(5).u32(8).take()).take(),
       CaptureEnd::corrupt, 48, 0, "length as 8"},
      {"a packet block of 2 GiB", good().raw(ByteWriter().u32(6).u32(0x80000000).take()).take(),
       CaptureEnd::corrupt, 48, 0, "length as 2147483648"},
      {"a section of pcapng version 2",
       PcapngBuilder()
           .block(0x0a0d0d0a, ByteWriter().u32(0x1a2b3c4d).u16(2).u16(0).u64(0).take())
           .take(),
       CaptureEnd::corrupt, 28, 0, "version 2"},
      {"gzip with a wrong checksum", damaged_gzip, CaptureEnd::corrupt, 44, 1,
       "gzip data is damaged"},
  };
  for (const BadCase& test : cases) {
    SCOPED_TRACE(test.what);
    const ReadResult result = read_memory(test.bytes);
    EXPECT_EQ(result.outcome.end, test.end) << result.outcome.message;
    EXPECT_EQ(result.outcome.offset, test.offset) << result.outcome.message;
    EXPECT_EQ(result.packets.size(), test.packets);
    EXPECT_THAT(result.outcome.message, StartsWith("t.pcap: "));
    EXPECT_THAT(result.outcome.message, HasSubstr(test.message));
    EXPECT_EQ(result.outcome.message.find('\n'), std::string::npos);
  }
}

TEST(CaptureReader, ManyInterfacesAreBounded) {
  PcapngBuilder builder;
  for (int count = 0; count < 65537; ++count) builder.interface(1);
  const ReadResult result = read_memory(builder.take());
  EXPECT_EQ(result.outcome.end, CaptureEnd::corrupt);
  EXPECT_THAT(result.outcome.message, HasSubstr("65537th"));
}

/// D-Bus messages may be of 128 MiB: they count, and are not brought into memory.
TEST(CaptureReader, OversizedMessagesArePassedOver) {
  const Bytes message = frame(300'000);
  const Bytes bytes = PcapBuilder({.snap = 1 << 27, .link = 231})
                          .packet(1, 0, message)
                          .packet(2, 0, frame(8))
                          .take();
  const ReadResult result = read_stream(bytes, 1 << 16, CaptureBytes::kChunkBytes);
  ASSERT_EQ(result.packets.size(), 2u);
  EXPECT_EQ(result.packets[0].wire, 300'000u);
  EXPECT_EQ(result.packets[1].data, frame(8));
  EXPECT_EQ(result.outcome.end, CaptureEnd::complete);
}

TEST(CaptureReader, HeldChunkOutlivesTheReader) {
  const std::size_t before = CaptureChunk::alive();
  CaptureRecord kept;
  {
    const Bytes packed = gzip(PcapBuilder().packet(1, 0, frame(40, 9)).take());
    CaptureReader reader(packed, "t.pcap.gz");
    kept = reader.next().front();
    ASSERT_NE(kept.chunk, nullptr);
    kept.chunk->hold();
  }
  EXPECT_EQ(Bytes(kept.frame.data, kept.frame.data + kept.frame.captured), frame(40, 9));
  kept.chunk->release();
  EXPECT_EQ(CaptureChunk::alive(), before);
}

class CaptureFile : public testing::Test {
 protected:
  test::TempFolder folder_;
};

TEST_F(CaptureFile, IsMapped) {
  const Bytes bytes = PcapBuilder().packet(1, 0, frame(40)).take();
  CaptureReader reader(folder_.write("a.pcap", bytes));
  EXPECT_FALSE(reader.streamed());
  EXPECT_EQ(reader.size(), bytes.size());
  EXPECT_EQ(read_all(reader).packets.size(), 1u);
  EXPECT_EQ(reader.position(), bytes.size());
}

TEST_F(CaptureFile, WithAWriterIsReadAndNotMapped) {
  const std::string path = folder_.write("a.pcap", PcapBuilder().packet(1, 0, frame(40)).take());
  const std::ofstream writer(path, std::ios::binary | std::ios::app);
  CaptureReader reader(path);
  EXPECT_TRUE(reader.streamed());
  EXPECT_EQ(read_all(reader).packets.size(), 1u);
}

TEST_F(CaptureFile, GzipIsInflated) {
  const Bytes packed = gzip(PcapBuilder().packet(1, 0, frame(4000)).take());
  CaptureReader reader(folder_.write("a.pcap.gz", packed));
  EXPECT_TRUE(reader.streamed());
  EXPECT_EQ(read_all(reader).packets.size(), 1u);
  EXPECT_EQ(reader.position(), packed.size());
  EXPECT_EQ(reader.size(), packed.size());
}

TEST_F(CaptureFile, ThatCannotBeOpened) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {folder_.path() / "missing.pcap", "No such file"}, {folder_.path(), "is a directory"}};
  for (const auto& [path, message] : cases) {
    CaptureReader reader(path);
    EXPECT_EQ(reader.outcome().end, CaptureEnd::open_failed);
    EXPECT_THAT(reader.outcome().message, StartsWith(path + ": "));
    EXPECT_THAT(reader.outcome().message, HasSubstr(message));
    EXPECT_TRUE(reader.next().empty());
  }
}

TEST_F(CaptureFile, Empty) {
  CaptureReader reader(folder_.write("empty.pcap", {}));
  EXPECT_EQ(reader.outcome().end, CaptureEnd::not_a_capture);
  EXPECT_THAT(reader.outcome().message, HasSubstr("it is empty"));
}

}  // namespace
}  // namespace floodgauge
