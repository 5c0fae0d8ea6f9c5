// The pcap file form and its relatives (draft-ietf-opsawg-pcap, and what older tools wrote).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "engine/port/capture_bytes.h"
#include "engine/port/capture_record.h"

namespace floodgauge {

class PcapFormat {
 public:
  /// Reads the file's header. Empty when these are not the bytes of a pcap file, or, with
  /// `outcome` set, when the header breaks off or names a version that nobody knows.
  static std::optional<PcapFormat> open(CaptureBytes& bytes, CaptureOutcome& outcome);

  /// The next records, all within one chunk. 0 at the end: then `outcome` says which end.
  std::size_t read(CaptureBytes& bytes, std::span<CaptureRecord> records, CaptureOutcome& outcome);

 private:
  /// Before version 2.4 some wrote the two lengths the other way round.
  enum class LengthOrder : std::uint8_t { captured_first, wire_first, smaller_is_captured };

  struct Header {
    std::uint32_t fraction = 0;
    std::uint32_t seconds = 0;
    std::uint32_t captured = 0;
    std::uint32_t wire = 0;
  };

  void choose_record_header(CaptureBytes& bytes, bool modified);
  int implausibility(CaptureBytes& bytes, std::uint32_t header_bytes) const;
  template <bool kSwapped>
  Header header_at(const std::uint8_t* at) const;
  Header header_at(const std::uint8_t* at) const;
  CaptureRecord record(const Header& header, const std::uint8_t* data, CaptureChunk* chunk) const;
  template <bool kSwapped>
  std::size_t scan(CaptureBytes& bytes, std::span<CaptureRecord> records) const;
  bool bring_next(CaptureBytes& bytes, CaptureOutcome& outcome) const;
  bool read_oversized(CaptureBytes& bytes, CaptureRecord& record, CaptureOutcome& outcome) const;

  bool swapped_ = false;
  LengthOrder length_order_ = LengthOrder::captured_first;
  LinkType link_ = LinkType::other;
  std::uint32_t header_bytes_ = 16;
  std::uint32_t nanoseconds_per_fraction_ = 1000;
  std::uint32_t fcs_bytes_ = 0;
  std::uint32_t snap_bytes_ = 0;
  std::uint32_t largest_record_ = 0;
};

}  // namespace floodgauge
