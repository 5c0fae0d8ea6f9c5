#include "engine/export/http/http_server.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <vector>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace floodgauge {
namespace {

/// Answers up to this size are always sent, so that health and status work while scrapes pile up.
constexpr std::size_t kSmallAnswer = 64 * 1024;
constexpr std::chrono::milliseconds kPauseWithoutDescriptors{100};
constexpr std::chrono::milliseconds kTickEvery{1000};
constexpr std::chrono::milliseconds kFeedEvery{250};

std::optional<TlsContext> tls_of(const WebConfig& web) {
  if (!web.tls) return std::nullopt;
  return TlsContext::server(*web.tls);
}

}  // namespace

HttpServer::HttpServer(Options options, Handler handler)
    : options_(std::move(options)),
      handler_(std::move(handler)),
      auth_(options_.web.users),
      tls_(tls_of(options_.web)),
      socket_(options_.listen),
      stop_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (stop_fd_ < 0) throw ListenError("no file descriptor is left for " + options_.listen);
  // The main thread handles signals. A closed connection is an error of write(2) instead of
  // SIGPIPE.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { serve(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

HttpServer::~HttpServer() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(stop_fd_, &one, sizeof one);
  thread_.join();
  close(stop_fd_);
}

std::string HttpServer::url() const {
  return (tls_ ? "https://" : "http://") + address();
}

void HttpServer::serve() {
  std::vector<pollfd> events;
  while (true) {
    const bool accepting = Clock::now() >= accept_again_;
    events.assign({{stop_fd_, POLLIN, 0}, {accepting ? socket_.fd() : -1, POLLIN, 0}});
    for (const HttpConnection& connection : connections_) {
      events.push_back({connection.fd(), connection.events(), 0});
    }
    poll(events.data(), events.size(), poll_timeout());
    if (events[0].revents != 0) return;
    std::size_t at = 2;
    for (HttpConnection& connection : connections_) {
      if (events[at++].revents == 0) continue;
      connection.advance();
      if (connection.has_request()) answer(connection);
      const int refused = connection.take_refusal();
      if (refused != 0) count("", refused);
    }
    const Clock::time_point now = Clock::now();
    connections_.remove_if([&](const HttpConnection& connection) {
      return connection.over() || connection.deadline() <= now;
    });
    if (events[1].revents != 0) accept_all();
    if (options_.tick && now >= next_tick_) {
      next_tick_ = now + kTickEvery;
      options_.tick();
    }
    feed_streams();
  }
}

std::size_t HttpServer::streams() const {
  return static_cast<std::size_t>(
      std::count_if(connections_.begin(), connections_.end(),
                    [](const HttpConnection& connection) { return connection.streams(); }));
}

void HttpServer::feed_streams() {
  const Clock::time_point now = Clock::now();
  if (now < next_feed_) return;
  next_feed_ = now + kFeedEvery;
  for (HttpConnection& connection : connections_) {
    if (connection.streams()) connection.feed();
  }
}

/// Milliseconds until the next deadline; -1 when there is none.
int HttpServer::poll_timeout() const {
  const Clock::time_point now = Clock::now();
  std::optional<Clock::time_point> next;
  if (accept_again_ > now) next = accept_again_;
  if (options_.tick) next = next ? std::min(*next, next_tick_) : next_tick_;
  if (streams() > 0) next = next ? std::min(*next, next_feed_) : next_feed_;
  for (const HttpConnection& connection : connections_) {
    next = next ? std::min(*next, connection.deadline()) : connection.deadline();
  }
  if (!next) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - now).count();
  return static_cast<int>(std::max<std::int64_t>(left, 0));
}

void HttpServer::accept_all() {
  // A bounded number for each call, so that a storm of new connections does not delay the others.
  for (std::size_t i = 0; i < options_.connections; ++i) {
    const int fd = accept4(socket_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == ECONNABORTED || errno == EINTR) continue;
      if (errno != EAGAIN) accept_again_ = Clock::now() + kPauseWithoutDescriptors;
      return;
    }
    if (connections_.size() >= options_.connections) {
      // Streams last; the oldest of the others is the one that got stuck.
      const auto stuck =
          std::find_if(connections_.begin(), connections_.end(),
                       [](const HttpConnection& connection) { return !connection.streams(); });
      connections_.erase(stuck == connections_.end() ? connections_.begin() : stuck);
    }
    try {
      connections_.emplace_back(fd, tls_ ? tls_->accept(fd) : nullptr, options_.limits,
                                [this](const HttpRequest& request) { return body_limit(request); });
    } catch (const std::exception&) {
      close(fd);  // no memory for a TLS session
    }
  }
}

void HttpServer::answer(HttpConnection& connection) {
  HttpResponse response = response_to(connection.request());
  std::size_t unsent = 0;
  for (const HttpConnection& other : connections_) unsent += other.unsent();
  const bool small = response.body.size() <= kSmallAnswer;
  if (!small && unsent > 0 && unsent + response.body.size() > options_.unsent) {
    if (response.recycle) response.recycle(std::move(response.body));
    response = HttpResponse::error(503, "too many answers are still on their way; try again");
  }
  if (response.stream && streams() >= options_.streams) {
    response = HttpResponse::error(503, "too many event streams are open");
  }
  count(connection.request().path, response.status);
  connection.respond(std::move(response), connection.request().method == "HEAD");
}

void HttpServer::count(std::string_view path, int status) const {
  if (options_.count) options_.count(path, status);
}

std::size_t HttpServer::body_limit(const HttpRequest& request) {
  const auto body = options_.bodies.find(request.path);
  const bool takes = request.method == "PUT" && body != options_.bodies.end();
  return takes && auth_.has_users() && auth_.allows(request.authorization) ? body->second : 0;
}

HttpResponse HttpServer::response_to(HttpRequest& request) {
  const bool open = std::find(options_.open_paths.begin(), options_.open_paths.end(),
                              request.path) != options_.open_paths.end();
  if (!open && !auth_.allows(request.authorization)) {
    HttpResponse response = HttpResponse::error(401, "user and password are needed");
    response.authenticate = "Basic realm=\"floodgauge\", charset=\"UTF-8\"";
    return response;
  }
  if (!open && auth_.has_users()) request.user = user_of(request.authorization);
  try {
    return handler_(request);
  } catch (const std::exception& error) {
    return HttpResponse::error(500, error.what());
  }
}

}  // namespace floodgauge
