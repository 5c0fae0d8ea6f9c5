#include "engine/port/capture_reader.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace floodgauge {
namespace {

/// File formats that are not read, and how to convert each to one that is.
struct UnreadFormat {
  std::string_view magic;
  const char* advice;
};
constexpr std::array kUnreadFormats = {
    UnreadFormat{"BZh", "is compressed by bzip2: 'bzip2 -dc FILE | floodgauge replay -'"},
    UnreadFormat{"\x02\x21\x4c\x18",
                 "is compressed by an old lz4: 'lz4 -dc FILE | floodgauge replay -'"},
    UnreadFormat{"PK\x03\x04", "is a zip archive: unpack it first"},
    UnreadFormat{"snoop", "is a snoop capture: convert it with 'editcap -F pcap'"},
};

}  // namespace

CaptureReader::CaptureReader(const std::string& path, const std::atomic<bool>* stop)
    : name_(path == "-" ? "standard input" : path), bytes_(path, stop), stop_(stop) {
  recognise();
}

CaptureReader::CaptureReader(std::span<const std::uint8_t> memory, std::string name)
    : name_(std::move(name)), bytes_(memory) {
  recognise();
}

CaptureReader::CaptureReader(PullBytes pull, std::string name, std::size_t chunk_bytes)
    : name_(std::move(name)), bytes_(std::move(pull), chunk_bytes) {
  recognise();
}

void CaptureReader::recognise() {
  if (std::optional<PcapFormat> pcap = PcapFormat::open(bytes_, outcome_)) {
    format_ = *pcap;
  } else if (outcome_.end == CaptureEnd::reading && PcapngFormat::recognises(bytes_)) {
    format_.emplace<PcapngFormat>();
  } else {
    explain_unknown();
    finish();
  }
}

void CaptureReader::explain_unknown() {
  if (outcome_.end != CaptureEnd::reading) return;
  const std::string_view begin(reinterpret_cast<const char*>(bytes_.begin()), bytes_.available());
  outcome_ = {CaptureEnd::not_a_capture, 0, "is not a capture: neither pcap nor pcapng"};
  if (begin.empty()) outcome_.message = "is not a capture: it is empty";
  for (const UnreadFormat& format : kUnreadFormats) {
    if (begin.starts_with(format.magic)) outcome_.message = format.advice;
  }
}

/// Completes the outcome's message and puts the file's name in front. An error of reading or
/// inflating replaces the format's own error, which follows from it.
void CaptureReader::finish() {
  if (bytes_.error_kind() == CaptureEnd::stopped) {
    outcome_ = {CaptureEnd::stopped, bytes_.offset(), ""};
  } else if (shortened_to_) {
    const std::string left = std::to_string(*shortened_to_);
    outcome_ = {CaptureEnd::truncated, *shortened_to_,
                "cut off: the file was shortened to " + left + " bytes while it was read"};
  } else if (!bytes_.error().empty()) {
    outcome_ = {bytes_.error_kind(), bytes_.offset(), bytes_.error()};
    if (outcome_.end == CaptureEnd::truncated || outcome_.end == CaptureEnd::corrupt) {
      outcome_.message += " after byte " + std::to_string(bytes_.offset() + bytes_.available()) +
                          " of the uncompressed capture";
    }
  } else if (bytes_.compressed() && outcome_.failed()) {
    outcome_.message += " (bytes of the uncompressed capture)";
  }
  outcome_.may_grow = outcome_.end == CaptureEnd::truncated && !bytes_.compressed() &&
                      bytes_.size() > 0 && !shortened_to_;
  if (!outcome_.message.empty()) outcome_.message = name_ + ": " + outcome_.message;
  format_.emplace<std::monostate>();
}

/// Of `count` records, how many lie within what a mapped file still has. Ends the capture when the
/// file has become shorter.
std::size_t CaptureReader::drop_missing(std::size_t count) {
  // What is missing of a page reads as zeros: records without bytes, or no records at all.
  const bool doubt = count < kBatch || batch_[count - 1].frame.captured == 0;
  const std::uint64_t present = bytes_.present(doubt);
  if (present >= bytes_.size() || bytes_.mapping() == nullptr) return count;
  const std::uint8_t* const end = bytes_.mapping() + present;
  const auto missing = std::find_if(
      batch_.begin(), batch_.begin() + static_cast<std::ptrdiff_t>(count),
      [&](const CaptureRecord& record) { return record.frame.data + record.frame.captured > end; });
  // Until then there are records, or their end was met: both come before what is missing.
  if (count != 0 && missing == batch_.begin() + static_cast<std::ptrdiff_t>(count)) return count;
  shortened_to_ = present;
  return static_cast<std::size_t>(missing - batch_.begin());
}

std::span<CaptureRecord> CaptureReader::next() {
  if (stop_ != nullptr && stop_->load(std::memory_order_relaxed) && !stopped_) {
    stopped_ = true;
    if (outcome_.end == CaptureEnd::reading) outcome_ = {CaptureEnd::stopped, bytes_.offset(), ""};
    format_.emplace<std::monostate>();
  }
  std::size_t count = 0;
  if (shortened_to_) {
    if (!std::holds_alternative<std::monostate>(format_)) finish();
    return {};
  }
  if (auto* pcap = std::get_if<PcapFormat>(&format_)) {
    count = pcap->read(bytes_, batch_, outcome_);
    read_as_nanoseconds_ = read_as_nanoseconds_ || pcap->read_as_nanoseconds();
  } else if (auto* pcapng = std::get_if<PcapngFormat>(&format_)) {
    count = pcapng->read(bytes_, batch_, outcome_);
  } else {
    return {};
  }
  count = drop_missing(count);
  if (count == 0) finish();
  return std::span(batch_).first(count);
}

}  // namespace floodgauge
