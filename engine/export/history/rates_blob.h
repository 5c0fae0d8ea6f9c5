// The rates of one prefix in one minute or hour as bytes of the database, small enough for a year.
//
//   row:    version (1) | covered ms | classes | class... | limits | limit...
//   class:  number | packets in | bytes in | packets out | bytes out      only those with packets
//   limit:  number | host rate | host | prefix rate                       only those that are not 0
//   host:   0: none | 1: that of the limit before | 4 or 16, and so many bytes of the address
//
// All numbers but the version and the first byte of a host are varints: seven bits a byte, the
// lowest first, the highest bit set where another byte follows. Numbers of classes and limits are
// those of the database, which has their names.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "engine/model/minute_rates.h"

namespace floodgauge {

struct StoredClass {
  Volume in;
  Volume out;
};

/// What a row means. Rates are whole numbers.
struct StoredRates {
  std::uint64_t covered_ms = 0;
  std::map<std::uint32_t, StoredClass> classes;
  std::map<std::uint32_t, LimitPeak> limits;

  /// Becomes the sum of both times: volumes add up, and the higher peak stays.
  void merge(const StoredRates& other);
};

std::string to_blob(const StoredRates& rates);
/// Nothing when the bytes are no row.
std::optional<StoredRates> from_blob(std::string_view bytes);

}  // namespace floodgauge
