// Writes captures: pcap with nanoseconds or microseconds, or pcapng, with or without gzip.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/units.h"

struct gzFile_s;

namespace floodgauge::trafficgen {

enum class CaptureFormat : std::uint8_t { pcap_nanoseconds, pcap_microseconds, pcapng };

/// Writes Ethernet captures (link type 1). Throws std::runtime_error, which names the file, if the
/// file cannot be opened or written.
class CaptureWriter {
 public:
  /// A file whose name ends in ".gz" is compressed. At most `snaplen` bytes of each packet are
  /// stored; the recorded original length is not changed.
  CaptureWriter(const std::string& path, CaptureFormat format, std::uint32_t snaplen);
  ~CaptureWriter();
  CaptureWriter(const CaptureWriter&) = delete;
  CaptureWriter& operator=(const CaptureWriter&) = delete;

  /// `time`: since 1970, not negative.
  void write(Nanoseconds time, std::span<const std::uint8_t> frame);
  /// Writes the buffered bytes and closes the file. No packet may be written afterwards.
  void close();

 private:
  void put(std::span<const std::uint8_t> bytes);
  void put32(std::uint32_t value);
  void put16(std::uint16_t value);
  void header();
  void flush();

  std::string path_;
  CaptureFormat format_;
  std::uint32_t snaplen_;
  std::FILE* plain_ = nullptr;
  gzFile_s* compressed_ = nullptr;
  std::vector<std::uint8_t> buffer_;
};

/// pcapng for names that end in ".pcapng" or ".pcapng.gz"; pcap with nanoseconds for all others.
CaptureFormat format_of_name(const std::string& path);

}  // namespace floodgauge::trafficgen
