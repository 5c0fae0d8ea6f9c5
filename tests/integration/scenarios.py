"""Generated captures that several tests replay. Each capture is the same, byte for byte, on any machine."""
import subprocess

TARGET, TARGET_V6, PREFIX = "198.51.100.7", "2001:db8:1::7", "203.0.113.0/24"


class Scenario:
    def __init__(self, about, *options, replay=(), targets=()):
        self.about, self.options, self.replay = about, options, list(replay)
        self.targets = sorted(targets)  # (target, first vector) of the incidents in it

    def write(self, generator, path):
        """Writes the capture to `path` with seed 11, and returns `path`. Captures last two to three seconds."""
        subprocess.run([generator, "--out", path, "--seed", "11", *self.options], check=True, capture_output=True,
                       timeout=300)
        return path


def flood(vector, **more):
    return "--flood", vector + ":" + ",".join(f"{key}={value}" for key, value in more.items())


SCENARIOS = {
    "quiet": Scenario("ordinary traffic only", "--duration", "2s", "--benign", "mix=5kpps"),
    "syn_flood": Scenario(
        "spoofed SYNs within ordinary traffic", "--duration", "2s", "--benign", "mix=5kpps",
        *flood("tcp_syn", target=TARGET, rate="20kpps", start="500ms", duration="1s"),
        targets=[(f"{TARGET}/32", "tcp_syn")]),
    "carpet": Scenario(
        "carpet bombing of a protected prefix with reflected answers", "--duration", "2s", "--benign", "mix=5kpps",
        *flood("reflection_dns", target=PREFIX, rate="60kpps", start="500ms", duration="800ms"),
        replay=["--protect", PREFIX, "--protect", "198.51.100.0/24"], targets=[(PREFIX, "reflection_dns")]),
    "pulse": Scenario(
        "a pulse attack: 250 ms on, 250 ms off", "--duration", "3s", "--benign", "mix=2kpps",
        *flood("udp", target=TARGET, rate="40kpps", start="500ms", duration="2s", pulse="250ms/250ms"),
        targets=[(f"{TARGET}/32", "udp")]),
    "multi_vector": Scenario(
        "three vectors on one target that begin one after another", "--duration", "2s", "--benign", "mix=2kpps",
        *flood("tcp_syn", target=TARGET, rate="20kpps", start="300ms", duration="1500ms"),
        *flood("icmp", target=TARGET, rate="10kpps", start="600ms", duration="1s"),
        *flood("tcp_rst", target=TARGET, rate="15kpps", start="900ms", duration="800ms"),
        targets=[(f"{TARGET}/32", "tcp_syn")]),
    "reflection": Scenario(
        "monlist responses to one target, an unknown service's to another", "--duration", "2s", "--benign", "mix=2kpps",
        *flood("reflection_ntp", target=TARGET, rate="20kpps", start="500ms", duration="1s"),
        *flood("reflection_port_4321", target="203.0.113.9", rate="40kpps", start="600ms", duration="1s"),
        targets=[(f"{TARGET}/32", "reflection_ntp"), ("203.0.113.9/32", "reflection_port_4321")]),
    "ipv6": Scenario(
        "echo requests over IPv6, and a flood so slow that only several windows show it", "--duration", "3s", "--benign",
        "mix=2kpps", *flood("icmpv6", target=TARGET_V6, rate="20kpps", start="1s", duration="1s"),
        *flood("udp", target="203.0.113.77", rate="2kpps", start="500ms", duration="2s"),
        targets=[(f"{TARGET_V6}/128", "icmpv6"), ("203.0.113.77/32", "udp")]),
    "dns": Scenario(
        "queries for random subdomains to a name server", "--duration", "2s", "--benign", "dns=1kpps",
        *flood("dns_random_subdomain", target=TARGET, rate="40kpps", start="500ms", duration="1s"),
        targets=[(f"{TARGET}/32", "dns_random_subdomain")]),
}
