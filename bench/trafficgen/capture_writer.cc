#include "bench/trafficgen/capture_writer.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace floodgauge::trafficgen {
namespace {

constexpr std::size_t kBuffer = std::size_t{1} << 20;
constexpr std::uint16_t kEthernet = 1;  // LINKTYPE_ETHERNET

// The pcap format: draft-ietf-opsawg-pcap; pcapng: draft-ietf-opsawg-pcapng.
constexpr std::uint32_t kPcapNanoseconds = 0xa1b23c4d;
constexpr std::uint32_t kPcapMicroseconds = 0xa1b2c3d4;
constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;
constexpr std::uint32_t kByteOrder = 0x1a2b3c4d;
constexpr std::uint32_t kInterfaceDescription = 1;
constexpr std::uint32_t kEnhancedPacket = 6;
constexpr std::uint16_t kTimestampResolution = 9;  // option if_tsresol

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw std::runtime_error(path + ": " + what);
}

}  // namespace

CaptureWriter::CaptureWriter(const std::string& path, CaptureFormat format, std::uint32_t snaplen)
    : path_(path), format_(format), snaplen_(snaplen) {
  if (path.ends_with(".gz")) {
    compressed_ = gzopen(path.c_str(), "wb1");
    if (compressed_ != nullptr) gzbuffer(compressed_, kBuffer);
  } else {
    plain_ = std::fopen(path.c_str(), "wb");
  }
  if (plain_ == nullptr && compressed_ == nullptr) fail(path, std::strerror(errno));
  buffer_.reserve(kBuffer + 65536);
  header();
}

CaptureWriter::~CaptureWriter() {
  if (plain_ != nullptr) std::fclose(plain_);
  if (compressed_ != nullptr) gzclose(compressed_);
}

void CaptureWriter::put(std::span<const std::uint8_t> bytes) {
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

void CaptureWriter::put32(std::uint32_t value) {
  std::array<std::uint8_t, 4> bytes;
  std::memcpy(bytes.data(), &value, 4);
  put(bytes);
}

void CaptureWriter::put16(std::uint16_t value) {
  std::array<std::uint8_t, 2> bytes;
  std::memcpy(bytes.data(), &value, 2);
  put(bytes);
}

void CaptureWriter::header() {
  if (format_ != CaptureFormat::pcapng) {
    put32(format_ == CaptureFormat::pcap_nanoseconds ? kPcapNanoseconds : kPcapMicroseconds);
    put16(2);  // version 2.4
    put16(4);
    put32(0);
    put32(0);
    put32(snaplen_);
    put32(kEthernet);
    return;
  }
  put32(kSectionHeader);
  put32(28);
  put32(kByteOrder);
  put16(1);
  put16(0);
  put32(0xffffffff);  // section length unknown
  put32(0xffffffff);
  put32(28);
  put32(kInterfaceDescription);
  put32(32);
  put16(kEthernet);
  put16(0);
  put32(snaplen_);
  put16(kTimestampResolution);
  put16(1);
  put32(9);  // 10^-9 s, padded
  put32(0);  // end of options
  put32(32);
}

void CaptureWriter::write(Nanoseconds time, std::span<const std::uint8_t> frame) {
  const auto original = static_cast<std::uint32_t>(frame.size());
  const std::uint32_t stored = std::min(original, snaplen_);
  const auto nanoseconds = static_cast<std::uint64_t>(time.count);
  if (format_ == CaptureFormat::pcapng) {
    const std::uint32_t padding = (4 - stored % 4) % 4;
    const std::uint32_t block = 32 + stored + padding;
    put32(kEnhancedPacket);
    put32(block);
    put32(0);
    put32(static_cast<std::uint32_t>(nanoseconds >> 32));
    put32(static_cast<std::uint32_t>(nanoseconds));
    put32(stored);
    put32(original);
    put(frame.first(stored));
    buffer_.insert(buffer_.end(), padding, 0);
    put32(block);
  } else {
    const auto fraction = static_cast<std::uint32_t>(nanoseconds % 1'000'000'000);
    put32(static_cast<std::uint32_t>(nanoseconds / 1'000'000'000));
    put32(format_ == CaptureFormat::pcap_nanoseconds ? fraction : fraction / 1000);
    put32(stored);
    put32(original);
    put(frame.first(stored));
  }
  if (buffer_.size() >= kBuffer) flush();
}

void CaptureWriter::flush() {
  const std::size_t size = buffer_.size();
  const bool whole =
      size == 0 ||
      (plain_ != nullptr ? std::fwrite(buffer_.data(), 1, size, plain_) == size
                         : gzwrite(compressed_, buffer_.data(), static_cast<unsigned>(size)) > 0);
  if (!whole) fail(path_, std::string("cannot write: ") + std::strerror(errno));
  buffer_.clear();
}

void CaptureWriter::close() {
  flush();
  bool good = true;
  if (plain_ != nullptr) good = std::fclose(std::exchange(plain_, nullptr)) == 0;
  if (compressed_ != nullptr) good = gzclose(std::exchange(compressed_, nullptr)) == Z_OK;
  if (!good) fail(path_, std::string("cannot write: ") + std::strerror(errno));
}

CaptureFormat format_of_name(const std::string& path) {
  return path.ends_with(".pcapng") || path.ends_with(".pcapng.gz")
             ? CaptureFormat::pcapng
             : CaptureFormat::pcap_nanoseconds;
}

}  // namespace floodgauge::trafficgen
