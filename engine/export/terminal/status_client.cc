#include "engine/export/terminal/status_client.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>

#include <fcntl.h>
#include <netdb.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/base64.h"
#include "engine/export/http/http_message.h"
#include "engine/export/http/tls.h"

namespace floodgauge {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kMaxReply = 64 << 20;

/// One connection with one time limit for all its operations.
class Connection {
 public:
  Connection(const Url& url, std::chrono::milliseconds timeout)
      : url_(url), deadline_(Clock::now() + timeout) {
    connect_to_first();
    if (url.tls) start_tls();
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    session_.reset();
    if (fd_ >= 0) close(fd_);
  }

  void send_all(std::string_view text) {
    while (!text.empty()) {
      std::size_t sent = 0;
      if (session_) {
        tls_step([&] { return SSL_write_ex(session_.get(), text.data(), text.size(), &sent); });
      } else {
        const ssize_t count = send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
        if (count < 0 && errno != EAGAIN && errno != EINTR) fail(std::strerror(errno));
        if (count < 0) wait_for(POLLOUT);
        sent = count > 0 ? static_cast<std::size_t>(count) : 0;
      }
      text.remove_prefix(sent);
    }
  }

  std::string receive_all() {
    std::string all;
    std::array<char, 16384> buffer;
    while (true) {
      const std::size_t count = receive(buffer.data(), buffer.size());
      if (count == 0) return all;
      all.append(buffer.data(), count);
      if (all.size() > kMaxReply) fail("the answer is too long");
    }
  }

  [[noreturn]] void fail(const std::string& why) const {
    throw NotReachable("floodgauge does not answer at " + url_.host + " port " + url_.port + ": " +
                       why);
  }

 private:
  void wait_for(short events) const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now());
    pollfd ready{fd_, events, 0};
    if (left.count() <= 0 || poll(&ready, 1, static_cast<int>(left.count())) == 0) {
      fail("no answer in time");
    }
  }

  void connect_to_first() {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    const int error = getaddrinfo(url_.host.c_str(), url_.port.c_str(), &hints, &list);
    if (error != 0) fail(gai_strerror(error));
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, freeaddrinfo);
    int last = 0;
    for (const addrinfo* address = list; address != nullptr; address = address->ai_next) {
      last = connect_to(*address);
      if (last == 0) return;
    }
    std::string why = std::strerror(last);
    if (last == ECONNREFUSED)
      why += "; is `floodgauge run` running, and is this its export.listen?";
    fail(why);
  }

  int connect_to(const addrinfo& address) {
    if (fd_ >= 0) close(fd_);
    fd_ = socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd_ < 0) return errno;
    if (connect(fd_, address.ai_addr, address.ai_addrlen) == 0) return 0;
    if (errno != EINPROGRESS) return errno;
    wait_for(POLLOUT);
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &length);
    return error;
  }

  void start_tls() {
    context_.emplace(TlsContext::client());
    session_ = context_->connect(fd_, url_.host);
    while (tls_step([&] { return SSL_do_handshake(session_.get()); }) == Step::again) {
    }
  }

  enum class Step { done, again, closed };
  template <typename Operation>
  Step tls_step(const Operation& operation) {
    const int result = operation();
    if (result == 1) return Step::done;
    switch (SSL_get_error(session_.get(), result)) {
      case SSL_ERROR_WANT_READ:
        wait_for(POLLIN);
        return Step::again;
      case SSL_ERROR_WANT_WRITE:
        wait_for(POLLOUT);
        return Step::again;
      case SSL_ERROR_ZERO_RETURN:
        return Step::closed;
      default:
        fail("TLS: " + tls_complaint());
    }
  }

  /// Returns 0 at the end of the stream.
  std::size_t receive(char* data, std::size_t size) {
    while (true) {
      if (session_) {
        std::size_t count = 0;
        const Step step = tls_step([&] { return SSL_read_ex(session_.get(), data, size, &count); });
        if (step == Step::again) continue;
        return step == Step::done ? count : 0;
      }
      const ssize_t count = recv(fd_, data, size, 0);
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EAGAIN && errno != EINTR) fail(std::strerror(errno));
      wait_for(POLLIN);
    }
  }

  const Url& url_;
  const Clock::time_point deadline_;
  int fd_ = -1;
  std::optional<TlsContext> context_;
  TlsSession session_;
};

}  // namespace

