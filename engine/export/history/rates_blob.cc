#include "engine/export/history/rates_blob.h"

#include <algorithm>
#include <cmath>

namespace floodgauge {
namespace {

constexpr char kVersion = 1;
constexpr std::uint8_t kNoHost = 0;
constexpr std::uint8_t kHostBefore = 1;
constexpr std::uint8_t kV4 = 4;
constexpr std::uint8_t kV6 = 16;
constexpr std::size_t kMostRows = 1000;  // of classes or of limits: more is damage

void put(std::string& bytes, std::uint64_t value) {
  while (value >= 0x80) {
    bytes += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  bytes += static_cast<char>(value);
}

std::uint64_t whole(double rate) {
  if (!(rate > 0)) return 0;
  return static_cast<std::uint64_t>(std::llround(std::min(rate, 1e18)));
}

void put_host(std::string& bytes, const IpAddress& host, const IpAddress* before) {
  if (before != nullptr && host == *before) {
    bytes += static_cast<char>(kHostBefore);
    return;
  }
  const std::size_t size = host.is_v4() ? kV4 : kV6;
  bytes += static_cast<char>(size);
  bytes.append(reinterpret_cast<const char*>(host.bytes.data()) + host.bytes.size() - size, size);
}

/// Reads a row and notes when it ends too early.
class BlobReader {
 public:
  explicit BlobReader(std::string_view bytes) : rest_(bytes) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t next = byte();
      value |= std::uint64_t{next & 0x7fu} << shift;
      if (next < 0x80) return value;
    }
    sound_ = false;
    return 0;
  }
  std::uint8_t byte() {
    if (rest_.empty()) {
      sound_ = false;
      return 0;
    }
    const char first = rest_.front();
    rest_.remove_prefix(1);
    return static_cast<std::uint8_t>(first);
  }
  /// `before`: the host of the limit before.
  IpAddress host(const IpAddress& before) {
    const std::uint8_t size = byte();
    if (size == kHostBefore) return before;
    if (size == kNoHost) return {};
    if ((size != kV4 && size != kV6) || rest_.size() < size) {
      sound_ = false;
      return {};
    }
    IpAddress address;
    if (size == kV4) {
      address = IpAddress::from_v4(0);
      std::copy_n(rest_.begin(), kV4, address.bytes.end() - kV4);
    } else {
      std::copy_n(rest_.begin(), kV6, address.bytes.begin());
    }
    rest_.remove_prefix(size);
    return address;
  }
  /// How many rows follow.
  std::size_t count() {
    const std::uint64_t rows = number();
    if (rows > kMostRows) sound_ = false;
    return sound_ ? static_cast<std::size_t>(rows) : 0;
  }
  bool sound() const { return sound_; }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool sound_ = true;
};

}  // namespace

void StoredRates::merge(const StoredRates& other) {
  covered_ms += other.covered_ms;
  for (const auto& [number, volume] : other.classes) {
    classes[number].in += volume.in;
    classes[number].out += volume.out;
  }
  for (const auto& [number, peak] : other.limits) {
    LimitPeak& own = limits[number];
    if (peak.host_rate > own.host_rate) {
      own.host_rate = peak.host_rate;
      own.host = peak.host;
    }
    own.prefix_rate = std::max(own.prefix_rate, peak.prefix_rate);
  }
}

std::string to_blob(const StoredRates& rates) {
  std::string bytes(1, kVersion);
  put(bytes, rates.covered_ms);
  put(bytes, rates.classes.size());
  for (const auto& [number, volume] : rates.classes) {
    put(bytes, number);
    put(bytes, volume.in.packets);
    put(bytes, volume.in.bytes);
    put(bytes, volume.out.packets);
    put(bytes, volume.out.bytes);
  }
  put(bytes, rates.limits.size());
  const IpAddress* before = nullptr;
  for (const auto& [number, peak] : rates.limits) {
    put(bytes, number);
    put(bytes, whole(peak.host_rate));
    if (whole(peak.host_rate) == 0) {
      bytes += static_cast<char>(kNoHost);
    } else {
      put_host(bytes, peak.host, before);
      before = &peak.host;
    }
    put(bytes, whole(peak.prefix_rate));
  }
  return bytes;
}

std::optional<StoredRates> from_blob(std::string_view bytes) {
  if (bytes.empty() || bytes.front() != kVersion) return std::nullopt;
  BlobReader reader(bytes.substr(1));
  StoredRates rates;
  rates.covered_ms = reader.number();
  for (std::size_t left = reader.count(); left > 0 && reader.sound(); --left) {
    StoredClass& volume = rates.classes[static_cast<std::uint32_t>(reader.number())];
    volume.in.packets = reader.number();
    volume.in.bytes = reader.number();
    volume.out.packets = reader.number();
    volume.out.bytes = reader.number();
  }
  IpAddress before;
  for (std::size_t left = reader.count(); left > 0 && reader.sound(); --left) {
    LimitPeak& peak = rates.limits[static_cast<std::uint32_t>(reader.number())];
    peak.host_rate = static_cast<double>(reader.number());
    peak.host = reader.host(before);
    if (peak.host_rate > 0) before = peak.host;
    peak.prefix_rate = static_cast<double>(reader.number());
  }
  if (!reader.sound() || !reader.at_end()) return std::nullopt;
  return rates;
}

}  // namespace floodgauge
