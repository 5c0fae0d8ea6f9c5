// The requests and answers of protected servers in one window of one worker: part of WorkerWindow.
//
// Each server and service has a record. Servers beyond the capacity share a record for their prefix
// and service, whose address is `::`. An answer is kept with the time of its request, so that the
// merge can say of the requests of each moment how many were answered, and how long it took.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "engine/base/address.h"
#include "engine/base/huge_array.h"
#include "engine/base/units.h"
#include "engine/count/address_share.h"

namespace floodgauge {

/// Requests of clients that were not known when they asked, and of those that were (KnownClients).
enum class ClientClass : std::uint8_t { other, known };
inline constexpr std::size_t kClientClasses = 2;

/// How DNS answers are counted: by the header's RCODE (RFC 1035, section 4.1.1).
enum class DnsResult : std::uint8_t { no_error, nx_domain, server_failure, refused, other };
inline constexpr std::size_t kDnsResults = 5;

/// What is counted of one server and service, or of several in one prefix.
struct ServiceCounts {
  /// SYNs and datagrams, without repetitions.
  std::array<std::uint32_t, kClientClasses> asked{};
  /// Requests within connections of plain protocols: the client's bytes, or for a greeting the
  /// completed handshake.
  std::array<std::uint32_t, kClientClasses> asked_within{};
  /// Answers beyond kMostOfShare, of which the time is not known.
  std::array<std::uint32_t, kClientClasses> unsampled_answers{};
  std::uint32_t repetitions = 0;  ///< requests that were asked before and not answered yet
  std::uint32_t accepted = 0;     ///< SYN-ACKs that answered a SYN
  std::uint32_t completed = 0;    ///< handshakes
  std::uint32_t dns_queries = 0;  ///< over UDP, repetitions included
  std::array<std::uint32_t, kDnsResults> dns_results{};
  std::uint32_t dns_truncated = 0;  ///< answers with the TC bit
  std::uint32_t dns_recursive = 0;  ///< answers with the RA bit: of a resolver (RFC 1035)

  void add(const ServiceCounts& other);
};

struct ServiceRecord {
  IpAddress server;  ///< `::` for servers beyond the capacity
  std::uint32_t prefix = 0;
  std::uint32_t slot = 0;     ///< of the index
  Nanoseconds first_request;  ///< of this window; 0: none
  ServiceCounts counts;
  std::uint8_t service = 0;  ///< index into Settings::services
};

struct ServiceAnswer {
  enum class Kind : std::uint8_t {
    answered,         ///< of ServiceCounts::asked
    answered_within,  ///< of ServiceCounts::asked_within
    accepted,  ///< a connection in which the server's bytes will be the answer: its SYN was none of
               ///< the requests
  };
  std::uint32_t record = 0;
  Kind kind = Kind::answered;
  ClientClass client = ClientClass::other;
  bool timed = false;  ///< `requested` is when the request came, not when the answer came
  float seconds = 0;   ///< from the request to the answer
  Nanoseconds requested;
};

class ServiceWindow {
 public:
  ServiceWindow();

  /// The record of a server and service, begun if there is none; nullptr when even the records for
  /// the rest are taken. `hash`: keyed hash of the server's address.
  ServiceRecord* find(const IpAddress& server, std::uint64_t hash, std::uint32_t prefix,
                      std::uint8_t service);
  /// `share`: of the addresses of client and server.
  void add_answer(ServiceRecord& record, ServiceAnswer answer, std::uint32_t share) {
    if (answers_of_[share]++ >= kMostOfShare) [[unlikely]] {
      ++record.counts.unsampled_answers[static_cast<std::size_t>(answer.client)];
      return;
    }
    answer.record = static_cast<std::uint32_t>(&record - records.data());
    answers.push_back(answer);  // reserved for all: never allocates
  }
  void clear();
  void prefault();
  std::size_t memory_bytes() const;

  HugeArray<ServiceRecord> records;
  std::uint32_t used = 0;
  std::vector<ServiceAnswer> answers;  ///< at most kMostOfShare of each share
  /// Requests of connections from clients that were not known, by share.
  std::array<std::uint32_t, kAddressShares> other_requests{};

  static constexpr std::uint32_t kMostRecords = 8192;
  static constexpr std::uint32_t kMostOfShare = 256;  ///< answers with their time

 private:
  /// Records that are kept for what has no room in the others.
  static constexpr std::uint32_t kRest = 256;
  static constexpr std::uint32_t kSlots = 2 * kMostRecords;

  ServiceRecord* find_or_begin(const IpAddress& server, std::uint64_t hash, std::uint32_t prefix,
                               std::uint8_t service, std::uint32_t most);

  std::array<std::uint32_t, kAddressShares> answers_of_{};  ///< by share
  HugeArray<std::uint16_t> index_;  ///< record + 1; 0: none. Open addressing, linear probing
};

}  // namespace floodgauge
