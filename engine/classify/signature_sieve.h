// Which payloads no signature can match, by a few of their first bytes: a table for each of the
// places that tell most, with a bit for each signature that may have such a byte there. What is
// left when they have all been asked has to be searched.
//
// A search costs some 150 ns however short the payload; this, of random bytes, a tenth of that.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/classify/payload.h"
#include "engine/classify/signature_file.h"

namespace floodgauge {

class SignatureSieve {
 public:
  /// Passes what any of these may match. More than 64 share the bits.
  explicit SignatureSieve(const std::vector<Signature>& signatures);

  bool may_match(Payload payload) const {
    std::uint64_t left = ~std::uint64_t{0};
    for (const Table& table : tables_) {
      const bool has = table.place < payload.size();
      left &= table.signatures[has ? payload[table.place] : kNoByte];
    }
    return left != 0;
  }

 private:
  static constexpr std::size_t kTables = 8;
  static constexpr std::size_t kNoByte = 256;

  struct Table {
    std::size_t place = 0;
    std::array<std::uint64_t, kNoByte + 1> signatures{};
  };

  std::array<Table, kTables> tables_;
};

}  // namespace floodgauge
