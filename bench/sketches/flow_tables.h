// The flow table compared with DPDK's rte_hash.
#pragma once

namespace floodgauge::bench {

/// Prints the table "Flow tables" of bench/sketches/README.md. Needs the EAL.
void compare_flow_tables();

}  // namespace floodgauge::bench
