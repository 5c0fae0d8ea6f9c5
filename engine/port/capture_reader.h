// Reads a capture file: pcap, pcapng, either of them in gzip, from a path or standard input.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <variant>

#include "engine/port/capture_bytes.h"
#include "engine/port/capture_record.h"
#include "engine/port/pcap_format.h"
#include "engine/port/pcapng_format.h"

namespace floodgauge {

/// No memory is taken per packet, and none beyond a few MiB in all, whatever the file says.
class CaptureReader {
 public:
  /// Records in one batch: their descriptions fit in L1.
  static constexpr std::size_t kBatch = 256;

  /// `path` "-" is standard input. A file that cannot be opened is no exception: outcome() says it.
  /// `stop`, when there is one, ends the waiting for a pipe.
  explicit CaptureReader(const std::string& path, const std::atomic<bool>* stop = nullptr);
  /// Bytes that outlive the reader and the records; `name` stands for the file in messages.
  CaptureReader(std::span<const std::uint8_t> memory, std::string name);
  CaptureReader(PullBytes pull, std::string name,
                std::size_t chunk_bytes = CaptureBytes::kChunkBytes);

  /// The next records in file order, all within one chunk; empty at the end. They are valid until
  /// the next call, and those of a mapped file as long as the reader lives; a record of a chunk
  /// lives on while the chunk is held.
  std::span<const CaptureRecord> next();

  /// CaptureEnd::reading until next() has returned nothing, except when opening failed.
  const CaptureOutcome& outcome() const { return outcome_; }
  const std::string& name() const { return name_; }
  /// True when records lie in chunks, and not where they stay.
  bool streamed() const { return !bytes_.mapped(); }
  /// Bytes of the file read so far, and in all: 0 when nobody knows.
  std::uint64_t position() const { return bytes_.position(); }
  /// See CaptureBytes; from another thread.
  bool tend_pages() { return bytes_.tend_pages(); }
  std::uint64_t size() const { return bytes_.size(); }

 private:
  void recognise();
  void explain_unknown();
  void finish();

  std::string name_;
  CaptureBytes bytes_;
  std::variant<std::monostate, PcapFormat, PcapngFormat> format_;
  CaptureOutcome outcome_;
  std::array<CaptureRecord, kBatch> batch_;
};

}  // namespace floodgauge
