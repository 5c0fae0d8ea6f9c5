#include "engine/port/capture_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "tests/engine/port/capture_builder.h"
#include "tests/engine/port/capture_cases.h"
#include "tests/engine/port/temp_folder.h"

namespace floodgauge {
namespace {

using test::Bytes;
using test::ByteWriter;
using test::CaptureCase;
using test::frame;
using test::gzip;
using test::Packet;
using test::pcap_cases;
using test::PcapBuilder;
using test::pcapng_cases;
using test::PcapngBuilder;
using testing::HasSubstr;
using testing::StartsWith;

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

/// Reads from a stream that delivers `piece` bytes at a time, into chunks of `chunk` bytes.
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

TEST(CaptureReader, TellsTheDirectionOfAPacketThatItsFlagsGive) {
  PcapngBuilder builder;
  builder.interface(1);
  const auto flags = [&](std::uint32_t value) {
    return builder.option(2, ByteWriter().u32(value).take());
  };
  for (const std::uint32_t value : {0u, 1u, 2u, 3u, 4u | 4u << 5, 1u | 4u << 5}) {
    builder.enhanced(0, 1, frame(60), -1, flags(value));
  }
  builder.enhanced(0, 1, frame(60));
  const Bytes capture = builder.take();
  CaptureReader reader(capture, "memory");
  std::vector<FrameOrigin> origins;
  for (const CaptureRecord& record : reader.next()) origins.push_back(record.frame.origin);
  EXPECT_EQ(origins,
            (std::vector<FrameOrigin>{FrameOrigin::unknown, FrameOrigin::received,
                                      FrameOrigin::sent, FrameOrigin::unknown, FrameOrigin::unknown,
                                      FrameOrigin::received, FrameOrigin::unknown}));
}

TEST(CaptureReader, ReadsEveryFormat) {
  for (const auto& cases : {pcap_cases(), pcapng_cases()}) {
    for (const CaptureCase& test : cases) {
      SCOPED_TRACE(test.what);
      const ReadResult result = read_memory(test.bytes);
      EXPECT_EQ(result.packets, test.packets);
      EXPECT_EQ(result.outcome.end, CaptureEnd::complete) << result.outcome.message;
      EXPECT_EQ(result.outcome.message, "");
    }
  }
}

TEST(CaptureReader, ReadsTheSamePacketsFromAStreamOfAnyPieces) {
  const std::size_t before = CaptureChunk::alive();
  for (const auto& [piece, chunk] :
       {std::pair<std::size_t, std::size_t>{1, 64}, {7, 100}, {13, 4096}, {1 << 16, 32}}) {
    for (const CaptureCase& test : pcapng_cases()) {
      SCOPED_TRACE(test.what + ", " + std::to_string(piece) + " bytes at a time");
      const ReadResult result = read_stream(test.bytes, piece, chunk);
      EXPECT_EQ(result.packets, test.packets);
      EXPECT_EQ(result.outcome.end, CaptureEnd::complete) << result.outcome.message;
    }
  }
  EXPECT_EQ(CaptureChunk::alive(), before) << "a chunk was leaked";
}

/// Cuts a capture at every length. All whole packets must be delivered, and the reported offset
/// must be that of the first incomplete record.
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

TEST(CaptureReader, ReportsErrorsAndKeepsThePacketsBefore) {
  const Bytes a = frame(4);
  Bytes damaged_gzip = gzip(PcapBuilder().packet(1, 0, a).take());
  damaged_gzip[damaged_gzip.size() - 8] ^= 0xff;  // its CRC
  const auto good = [] { return PcapngBuilder().interface(1); };
  const std::vector<BadCase> cases = {
      {"empty", {}, CaptureEnd::not_a_capture, 0, 0, "it is empty"},
      {"one byte", {0xd4}, CaptureEnd::not_a_capture, 0, 0, "neither pcap nor pcapng"},
      {"text", {'h', 'e', 'l', 'l', 'o', '\n'}, CaptureEnd::not_a_capture, 0, 0, "neither"},
      {"bzip2", {'B', 'Z', 'h', '9', 4, 0}, CaptureEnd::not_a_capture, 0, 0, "bzip2 -dc"},
      {"lz4 before its frames",
       {2, 0x21, 0x4c, 0x18, 4, 0},
       CaptureEnd::not_a_capture,
       0,
       0,
       "lz4 -dc"},
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
      {"a block's two lengths differ",
       good().raw(ByteWriter().u32(5).u32(16).u32(0).u32(20).take()).take(), CaptureEnd::corrupt,
       48, 0, "16 at its beginning and 20 at its end"},
      {"a packet block's two lengths differ",
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

TEST(CaptureReader, TheNumberOfInterfacesIsBounded) {
  PcapngBuilder builder;
  for (int count = 0; count < 65537; ++count) builder.interface(1);
  const ReadResult result = read_memory(builder.take());
  EXPECT_EQ(result.outcome.end, CaptureEnd::corrupt);
  EXPECT_THAT(result.outcome.message, HasSubstr("65537th"));
}

/// D-Bus messages may have up to 128 MiB. They are counted, but not kept in memory.
TEST(CaptureReader, OversizedMessagesAreSkipped) {
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

TEST(CaptureReader, AHeldChunkOutlivesTheReader) {
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

TEST_F(CaptureFile, WithAWriterIsStreamedAndNotMapped) {
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

TEST_F(CaptureFile, ThatCannotBeOpenedIsReported) {
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

TEST_F(CaptureFile, ThatIsEmptyIsReported) {
  CaptureReader reader(folder_.write("empty.pcap", {}));
  EXPECT_EQ(reader.outcome().end, CaptureEnd::not_a_capture);
  EXPECT_THAT(reader.outcome().message, HasSubstr("it is empty"));
}

}  // namespace
}  // namespace floodgauge
