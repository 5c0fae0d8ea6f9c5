// The program whose instructions bench/instructions.py counts: a worker's stages on one mix, from a
// fixed seed. `instructions MIX` prints how many packets were measured. With `plain` or `evidence`
// behind the mix it measures a whole window of one million packets a second, without or with the
// bytes that evidence keeps. Tables are small and warm, because the number of instructions a packet
// does not depend on caches. Payloads are not searched: Hyperscan chooses its code by the
// processor.
#include <cstdio>
#include <cstring>

#include "bench/pipeline/pipeline.h"

int main(int argc, char** argv) {
  using namespace floodgauge::bench;
  const bool evidence = argc == 3 && std::strcmp(argv[2], "evidence") == 0;
  const bool whole = evidence || (argc == 3 && std::strcmp(argv[2], "plain") == 0);
  const std::uint32_t blocks = whole ? 98 : 24;
  for (const Mix mix : kMixes) {
    if (argc != (whole ? 3 : 2) || mix_name(mix) != argv[1]) continue;
    Shape shape{.mix = mix, .flows = 4'000, .hosts = 512, .snaps = evidence};
    if (whole) shape.window_packets = blocks * PacketBlock::kPackets;
    Pipeline pipeline(shape, false);
    pipeline.open_flows();
    for (std::uint32_t block = 0; block < blocks; ++block) pipeline.process_block();
    for (std::uint32_t block = 0; block < blocks; ++block) pipeline.measure_block();
    std::printf("%u\n", blocks * PacketBlock::kPackets);
    return 0;
  }
  std::fprintf(stderr, "usage: instructions MIX [plain|evidence]\n");
  return 2;
}
