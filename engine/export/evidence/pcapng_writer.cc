#include "engine/export/evidence/pcapng_writer.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace floodgauge {
namespace {

static_assert(std::endian::native == std::endian::little);

// Types of blocks, and codes of options (draft-ietf-opsawg-pcapng, sections 3 and 4).
constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;
constexpr std::uint32_t kInterfaceDescription = 1;
constexpr std::uint32_t kEnhancedPacket = 6;
constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;
constexpr std::uint16_t kOptionEnd = 0;
constexpr std::uint16_t kOptionComment = 1;
constexpr std::uint16_t kOptionApplication = 4;  ///< shb_userappl
constexpr std::uint16_t kOptionResolution = 9;   ///< if_tsresol
constexpr std::string_view kNanoseconds = "\x09";

}  // namespace

template <typename Number>
void PcapngWriter::put(Number value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  file_.append(bytes, sizeof value);
}

PcapngWriter::PcapngWriter(std::string_view application, std::string_view comment,
                           std::uint32_t snap)
    : snap_(snap) {
  const std::size_t begin = begin_block(kSectionHeader);
  put(kByteOrderMagic);
  put(std::uint16_t{1});
  put(std::uint16_t{0});
  put(std::int64_t{-1});  // the section's length is not given
  option(kOptionComment, comment);
  option(kOptionApplication, application);
  end_options();
  end_block(begin);
}

std::size_t PcapngWriter::begin_block(std::uint32_t type) {
  const std::size_t begin = file_.size();
  put(type);
  put(std::uint32_t{0});  // the length, known at the end
  return begin;
}

void PcapngWriter::end_block(std::size_t begin) {
  const auto length = static_cast<std::uint32_t>(file_.size() - begin + sizeof(std::uint32_t));
  std::memcpy(file_.data() + begin + sizeof(std::uint32_t), &length, sizeof length);
  put(length);
}

void PcapngWriter::option(std::uint16_t code, std::string_view value) {
  if (value.empty()) return;
  value = value.substr(0, 0xffff);
  put(code);
  put(static_cast<std::uint16_t>(value.size()));
  file_.append(value);
  file_.append((4 - value.size() % 4) % 4, '\0');
}

void PcapngWriter::end_options() {
  put(kOptionEnd);
  put(std::uint16_t{0});
}

std::uint32_t PcapngWriter::interface_of(LinkType link) {
  const auto [at, added] =
      interfaces_.try_emplace(link, static_cast<std::uint32_t>(interfaces_.size()));
  if (!added) return at->second;
  const std::size_t begin = begin_block(kInterfaceDescription);
  put(static_cast<std::uint16_t>(link));
  put(std::uint16_t{0});
  put(snap_);
  option(kOptionResolution, kNanoseconds);
  end_options();
  end_block(begin);
  return at->second;
}

void PcapngWriter::packet(Nanoseconds time, LinkType link, std::span<const std::uint8_t> bytes,
                          std::uint32_t wire, std::string_view comment) {
  const std::uint32_t interface = interface_of(link);
  const auto stamp = static_cast<std::uint64_t>(std::max<std::int64_t>(time.count, 0));
  const std::size_t begin = begin_block(kEnhancedPacket);
  put(interface);
  put(static_cast<std::uint32_t>(stamp >> 32));
  put(static_cast<std::uint32_t>(stamp));
  put(static_cast<std::uint32_t>(bytes.size()));
  put(std::max(wire, static_cast<std::uint32_t>(bytes.size())));
  file_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  file_.append((4 - bytes.size() % 4) % 4, '\0');
  if (!comment.empty()) {
    option(kOptionComment, comment);
    end_options();
  }
  end_block(begin);
}

}  // namespace floodgauge
