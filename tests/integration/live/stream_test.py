"""A stream of numbered packets through floodgauge inline arrives whole and in order, whatever happens meanwhile.

stream_test.py BUILD-DIRECTORY

FLOODGAUGE_STREAM_PACKETS=10000000 is the full run; the default is 300,000 packets.
"""
import contextlib
import os
import pathlib
import signal
import sys
import unittest

from lab import PATIENCE, Background, why_not
from wire import Wire, tally, whole

BUILD = pathlib.Path(sys.argv.pop(1))
PACKETS = int(os.environ.get("FLOODGAUGE_STREAM_PACKETS", "300000"))
FULL = PACKETS >= 10_000_000
RATE = 60_000 if FULL else 20_000
STALL = 10  # seconds
RELOADS = 100
MOST = 20 * PACKETS  # for a slow machine, on which the reloads take long
DRIVERS = ["net_af_packet", "net_af_xdp"]
# The stream itself is the flood: its rate is above the limit.
CONFIG = """
profiles: {default: {baseline: {enabled: false}, thresholds: {udp: 1kpps, packets: none}, hold: HOLD}}
export: {listen: "127.0.0.1:9733", events: FOLDER/events.jsonl, reload: true}
"""


def setUpModule():
    missing = why_not()
    if missing:
        raise unittest.SkipTest(missing)


class Stream(unittest.TestCase):
    def check_whole(self, wire, stream, count=None):
        """Checks that `count` packets arrived; 0 or None: all that the stream had sent when it was ended."""
        told = tally(stream)
        count = count or told["sent"]
        print(f"{wire.driver}: {told}", file=sys.stderr)
        self.assertEqual(whole(count, told), {}, wire.daemon.log_text())
        metrics = wire.daemon.wait_for("all packets are counted", lambda: (
            lambda now: now if now["received_packets_total"] >= count else None)(wire.daemon.metrics()))
        self.assertEqual(metrics["received_packets_total"], count)
        self.assertEqual(metrics["dropped_packets_total"], 0)
        self.assertEqual(metrics['port_transmit_packets_total{port="core"}'], count)
        return metrics

    def opened_once(self, daemon):
        opened = [line["incident"] for line in daemon.event_lines() if line["event"] == "opened"]
        self.assertEqual(len(opened), 1)
        self.assertEqual((opened[0]["target"], opened[0]["vectors"][0]["name"]), ("198.51.100.2/32", "udp"))
        return opened[0]["id"]

    def test_stream_stays_complete_and_in_order_during_reloads_scrapes_and_an_incident(self):
        for driver in DRIVERS:
            with self.subTest(driver), Wire(BUILD, driver, config=CONFIG.replace("HOLD", "30s")) as wire:
                daemon = wire.daemon
                stream = wire.stream(MOST, RATE)
                daemon.wait_for("an incident", daemon.incidents)
                with Background(daemon.metrics, every=0.1) as scrapes:
                    for number in range(RELOADS):
                        self.reload_another(wire, number)
                    daemon.wait_for("enough are received", lambda: daemon.metrics()["received_packets_total"] >= PACKETS,
                                    seconds=2 * PACKETS / RATE + PATIENCE)
                    self.assertIsNone(stream.poll(), "the stream was over before all reloads")
                    self.assertEqual(len(daemon.incidents()), 1)
                    stream.send_signal(signal.SIGINT)
                    sent = int(self.check_whole(wire, stream)["received_packets_total"])
                self.assertGreater(scrapes.calls, 50)
                self.assertEqual(len(daemon.logged("configuration reloaded")), RELOADS)
                incident = self.opened_once(daemon)
                self.assertEqual(daemon.stop(), 0)
                closed = daemon.event_lines()[-1]["incident"]
                self.assertEqual((closed["id"], closed["state"]), (incident, "closed"))
                # The incident has all packets except for about the first second, so reloads lost none.
                self.assertGreater(closed["packets"], sent - 2 * RATE)

    def reload_another(self, wire, number):
        """Reloads with another hold time and another prefix; by HTTP, and every tenth time by signal."""
        text = wire.config_text().replace("HOLD", "30s").replace("hold: 30s", f"hold: {30 + number}s")
        text = text.replace("protect: [", f"protect: [{{name: more, prefixes: [203.0.113.{number}/32]}}, ")
        wire.daemon.config.write_text(text, "utf-8")
        if number % 10 == 9:
            os.kill(wire.daemon.pid, signal.SIGHUP)
            wire.daemon.wait_for("reloaded", lambda: len(wire.daemon.logged("configuration reloaded")) > number)
        else:
            self.assertEqual(wire.daemon.request("/-/reload", "POST"), (200, "reloaded\n"))

    def test_no_packet_is_lost_while_the_merge_is_stalled(self):
        rate, after = 20_000, 2
        count = rate * (after + STALL + 2)
        stall = {"FLOODGAUGE_TEST_STALL_MERGE": f"{after},{STALL}"}
        for driver in DRIVERS:
            with self.subTest(driver), Wire(BUILD, driver, config=CONFIG.replace("HOLD", "1s"),
                                            environment=stall) as wire:
                daemon = wire.daemon
                stream = wire.stream(count, rate)
                daemon.wait_for("the merge stands still", lambda: daemon.logged("the merge stands still"))
                daemon.wait_for("the metrics show the lag", lambda: daemon.metrics()["window_lag_seconds"] > STALL - 1)
                self.check_whole(wire, stream, count)
                daemon.wait_for("it has caught up", lambda: daemon.metrics()["window_lag_seconds"] < 1)
                daemon.wait_for("the flood is over", lambda: daemon.incidents("closed"))
                identity = self.opened_once(daemon)
                closed = [line["incident"] for line in daemon.event_lines() if line["event"] == "closed"]
                self.assertEqual([one["id"] for one in closed], [identity])
                # All missed windows are merged into one of their total length, so the rate stays right.
                self.assertGreater(closed[0]["packets"], count - 2 * rate)
                self.assertLess(closed[0]["peak_pps"], 3 * rate)
                with contextlib.suppress(KeyError):
                    self.assertEqual(daemon.metrics()['incidents_total{kind="flood",vector="udp"}'], 1)
                self.assertEqual(daemon.stop(), 0)


if __name__ == "__main__":
    unittest.main()
