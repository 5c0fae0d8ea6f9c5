// Captures compressed by zstd, xz and lz4.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zstd.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "engine/port/capture_reader.h"
#include "engine/port/inflating_stream.h"
#include "tests/engine/port/capture_builder.h"
#include "tests/engine/port/temp_folder.h"

namespace floodgauge::test {
namespace {

Bytes zstd(const Bytes& plain, int window_bits = 20) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_bits);
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  Bytes packed(ZSTD_compressBound(plain.size()) + 64);
  // As a stream: in one piece, the window would be no larger than the data.
  ZSTD_inBuffer in{plain.data(), plain.size(), 0};
  ZSTD_outBuffer out{packed.data(), packed.size(), 0};
  ZSTD_compressStream2(context, &out, &in, ZSTD_e_continue);
  ZSTD_compressStream2(context, &out, &in, ZSTD_e_end);
  ZSTD_freeCCtx(context);
  packed.resize(out.pos);
  return packed;
}

Bytes xz(const Bytes& plain) {
  Bytes packed(lzma_stream_buffer_bound(plain.size()));
  std::size_t size = 0;
  lzma_easy_buffer_encode(1, LZMA_CHECK_CRC64, nullptr, plain.data(), plain.size(), packed.data(),
                          &size, packed.size());
  packed.resize(size);
  return packed;
}

Bytes lz4(const Bytes& plain) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
  Bytes packed(LZ4F_compressFrameBound(plain.size(), &preferences));
  packed.resize(
      LZ4F_compressFrame(packed.data(), packed.size(), plain.data(), plain.size(), &preferences));
  return packed;
}

struct Packer {
  std::string name;
  Compression compression;
  std::function<Bytes(const Bytes&)> pack;
};

std::vector<Packer> packers() {
  return {{"gzip", Compression::gzip, [](const Bytes& plain) { return gzip(plain); }},
          {"zstd", Compression::zstd, [](const Bytes& plain) { return zstd(plain); }},
          {"xz", Compression::xz, xz},
          {"lz4", Compression::lz4, lz4}};
}

Bytes plain_capture(std::uint32_t packets = 500) {
  PcapBuilder builder;
  for (std::uint32_t at = 0; at < packets; ++at) {
    builder.packet(10 + at, 7, frame(40 + at % 900, static_cast<std::uint8_t>(at * 31)));
  }
  return builder.take();
}

struct Result {
  std::size_t packets = 0;
  std::uint64_t sum = 0;
  CaptureOutcome outcome;
};

Result read_all(CaptureReader& reader) {
  Result result;
  for (auto batch = reader.next(); !batch.empty(); batch = reader.next()) {
    for (const CaptureRecord& record : batch) {
      ++result.packets;
      for (std::uint32_t at = 0; at < record.frame.captured; ++at) {
        result.sum = result.sum * 31 + record.frame.data[at];
      }
    }
  }
  result.outcome = reader.outcome();
  return result;
}

Result read_memory(const Bytes& bytes) {
  CaptureReader reader(bytes, "t");
  return read_all(reader);
}

PullBytes in_pieces(const Bytes& bytes, std::size_t piece) {
  return [rest = std::span<const std::uint8_t>(bytes), piece](std::uint8_t* into,
                                                              std::size_t capacity) mutable {
    const std::size_t count = std::min({piece, capacity, rest.size()});
    std::copy_n(rest.data(), count, into);
    rest = rest.subspan(count);
    return static_cast<std::ptrdiff_t>(count);
  };
}

TEST(Compressed, AreToldByTheirMagic) {
  for (const Packer& packer : packers()) {
    const Bytes packed = packer.pack({1, 2, 3});
    EXPECT_EQ(compression_of(packed), packer.compression) << packer.name;
    EXPECT_EQ(compression_of(std::span(packed).first(1)), Compression::none) << packer.name;
  }
  EXPECT_EQ(compression_of(plain_capture()), Compression::none);
}

TEST(Compressed, GiveThePacketsOfThePlainCapture) {
  const TempFolder folder;
  const Bytes plain = plain_capture();
  const Result wanted = read_memory(plain);
  for (const Packer& packer : packers()) {
    SCOPED_TRACE(packer.name);
    Bytes packed = packer.pack(plain);
    const auto expect_same = [&](const Result& result) {
      EXPECT_EQ(result.packets, wanted.packets);
      EXPECT_EQ(result.sum, wanted.sum);
      EXPECT_EQ(result.outcome.end, CaptureEnd::complete) << result.outcome.message;
    };
    expect_same(read_memory(packed));
    for (const std::size_t piece : {1, 7, 1000}) {
      CaptureReader stream(in_pieces(packed, piece), "t");
      expect_same(read_all(stream));
    }
    CaptureReader file(folder.write("capture.pcap", packed));
    expect_same(read_all(file));
    // Two frames in a row are one stream.
    const auto middle = plain.begin() + static_cast<std::ptrdiff_t>(plain.size() / 2);
    packed = packer.pack({plain.begin(), middle});
    const Bytes second = packer.pack({middle, plain.end()});
    packed.insert(packed.end(), second.begin(), second.end());
    expect_same(read_memory(packed));
  }
}

