#include "engine/export/http/basic_auth.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string_view>

#include <crypt.h>
#include <strings.h>

#include "engine/base/base64.h"

namespace floodgauge {
namespace {

constexpr std::size_t kRemembered = 64;
constexpr std::string_view kScheme = "Basic ";
/// The hash that is checked when the user does not exist, so that the time of a refusal does not
/// tell whether a name exists. No password that can be typed has this hash.
constexpr const char* kNobody = "$2b$10$abcdefghijklmnopqrstuuM0GbFUJrIPwRyb3CvWYqyZ6eXMxq1Bu";

/// The result of crypt(3); empty when the setting is invalid.
std::string hashed(const std::string& phrase, const std::string& setting) {
  const auto state = std::make_unique<crypt_data>();
  const char* result = crypt_r(phrase.c_str(), setting.c_str(), state.get());
  return result == nullptr || *result == '*' ? "" : result;
}

/// "name:password" of the header; false when it has none.
bool credentials_of(const std::string& authorization, std::string& credentials) {
  if (authorization.size() < kScheme.size() ||
      strncasecmp(authorization.c_str(), kScheme.data(), kScheme.size()) != 0) {
    return false;
  }
  return base64_decode(authorization.substr(kScheme.size()), credentials);
}

/// The time does not depend on where the first difference is.
bool equal(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  }
  return difference == 0;
}

}  // namespace

BasicAuth::BasicAuth(std::map<std::string, std::string> users) : users_(std::move(users)) {
  // SHA-512 crypt with few rounds, which takes about a millisecond. The key is drawn from the
  // system at start.
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> salt{};
  if (crypt_gensalt_rn("$6$", 1000, nullptr, 0, salt.data(), static_cast<int>(salt.size())) ==
      nullptr) {
    throw std::runtime_error("the system's random numbers cannot be read");
  }
  memory_salt_ = salt.data();
}

bool BasicAuth::allows(const std::string& authorization) {
  if (users_.empty()) return true;
  std::string credentials;
  if (!credentials_of(authorization, credentials)) return false;
  const std::size_t colon = credentials.find(':');
  if (colon == std::string::npos || credentials.find('\0') != std::string::npos) return false;
  const std::string form = remembered_form(credentials);
  const bool known = std::any_of(known_good_.begin(), known_good_.end(),
                                 [&](const std::string& good) { return equal(good, form); });
  if (known) return true;
  if (!password_is_right(credentials.substr(0, colon), credentials.substr(colon + 1))) {
    return false;
  }
  if (!form.empty()) known_good_.push_back(form);
  if (known_good_.size() > kRemembered) known_good_.pop_front();
  return true;
}

bool BasicAuth::password_is_right(const std::string& user, const std::string& password) const {
  const auto entry = users_.find(user);
  const std::string hash = entry == users_.end() ? kNobody : entry->second;
  const bool right = equal(hashed(password, hash), hash);
  return right && entry != users_.end();
}

std::string BasicAuth::remembered_form(const std::string& authorization) const {
  return hashed(authorization, memory_salt_);
}

std::string user_of(const std::string& authorization) {
  std::string credentials;
  if (!credentials_of(authorization, credentials)) return "";
  return credentials.substr(0, credentials.find(':'));
}

}  // namespace floodgauge
