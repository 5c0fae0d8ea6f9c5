// Replaces addresses so that what is handed to others does not name anybody. Two addresses with a
// common prefix have, when replaced, a common prefix of the same length: Xu, Fan, Ammar and Moon,
// "Prefix-preserving IP address anonymization: measurement-based security evaluation and a new
// cryptography-based scheme", ICNP 2002 (Crypto-PAn), with AES-128 under a key that nobody keeps.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/address.h"
#include "engine/export/evidence/evidence_sample.h"

struct evp_cipher_ctx_st;

namespace floodgauge {

class AddressMask {
 public:
  using Key = std::array<std::uint8_t, 32>;  ///< 16 bytes of the cipher's, 16 that make the padding

  /// With a key of its own, which is drawn at random. Throws std::runtime_error when there is none
  /// to be had.
  AddressMask();
  explicit AddressMask(const Key& key);
  ~AddressMask();
  AddressMask(const AddressMask&) = delete;
  AddressMask& operator=(const AddressMask&) = delete;

  IpAddress of(const IpAddress& address);
  IpPrefix of(const IpPrefix& prefix);
  /// The text with each address and prefix in it replaced.
  std::string of(std::string_view text);
  /// Replaces the addresses in the headers of a packet, those in tunnels too, clears the addresses
  /// of Ethernet and the checksums over what was replaced (of IPv4 they are made anew), and cuts
  /// off the payload, which may hold anything. A packet whose headers are not IP loses all of them.
  void mask(KeptPacket& packet);

 private:
  std::uint8_t first_bit(const std::array<std::uint8_t, 16>& block) const;

  std::unique_ptr<evp_cipher_ctx_st, void (*)(evp_cipher_ctx_st*)> cipher_;
  std::array<std::uint8_t, 16> padding_{};
  std::map<IpAddress, IpAddress> known_;  ///< bounded by the packets of the evidence
};

}  // namespace floodgauge
