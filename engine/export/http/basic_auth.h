// HTTP basic authentication (RFC 7617) against bcrypt hashes: what is known of a client's
// credentials, and the slow check. A check may take seconds, by the cost of the hashes, so that the
// thread that serves never makes one (password_desk.h).
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <set>
#include <string>

namespace floodgauge {

/// The values of an Authorization field that were checked lately, as HMAC-SHA-256 under a key of
/// this process. Of more than `capacity` the oldest is forgotten.
class RememberedCredentials {
 public:
  explicit RememberedCredentials(std::size_t capacity) : capacity_(capacity) {}
  bool holds(const std::string& form) const { return forms_.contains(form); }
  void add(const std::string& form);

 private:
  std::size_t capacity_;
  std::set<std::string> forms_;
  std::deque<std::string> order_;  ///< the same, oldest first
};

class BasicAuth {
 public:
  enum class Known { allowed, refused, unknown };

  /// User names with their bcrypt hashes. Without any, every request is allowed.
  explicit BasicAuth(std::map<std::string, std::string> users);

  /// `authorization` is the value of that header. Quick; `unknown` asks for a check. For one thread
  /// at a time.
  Known known(const std::string& authorization) const;
  /// Remembers the outcome of a check. For the thread that calls known().
  void remember(const std::string& authorization, bool right);
  /// The slow check. The time of a refusal does not depend on whether the user exists, nor on which
  /// user it is, also where hashes have different costs. May be called by any thread.
  bool check(const std::string& authorization) const;

  const std::map<std::string, std::string>& users() const { return users_; }

 private:
  std::string form_of(const std::string& authorization) const;

  std::map<std::string, std::string> users_;
  unsigned highest_cost_ = 4;  ///< of all users' hashes
  std::string memory_key_;
  RememberedCredentials right_{64};
  RememberedCredentials wrong_{1024};
};

/// The user's name in the header; empty when there is none. It proves nothing.
std::string user_of(const std::string& authorization);

}  // namespace floodgauge
