// Writes pcap and pcapng captures into memory, valid or invalid as a test needs them.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <initializer_list>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace floodgauge::test {

using Bytes = std::vector<std::uint8_t>;

/// Appends integers in a chosen byte order.
class ByteWriter {
 public:
  explicit ByteWriter(bool big_endian = false) : big_endian_(big_endian) {}

  ByteWriter& u16(std::uint64_t value) { return integer(value, 2); }
  ByteWriter& u32(std::uint64_t value) { return integer(value, 4); }
  ByteWriter& u64(std::uint64_t value) { return integer(value, 8); }
  ByteWriter& bytes(std::span<const std::uint8_t> data) {
    out_.insert(out_.end(), data.begin(), data.end());
    return *this;
  }
  ByteWriter& pad(std::size_t alignment) {
    while (out_.size() % alignment != 0) out_.push_back(0);
    return *this;
  }
  Bytes take() const { return out_; }
  std::size_t size() const { return out_.size(); }

 private:
  ByteWriter& integer(std::uint64_t value, int width) {
    for (int at = 0; at < width; ++at) {
      const int shift = 8 * (big_endian_ ? width - 1 - at : at);
      out_.push_back(static_cast<std::uint8_t>(value >> shift));
    }
    return *this;
  }

  bool big_endian_;
  Bytes out_;
};

/// A frame of `length` bytes with different contents for each `seed`.
inline Bytes frame(std::size_t length, std::uint8_t seed = 0) {
  Bytes data(length);
  for (std::size_t at = 0; at < length; ++at) data[at] = static_cast<std::uint8_t>(seed + at * 7);
  return data;
}

struct PcapOptions {
  std::uint32_t magic = 0xa1b2c3d4;
  bool big_endian = false;
  std::uint16_t major = 2;
  std::uint16_t minor = 4;
  std::uint32_t snap = 65535;
  std::uint32_t link = 1;
  Bytes record_extra = {};  ///< of longer record headers: the bytes after the usual 16
  bool lengths_swapped = false;
  Bytes file_extra = {};
};

class PcapBuilder {
 public:
  explicit PcapBuilder(PcapOptions options = {}) : options_(options), out_(options.big_endian) {
    out_.u32(options_.magic).u16(options_.major).u16(options_.minor).u32(0).u32(0);
    out_.u32(options_.snap).u32(options_.link).bytes(options_.file_extra);
  }
  PcapBuilder& packet(std::uint32_t seconds, std::uint32_t fraction, const Bytes& data,
                      std::int64_t wire = -1) {
    const std::uint64_t whole = wire < 0 ? data.size() : static_cast<std::uint64_t>(wire);
    header(seconds, fraction, data.size(), whole);
    out_.bytes(data);
    return *this;
  }
  PcapBuilder& header(std::uint32_t seconds, std::uint32_t fraction, std::uint64_t captured,
                      std::uint64_t wire) {
    if (options_.lengths_swapped) std::swap(captured, wire);
    out_.u32(seconds).u32(fraction).u32(captured).u32(wire).bytes(options_.record_extra);
    return *this;
  }
  Bytes take() const { return out_.take(); }

 private:
  PcapOptions options_;
  ByteWriter out_;
};

class PcapngBuilder {
 public:
  explicit PcapngBuilder(bool big_endian = false) : big_endian_(big_endian) { section(big_endian); }

  PcapngBuilder& section(bool big_endian) {
    big_endian_ = big_endian;
    return block(
        0x0a0d0d0a,
        ByteWriter(big_endian).u32(0x1a2b3c4d).u16(1).u16(0).u64(~std::uint64_t{0}).take());
  }
  PcapngBuilder& interface(std::uint16_t link, const Bytes& options = {}, std::uint32_t snap = 0) {
    return block(1, ByteWriter(big_endian_).u16(link).u16(0).u32(snap).bytes(options).take());
  }
  PcapngBuilder& enhanced(std::uint32_t interface, std::uint64_t ticks, const Bytes& data,
                          std::int64_t wire = -1, const Bytes& options = {}) {
    const std::uint64_t whole = wire < 0 ? data.size() : static_cast<std::uint64_t>(wire);
    ByteWriter body(big_endian_);
    body.u32(interface).u32(ticks >> 32).u32(ticks).u32(data.size()).u32(whole);
    return block(6, body.bytes(data).pad(4).bytes(options).take());
  }
  PcapngBuilder& obsolete(std::uint16_t interface, std::uint64_t ticks, const Bytes& data) {
    ByteWriter body(big_endian_);
    body.u16(interface).u16(0).u32(ticks >> 32).u32(ticks).u32(data.size()).u32(data.size());
    return block(2, body.bytes(data).pad(4).take());
  }
  PcapngBuilder& simple(const Bytes& data, std::uint32_t wire) {
    return block(3, ByteWriter(big_endian_).u32(wire).bytes(data).pad(4).take());
  }
  PcapngBuilder& block(std::uint32_t type, const Bytes& body) {
    const std::size_t length = body.size() + 12;
    return raw(ByteWriter(big_endian_).u32(type).u32(length).bytes(body).u32(length).take());
  }
  PcapngBuilder& raw(const Bytes& bytes) {
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  /// One option and the end of options.
  Bytes option(std::uint16_t code, const Bytes& value) const {
    return ByteWriter(big_endian_).u16(code).u16(value.size()).bytes(value).pad(4).u32(0).take();
  }
  Bytes take() const { return out_; }

 private:
  bool big_endian_;
  Bytes out_;
};

inline Bytes gzip(std::span<const std::uint8_t> plain) {
  z_stream zlib{};
  if (deflateInit2(&zlib, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("deflateInit2");
  }
  Bytes input(plain.begin(), plain.end());
  Bytes packed(deflateBound(&zlib, input.size()) + 64);
  zlib.next_in = input.data();
  zlib.avail_in = static_cast<uInt>(input.size());
  zlib.next_out = packed.data();
  zlib.avail_out = static_cast<uInt>(packed.size());
  deflate(&zlib, Z_FINISH);
  packed.resize(zlib.total_out);
  deflateEnd(&zlib);
  return packed;
}

}  // namespace floodgauge::test
