// Reads one capture file: pcap or pcapng, plain or gzip, from a path or standard input.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "engine/port/capture_bytes.h"
#include "engine/port/capture_record.h"
#include "engine/port/pcap_format.h"
#include "engine/port/pcapng_format.h"

namespace floodgauge {

/// Allocates nothing per packet, and no more than a few MiB in all, whatever the file claims.
class CaptureReader {
 public:
  /// Largest number of records in one batch. Their descriptions (10 KiB) fit in the L1 cache.
  static constexpr std::size_t kBatch = 256;

  /// `path` "-" is standard input. A file that cannot be opened does not throw: outcome() says why.
  /// When `*stop` becomes true, next() returns nothing more, and waiting for a pipe ends.
  explicit CaptureReader(const std::string& path, const std::atomic<bool>* stop = nullptr);
  /// `memory` must outlive the reader and its records. Messages call the file `name`.
  CaptureReader(std::span<const std::uint8_t> memory, std::string name);
  CaptureReader(PullBytes pull, std::string name,
                std::size_t chunk_bytes = CaptureBytes::kChunkBytes);

  /// The next records in file order, all in one chunk; empty at the end. The returned span is valid
  /// until the next call. The frames of a mapped file are valid as long as the reader, those in a
  /// chunk as long as the chunk is held.
  /// The caller may change the records.
  std::span<CaptureRecord> next();

  /// CaptureEnd::reading until next() has returned nothing, unless opening failed.
  const CaptureOutcome& outcome() const { return outcome_; }
  const std::string& name() const { return name_; }
  /// True when records lie in chunks and not in a mapping.
  bool streamed() const { return !bytes_.mapped(); }
  /// True when the records come as they are captured, so that the next may be long in coming.
  bool live() const { return streamed() && size() == 0; }
  /// The header says microseconds, and the fractions of a second are nanoseconds.
  bool read_as_nanoseconds() const { return read_as_nanoseconds_; }
  /// Bytes of the file read so far.
  std::uint64_t position() const { return bytes_.position(); }
  /// Bytes of the file; 0 when that is unknown.
  std::uint64_t size() const { return bytes_.size(); }
  /// See CaptureBytes::prefault_pages(). For a second thread.
  bool prefault_pages() { return bytes_.prefault_pages(); }

 private:
  void recognise();
  void explain_unknown();
  void finish();
  std::size_t drop_missing(std::size_t count);

  std::string name_;
  CaptureBytes bytes_;
  std::variant<std::monostate, PcapFormat, PcapngFormat> format_;
  CaptureOutcome outcome_;
  bool read_as_nanoseconds_ = false;
  const std::atomic<bool>* stop_ = nullptr;
  bool stopped_ = false;
  std::optional<std::uint64_t> shortened_to_;  ///< bytes that are left of a mapped file
  std::array<CaptureRecord, kBatch> batch_;
};

}  // namespace floodgauge
