// The HTTP server for metrics and API: one thread that serves, a bounded number of connections, and
// a time limit for each. A client that misbehaves loses its own connection and disturbs no other
// client. What may take long has threads of its own: passwords (password_desk.h), and the requests
// of each slow lane. The threads that process packets never wait for any of these threads.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <poll.h>

#include "engine/export/events/background_queue.h"
#include "engine/export/http/http_connection.h"
#include "engine/export/http/http_message.h"
#include "engine/export/http/listen_socket.h"
#include "engine/export/http/password_desk.h"
#include "engine/export/http/tls.h"
#include "engine/export/http/web_config.h"

namespace floodgauge {

class HttpServer {
 public:
  /// Called for one request of a lane at a time, by the lane's thread. An exception becomes status
  /// 500.
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
    /// The lane of a request: 0 for what is answered at once, by the thread that serves; 1 to
    /// kSlowLanes for what may take long. Requests of a lane wait for each other and for no others.
    std::function<unsigned(const HttpRequest&)> lane = {};
    /// Called by the server's thread when a new connection replaced one. May be empty.
    std::function<void()> replaced = {};
  };
  static constexpr unsigned kSlowLanes = 2;
  /// Requests that wait in a slow lane; a further one becomes a 503.
  static constexpr std::size_t kLaneRequests = 16;

  /// Listens and starts to serve. Throws ListenError and TlsError.
  HttpServer(Options options, Handler handler);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  const std::string& address() const { return socket_.address(); }
  std::uint16_t port() const { return socket_.port(); }
  /// "http://127.0.0.1:43211"
  std::string url() const;
  /// Reads other users and certificates; throws TlsError. The returned function makes them those of
  /// all requests that come from then on, and ends the streams when the users have changed.
  /// Connections that are open keep their certificate. Both may be called by any thread.
  std::function<void()> prepare_reload(const WebConfig& web);

 private:
  using Clock = HttpConnection::Clock;

  /// A request on its way through a slow lane, and back with its answer.
  struct Job {
    std::uint64_t connection = 0;
    HttpRequest request = {};
    HttpResponse response = {};
  };
  struct NewWeb {
    WebConfig web;
    std::optional<TlsContext> tls;
  };

  void serve();
  void serve_connections(const std::vector<pollfd>& events);
  void wake() const;
  void take_new_web();
  void take_answers();
  void accept_all();
  void make_room();
  void admit(HttpConnection& connection);
  void pass(HttpConnection& connection);
  void answer(HttpConnection& connection, HttpResponse response);
  HttpConnection* find(std::uint64_t connection);
  void feed_streams();
  std::size_t streams() const;
  void count(std::string_view path, int status) const;
  std::size_t body_of(const HttpRequest& request) const;
  HttpResponse response_to(const HttpRequest& request) const;
  int poll_timeout() const;

  const Options options_;
  const Handler handler_;
  std::optional<TlsContext> tls_;
  std::atomic<bool> has_tls_;
  ListenSocket socket_;
  int stop_fd_;  ///< an eventfd that becomes readable when the server must stop
  int wake_fd_;  ///< the same, when another thread has something for the thread that serves
  std::unique_ptr<PasswordDesk> passwords_;
  std::uint64_t last_number_ = 0;
  std::list<HttpConnection> connections_;  ///< oldest first
  Clock::time_point next_tick_{};
  Clock::time_point next_feed_{};
  Clock::time_point accept_again_;  ///< set when the process has run out of descriptors
  std::mutex lock_;                 ///< of the next two
  std::optional<NewWeb> new_web_;
  std::vector<Job> answers_;
  std::vector<std::unique_ptr<BackgroundQueue<Job>>> lanes_;  // their threads use members above
  std::thread thread_;                                        // last: it uses all members
};

}  // namespace floodgauge
