#include "engine/export/terminal/top.h"

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "engine/export/terminal/status.h"
#include "engine/export/terminal/top_data.h"

namespace floodgauge {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kRefresh{1000};

volatile std::sig_atomic_t stop_requested = 0;

void on_stop(int /*signal*/) {
  stop_requested = 1;
}
void on_resize(int /*signal*/) {}  // the signal only has to interrupt poll(2)

/// Puts the terminal into raw mode on its alternate screen; the destructor restores it. Control
/// sequences: ECMA-48, and xterm's for the alternate screen and the cursor.
class RawTerminal {
 public:
  RawTerminal() {
    tcgetattr(STDIN_FILENO, &before_);
    termios raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    set_handler(SIGINT, on_stop);
    set_handler(SIGTERM, on_stop);
    set_handler(SIGHUP, on_stop);
    set_handler(SIGWINCH, on_resize);
    write_out("\033[?1049h\033[?25l");
  }
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;
  ~RawTerminal() {
    write_out("\033[?25h\033[?1049l");
    tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }

  static void show(const std::vector<std::string>& lines) {
    std::string screen = "\033[H";
    for (std::size_t i = 0; i < lines.size(); ++i) {
      screen += lines[i] + "\033[K" + (i + 1 < lines.size() ? "\r\n" : "");
    }
    write_out(screen + "\033[J");
  }

  static int height() {
    winsize size{};
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : 24;
  }

 private:
  static void set_handler(int signal, void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    sigaction(signal, &action, nullptr);
  }
  static void write_out(const std::string& text) {
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
  }

  termios before_{};
};

/// The keys in `bytes`. Arrow keys are ESC [ A or ESC O A.
std::vector<int> keys_of(std::string_view bytes) {
  std::vector<int> keys;
  while (!bytes.empty()) {
    const bool sequence =
        bytes.size() >= 3 && bytes[0] == '\033' && (bytes[1] == '[' || bytes[1] == 'O');
    if (!sequence) {
      keys.push_back(bytes[0] == '\r' ? TopView::kEnter : static_cast<unsigned char>(bytes[0]));
      bytes.remove_prefix(1);
      continue;
    }
    if (bytes[2] == 'A') keys.push_back(TopView::kUp);
    if (bytes[2] == 'B') keys.push_back(TopView::kDown);
    // The sequence ends with its first letter or '~'. Sequences other than arrow keys are ignored.
    std::size_t end = 2;
    while (end < bytes.size() && (bytes[end] < '@' || bytes[end] > '~')) ++end;
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
  return keys;
}

/// Waits until `until` for keys; empty when none was pressed. False when the input has ended.
bool wait_for_keys(Clock::time_point until, std::vector<int>& keys) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  pollfd input{STDIN_FILENO, POLLIN, 0};
  keys.clear();
  if (poll(&input, 1, left > 0 ? static_cast<int>(left) : 0) <= 0) return true;
  std::array<char, 256> bytes;
  const ssize_t count = read(STDIN_FILENO, bytes.data(), bytes.size());
  if (count <= 0) return false;
  keys = keys_of({bytes.data(), static_cast<std::size_t>(count)});
  return true;
}

void watch(const std::vector<Url>& daemons, TopView view, TopData data) {
  const RawTerminal terminal;
  TopNeed need = need_of(view);
  std::string trouble = data.troubles.empty() ? "" : data.troubles.front();
  Clock::time_point next = Clock::now() + kRefresh;
  std::vector<int> keys;
  while (!view.leave && stop_requested == 0) {
    std::vector<std::string> lines =
        render_top(data, view, style_for(STDOUT_FILENO, false), RawTerminal::height());
    if (!trouble.empty() && lines.size() > 2) {
      lines[2] = inked(wrapped(terminal_safe(trouble), terminal_width(STDOUT_FILENO)).front(),
                       Ink::red, style_for(STDOUT_FILENO, false));
    }
    RawTerminal::show(lines);
    if (!wait_for_keys(next, keys)) return;
    for (const int key : keys) view.press(key, top_rows(data, view));
    // Another page shows what was not fetched yet.
    if (Clock::now() < next && need_of(view) == need) continue;
    need = need_of(view);
    try {
      data = fetch_top(daemons, need);
      trouble = data.troubles.empty() ? "" : data.troubles.front();
    } catch (const std::runtime_error& error) {
      trouble = error.what();  // the page keeps the last figures, and the next refresh asks again
    }
    next = Clock::now() + kRefresh;
  }
}

}  // namespace

int run_top(const AskOptions& options) {
  if (isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1) {
    return run_status(options, stdout);
  }
  try {
    std::vector<Url> daemons;
    for (const std::string& url : options.urls) {
      daemons.push_back(client_url(url, options.password_file));
    }
    TopView view;
    view.zone = zone_for(STDOUT_FILENO, options.utc);
    watch(daemons, view, fetch_top(daemons, need_of(view)));
    return 0;
  } catch (const std::runtime_error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 3;
  }
}

}  // namespace floodgauge