TEST(Compressed, ACutIsToldWithTheOffsetWhereverItIs) {
  const Bytes plain = plain_capture(20);
  for (const Packer& packer : packers()) {
    const Bytes packed = packer.pack(plain);
    for (std::size_t length = kCompressionMagic; length < packed.size(); ++length) {
      SCOPED_TRACE(packer.name + " cut to " + std::to_string(length) + " bytes");
      const Result result =
          read_memory({packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(length)});
      ASSERT_EQ(result.outcome.end, CaptureEnd::truncated) << result.outcome.message;
      EXPECT_THAT(result.outcome.message,
                  testing::HasSubstr("the " + packer.name + " data is cut off after byte "));
      EXPECT_FALSE(result.outcome.may_grow);
    }
  }
}

TEST(Compressed, DamageIsToldAndThePacketsBeforeItAreKept) {
  const Bytes plain = plain_capture(4000);
  for (const Packer& packer : packers()) {
    SCOPED_TRACE(packer.name);
    Bytes packed = packer.pack(plain);
    packed[packed.size() - 6] ^= 0x55;  // a checksum, or the index
    const Result result = read_memory(packed);
    EXPECT_EQ(result.outcome.end, CaptureEnd::corrupt) << result.outcome.message;
    EXPECT_THAT(result.outcome.message,
                testing::HasSubstr("the " + packer.name + " data is damaged: "));
    EXPECT_GT(result.packets, 1000u);
  }
}

/// How many bytes come out before the error, with input in pieces of `piece` bytes and room for
/// `room` at a time.
std::size_t inflated_before_damage(Compression compression, const Bytes& packed, std::size_t piece,
                                   std::size_t room) {
  const auto stream = inflating(compression, in_pieces(packed, piece));
  Bytes into(room);
  std::size_t count = 0;
  for (std::ptrdiff_t got = stream->pull(into.data(), room); got > 0;
       got = stream->pull(into.data(), room)) {
    count += static_cast<std::size_t>(got);
  }
  EXPECT_FALSE(stream->error().empty());
  return count;
}

TEST(Compressed, WhatComesBeforeDamageIsTheSameInPiecesOfAnySize) {
  const Bytes plain = plain_capture(4000);
  for (const Packer& packer : packers()) {
    for (const std::size_t from_end : {1u, 6u, 8u, 9u, 200u}) {
      Bytes packed = packer.pack(plain);
      packed[packed.size() - from_end] ^= 0x55;
      std::vector<std::size_t> inflated;
      for (const std::size_t piece : {7u, 4096u, 1u << 24}) {
        for (const std::size_t room : {64u, 1u << 16, 1u << 24}) {
          inflated.push_back(inflated_before_damage(packer.compression, packed, piece, room));
        }
      }
      EXPECT_THAT(inflated, testing::Each(inflated.front())) << packer.name << " -" << from_end;
      EXPECT_GT(inflated.front(), plain.size() / 2) << packer.name << " -" << from_end;
    }
  }
}

TEST(Compressed, AFrameThatNeedsMuchMemoryIsRefused) {
  const Bytes plain = plain_capture();
  EXPECT_EQ(read_memory(zstd(plain, 27)).outcome.end, CaptureEnd::complete);
  const Result result = read_memory(zstd(plain, 28));
  EXPECT_EQ(result.outcome.end, CaptureEnd::corrupt);
  EXPECT_THAT(result.outcome.message, testing::HasSubstr("memory"));
}

TEST(Compressed, AFewBytesThatInflateToManyAreReadInChunks) {
  Bytes zeros(std::size_t{1} << 24);
  const Bytes header = PcapBuilder().take();
  std::copy(header.begin(), header.end(), zeros.begin());
  const Bytes packed = zstd(zeros);
  ASSERT_LT(packed.size(), zeros.size() / 1000);
  // Each 16 zero bytes are an empty record.
  CaptureReader reader(packed, "t");
  std::size_t most = 0;
  std::size_t packets = 0;
  for (auto batch = reader.next(); !batch.empty(); batch = reader.next()) {
    packets += batch.size();
    most = std::max(most, CaptureChunk::alive());
  }
  EXPECT_EQ(packets, (zeros.size() - header.size()) / 16);
  EXPECT_LE(most, 2u) << "chunks of 1 MiB";
}

}  // namespace
}  // namespace floodgauge::test
