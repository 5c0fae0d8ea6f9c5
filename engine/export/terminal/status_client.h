// Asks a running daemon over HTTP: what `floodgauge status` and `floodgauge top` are made of.
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>

#include <nlohmann/json.hpp>

namespace floodgauge {

/// Why the daemon gave no answer, in a sentence with its address and what to do.
class NotReachable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Url {
  bool tls = false;
  std::string user;  ///< "name:password", decoded; empty when there is none
  std::string host;
  std::string port;
  std::string path;  ///< without a '/' at its end
};

/// "http://127.0.0.1:9733", "https://name:password@host/behind/a/proxy". Throws NotReachable.
Url parse_url(const std::string& text);

struct HttpReply {
  int status = 0;
  std::string body;
};

/// GET of `path` below `base`. The whole takes no longer than `timeout`, and the answer is no
/// longer than 64 MiB. Throws NotReachable.
HttpReply http_get(const Url& base, const std::string& path,
                   std::chrono::milliseconds timeout = std::chrono::seconds(10));

/// The JSON that `path` is answered with. Throws NotReachable, also for a status other than 200.
nlohmann::ordered_json get_json(const Url& base, const std::string& path);

}  // namespace floodgauge
