#include "engine/base/keyed_hash.h"

#include <sys/random.h>
#include <cerrno>
#include <system_error>

#include "engine/base/splitmix64.h"

namespace floodgauge {

HashKey key_from_seed(std::uint64_t seed) {
  // SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): different states give different words.
  HashKey key;
  for (std::uint64_t& word : key.k) {
    seed += 0x9e3779b97f4a7c15u;
    word = splitmix64_finaliser(seed);
  }
  return key;
}

HashKey random_key() {
  HashKey key;
  // Requests of at most 256 bytes are answered in full once the kernel's pool is initialised: see
  // getrandom(2).
  static_assert(sizeof key.k <= 256);
  for (;;) {
    const ssize_t got = getrandom(key.k.data(), sizeof key.k, 0);
    if (got == static_cast<ssize_t>(sizeof key.k)) return key;
    if (got < 0 && errno != EINTR) {
      throw std::system_error(errno, std::generic_category(),
                              "cannot draw the hash key: getrandom");
    }
  }
}

}  // namespace floodgauge
