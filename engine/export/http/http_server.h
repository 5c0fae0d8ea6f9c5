// The HTTP server for metrics and API: one thread, a bounded number of connections, and a time
// limit for each. A client that misbehaves loses its own connection and disturbs no other client.
// The threads that process packets never wait for this thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "engine/export/http/basic_auth.h"
#include "engine/export/http/http_connection.h"
#include "engine/export/http/http_message.h"
#include "engine/export/http/listen_socket.h"
#include "engine/export/http/tls.h"
#include "engine/export/http/web_config.h"

namespace floodgauge {

class HttpServer {
 public:
  /// Called by the server's thread for one request at a time. An exception becomes status 500.
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  struct Options {
    std::string listen = "127.0.0.1:9733";  ///< ADDRESS:PORT; port 0 selects a free port
    WebConfig web = {};
    HttpConnection::Limits limits = {};
    /// Paths that are answered without user and password, for probes that have none.
    std::vector<std::string> open_paths = {};
    /// Paths to which a body may be PUT, with its greatest size in bytes. All other bodies are
    /// discarded, and so are those of clients without the right password.
    std::map<std::string, std::size_t> bodies = {};
    /// With this many connections open, a new one replaces the oldest.
    std::size_t connections = 64;
    /// Limit for the bytes of answers that are being sent. Above it, a large answer becomes a 503.
    std::size_t unsent = 256 << 20;
    /// Called by the server's thread for each answer, with the path of the request; the path is
    /// empty for a malformed request. May be empty.
    std::function<void(std::string_view path, int status)> count = {};
    /// Called by the server's thread about once a second. May be empty.
    std::function<void()> tick = {};
    /// So many connections may be streams; a further one becomes a 503.
    std::size_t streams = 32;
  };

  /// Listens and starts to serve. Throws ListenError and TlsError.
  HttpServer(Options options, Handler handler);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  const std::string& address() const { return socket_.address(); }
  std::uint16_t port() const { return socket_.port(); }
  /// "http://127.0.0.1:43211"
  std::string url() const;

 private:
  using Clock = HttpConnection::Clock;

  void serve();
  void accept_all();
  void answer(HttpConnection& connection);
  void feed_streams();
  std::size_t streams() const;
  void count(std::string_view path, int status) const;
  HttpResponse response_to(HttpRequest& request);
  std::size_t body_limit(const HttpRequest& request);
  int poll_timeout() const;

  const Options options_;
  const Handler handler_;
  BasicAuth auth_;
  std::optional<TlsContext> tls_;
  ListenSocket socket_;
  std::list<HttpConnection> connections_;  ///< oldest first
  Clock::time_point next_tick_{};
  Clock::time_point next_feed_{};
  Clock::time_point accept_again_;  ///< set when the process has run out of descriptors
  int stop_fd_ = -1;                ///< an eventfd that becomes readable when the server must stop
  std::thread thread_;              // last: it uses the members above
};

}  // namespace floodgauge
