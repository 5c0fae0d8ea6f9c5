// Opens any bytes as a file of network labels and looks addresses up. Names that come out are UTF-8
// without controls, because they end up in logs, reports and pages.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "engine/base/utf8.h"
#include "engine/export/report/network_labels.h"

namespace {

void require_text(const std::string& text) {
  if (floodgauge::valid_utf8(text) != text) std::abort();
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const int file = memfd_create("labels", MFD_CLOEXEC);
  if (file < 0 || write(file, data, size) != static_cast<ssize_t>(size)) std::abort();
  const std::string path = "/proc/self/fd/" + std::to_string(file);
  {
    const floodgauge::NetworkLabels labels({path}, [](const std::string&) {});
    for (const char* address : {"203.0.113.5", "0.0.0.0", "2001:db8::1", "ffff::"}) {
      const floodgauge::NetworkLabel label = labels.of(*floodgauge::IpAddress::parse(address));
      require_text(label.network);
      require_text(label.country);
    }
  }
  close(file);
  return 0;
}
