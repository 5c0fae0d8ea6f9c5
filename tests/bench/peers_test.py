"""How bench/peers/run evaluates its measurements. The measurements themselves need root, FastNetMon and two idle cores."""
import importlib.machinery
import importlib.util
import pathlib
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOADER = importlib.machinery.SourceFileLoader("peers_run", str(ROOT / "bench/peers/run"))
RUN = importlib.util.module_from_spec(importlib.util.spec_from_loader("peers_run", LOADER))
LOADER.exec_module(RUN)


def rows(*points):
    return [{"sent_per_second": rate, "share": share} for rate, share in points]


class Peers(unittest.TestCase):
    def test_loss_free_is_the_highest_rate_without_loss_at_or_below_it(self):
        self.assertEqual(RUN.loss_free(rows((10, 1), (20, 1), (40, 0.99))), 20)
        self.assertEqual(RUN.loss_free(rows((40, 1), (10, 1), (20, 1))), 40)
        # A higher rate without loss does not count if a lower rate had a loss.
        self.assertEqual(RUN.loss_free(rows((10, 1), (20, 0.5), (40, 1))), 10)
        self.assertEqual(RUN.loss_free(rows((10, 0.5))), 0)

    def test_page_reports_hooks_that_never_ran_and_rates_that_were_not_shown(self):
        result = {"machine": {"processor": "P", "cores": 2, "kernel": "6", "date": "2026-11-24", "load_average": 0.1},
                  "versions": {"floodgauge": "1"}, "one_core_by": "a cpuset", "names": {"a": "A", "b": "B"},
                  "flood_packets_per_second": 60_000, "shares": {"a": rows((1000, 0.5))}, "loss_free": {"a": 0},
                  "delay_seconds": {"a": [None, None], "b": [0.3, None, 0.1]},
                  "reported_rate": {"a": None, "b": {"sent_per_second": 1000, "shown_per_second": 900, "error": -0.1,
                                                     "worst": -0.2}}}
        page = RUN.page(result)
        self.assertRegex(page, r"A +1 k: 50\.00 %")
        self.assertRegex(page, r"A +never, told of 0 of 2")
        self.assertRegex(page, r"B +0\.20 s \(median; 0\.10 to 0\.30 s\), told of 2 of 3")
        self.assertRegex(page, r"A +none")
        self.assertRegex(page, r"B +0\.9 kpps of 1\.0: -10\.0 %")


if __name__ == "__main__":
    unittest.main()
