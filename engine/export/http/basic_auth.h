// HTTP basic authentication (RFC 7617) against bcrypt hashes.
#pragma once

#include <deque>
#include <map>
#include <string>

namespace floodgauge {

/// Must be used by one thread at a time.
class BasicAuth {
 public:
  /// User names with their bcrypt hashes. Without any, every request is allowed.
  explicit BasicAuth(std::map<std::string, std::string> users);

  /// `authorization` is the value of that header. bcrypt is slow by design (about 50 ms), so a
  /// value that was correct is remembered for later scrapes, as a hash under a key of this process.
  bool allows(const std::string& authorization);
  bool has_users() const { return !users_.empty(); }

 private:
  bool password_is_right(const std::string& user, const std::string& password) const;
  std::string remembered_form(const std::string& authorization) const;

  std::map<std::string, std::string> users_;
  std::string memory_salt_;
  std::deque<std::string> known_good_;
};

/// The user's name in the header; empty when there is none. It proves nothing.
std::string user_of(const std::string& authorization);

}  // namespace floodgauge
