#include "engine/sketch/hyperloglog.h"

#include <limits>
#include <numbers>
#include <numeric>

namespace floodgauge {
namespace {

/// The contribution of the registers that are zero (Ertl, section 4.3):
/// sigma(x) = x + sum over k >= 1 of x^(2^k) 2^(k-1).
double sigma(double x) {
  if (x == 1.0) return std::numeric_limits<double>::infinity();
  double weight = 1;
  double sum = x;
  for (double before = -1; sum != before;) {
    x *= x;
    before = sum;
    sum += x * weight;
    weight += weight;
  }
  return sum;
}

/// The contribution of the saturated registers:
/// tau(x) = (1 - x - sum over k >= 1 of (1 - x^(2^-k))^2 2^-k) / 3.
double tau(double x) {
  if (x == 0.0 || x == 1.0) return 0;
  double weight = 1;
  double sum = 1 - x;
  for (double before = -1; sum != before;) {
    x = std::sqrt(x);
    before = sum;
    weight /= 2;
    sum -= (1 - x) * (1 - x) * weight;
  }
  return sum / 3;
}

}  // namespace

double hyperloglog_estimate(std::span<const std::uint32_t> counts) {
  if (counts.size() < 2) return 0;
  const double registers = std::accumulate(counts.begin(), counts.end(), 0.0);
  if (registers == 0) return 0;
  double z = registers * tau(1 - counts.back() / registers);
  for (std::size_t rank = counts.size() - 2; rank >= 1; --rank) z = (z + counts[rank]) / 2;
  z += registers * sigma(counts.front() / registers);
  // If nothing was added, sigma is infinite and the estimate 0.
  return registers * registers / (2 * std::numbers::ln2 * z);
}

}  // namespace floodgauge
