#include "engine/export/http/http_server.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <vector>

#include <netinet/in.h>
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
/// Of the events that are polled for, those before the connections.
constexpr std::size_t kOwnEvents = 3;

std::optional<TlsContext> tls_of(const WebConfig& web) {
  if (!web.tls) return std::nullopt;
  return TlsContext::server(*web.tls);
}

HttpResponse needs_password() {
  HttpResponse response = HttpResponse::error(401, "user and password are needed");
  response.authenticate = "Basic realm=\"floodgauge\", charset=\"UTF-8\"";
  return response;
}

/// Whom a connection comes from: an IPv4 address, or the /64 of an IPv6 address, which one client
/// has as a whole.
std::string client_of(const sockaddr_storage& from) {
  if (from.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(from);
    return {reinterpret_cast<const char*>(&v4.sin_addr), sizeof v4.sin_addr};
  }
  if (from.ss_family != AF_INET6) return "";
  const auto& address = reinterpret_cast<const sockaddr_in6&>(from).sin6_addr;
  const auto* bytes = reinterpret_cast<const char*>(&address);
  return IN6_IS_ADDR_V4MAPPED(&address) ? std::string(bytes + 12, 4) : std::string(bytes, 8);
}

}  // namespace

HttpServer::HttpServer(Options options, Handler handler)
    : options_(std::move(options)),
      handler_(std::move(handler)),
      tls_(tls_of(options_.web)),
      has_tls_(tls_.has_value()),
      socket_(options_.listen),
      stop_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      passwords_(std::make_unique<PasswordDesk>(options_.web.users, [this] { wake(); })) {
  if (stop_fd_ < 0 || wake_fd_ < 0) {
    throw ListenError("no file descriptor is left for " + options_.listen);
  }
  for (unsigned lane = 0; lane < kSlowLanes; ++lane) {
    lanes_.push_back(std::make_unique<BackgroundQueue<Job>>(kLaneRequests, [this](Job& job) {
      job.response = response_to(job.request);
      {
        const std::scoped_lock lock(lock_);
        answers_.push_back(std::move(job));
      }
      wake();
    }));
  }
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
  // Their threads write to wake_fd_.
  lanes_.clear();
  passwords_.reset();
  close(stop_fd_);
  close(wake_fd_);
}

std::string HttpServer::url() const {
  return (has_tls_ ? "https://" : "http://") + address();
}

void HttpServer::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_fd_, &one, sizeof one);
}

std::function<void()> HttpServer::prepare_reload(const WebConfig& web) {
  return [this, next = std::make_shared<NewWeb>(NewWeb{web, tls_of(web)})] {
    {
      const std::scoped_lock lock(lock_);
      new_web_ = std::move(*next);
    }
    wake();
  };
}

void HttpServer::take_new_web() {
  std::optional<NewWeb> next;
  {
    const std::scoped_lock lock(lock_);
    next.swap(new_web_);
  }
  if (!next) return;
  tls_ = std::move(next->tls);
  has_tls_ = tls_.has_value();
  if (next->web.users == passwords_->users()) return;
  passwords_->set_users(next->web.users);
  connections_.remove_if([](const HttpConnection& connection) { return connection.streams(); });
}

HttpConnection* HttpServer::find(std::uint64_t connection) {
  const auto at = std::find_if(connections_.begin(), connections_.end(),
                               [&](const HttpConnection& c) { return c.number() == connection; });
  return at == connections_.end() || !at->awaits_answer() ? nullptr : &*at;
}

/// Answers what other threads have worked on; a connection may be gone meanwhile.
void HttpServer::take_answers() {
  std::vector<Job> answers;
  {
    const std::scoped_lock lock(lock_);
    answers.swap(answers_);
  }
  for (Job& job : answers) {
    if (HttpConnection* const connection = find(job.connection)) {
      answer(*connection, std::move(job.response));
    } else if (job.response.recycle) {
      job.response.recycle(std::move(job.response.body));
    }
  }
  for (const PasswordDesk::Verdict& verdict : passwords_->take()) {
    HttpConnection* const connection = find(verdict.connection);
    if (connection == nullptr) continue;
    verdict.allowed ? pass(*connection) : answer(*connection, needs_password());
  }
}

