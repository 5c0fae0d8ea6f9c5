// The web configuration file (TLS, users with passwords), in the format of Prometheus exporters:
// https://prometheus.io/docs/prometheus/latest/configuration/https/
#pragma once

#include <map>
#include <optional>
#include <stdexcept>
#include <string>

namespace floodgauge {

struct TlsServerConfig {
  std::string cert_file;
  std::string key_file;
  std::string client_ca_file;  ///< if set, clients must present a certificate of this CA
  bool only_tls13 = false;     ///< min_version: TLS13
};

struct WebConfig {
  std::optional<TlsServerConfig> tls;
  std::map<std::string, std::string> users;  ///< name to bcrypt hash
};

/// All errors of a file, each on its own line as "file:line:column: what is wrong".
class WebConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Loads the file; its paths are relative to its folder. Throws WebConfigError.
WebConfig load_web_config(const std::string& path);

}  // namespace floodgauge
