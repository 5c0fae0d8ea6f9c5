#include "engine/port/pcapng_format.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/port/byte_order.h"
#include "engine/port/link_types.h"
#include "engine/port/read_ahead.h"

namespace floodgauge {
namespace {

// Block types: draft-ietf-opsawg-pcapng, section 11.1.
constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;  // the same in both byte orders
constexpr std::uint32_t kInterfaceDescription = 1;
constexpr std::uint32_t kPacket = 2;  // obsolete
constexpr std::uint32_t kSimplePacket = 3;
constexpr std::uint32_t kEnhancedPacket = 6;

constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;

// Options: code and length, 16 bits each, then the value, padded to 32 bits.
constexpr std::uint16_t kOptionEnd = 0;
constexpr std::uint16_t kPacketFlags = 2;
constexpr std::uint16_t kTickResolution = 9;
constexpr std::uint16_t kFcsLength = 13;
constexpr std::uint16_t kTickOffset = 14;

constexpr std::uint32_t kLeastBlock = 12;
/// A larger block counts as damaged if it is of a type that is read. Other blocks are skipped.
constexpr std::uint32_t kLargestBlock = 16 * 1024 * 1024;
constexpr std::size_t kMostInterfaces = 65536;

constexpr std::size_t padded(std::size_t length) {
  return (length + 3) & ~std::size_t{3};
}

bool is_packet(std::uint32_t type) {
  return type == kPacket || type == kSimplePacket || type == kEnhancedPacket;
}

/// Calls `option(code, value, length)` for each one that lies within [at, end).
template <bool kSwapped, typename Option>
void for_each_option(const std::uint8_t* at, const std::uint8_t* end, Option option) {
  while (end - at >= 4) {
    const std::uint16_t code = read_u16<kSwapped>(at);
    const std::uint16_t length = read_u16<kSwapped>(at + 2);
    at += 4;
    if (code == kOptionEnd || static_cast<std::size_t>(end - at) < length) return;
    option(code, at, length);
    at += std::min(padded(length), static_cast<std::size_t>(end - at));
  }
}

bool end_here(CaptureOutcome& outcome, CaptureEnd end, std::uint64_t offset, std::string message) {
  outcome = {end, offset, std::move(message)};
  return false;
}

bool cut_off(CaptureBytes& bytes, std::uint64_t offset, bool packet, CaptureOutcome& outcome) {
  return end_here(outcome, CaptureEnd::truncated, offset,
                  std::string("cut off in mid-") + (packet ? "packet" : "block") +
                      ": the block that begins at byte " + std::to_string(offset) +
                      " goes on past the file's end at byte " +
                      std::to_string(bytes.offset() + bytes.available()));
}

bool damaged(std::uint64_t offset, const std::string& how, CaptureOutcome& outcome) {
  return end_here(outcome, CaptureEnd::corrupt, offset,
                  "damaged: the block at byte " + std::to_string(offset) + " " + how);
}

}  // namespace

TickClock::TickClock(std::uint8_t resolution, std::int64_t offset_seconds)
    : multiply_(0), multiply_limit_(0), offset_seconds_(offset_seconds), resolution_(resolution) {
  if (resolution > 9 || offset_seconds != 0) return;
  multiply_ = 1;
  for (std::uint8_t digit = resolution; digit < 9; ++digit) multiply_ *= 10;
  multiply_limit_ = static_cast<std::uint64_t>(kLatestCaptureTime) / multiply_;
}

std::int64_t TickClock::slow_time(std::uint64_t ticks) const {
  // 128 bits hold the product of 64-bit ticks and at most 10^9.
  using Wide = __int128;
  const int power = resolution_ & 0x7f;
  Wide time = ticks;
  if ((resolution_ & 0x80) != 0) {
    time = power < 127 ? (time * 1'000'000'000) >> power : 0;
  } else {
    for (int digit = power; digit < 9; ++digit) time *= 10;
    for (int digit = 9; digit < power && time > 0; ++digit) time /= 10;
  }
  time += static_cast<Wide>(offset_seconds_) * 1'000'000'000;
  return static_cast<std::int64_t>(
      std::clamp(time, static_cast<Wide>(0), static_cast<Wide>(kLatestCaptureTime)));
}

bool PcapngFormat::recognises(CaptureBytes& bytes) {
  if (!bytes.need(12) || read_u32<false>(bytes.begin()) != kSectionHeader) return false;
  return read_u32<false>(bytes.begin() + 8) == kByteOrderMagic ||
         read_u32<true>(bytes.begin() + 8) == kByteOrderMagic;
}

/// What the packet's epb_flags option tells: in bits 0 and 1 its direction (1 received, 2 sent), in
/// bits 5 to 8 the length of its FCS in bytes, which otherwise is the interface's.
template <bool kSwapped>
PcapngFormat::PacketFlags PcapngFormat::flags_of(const Interface& port, const std::uint8_t* options,
                                                 const std::uint8_t* end) {
  PacketFlags flags{.fcs_bytes = port.fcs_bytes};
  for_each_option<kSwapped>(
      options, end, [&](std::uint16_t code, const std::uint8_t* value, std::uint16_t length) {
        if (code != kPacketFlags || length != 4) return;
        const std::uint32_t own = read_u32<kSwapped>(value);
        if ((own >> 5 & 0xf) != 0) flags.fcs_bytes = own >> 5 & 0xf;
        flags.origin = (own & 3) == 1   ? FrameOrigin::received
                       : (own & 3) == 2 ? FrameOrigin::sent
                                        : FrameOrigin::unknown;
      });
  return flags;
}

/// Reads a packet block that lies whole in the window. False when its fields contradict each other.
template <bool kSwapped>
bool PcapngFormat::packet(const std::uint8_t* block, std::uint32_t length, CaptureRecord& record) {
  const std::uint32_t type = read_u32<kSwapped>(block);
  const bool simple = type == kSimplePacket;
  const std::uint32_t head = simple ? 12 : 28;
  if (length < head + 4) return false;
  std::uint32_t interface = 0;
  if (type == kEnhancedPacket) interface = read_u32<kSwapped>(block + 8);
  if (type == kPacket) interface = read_u16<kSwapped>(block + 8);
  if (interface >= interfaces_.size()) return false;
  const Interface& port = interfaces_[interface];
  std::uint32_t captured;
  std::uint32_t wire;
  std::int64_t time = kNoTime;
  if (simple) {
    wire = captured = read_u32<kSwapped>(block + 8);
    if (port.snap_bytes != 0) captured = std::min(captured, port.snap_bytes);
  } else {
    const std::uint64_t ticks =
        std::uint64_t{read_u32<kSwapped>(block + 12)} << 32 | read_u32<kSwapped>(block + 16);
    captured = read_u32<kSwapped>(block + 20);
    wire = std::max(captured, read_u32<kSwapped>(block + 24));
    time = port.clock.time(ticks);
  }
  if (captured > port.largest_record || captured > length - head - 4) return false;
  const std::uint8_t* data = block + head;
  const std::uint8_t* options = data + std::min(padded(captured), std::size_t{length} - head - 4);
  const PacketFlags flags = flags_of<kSwapped>(port, options, block + length - 4);
  if (port.link == LinkType::ethernet) {
    wire -= std::min(wire, flags.fcs_bytes);
    captured = std::min(captured, wire);
  }
  record = {.time = time,
            .frame = {data, captured, wire, port.link, true, flags.origin},
            .chunk = nullptr,
            .interface = interface};
  return true;
}

/// Takes packet blocks while they lie whole in the window and are valid. Stops before any other
/// block.
template <bool kSwapped>
std::size_t PcapngFormat::scan(CaptureBytes& bytes, std::span<CaptureRecord> records) {
  const std::uint8_t* at = bytes.begin();
  const std::uint8_t* const end = bytes.end();
  CaptureChunk* const chunk = bytes.chunk();
  std::size_t count = 0;
  ReadAhead ahead(at);
  while (count < records.size() && end - at >= kLeastBlock) {
    ahead.reached(at);
    if (!is_packet(read_u32<kSwapped>(at))) break;
    const std::uint32_t length = read_u32<kSwapped>(at + 4);
    if (length < 16 || length > static_cast<std::size_t>(end - at) || length % 4 != 0) break;
    if (read_u32<kSwapped>(at + length - 4) != length) break;
    if (!packet<kSwapped>(at, length, records[count])) break;
    records[count++].chunk = chunk;
    at += length;
  }
  bytes.advance_to(at);
  return count;
}

/// Moves past the block's end. Sets the outcome if the length is not repeated there.
bool PcapngFormat::end_block(CaptureBytes& bytes, const Block& block,
                             CaptureOutcome& outcome) const {
  if (!bytes.skip(block.length - 4) || !bytes.need(4)) {
    return cut_off(bytes, block.offset, false, outcome);
  }
  const std::uint32_t repeated = read_u32(bytes.begin(), swapped_);
  if (repeated != block.length) {
    return damaged(block.offset,
                   "gives its length as " + std::to_string(block.length) +
                       " at its beginning and " + std::to_string(repeated) + " at its end",
                   outcome);
  }
  return bytes.skip(4);
}

bool PcapngFormat::read_section_header(CaptureBytes& bytes, Block block, CaptureOutcome& outcome) {
  if (!bytes.need(12)) return cut_off(bytes, block.offset, false, outcome);
  const std::uint8_t* at = bytes.begin();
  const bool native = read_u32<false>(at + 8) == kByteOrderMagic;
  if (!native && read_u32<true>(at + 8) != kByteOrderMagic) {
    return damaged(block.offset, "is a section header without the byte-order magic", outcome);
  }
  swapped_ = !native;
  block.length = read_u32(at + 4, swapped_);
  if (block.length < 28 || block.length % 4 != 0) {
    return damaged(block.offset,
                   "is a section header of " + std::to_string(block.length) + " bytes", outcome);
  }
  if (!bytes.need(16)) return cut_off(bytes, block.offset, false, outcome);
  const std::uint16_t major = read_u16(bytes.begin() + 12, swapped_);
  if (major != 1) {
    return damaged(block.offset,
                   "is of pcapng version " + std::to_string(major) + ", and only 1 is known",
                   outcome);
  }
  interfaces_.clear();
  return end_block(bytes, block, outcome);
}

bool PcapngFormat::read_interface(CaptureBytes& bytes, const Block& block,
                                  CaptureOutcome& outcome) {
  if (block.length < 20) {
    return damaged(block.offset, "describes an interface in too few bytes", outcome);
  }
  if (interfaces_.size() == kMostInterfaces) {
    return damaged(block.offset, "is the 65537th interface of its section", outcome);
  }
  if (!bytes.need(block.length)) return cut_off(bytes, block.offset, false, outcome);
  const std::uint8_t* at = bytes.begin();
  const std::uint32_t link = read_u16(at + 8, swapped_);
  Interface port{.link = link_type_of(link),
                 .snap_bytes = read_u32(at + 12, swapped_),
                 .largest_record = std::min(largest_record(link), kLargestBlock),
                 .clock = {}};
  std::uint8_t resolution = 6;
  std::int64_t offset = 0;
  const auto option = [&](std::uint16_t code, const std::uint8_t* value, std::uint16_t length) {
    if (code == kTickResolution && length == 1) resolution = *value;
    // The draft's older text gives the length in bits, its example in bytes. No FCS is as long as
    // 16 bytes or as short as 15 bits, so the value tells which was meant.
    if (code == kFcsLength && length == 1) {
      port.fcs_bytes = *value < 16 ? *value : static_cast<std::uint8_t>(*value / 8);
    }
    if (code == kTickOffset && length == 8) {
      const std::uint64_t low = read_u32(value, swapped_);
      const std::uint64_t high = read_u32(value + 4, swapped_);
      const bool big_endian = swapped_ == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
      offset = static_cast<std::int64_t>(big_endian ? low << 32 | high : high << 32 | low);
    }
  };
  const std::uint8_t* options_end = at + block.length - 4;
  if (swapped_) {
    for_each_option<true>(at + 16, options_end, option);
  } else {
    for_each_option<false>(at + 16, options_end, option);
  }
  port.clock = TickClock(resolution, offset);
  interfaces_.push_back(port);
  return end_block(bytes, block, outcome);
}

/// Sets the outcome to what is wrong with a packet block that scan() did not take.
bool PcapngFormat::refuse_packet(CaptureBytes& bytes, const Block& block,
                                 CaptureOutcome& outcome) const {
  const std::uint8_t* at = bytes.begin();
  const std::uint32_t repeated = read_u32(at + block.length - 4, swapped_);
  if (repeated != block.length) return end_block(bytes, block, outcome);
  const std::uint32_t head = block.type == kSimplePacket ? 12 : 28;
  if (block.length < head + 4) return damaged(block.offset, "is too short for a packet", outcome);
  std::uint32_t interface = 0;
  if (block.type == kEnhancedPacket) interface = read_u32(at + 8, swapped_);
  if (block.type == kPacket) interface = read_u16(at + 8, swapped_);
  if (interface >= interfaces_.size()) {
    return damaged(block.offset,
                   "is a packet of interface " + std::to_string(interface) + ", and " +
                       std::to_string(interfaces_.size()) + " were described",
                   outcome);
  }
  const std::uint32_t captured = read_u32(at + (block.type == kSimplePacket ? 8 : 20), swapped_);
  return damaged(block.offset,
                 "claims a packet of " + std::to_string(captured) + " bytes in a block of " +
                     std::to_string(block.length),
                 outcome);
}

/// Handles the block at which scan() stopped: reads a section header or an interface, skips an
/// unknown block, or extends the window to a whole packet block. Sets the outcome and returns false
/// at the end and on errors.
bool PcapngFormat::next_block(CaptureBytes& bytes, CaptureOutcome& outcome) {
  Block block{.offset = bytes.offset()};
  const std::size_t scanned = bytes.available();
  if (!bytes.need(8)) {
    if (bytes.available() > 0) return cut_off(bytes, block.offset, false, outcome);
    return end_here(outcome, CaptureEnd::complete, block.offset, "");
  }
  block.type = read_u32(bytes.begin(), swapped_);
  block.length = read_u32(bytes.begin() + 4, swapped_);
  if (block.type == kSectionHeader) return read_section_header(bytes, block, outcome);
  const bool read_whole = block.type == kInterfaceDescription || is_packet(block.type);
  if (block.length < kLeastBlock || block.length % 4 != 0 ||
      (read_whole && block.length > kLargestBlock)) {
    return damaged(block.offset, "gives its length as " + std::to_string(block.length), outcome);
  }
  if (block.type == kInterfaceDescription) return read_interface(bytes, block, outcome);
  if (!is_packet(block.type)) return end_block(bytes, block, outcome);
  // scan() had this block whole in the window and did not take it: it is invalid.
  if (scanned >= block.length) return refuse_packet(bytes, block, outcome);
  return bytes.need(block.length) || cut_off(bytes, block.offset, true, outcome);
}

std::size_t PcapngFormat::read(CaptureBytes& bytes, std::span<CaptureRecord> records,
                               CaptureOutcome& outcome) {
  while (true) {
    const std::size_t count = swapped_ ? scan<true>(bytes, records) : scan<false>(bytes, records);
    if (count > 0) return count;
    if (!next_block(bytes, outcome)) return 0;
  }
}

}  // namespace floodgauge
