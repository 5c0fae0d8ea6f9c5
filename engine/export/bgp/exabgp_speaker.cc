#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "engine/export/bgp/speaker.h"

namespace floodgauge {
namespace {

using Clock = std::chrono::steady_clock;

class ExabgpSpeaker : public Speaker {
 public:
  ExabgpSpeaker(int input, int output) : input_(input), output_(output) {}

  std::string announce(const Route& route) override { return command("announce " + route.text()); }
  std::string withdraw(const Route& route) override { return command("withdraw " + route.text()); }
  bool has_ended() override {
    // Between commands ExaBGP says nothing, unless it ends or tells of its own accord.
    std::string line;
    while (!ended_ && read_line(Clock::now(), line)) continue;
    return ended_;
  }

 private:
  /// Sends one line and waits for its acknowledgement.
  std::string command(const std::string& line) {
    if (ended_) return "ExaBGP has ended";
    const std::string text = line + "\n";
    for (std::size_t at = 0; at < text.size();) {
      const ssize_t written = write(output_, text.data() + at, text.size() - at);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) {
        ended_ = true;
        return std::string("ExaBGP does not read commands: ") + std::strerror(errno);
      }
      at += static_cast<std::size_t>(written);
    }
    const Clock::time_point deadline = Clock::now() + kSpeakerPatience;
    std::string answer;
    while (read_line(deadline, answer)) {
      if (answer == "done") return "";
      if (answer == "error") return "ExaBGP does not take it";
      if (answer == "shutdown") ended_ = true;
    }
    return ended_ ? "ExaBGP has ended" : "ExaBGP has not acknowledged it in time";
  }

  /// The next line of ExaBGP. False when there is none before `deadline`, or ExaBGP has ended.
  bool read_line(Clock::time_point deadline, std::string& line) {
    while (true) {
      if (const std::size_t end = received_.find('\n'); end != std::string::npos) {
        line = received_.substr(0, end);
        received_.erase(0, end + 1);
        return true;
      }
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
      pollfd ready{input_, POLLIN, 0};
      const int count = poll(&ready, 1, static_cast<int>(std::max<long>(0, left.count())));
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return false;
      std::array<char, 4096> block;
      const ssize_t got = read(input_, block.data(), block.size());
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0 || received_.size() > kLongestLine) {
        ended_ = true;
        return false;
      }
      received_.append(block.data(), static_cast<std::size_t>(got));
    }
  }

  static constexpr std::size_t kLongestLine = std::size_t{1} << 20;

  int input_;
  int output_;
  bool ended_ = false;
  std::string received_;
};

}  // namespace

std::unique_ptr<Speaker> make_exabgp_speaker(int input, int output) {
  return std::make_unique<ExabgpSpeaker>(input, output);
}

}  // namespace floodgauge
