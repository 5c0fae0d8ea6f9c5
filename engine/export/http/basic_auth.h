// HTTP basic authentication (RFC 7617) against bcrypt hashes.
#pragma once

#include <deque>
#include <map>
#include <string>

namespace floodgauge {

/// For one thread.
class BasicAuth {
 public:
  /// Names to bcrypt hashes; none lets everyone in.
  explicit BasicAuth(std::map<std::string, std::string> users);

  /// `authorization` is that header's value. bcrypt is slow on purpose (some 50 ms), so what was
  /// right once is remembered, by a hash with a key of this process, for the scrapes that follow.
  bool allows(const std::string& authorization);

 private:
  bool password_is_right(const std::string& user, const std::string& password) const;
  std::string remembered_form(const std::string& authorization) const;

  std::map<std::string, std::string> users_;
  std::string memory_salt_;
  std::deque<std::string> known_good_;
};

}  // namespace floodgauge
