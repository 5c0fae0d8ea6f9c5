#include "engine/export/http/basic_auth.h"

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <string_view>

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <strings.h>
#include <sys/random.h>

#include "engine/base/base64.h"

namespace floodgauge {
namespace {

constexpr std::string_view kScheme = "Basic ";
constexpr unsigned kLowestCost = 4;
/// A bcrypt hash begins with "$2b$10$"; its cost has two digits from here.
constexpr std::size_t kCostAt = 4;

/// The result of crypt(3); empty when the setting is invalid. crypt_rn() and not crypt_r(), which
/// sanitizers have too, so that their programs would be linked without libcrypt.
std::string hashed(const std::string& phrase, const std::string& setting) {
  const auto state = std::make_unique<crypt_data>();
  const char* result =
      crypt_rn(phrase.c_str(), setting.c_str(), state.get(), static_cast<int>(sizeof *state));
  return result == nullptr || *result == '*' ? "" : result;
}

/// "name:password" of the header; false when it has none.
bool credentials_of(const std::string& authorization, std::string& credentials) {
  if (authorization.size() < kScheme.size() ||
      strncasecmp(authorization.c_str(), kScheme.data(), kScheme.size()) != 0) {
    return false;
  }
  return base64_decode(authorization.substr(kScheme.size()), credentials) &&
         credentials.find(':') != std::string::npos && credentials.find('\0') == std::string::npos;
}

/// The time does not depend on where the first difference is.
bool equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

unsigned cost_of(const std::string& hash) {
  const unsigned tens = static_cast<unsigned char>(hash.at(kCostAt)) - unsigned{'0'};
  return tens * 10 + static_cast<unsigned char>(hash.at(kCostAt + 1)) - unsigned{'0'};
}

/// Takes as long as a check of a hash of that cost.
void spend_check(const std::string& password, unsigned cost) {
  const std::string digits = (cost < 10 ? "0" : "") + std::to_string(cost);
  hashed(password, "$2b$" + digits + "$abcdefghijklmnopqrstuu");
}

}  // namespace

void RememberedCredentials::add(const std::string& form) {
  if (form.empty() || !forms_.insert(form).second) return;
  order_.push_back(form);
  if (order_.size() <= capacity_) return;
  forms_.erase(order_.front());
  order_.pop_front();
}

BasicAuth::BasicAuth(std::map<std::string, std::string> users) : users_(std::move(users)) {
  for (const auto& [name, hash] : users_) highest_cost_ = std::max(highest_cost_, cost_of(hash));
  std::array<char, 32> key{};
  if (getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size())) {
    throw std::runtime_error("the system's random numbers cannot be read");
  }
  memory_key_.assign(key.data(), key.size());
}

BasicAuth::Known BasicAuth::known(const std::string& authorization) const {
  if (users_.empty()) return Known::allowed;
  std::string credentials;
  if (!credentials_of(authorization, credentials)) return Known::refused;
  // Neither look-up tells by its time what is remembered: forms are keyed.
  const std::string form = form_of(authorization);
  if (right_.holds(form)) return Known::allowed;
  return wrong_.holds(form) ? Known::refused : Known::unknown;
}

void BasicAuth::remember(const std::string& authorization, bool right) {
  (right ? right_ : wrong_).add(form_of(authorization));
}

bool BasicAuth::check(const std::string& authorization) const {
  if (users_.empty()) return true;
  std::string credentials;
  if (!credentials_of(authorization, credentials)) return false;
  const std::size_t colon = credentials.find(':');
  const std::string password = credentials.substr(colon + 1);
  const auto entry = users_.find(credentials.substr(0, colon));
  if (entry == users_.end()) {
    spend_check(password, highest_cost_);
    return false;
  }
  if (equal(hashed(password, entry->second), entry->second)) return true;
  // Each cost takes twice the time of the one before: c + c + (c+1) + ... + (h-1) is as long as h.
  for (unsigned cost = std::max(cost_of(entry->second), kLowestCost); cost < highest_cost_;
       ++cost) {
    spend_check(password, cost);
  }
  return false;
}

std::string BasicAuth::form_of(const std::string& authorization) const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (HMAC(EVP_sha256(), memory_key_.data(), static_cast<int>(memory_key_.size()),
           reinterpret_cast<const unsigned char*>(authorization.data()), authorization.size(),
           digest.data(), &size) == nullptr) {
    return "";
  }
  return {reinterpret_cast<const char*>(digest.data()), size};
}

std::string user_of(const std::string& authorization) {
  std::string credentials;
  if (!credentials_of(authorization, credentials)) return "";
  return credentials.substr(0, credentials.find(':'));
}

}  // namespace floodgauge