void HttpServer::serve() {
  std::vector<pollfd> events;
  while (true) {
    const bool accepting = Clock::now() >= accept_again_;
    events.assign(
        {{stop_fd_, POLLIN, 0}, {wake_fd_, POLLIN, 0}, {accepting ? socket_.fd() : -1, POLLIN, 0}});
    for (const HttpConnection& connection : connections_) {
      // Whoever waits for an answer has nothing to say.
      events.push_back({connection.awaits_answer() ? -1 : connection.fd(), connection.events(), 0});
    }
    poll(events.data(), events.size(), poll_timeout());
    if (events[0].revents != 0) return;
    eventfd_t woken = 0;
    if (events[1].revents != 0) eventfd_read(wake_fd_, &woken);
    serve_connections(events);
    // Whoever asks after a reload was answered is judged by the new users.
    take_new_web();
    for (HttpConnection& connection : connections_) {
      if (connection.has_request()) admit(connection);
    }
    take_answers();
    const Clock::time_point now = Clock::now();
    connections_.remove_if([&](const HttpConnection& connection) {
      return connection.over() || connection.deadline() <= now;
    });
    if (events[2].revents != 0) accept_all();
    if (options_.tick && now >= next_tick_) {
      next_tick_ = now + kTickEvery;
      options_.tick();
    }
    feed_streams();
  }
}

/// Reads and writes what the sockets of the connections allow.
void HttpServer::serve_connections(const std::vector<pollfd>& events) {
  std::size_t at = kOwnEvents;
  for (HttpConnection& connection : connections_) {
    if (events[at++].revents == 0) continue;
    connection.advance();
    const int refused = connection.take_refusal();
    if (refused != 0) count("", refused);
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
  if (const auto check = passwords_->next()) next = next ? std::min(*next, *check) : check;
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
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const int fd = accept4(socket_.fd(), reinterpret_cast<sockaddr*>(&from), &size,
                           SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == ECONNABORTED || errno == EINTR) continue;
      if (errno != EAGAIN) accept_again_ = Clock::now() + kPauseWithoutDescriptors;
      return;
    }
    if (connections_.size() >= options_.connections) make_room();
    try {
      connections_.emplace_back(fd, tls_ ? tls_->accept(fd) : nullptr, options_.limits,
                                ++last_number_, client_of(from));
    } catch (const std::exception&) {
      close(fd);  // no memory for a TLS session
    }
  }
}

/// Closes the connection that got stuck: the oldest that is no stream.
void HttpServer::make_room() {
  const auto stuck =
      std::find_if(connections_.begin(), connections_.end(),
                   [](const HttpConnection& connection) { return !connection.streams(); });
  connections_.erase(stuck == connections_.end() ? connections_.begin() : stuck);
  if (options_.replaced) options_.replaced();
}

/// Passes a request on if its client may ask.
void HttpServer::admit(HttpConnection& connection) {
  const HttpRequest& request = connection.request();
  const bool open = std::find(options_.open_paths.begin(), options_.open_paths.end(),
                              request.path) != options_.open_paths.end();
  if (open) return pass(connection);
  switch (passwords_->ask(connection.number(), request.authorization, connection.client())) {
    case PasswordDesk::Answer::allowed:
      return pass(connection);
    case PasswordDesk::Answer::refused:
      return answer(connection, needs_password());
    case PasswordDesk::Answer::waits:
      return connection.await_answer();
    case PasswordDesk::Answer::too_many:
      return answer(connection,
                    HttpResponse::error(429, "too many passwords wait to be checked; try again"));
  }
}

/// The greatest body of a request; 0: none is read.
std::size_t HttpServer::body_of(const HttpRequest& request) const {
  const auto body = options_.bodies.find(request.path);
  const bool takes = request.method == "PUT" && body != options_.bodies.end();
  return takes && !passwords_->users().empty() ? body->second : 0;
}

/// Answers a request, or gives it to its lane. A body is read once its sender is known: the request
/// then comes again.
void HttpServer::pass(HttpConnection& connection) {
  HttpRequest& request = connection.request();
  if (const std::size_t most = body_of(request); most != 0 && !connection.has_body()) {
    connection.read_body(most);
    if (const int refused = connection.take_refusal(); refused != 0) count(request.path, refused);
    if (connection.has_request()) admit(connection);
    return;
  }
  if (!passwords_->users().empty()) request.user = user_of(request.authorization);
  const unsigned lane = options_.lane ? options_.lane(request) : 0;
  if (lane == 0 || lane > lanes_.size()) return answer(connection, response_to(request));
  connection.await_answer();
  if (!lanes_[lane - 1]->offer({connection.number(), request, {}})) {
    answer(connection, HttpResponse::error(503, "too many requests like this wait; try again"));
  }
}

void HttpServer::answer(HttpConnection& connection, HttpResponse response) {
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

HttpResponse HttpServer::response_to(const HttpRequest& request) const {
  try {
    return handler_(request);
  } catch (const std::exception& error) {
    return HttpResponse::error(500, error.what());
  }
}

}  // namespace floodgauge
