// HTTP client for a running daemon, used by `floodgauge status` and `floodgauge top`.
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>

#include <nlohmann/json.hpp>

namespace floodgauge {

/// Why the daemon did not answer; the sentence has its address and tells what to do.
class NotReachable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Url {
  bool tls = false;
  std::string user;  ///< "name:password", decoded; empty without a user
  std::string host;
  std::string port;
  std::string path;  ///< without a '/' at the end
};

/// "http://127.0.0.1:9733", "https://name:password@host/behind/a/proxy". Throws NotReachable.
Url parse_url(const std::string& text);

/// parse_url() with the password of a file, whose first line is "user:password", or the password
/// alone where the URL has a user. `password_file`: path; empty: none. Throws NotReachable.
Url client_url(const std::string& text, const std::string& password_file);

struct HttpReply {
  int status = 0;
  std::string body;
};

/// Sends GET for `path` below `base`. The request takes at most `timeout`, and an answer has at
/// most 64 MiB. Throws NotReachable.
HttpReply http_get(const Url& base, const std::string& path,
                   std::chrono::milliseconds timeout = std::chrono::seconds(10));

/// The same with PUT of a JSON body.
HttpReply http_put(const Url& base, const std::string& path, const std::string& json,
                   std::chrono::milliseconds timeout = std::chrono::seconds(10));

/// The JSON of an answer. Throws NotReachable for a status other than 200.
nlohmann::ordered_json json_of(const Url& base, const HttpReply& reply);

/// The JSON answer for `path`. Throws NotReachable, also for a status other than 200.
nlohmann::ordered_json get_json(const Url& base, const std::string& path);

}  // namespace floodgauge
