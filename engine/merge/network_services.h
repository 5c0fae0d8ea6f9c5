// The requests and answers of all protected servers in one window of all workers together. Its
// order, and with it every sum of floating-point numbers, does not depend on which worker counted
// what.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/address.h"
#include "engine/base/units.h"
#include "engine/count/service_window.h"

namespace floodgauge {

/// One server and service in one window.
struct ServiceTotals {
  IpAddress server;  ///< `::` for the servers of a prefix beyond the capacity
  std::uint32_t prefix = 0;
  std::uint8_t service = 0;   ///< index into Settings::services
  Nanoseconds first_request;  ///< 0: none in this window
  ServiceCounts counts;
  std::uint32_t first_answer = 0;  ///< index into NetworkServices::answers()
  std::uint32_t answers = 0;

  std::uint32_t dns_answers() const {
    std::uint32_t sum = 0;
    for (const std::uint32_t result : counts.dns_results) sum += result;
    return sum;
  }
};

class NetworkServices {
 public:
  void clear();
  void add(const ServiceWindow& part);
  /// Call it after the last part was added.
  void finish();

  /// Ordered by prefix, service and server.
  std::span<const ServiceTotals> servers() const { return servers_; }
  /// Ordered by the time of the request.
  std::span<const ServiceAnswer> answers_of(const ServiceTotals& server) const {
    return std::span(answers_).subspan(server.first_answer, server.answers);
  }

 private:
  std::vector<ServiceTotals> servers_;
  std::vector<ServiceAnswer> answers_;
};

}  // namespace floodgauge
