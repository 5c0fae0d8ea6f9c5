// A file to which whole lines are appended, and never half a one.
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

  /// Opens for appending, making the file (mode 0644) when there is none. Nothing to do when it is
  /// open. Never waits for the reader of a FIFO. 0, or an errno.
  int open();
  void close();

  /// Appends `line` and a newline. When only a part could be written it is taken back; where that
  /// is not possible (a pipe) the next line starts on a new one. 0, or an errno.
  int append(std::string_view line);

 private:
  int write_all(std::string_view text);

  std::string path_;
  int fd_ = -1;
  bool torn_ = false;  ///< the last line's end is missing
};

}  // namespace floodgauge
