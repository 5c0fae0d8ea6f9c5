// A file to which whole lines are appended; a line is never left half written.
#pragma once

#include <string>
#include <string_view>

namespace floodgauge {

class LineFile {
 public:
  explicit LineFile(std::string path) : path_(std::move(path)) {}
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;
  ~LineFile() { close(); }

  /// Opens the file for appending, and creates it with mode 0644 if it does not exist. Does nothing
  /// when it is open. Never waits for the reader of a FIFO. When the file ends in half a line, the
  /// next append() starts a new one. Returns 0 or an errno.
  int open();
  void close();

  /// Appends `line` and a newline. When only a part could be written, that part is removed again;
  /// where this is not possible (a pipe), the next call starts a new line first. Returns 0 or an
  /// errno.
  int append(std::string_view line);

 private:
  int write_all(std::string_view text);

  std::string path_;
  int fd_ = -1;
  bool torn_ = false;  ///< the last line's end is missing
};

}  // namespace floodgauge
