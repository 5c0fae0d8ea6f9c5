#include "engine/export/http/evidence_answer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace floodgauge {
namespace {

bool is_id(std::string_view text) {
  return text.size() == 16 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

/// An open file that is closed at the end.
struct File {
  explicit File(const std::string& path)
      : descriptor(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)) {}
  ~File() {
    if (descriptor >= 0) close(descriptor);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  const int descriptor;
};

/// False when the file cannot be read to its end.
bool read_all(int descriptor, std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = read(descriptor, bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    done += static_cast<std::size_t>(got);
  }
  return true;
}

}  // namespace

HttpResponse evidence_answer(std::string_view id, const std::string& folder) {
  const std::string name(id);
  if (folder.empty())
    return HttpResponse::error(404, "no evidence is kept: set evidence.directory");
  if (!is_id(id)) return HttpResponse::error(404, name + " is no incident's id");
  const File file(folder + "/" + name + ".pcapng");
  if (file.descriptor < 0) {
    if (errno == ENOENT) return HttpResponse::error(404, "no evidence of " + name + " is kept");
    return HttpResponse::error(503, "evidence of " + name + ": " + std::strerror(errno));
  }
  struct stat about {};
  if (fstat(file.descriptor, &about) != 0 || !S_ISREG(about.st_mode) ||
      static_cast<std::size_t>(about.st_size) > kMostEvidenceBytes) {
    return HttpResponse::error(503, "evidence of " + name + " is no capture that was written here");
  }
  HttpResponse response;
  response.body.resize(static_cast<std::size_t>(about.st_size));
  if (!read_all(file.descriptor, response.body)) {
    return HttpResponse::error(503, "evidence of " + name + " cannot be read");
  }
  response.content_type = "application/octet-stream";
  response.save_as = "floodgauge-" + name + ".pcapng";
  return response;
}

}  // namespace floodgauge
