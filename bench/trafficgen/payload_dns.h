// Builds DNS messages (RFC 1035): queries and answers.
#pragma once

#include <string>
#include <string_view>

#include "bench/trafficgen/bytes.h"

namespace floodgauge::trafficgen {

inline constexpr std::uint8_t kNoError = 0;
inline constexpr std::uint8_t kNameError = 3;

namespace dns_type {
inline constexpr std::uint16_t a = 1, ns = 2, soa = 6, mx = 15, txt = 16, aaaa = 28, ptr = 12,
                               srv = 33, dnskey = 48, rrsig = 46, axfr = 252, any = 255;
}

/// A name that exists in the zone of the protected network.
std::string known_name(Rng& rng);
/// A random name that does not exist in the zone of the protected network.
std::string random_subdomain(Rng& rng);
/// A name of another zone.
std::string outside_name(Rng& rng);

/// Appends the labels of the name, and the empty label at the end.
void append_dns_name(Bytes& bytes, std::string_view name);
/// Appends a query with EDNS(0), recursion desired, and a type that clients usually ask for.
void append_dns_query(Bytes& bytes, Rng& rng, std::string_view name);
/// Appends a query of that type without EDNS(0).
void append_dns_question(Bytes& bytes, std::uint16_t id, std::string_view name, std::uint16_t type);
/// Appends the SOA record of the protected zone. Its name is a pointer to the name of the question.
void append_dns_soa(Bytes& bytes);
/// Turns the query in `bytes` into its answer: one to four address records, or an error with a SOA.
void make_dns_answer(Bytes& bytes, Rng& rng, std::uint8_t rcode);
/// Appends an answer to an ANY query, with TXT, DNSKEY and RRSIG records, of about `size` bytes.
void append_dns_any_answer(Bytes& bytes, Rng& rng, std::size_t size);

}  // namespace floodgauge::trafficgen
