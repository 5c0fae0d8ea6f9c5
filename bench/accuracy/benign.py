"""Ordinary traffic alone: every incident is a false one."""
from runner import Scene
from verdicts import describe

MIXES = ("web", "dns", "mail", "video", "voip", "vpn", "ntp", "ping", "backup", "cdn_fill",
         "zone_transfer", "speed_test", "flash_crowd", "port_scan")
RATES = (1_000, 10_000, 50_000, 100_000, 200_000)