Url parse_url(const std::string& text) {
  const auto refuse = [&]() -> NotReachable {
    return NotReachable(text + " is no URL of a daemon; write http://127.0.0.1:9733");
  };
  Url url;
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    url.tls = true;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else if (rest.find("://") != std::string_view::npos) {
    throw refuse();
  }
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  url.path = rest.substr(slash);
  while (url.path.ends_with('/')) url.path.pop_back();
  std::string_view authority = rest.substr(0, slash);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    if (!percent_decode(authority.substr(0, at), false, url.user)) throw refuse();
    authority.remove_prefix(at + 1);
  }
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  url.host = authority.substr(0, has_port ? colon : authority.size());
  url.port = has_port ? authority.substr(colon + 1) : (url.tls ? "443" : "80");
  if (url.host.starts_with('[') && url.host.ends_with(']')) {
    url.host = url.host.substr(1, url.host.size() - 2);
  }
  const bool digits = url.port.find_first_not_of("0123456789") == std::string::npos;
  const bool sound = !url.host.empty() && !url.port.empty() && digits;
  if (!sound || text.find_first_of("\r\n \t") != std::string::npos) throw refuse();
  return url;
}

Url client_url(const std::string& text, const std::string& password_file) {
  Url url = parse_url(text);
  if (password_file.empty()) return url;
  std::ifstream file(password_file);
  std::string line;
  if (!std::getline(file, line)) {
    throw NotReachable("--password-file " + password_file + ": " +
                       (file.eof() ? "is empty" : std::strerror(errno)));
  }
  if (line.ends_with('\r')) line.pop_back();
  if (url.user.empty()) {
    url.user = line;
  } else {
    url.user = url.user.substr(0, url.user.find(':')) + ":" + line;
  }
  if (url.user.find(':') == std::string::npos || url.user.starts_with(':')) {
    throw NotReachable("--password-file " + password_file +
                       ": write user:password on its first line, or the user into the URL");
  }
  return url;
}

namespace {

HttpReply ask(const Url& base, const std::string& method, const std::string& path,
              const std::string& json, std::chrono::milliseconds timeout) {
  Connection connection(base, timeout);
  const bool v6 = base.host.find(':') != std::string::npos;
  // With HTTP/1.0 the answer ends when the connection is closed, even behind a proxy.
  std::string request = method + " " + base.path + path + " HTTP/1.0\r\nHost: " + (v6 ? "[" : "") +
                        base.host + (v6 ? "]:" : ":") + base.port + "\r\n";
  if (!base.user.empty()) request += "Authorization: Basic " + base64_encode(base.user) + "\r\n";
  if (!json.empty()) {
    request +=
        "Content-Type: application/json\r\nContent-Length: " + std::to_string(json.size()) + "\r\n";
  }
  connection.send_all(request + "Accept: application/json\r\nConnection: close\r\n\r\n" + json);
  const std::string reply = connection.receive_all();
  const std::size_t end = reply.find("\r\n\r\n");
  const bool http = reply.starts_with("HTTP/1.") && reply.size() > 12 && end != std::string::npos;
  if (!http) connection.fail("what answers there does not speak HTTP");
  HttpReply result;
  for (std::size_t i = 9; i < 12; ++i) {
    if (reply[i] < '0' || reply[i] > '9') connection.fail("what answers there does not speak HTTP");
    result.status = result.status * 10 + (reply[i] - '0');
  }
  result.body = reply.substr(end + 4);
  return result;
}

}  // namespace

HttpReply http_get(const Url& base, const std::string& path, std::chrono::milliseconds timeout) {
  return ask(base, "GET", path, "", timeout);
}

HttpReply http_put(const Url& base, const std::string& path, const std::string& json,
                   std::chrono::milliseconds timeout) {
  return ask(base, "PUT", path, json, timeout);
}

nlohmann::ordered_json get_json(const Url& base, const std::string& path) {
  return json_of(base, http_get(base, path));
}

nlohmann::ordered_json json_of(const Url& base, const HttpReply& reply) {
  const auto json = nlohmann::ordered_json::parse(reply.body, nullptr, false);
  if (reply.status == 200 && !json.is_discarded()) return json;
  if (reply.status == 401) {
    throw NotReachable(base.host + " port " + base.port +
                       (base.user.empty() ? ": it wants a user and a password"
                                          : ": it knows no such user and password") +
                       "; write them into the URL: " + (base.tls ? "https" : "http") +
                       "://USER:PASSWORD@" + base.host + ":" + base.port);
  }
  std::string why = "it answers " + std::to_string(reply.status);
  if (json.is_object() && json.contains("error") && json["error"].is_string()) {
    why += ": " + json["error"].get<std::string>();
  } else if (reply.status == 200) {
    why = "what answers there is not floodgauge";
  }
  throw NotReachable(base.host + " port " + base.port + ": " + why);
}

}  // namespace floodgauge
