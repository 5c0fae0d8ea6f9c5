// Reads any bytes as a capture: from memory, and as a stream in pieces of two sizes, which must
// give the same packets.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>

#include "engine/port/capture_reader.h"
#include "engine/port/capture_times.h"
#include "tests/fuzz/require.h"

namespace {

using floodgauge::require;

using floodgauge::CaptureChunk;
using floodgauge::CaptureReader;
using floodgauge::CaptureRecord;

/// Limit of packets: a few kilobytes of gzip may hold a gigabyte of records.
constexpr std::size_t kMaxPackets = 100'000;

struct Digest {
  std::size_t packets = 0;
  std::uint64_t hash = 0;
  bool operator==(const Digest&) const = default;
};

Digest read_through(CaptureReader& reader) {
  Digest digest;
  for (auto batch = reader.next(); !batch.empty(); batch = reader.next()) {
    for (const CaptureRecord& record : batch) {
      const floodgauge::FrameView& frame = record.frame;
      require(frame.wire >= frame.captured);
      require(record.time >= floodgauge::kDamagedTime);
      require(record.time <= floodgauge::kLatestCaptureTime);
      require((record.chunk != nullptr) == reader.streamed());
      const auto mix = [&](std::uint64_t value) { digest.hash = digest.hash * 31 + value; };
      for (std::uint32_t at = 0; at < frame.captured; ++at) mix(frame.data[at]);
      mix(frame.wire);
      mix(static_cast<std::uint64_t>(record.time));
      if (++digest.packets == kMaxPackets) return digest;
    }
  }
  require(reader.outcome().end != floodgauge::CaptureEnd::reading);
  require(reader.outcome().failed() != reader.outcome().message.empty());
  return digest;
}

Digest read_stream(std::span<const std::uint8_t> bytes, std::size_t piece, std::size_t chunk) {
  CaptureReader reader(
      [rest = bytes, piece](std::uint8_t* into, std::size_t capacity) mutable {
        const std::size_t count = std::min({piece, capacity, rest.size()});
        std::copy_n(rest.data(), count, into);
        rest = rest.subspan(count);
        return static_cast<std::ptrdiff_t>(count);
      },
      "fuzz", chunk);
  return read_through(reader);
}

/// Times never decrease, and every packet is returned.
void put_times_right(std::span<const std::uint8_t> bytes, std::size_t packets) {
  floodgauge::CaptureTimes times(std::make_unique<CaptureReader>(bytes, "fuzz"),
                                 floodgauge::kUsualReorder);
  std::int64_t latest = 0;
  std::size_t count = 0;
  for (auto batch = times.next(); !batch.empty() && count < kMaxPackets; batch = times.next()) {
    for (const CaptureRecord& record : batch) {
      require(record.time >= latest);
      latest = record.time;
    }
    count += batch.size();
  }
  require(count == packets || packets == kMaxPackets);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  {
    CaptureReader reader(std::span(data, size), "fuzz");
    put_times_right({data, size}, read_through(reader).packets);
  }
  require(read_stream({data, size}, 3, 64) == read_stream({data, size}, 4096, 1 << 16));
  require(CaptureChunk::alive() == 0);
  return 0;
}
