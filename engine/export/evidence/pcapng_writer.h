// Writes a capture in the pcapng format (draft-ietf-opsawg-pcapng): one section, little-endian,
// with nanoseconds and comments.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/units.h"
#include "engine/parse/link_type.h"

namespace floodgauge {

/// Builds the file in memory. A block of an interface goes before the first packet of its link
/// type.
class PcapngWriter {
 public:
  /// `comment` and `application` are UTF-8; of the comment at most 65,535 bytes are kept.
  /// `snap`: the most bytes of a packet that are captured; 0: no limit.
  PcapngWriter(std::string_view application, std::string_view comment, std::uint32_t snap);

  /// `bytes` of a packet that had `wire` bytes. `time` is in nanoseconds since 1970, from 0 on. No
  /// comment where it is empty.
  void packet(Nanoseconds time, LinkType link, std::span<const std::uint8_t> bytes,
              std::uint32_t wire, std::string_view comment = {});

  /// The whole file. The writer is empty then.
  std::string take() { return std::move(file_); }

 private:
  std::uint32_t interface_of(LinkType link);
  std::size_t begin_block(std::uint32_t type);
  void end_block(std::size_t begin);
  void option(std::uint16_t code, std::string_view value);
  void end_options();
  template <typename Number>
  void put(Number value);

  std::string file_;
  const std::uint32_t snap_;
  std::map<LinkType, std::uint32_t> interfaces_;
};

}  // namespace floodgauge
