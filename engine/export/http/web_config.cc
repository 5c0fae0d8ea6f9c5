#include "engine/export/http/web_config.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <unistd.h>
#include <yaml-cpp/yaml.h>

namespace floodgauge {
namespace {

/// A check of a hash with the cost 16 takes several seconds; one of 31 takes days.
constexpr const char* kHighestCost = "16";

/// "$2b$10$" and 53 characters: a variant of bcrypt, a cost from 04 on, then salt and hash.
bool is_bcrypt(const std::string& hash) {
  constexpr std::size_t kLength = 60;
  constexpr const char* kAlphabet =
      "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  if (hash.size() != kLength || hash.find_first_not_of(kAlphabet, 7) != std::string::npos) {
    return false;
  }
  const bool form =
      hash.starts_with("$2a$") || hash.starts_with("$2b$") || hash.starts_with("$2y$");
  const std::string cost = hash.substr(4, 2);
  return form && hash[6] == '$' && cost.find_first_not_of("0123456789") == std::string::npos &&
         cost >= "04" && cost <= kHighestCost;
}

/// Parses one file and collects all its errors.
class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  WebConfig read() {
    WebConfig config;
    const YAML::Node root = load();
    if (root.IsMap()) {
      for (const auto& entry : root) top(entry.first, entry.second, config);
    } else if (!root.IsNull() && errors_.empty()) {
      fail(root, "a map was expected");
    }
    if (!errors_.empty()) throw WebConfigError(errors_);
    return config;
  }

 private:
  void fail_at(const YAML::Mark& mark, const std::string& what) {
    if (!errors_.empty()) errors_ += '\n';
    errors_ += path_ + ":";
    if (!mark.is_null()) {
      errors_ += std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1) + ":";
    }
    errors_ += " " + what;
  }
  void fail(const YAML::Node& node, const std::string& what) { fail_at(node.Mark(), what); }

  YAML::Node load() {
    std::ifstream in(path_);
    if (!in) {
      fail_at(YAML::Mark::null_mark(), std::string("cannot be read: ") + std::strerror(errno));
      return {};
    }
    try {
      return YAML::Load(in);
    } catch (const YAML::Exception& error) {
      fail_at(error.mark, error.msg);
      return {};
    }
  }

  void top(const YAML::Node& key, const YAML::Node& value, WebConfig& config) {
    const std::string name = scalar(key);
    if (name == "tls_server_config") {
      tls(value, config);
    } else if (name == "basic_auth_users") {
      users(value, config);
    } else {
      fail(key, name + ": unknown key; known are tls_server_config and basic_auth_users");
    }
  }

  void tls(const YAML::Node& node, WebConfig& config) {
    if (!node.IsMap()) return fail(node, "tls_server_config: a map was expected");
    TlsServerConfig& tls = config.tls.emplace();
    bool client_auth = false;
    for (const auto& entry : node) {
      const std::string name = scalar(entry.first);
      if (name == "cert_file") {
        tls.cert_file = file(entry.second, name);
      } else if (name == "key_file") {
        tls.key_file = file(entry.second, name);
      } else if (name == "client_ca_file") {
        tls.client_ca_file = file(entry.second, name);
      } else if (name == "client_auth_type") {
        client_auth = one_of(entry.second, name, "NoClientCert", "RequireAndVerifyClientCert");
      } else if (name == "min_version") {
        tls.only_tls13 = one_of(entry.second, name, "TLS12", "TLS13");
      } else {
        fail(entry.first, "tls_server_config." + name + ": unknown key");
      }
    }
    if (!node["cert_file"]) fail(node, "tls_server_config.cert_file is missing");
    if (!node["key_file"]) fail(node, "tls_server_config.key_file is missing");
    if (client_auth != !tls.client_ca_file.empty()) {
      fail(node, "client_ca_file and client_auth_type: RequireAndVerifyClientCert go together");
    }
  }

  void users(const YAML::Node& node, WebConfig& config) {
    if (!node.IsMap()) return fail(node, "basic_auth_users: a map was expected");
    for (const auto& entry : node) {
      const std::string user = scalar(entry.first);
      const std::string hash = scalar(entry.second);
      if (user.empty() || user.find(':') != std::string::npos) {
        fail(entry.first, "basic_auth_users: a user's name is not empty and has no colon");
      }
      if (!is_bcrypt(hash)) {
        fail(entry.second, "basic_auth_users." + user +
                               ": not a bcrypt hash with a cost of at most " + kHighestCost +
                               "; make one with htpasswd -nBC 10 \"\"");
      }
      config.users[user] = hash;
    }
  }

  std::string scalar(const YAML::Node& node) {
    if (node.IsScalar()) return node.Scalar();
    fail(node, "a string was expected");
    return "";
  }

  std::string file(const YAML::Node& node, const std::string& key) {
    const std::filesystem::path path = std::filesystem::path(path_).parent_path() / scalar(node);
    if (node.IsScalar() && access(path.c_str(), R_OK) != 0) {
      fail(node, "tls_server_config." + key + ": " + path.string() +
                     " cannot be read: " + std::strerror(errno));
    }
    return path;
  }

  /// Whether the value of `node` is `yes`. A value other than `yes` and `no` is an error.
  bool one_of(const YAML::Node& node, const std::string& key, const std::string& no,
              const std::string& yes) {
    const std::string value = scalar(node);
    if (value != yes && value != no) {
      fail(node, "tls_server_config." + key + ": " + value + " is neither " + no + " nor " + yes);
    }
    return value == yes;
  }

  const std::string path_;
  std::string errors_;
};

}  // namespace

WebConfig load_web_config(const std::string& path) {
  return Reader(path).read();
}

}  // namespace floodgauge
