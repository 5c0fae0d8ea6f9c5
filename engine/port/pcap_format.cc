#include "engine/port/pcap_format.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "engine/port/byte_order.h"
#include "engine/port/link_types.h"
#include "engine/port/read_ahead.h"

namespace floodgauge {
namespace {

constexpr std::size_t kFileHeaderBytes = 24;
constexpr std::size_t kIxiaFileHeaderBytes = 28;  // the last 4: the size of all records
constexpr std::uint32_t kPlainRecordHeader = 16;
constexpr std::uint32_t kMillion = 1'000'000;
/// A fraction of a million or more under the magic number of microseconds is compared with those of
/// so many records after it. At least so many of them must be nanoseconds, and most of them. After
/// so many doubts that microseconds survived there are no more.
constexpr std::uint32_t kCompared = 17;
constexpr std::uint32_t kLeastNanoseconds = 3;
constexpr std::uint32_t kMostDoubts = 8;
/// Larger records (whole messages) are counted, and their bytes are skipped.
constexpr std::uint32_t kKeptBytes = 256 * 1024;

struct Magic {
  std::uint32_t number;
  bool nanoseconds;
  bool modified;  ///< longer record headers, from Alexey Kuznetsov's patches to libpcap
  std::size_t file_header_bytes;
};
constexpr std::array kMagics = {
    Magic{0xa1b2c3d4, false, false, kFileHeaderBytes},
    Magic{0xa1b23c4d, true, false, kFileHeaderBytes},
    Magic{0xa1b2cd34, false, true, kFileHeaderBytes},
    Magic{0x1c0001ac, true, false, kIxiaFileHeaderBytes},   // Ixia lcap, hardware timestamps
    Magic{0x1c0001ab, false, false, kIxiaFileHeaderBytes},  // Ixia lcap, software timestamps
};

const Magic* magic_of(std::uint32_t number) {
  const auto* found = std::find_if(kMagics.begin(), kMagics.end(),
                                   [=](const Magic& magic) { return magic.number == number; });
  return found == kMagics.end() ? nullptr : found;
}

/// The link type of a capture made by AIX, which writes version 2.2, RFC 1573 interface types in
/// place of link types, and nanoseconds. Nothing for other interface types.
std::optional<std::uint32_t> aix_link_type(std::uint32_t interface_type) {
  switch (interface_type) {
    case 6:
      return 1;  // ethernetCsmacd
    case 9:
      return 6;  // token ring
    case 15:
      return 10;  // FDDI
    case 24:
      return 0;  // loopback
    default:
      return std::nullopt;
  }
}

void end_here(CaptureOutcome& outcome, CaptureEnd end, std::uint64_t offset, std::string message) {
  outcome = {end, offset, std::move(message)};
}

}  // namespace

std::optional<PcapFormat> PcapFormat::open(CaptureBytes& bytes, CaptureOutcome& outcome) {
  if (!bytes.need(4)) return std::nullopt;
  PcapFormat format;
  const Magic* magic = magic_of(read_u32<false>(bytes.begin()));
  if (magic == nullptr) {
    magic = magic_of(read_u32<true>(bytes.begin()));
    format.swapped_ = true;
  }
  if (magic == nullptr) return std::nullopt;
  if (!bytes.need(magic->file_header_bytes)) {
    end_here(outcome, CaptureEnd::truncated, bytes.available(),
             "cut off in the file's header, after " + std::to_string(bytes.available()) + " bytes");
    return std::nullopt;
  }
  const std::uint8_t* header = bytes.begin();
  const std::uint16_t major = read_u16(header + 4, format.swapped_);
  const std::uint16_t minor = read_u16(header + 6, format.swapped_);
  if (major < 2) {
    end_here(outcome, CaptureEnd::not_a_capture, 0,
             "is pcap of version " + std::to_string(major) + ", and only 2 and later are read");
    return std::nullopt;
  }
  // The field's upper six bits describe the FCS: draft-ietf-opsawg-pcap, section 4.
  const std::uint32_t field = read_u32(header + 20, format.swapped_);
  std::uint32_t link = field & 0xffff;
  bool nanoseconds = magic->nanoseconds;
  if (!magic->modified && !magic->nanoseconds && major == 2 && minor == 2) {
    if (const auto aix = aix_link_type(link)) {
      link = *aix;
      nanoseconds = true;
    }
  }
  format.link_ = link_type_of(link);
  format.largest_record_ = largest_record(link);
  format.nanoseconds_per_fraction_ = nanoseconds ? 1 : 1000;
  if (!nanoseconds) format.least_doubtful_ = kMillion;
  if ((field & 0x04000000) != 0 && format.link_ == LinkType::ethernet) {
    format.fcs_bytes_ = (field >> 28) * 2;  // counted in 16-bit words
  }
  const bool aix = nanoseconds && !magic->nanoseconds;
  // DG/UX tcpdump writes version 543.0.
  const bool old = (major == 2 && minor < 4) || major == 543;
  if (old && !aix) {
    format.length_order_ =
        major == 2 && minor == 3 ? LengthOrder::smaller_is_captured : LengthOrder::wire_first;
  }
  format.snap_bytes_ = read_u32(header + 16, format.swapped_);
  bytes.advance_to(bytes.begin() + magic->file_header_bytes);
  const bool usual_header = magic->file_header_bytes == kFileHeaderBytes && !magic->nanoseconds;
  if (usual_header && !old) format.choose_record_header(bytes, magic->modified);
  return format;
}

/// Finds the length of record headers, because some tools write longer ones under the usual magic
/// numbers. Chooses the length for which the first three records look most plausible. This is not
/// done for a live stream, where the first packet would have to wait for two more.
void PcapFormat::choose_record_header(CaptureBytes& bytes, bool modified) {
  // kPlain: the standard (16); libpcap of 1999-04-17 (24); Nokia (20).
  // kModified: libpcap of 1999-10-29 (24) and of 1999-09-15 (28).
  static constexpr std::array<std::uint32_t, 3> kPlain = {kPlainRecordHeader, 24, 20};
  static constexpr std::array<std::uint32_t, 2> kModified = {24, 28};
  const std::span<const std::uint32_t> candidates =
      modified ? std::span<const std::uint32_t>(kModified) : std::span<const std::uint32_t>(kPlain);
  header_bytes_ = candidates.front();
  if (!bytes.mapped() && !bytes.compressed()) return;
  int least = 1000;
  for (const std::uint32_t candidate : candidates) {
    const int doubts = implausibility(bytes, candidate);
    if (doubts >= least) continue;
    least = doubts;
    header_bytes_ = candidate;
  }
}

/// Counts what would be wrong with the first three records if their headers had this length. A file
/// that ends within a record counts only against the unusual lengths, because truncated captures
/// with standard headers are common.
int PcapFormat::implausibility(CaptureBytes& bytes, std::uint32_t header_bytes) const {
  constexpr std::uint32_t kUnlikelyWire = 128 * 1024 * 1024;
  constexpr std::uint32_t kUnlikelyInterface = 10000;
  const int cut_off = header_bytes == kPlainRecordHeader ? 0 : 1;
  int doubts = 0;
  std::size_t at = 0;
  for (int record = 0; record < 3; ++record) {
    if (!bytes.need(at + header_bytes)) return doubts + (bytes.available() > at ? cut_off : 0);
    const std::uint8_t* bytes_at = bytes.begin() + at;
    const Header header = header_at(bytes_at);
    // Nanoseconds under the magic number of microseconds are more usual than other headers.
    const bool usual = header_bytes == kPlainRecordHeader;
    doubts += header.fraction >= (usual ? 1000 * kMillion : kMillion) ? 1 : 0;
    doubts += header.captured > largest_record_ ? 1 : 0;
    doubts += header.captured > snap_bytes_ ? 1 : 0;
    doubts += header.captured > header.wire ? 1 : 0;
    doubts += header.wire > kUnlikelyWire ? 1 : 0;
    // In Kuznetsov's headers the interface's index follows.
    if (header_bytes >= 24) {
      doubts += read_u32(bytes_at + kPlainRecordHeader, swapped_) > kUnlikelyInterface ? 1 : 0;
    }
    at += header_bytes;
    if (header.captured > kKeptBytes) return doubts + 1;
    if (!bytes.need(at + header.captured)) return doubts + cut_off;
    at += header.captured;
  }
  return doubts;
}

template <bool kSwapped>
PcapFormat::Header PcapFormat::header_at(const std::uint8_t* at) const {
  Header header{.fraction = read_u32<kSwapped>(at + 4),
                .seconds = read_u32<kSwapped>(at),
                .captured = read_u32<kSwapped>(at + 8),
                .wire = read_u32<kSwapped>(at + 12)};
  if (length_order_ != LengthOrder::captured_first) [[unlikely]] {
    if (length_order_ == LengthOrder::wire_first || header.captured > header.wire) {
      std::swap(header.captured, header.wire);
    }
  }
  return header;
}

PcapFormat::Header PcapFormat::header_at(const std::uint8_t* at) const {
  return swapped_ ? header_at<true>(at) : header_at<false>(at);
}

CaptureRecord PcapFormat::record(const Header& header, const std::uint8_t* data,
                                 CaptureChunk* chunk) const {
  std::uint32_t wire = std::max(header.wire, header.captured);
  wire -= std::min(wire, fcs_bytes_);
  const std::uint64_t fraction = std::uint64_t{header.fraction} * nanoseconds_per_fraction_;
  const auto time =
      static_cast<std::int64_t>(std::uint64_t{header.seconds} * 1'000'000'000 + fraction);
  return {.time = fraction < 1'000'000'000 ? time : kDamagedTime,
          .frame = {data, std::min(header.captured, wire), wire, link_},
          .chunk = chunk};
}

/// Takes records while they lie whole in the window and have a possible length. Stops before the
/// first record that does not.
template <bool kSwapped>
std::size_t PcapFormat::scan(CaptureBytes& bytes, std::span<CaptureRecord> records) const {
  const std::uint8_t* at = bytes.begin();
  const std::uint8_t* const end = bytes.end();
  CaptureChunk* const chunk = bytes.chunk();
  const std::uint32_t header_bytes = header_bytes_;
  const std::uint32_t largest = std::min(largest_record_, kKeptBytes);
  std::size_t count = 0;
  ReadAhead ahead(at);
  while (count < records.size() && static_cast<std::size_t>(end - at) >= header_bytes) {
    const Header header = header_at<kSwapped>(at);
    const std::uint8_t* data = at + header_bytes;
    ahead.reached(data);
    if (is_doubtful(header)) break;
    // An empty record stops it as well: it may be the header of an appended capture.
    if (header.captured - 1 >= largest || static_cast<std::size_t>(end - data) < header.captured) {
      break;
    }
    records[count++] = record(header, data, chunk);
    at = data + header.captured;
  }
  bytes.advance_to(at);
  return count;
}

/// Extends the window to the whole next record, or sets the outcome and returns false.
bool PcapFormat::need_record(CaptureBytes& bytes, CaptureOutcome& outcome) const {
  const std::uint64_t offset = bytes.offset();
  const auto cut_off = [&](std::uint64_t wanted) {
    end_here(outcome, CaptureEnd::truncated, offset,
             "cut off in mid-packet: the record at byte " + std::to_string(offset) + " has " +
                 std::to_string(bytes.available()) + " of its " + std::to_string(wanted) +
                 " bytes");
    return false;
  };
  if (!bytes.need(header_bytes_)) {
    if (bytes.available() > 0) return cut_off(header_bytes_);
    end_here(outcome, CaptureEnd::complete, offset, "");
    return false;
  }
  const Header header = header_at(bytes.begin());
  if (header.captured > largest_record_) {
    end_here(outcome, CaptureEnd::corrupt, offset,
             "damaged: the record at byte " + std::to_string(offset) + " claims " +
                 std::to_string(header.captured) + " bytes, and " +
                 std::to_string(largest_record_) + " is the most that can be");
    return false;
  }
  const std::uint64_t wanted = std::uint64_t{header_bytes_} + std::min(header.captured, kKeptBytes);
  return bytes.need(wanted) || cut_off(std::uint64_t{header_bytes_} + header.captured);
}

/// A message of more than 256 KiB, at most 128 MiB. No link type that the parser opens has such
/// records: the record is counted without its bytes, which are skipped.
bool PcapFormat::read_oversized(CaptureBytes& bytes, CaptureRecord& into,
                                CaptureOutcome& outcome) const {
  const std::uint64_t offset = bytes.offset();
  const Header header = header_at(bytes.begin());
  if (!bytes.skip(std::uint64_t{header_bytes_} + header.captured)) {
    end_here(outcome, CaptureEnd::truncated, offset,
             "cut off in mid-packet: the record at byte " + std::to_string(offset) +
                 " goes on past the file's end");
    return false;
  }
  into = record(header, bytes.begin(), bytes.chunk());
  into.frame.captured = 0;
  return true;
}

void PcapFormat::read_nanoseconds() {
  read_as_nanoseconds_ = true;
  nanoseconds_per_fraction_ = 1;
  least_doubtful_ = 0xffffffff;
}

/// Some tools write nanoseconds under the magic number of microseconds. A fraction in microseconds
/// is below 10^6, and of those in nanoseconds 999 in 1,000 are not; single ones may be damaged.
/// Looks at the next records for that.
void PcapFormat::judge_fractions(CaptureBytes& bytes) {
  std::size_t at = 0;
  std::uint32_t compared = 0;
  std::uint32_t nanoseconds = 0;
  for (; compared < kCompared && bytes.need(at + header_bytes_); ++compared) {
    const Header header = header_at(bytes.begin() + at);
    if (header.captured > kKeptBytes) break;
    nanoseconds += header.fraction >= kMillion && header.fraction < 1000 * kMillion ? 1 : 0;
    at += header_bytes_ + header.captured;
  }
  if (nanoseconds >= kLeastNanoseconds && 2 * nanoseconds > compared) {
    read_nanoseconds();
  } else if (++doubts_ == kMostDoubts) {
    least_doubtful_ = 0xffffffff;
  }
}

/// Whether another capture was appended here, with its file header, which would be an empty record
/// if it were one. Goes on with its records.
bool PcapFormat::begins_again(CaptureBytes& bytes, CaptureOutcome& outcome) {
  const std::uint8_t* at = bytes.begin();
  const bool magic = magic_of(read_u32<false>(at)) != nullptr;
  if (!magic && magic_of(read_u32<true>(at)) == nullptr) return false;
  const std::optional<PcapFormat> next = open(bytes, outcome);
  if (!next) return false;
  const bool still_nanoseconds = read_as_nanoseconds_ && next->least_doubtful_ == kMillion;
  *this = *next;
  if (still_nanoseconds) read_nanoseconds();
  return true;
}

/// Reads the record at which scan() stopped: one of a doubtful time, an empty or an oversized one.
/// Returns the number of records, 0 where there is none: the outcome tells whether reading goes on.
std::size_t PcapFormat::read_alone(CaptureBytes& bytes, CaptureRecord& into,
                                   CaptureOutcome& outcome) {
  const Header header = header_at(bytes.begin());
  if (header.captured == 0 && begins_again(bytes, outcome)) return 0;
  if (outcome.end != CaptureEnd::reading) return 0;
  if (is_doubtful(header)) judge_fractions(bytes);
  if (header.captured > kKeptBytes) return read_oversized(bytes, into, outcome) ? 1 : 0;
  const std::uint8_t* data = bytes.begin() + header_bytes_;
  into = record(header, data, bytes.chunk());
  bytes.advance_to(data + header.captured);
  return 1;
}

std::size_t PcapFormat::read(CaptureBytes& bytes, std::span<CaptureRecord> records,
                             CaptureOutcome& outcome) {
  while (true) {
    std::size_t count = swapped_ ? scan<true>(bytes, records) : scan<false>(bytes, records);
    if (count > 0) return count;
    if (!need_record(bytes, outcome)) return 0;
    // need_record() may have read the rest of a record that was cut by the window's end.
    const Header header = header_at(bytes.begin());
    const bool usual = header.captured != 0 && header.captured <= kKeptBytes;
    if (usual && !is_doubtful(header)) continue;
    count = read_alone(bytes, records.front(), outcome);
    if (count > 0 || outcome.end != CaptureEnd::reading) return count;
  }
}

}  // namespace floodgauge
