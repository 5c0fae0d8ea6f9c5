// Reads the pcap file format (draft-ietf-opsawg-pcap) and the variants that older tools wrote.
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
  /// Reads the file's header. Returns nothing when the bytes are not a pcap file. Returns nothing
  /// and sets `outcome` when the header is truncated or has an unknown version.
  static std::optional<PcapFormat> open(CaptureBytes& bytes, CaptureOutcome& outcome);

  /// The header says microseconds, and most of the first fractions of a second are a million or
  /// more: they are nanoseconds.
  bool read_as_nanoseconds() const { return read_as_nanoseconds_; }

  /// Writes the next records, all of one chunk, to `records` and returns their number. Returns 0 at
  /// the end and sets `outcome`.
  std::size_t read(CaptureBytes& bytes, std::span<CaptureRecord> records, CaptureOutcome& outcome);

 private:
  /// Before version 2.4 some tools wrote the two lengths of a record in reverse order.
  enum class LengthOrder : std::uint8_t { captured_first, wire_first, smaller_is_captured };

  struct Header {
    std::uint32_t fraction = 0;  ///< microseconds or nanoseconds, see nanoseconds_per_fraction_
    std::uint32_t seconds = 0;   ///< since 1970
    std::uint32_t captured = 0;  ///< bytes
    std::uint32_t wire = 0;      ///< bytes
  };

  void choose_record_header(CaptureBytes& bytes, bool modified);
  int implausibility(CaptureBytes& bytes, std::uint32_t header_bytes) const;
  template <bool kSwapped>
  Header header_at(const std::uint8_t* at) const;
  Header header_at(const std::uint8_t* at) const;
  CaptureRecord record(const Header& header, const std::uint8_t* data, CaptureChunk* chunk) const;
  template <bool kSwapped>
  std::size_t scan(CaptureBytes& bytes, std::span<CaptureRecord> records) const;
  bool need_record(CaptureBytes& bytes, CaptureOutcome& outcome) const;
  bool is_doubtful(const Header& header) const { return header.fraction >= least_doubtful_; }
  void read_nanoseconds();
  void judge_fractions(CaptureBytes& bytes);
  bool begins_again(CaptureBytes& bytes, CaptureOutcome& outcome);
  std::size_t read_alone(CaptureBytes& bytes, CaptureRecord& record, CaptureOutcome& outcome);
  bool read_oversized(CaptureBytes& bytes, CaptureRecord& record, CaptureOutcome& outcome) const;

  bool swapped_ = false;
  bool read_as_nanoseconds_ = false;
  /// From this fraction of a second on, the unit is in doubt; the greatest number: never again.
  std::uint32_t least_doubtful_ = 0xffffffff;
  std::uint32_t doubts_ = 0;  ///< how often it was
  LengthOrder length_order_ = LengthOrder::captured_first;
  LinkType link_ = LinkType::other;
  std::uint32_t header_bytes_ = 16;
  std::uint32_t nanoseconds_per_fraction_ = 1000;
  std::uint32_t fcs_bytes_ = 0;
  std::uint32_t snap_bytes_ = 0;
  std::uint32_t largest_record_ = 0;
};

}  // namespace floodgauge
