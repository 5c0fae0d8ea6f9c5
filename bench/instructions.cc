// The program whose instructions bench/instructions.py counts: a worker's stages on one mix, from a
// fixed seed. `instructions MIX` prints how many packets were measured. Tables are small and warm,
// because the number of instructions a packet does not depend on caches. Payloads are not searched:
// Hyperscan chooses its code by the processor.
#include <cstdio>
#include <cstring>

#include "bench/pipeline/pipeline.h"

int main(int argc, char** argv) {
  using namespace floodgauge::bench;
  constexpr std::uint32_t kBlocks = 24;
  for (const Mix mix : kMixes) {
    if (argc != 2 || mix_name(mix) != argv[1]) continue;
    Pipeline pipeline({.mix = mix, .flows = 4'000, .hosts = 512}, false);
    pipeline.open_flows();
    for (std::uint32_t block = 0; block < kBlocks; ++block) pipeline.process_block();
    for (std::uint32_t block = 0; block < kBlocks; ++block) pipeline.measure_block();
    std::printf("%u\n", kBlocks * PacketBlock::kPackets);
    return 0;
  }
  std::fprintf(stderr, "usage: instructions MIX\n");
  return 2;
}
