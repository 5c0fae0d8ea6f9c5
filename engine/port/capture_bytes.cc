#include "engine/port/capture_bytes.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

namespace floodgauge {
namespace {

std::atomic<std::size_t> chunks_alive{0};

/// Closes the descriptor in the destructor, except standard input.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ > STDIN_FILENO) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

/// Waits until the descriptor is readable. Returns false when `stop` became true.
bool wait_for_bytes(int descriptor, const std::atomic<bool>& stop) {
  constexpr int kCheckStopMilliseconds = 100;
  pollfd wanted = {.fd = descriptor, .events = POLLIN, .revents = 0};
  while (!stop.load(std::memory_order_relaxed)) {
    const int ready = poll(&wanted, 1, kCheckStopMilliseconds);
    // Errors of the descriptor are reported by read().
    if (ready > 0 || (ready < 0 && errno != EINTR)) return true;
  }
  return false;
}

PullBytes pull_from(std::shared_ptr<Descriptor> descriptor, std::shared_ptr<std::uint64_t> pulled,
                    const std::atomic<bool>* stop) {
  return [descriptor = std::move(descriptor), pulled = std::move(pulled), stop](
             std::uint8_t* into, std::size_t capacity) -> std::ptrdiff_t {
    ssize_t count;
    do {
      if (stop != nullptr && !wait_for_bytes(descriptor->number(), *stop)) {
        errno = ECANCELED;
        return -1;
      }
      count = read(descriptor->number(), into, capacity);
    } while (count < 0 && errno == EINTR);
    if (count > 0) *pulled += static_cast<std::uint64_t>(count);
    return count;
  };
}

/// Whether any process has the file open for writing: then the kernel refuses a read lease
/// (fcntl(2), F_SETLEASE). The lease is returned at once. A writer that opens the file in between
/// makes the kernel send a signal, which is set to SIGURG because that is ignored by default.
bool is_being_written(int descriptor) {
  if (fcntl(descriptor, F_SETSIG, SIGURG) != 0) return false;
  if (fcntl(descriptor, F_SETLEASE, F_RDLCK) != 0) return errno == EAGAIN;
  fcntl(descriptor, F_SETLEASE, F_UNLCK);
  return false;
}

}  // namespace

CaptureChunk* CaptureChunk::make(std::size_t capacity) {
  void* memory = std::malloc(sizeof(CaptureChunk) + capacity);
  if (memory == nullptr) throw std::bad_alloc();
  chunks_alive.fetch_add(1, std::memory_order_relaxed);
  return new (memory) CaptureChunk(capacity);
}

void CaptureChunk::free_chunk(CaptureChunk* chunk) {
  chunk->~CaptureChunk();
  std::free(chunk);
  chunks_alive.fetch_sub(1, std::memory_order_relaxed);
}

std::size_t CaptureChunk::alive() {
  return chunks_alive.load(std::memory_order_relaxed);
}

CaptureBytes::CaptureBytes(const std::string& path, const std::atomic<bool>* stop) {
  open_file(path, stop);
}

CaptureBytes::CaptureBytes(std::span<const std::uint8_t> memory)
    : at_(memory.data()), end_(memory.data() + memory.size()), size_(memory.size()) {
  if (compression_of(memory) == Compression::none) return;
  end_ = at_;
  start_stream([rest = memory](std::uint8_t* into, std::size_t capacity) mutable {
    const std::size_t count = std::min(capacity, rest.size());
    std::copy_n(rest.data(), count, into);
    rest = rest.subspan(count);
    return static_cast<std::ptrdiff_t>(count);
  });
}

CaptureBytes::CaptureBytes(PullBytes pull, std::size_t chunk_bytes) : chunk_bytes_(chunk_bytes) {
  start_stream(std::move(pull));
}

CaptureBytes::~CaptureBytes() {
  if (chunk_ != nullptr) chunk_->release();
  if (mapping_ == nullptr) return;
  munmap(mapping_, mapping_bytes_);
  watch_.reset();
}

std::uint64_t CaptureBytes::present(bool doubt) const {
  constexpr std::size_t kNearTheEnd = std::size_t{1} << 16;
  if (mapping_ == nullptr) return UINT64_MAX;
  if (!doubt && !watch_->shrunk() && available() > kNearTheEnd) return size_;
  struct stat now {};
  // A file that has got another one's name, or was deleted, is mapped as a whole still.
  const bool same = stat(path_.c_str(), &now) == 0 && now.st_ino == inode_;
  return same ? std::min(size_, static_cast<std::uint64_t>(now.st_size)) : size_;
}

void CaptureBytes::fail(CaptureEnd kind, std::string message) {
  error_kind_ = kind;
  error_ = std::move(message);
  drained_ = true;
}

void CaptureBytes::open_file(const std::string& path, const std::atomic<bool>* stop) {
  const int number =
      path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (number < 0) {
    return fail(CaptureEnd::open_failed, std::string("cannot be opened: ") + std::strerror(errno));
  }
  auto descriptor = std::make_shared<Descriptor>(number);
  struct stat status {};
  if (fstat(number, &status) != 0) {
    return fail(CaptureEnd::open_failed, std::string("cannot be read: ") + std::strerror(errno));
  }
  if (S_ISDIR(status.st_mode)) {
    return fail(CaptureEnd::open_failed, "is a directory; name the captures in it");
  }
  const bool regular = S_ISREG(status.st_mode);
  if (regular) size_ = static_cast<std::uint64_t>(status.st_size);
  // Standard input may be a file of which some was read already. A file is mapped only if it is at
  // its beginning.
  const bool at_start = regular && lseek(number, 0, SEEK_CUR) == 0;
  std::uint8_t magic[kCompressionMagic];
  const ssize_t read_magic = at_start ? pread(number, magic, sizeof magic, 0) : 0;
  const bool compressed =
      read_magic > 0 &&
      compression_of(std::span(magic, static_cast<std::size_t>(read_magic))) != Compression::none;
  if (at_start && !compressed && size_ > 0 && !is_being_written(number) &&
      map(number, static_cast<std::size_t>(size_))) {
    path_ = path;
    inode_ = status.st_ino;
    return;
  }
  pulled_ = std::make_shared<std::uint64_t>(0);
  start_stream(pull_from(std::move(descriptor), pulled_, stop));
}

bool CaptureBytes::map(int descriptor, std::size_t size) {
  void* memory = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (memory == MAP_FAILED) return false;
  madvise(memory, size, MADV_SEQUENTIAL);
  mapping_ = memory;
  mapping_bytes_ = size;
  watch_ = std::make_unique<ShrinkingFile>(memory, size);
  at_ = static_cast<const std::uint8_t*>(memory);
  end_ = at_ + size;
  pages_.begin(at_, size);
  return true;
}

/// Reads the stream's first bytes. If they are those of a compression, the stream is read through
/// an inflater.
void CaptureBytes::start_stream(PullBytes pull) {
  pull_ = std::move(pull);
  // A capture's header is longer than that, so that a live stream does not keep anybody waiting.
  need(kCompressionMagic);
  const Compression compression = compression_of({at_, available()});
  if (compression == Compression::none) return;
  compressed_ = true;
  // The bytes that were read already are compressed: the inflater gets them first.
  auto head = std::make_shared<std::vector<std::uint8_t>>(at_, end_);
  chunk_->release();
  chunk_ = nullptr;
  at_ = end_ = nullptr;
  PullBytes joined = [head, at = std::size_t{0}, rest = std::move(pull_)](
                         std::uint8_t* into, std::size_t capacity) mutable -> std::ptrdiff_t {
    if (at == head->size()) return rest(into, capacity);
    const std::size_t count = std::min(capacity, head->size() - at);
    std::copy_n(head->data() + at, count, into);
    at += count;
    return static_cast<std::ptrdiff_t>(count);
  };
  std::shared_ptr<InflatingStream> inflater = inflating(compression, std::move(joined));
  pull_ = [this, inflater](std::uint8_t* into, std::size_t capacity) -> std::ptrdiff_t {
    const std::ptrdiff_t count = inflater->pull(into, capacity);
    if (!inflater->error().empty()) {
      fail(inflater->cut_off() ? CaptureEnd::truncated : CaptureEnd::corrupt, inflater->error());
    }
    return count;
  };
}

bool CaptureBytes::refill(std::size_t count) {
  if (!pull_) return false;
  while (available() < count && !drained_) {
    const std::size_t kept = available();
    const bool room = chunk_ != nullptr && chunk_->data() + chunk_->capacity() - at_ >=
                                               static_cast<std::ptrdiff_t>(count);
    if (!room) {
      // The unread bytes are copied to a new chunk. Records that were returned stay in the old one.
      CaptureChunk* fresh = CaptureChunk::make(std::max(chunk_bytes_, count));
      if (kept > 0) std::memcpy(fresh->data(), at_, kept);
      if (chunk_ != nullptr) chunk_->release();
      chunk_ = fresh;
      at_ = fresh->data();
      end_ = at_ + kept;
    }
    std::uint8_t* into = chunk_->data() + (end_ - chunk_->data());
    const auto capacity = static_cast<std::size_t>(chunk_->data() + chunk_->capacity() - into);
    const std::ptrdiff_t got = pull_(into, capacity);
    if (got < 0 && errno == ECANCELED) {
      fail(CaptureEnd::stopped, "was stopped");
    } else if (got < 0) {
      fail(CaptureEnd::read_failed, std::string("cannot be read: ") + std::strerror(errno));
    } else if (got == 0) {
      drained_ = true;
    } else {
      end_ += got;
    }
  }
  return available() >= count;
}

bool CaptureBytes::skip(std::uint64_t count) {
  while (count > available()) {
    count -= available();
    advance_to(end_);
    if (!need(1)) return false;
  }
  advance_to(at_ + count);
  return true;
}

std::uint64_t CaptureBytes::position() const {
  return pulled_ != nullptr ? *pulled_ : std::min(offset_, size_ > 0 ? size_ : offset_);
}

}  // namespace floodgauge
