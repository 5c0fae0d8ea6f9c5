#!/usr/bin/env python3
"""Writes the dashboards in deploy/grafana/dashboards/ from the tables below.

A dashboard is a list of rows, a row a list of panels; what is alike in all panels stands once, in
`panel`. Change this file, run it, and commit both: a test compares them.
"""
import json
import pathlib

OUTPUT = pathlib.Path(__file__).parent / "dashboards"
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
ROW_WIDTH = 24  # Grafana's grid

SENSOR = 'instance=~"$sensor"'
PREFIX = f'{SENSOR}, prefix=~"$prefix"'
# The prefix in which the chosen target lies.
OF_TARGET = f'and on (prefix) floodgauge_incident_packets_per_second{{{SENSOR}, target=~"$target"}}'

GREEN, YELLOW, ORANGE, RED = "green", "yellow", "orange", "red"


def steps(*pairs):
    """Thresholds: (from, colour), the first from None."""
    return {"mode": "absolute", "steps": [{"value": value, "color": colour} for value, colour in pairs]}


GOOD_UNTIL_ONE = steps((None, GREEN), (1, RED))
ANSWERED = steps((None, RED), (0.5, ORANGE), (0.9, GREEN))
PLAIN = steps((None, GREEN))


def panel(kind, title, description, unit, queries, **look):
    """One panel. `queries` are (expression, legend); `look` changes what `kind` looks like:
    height, thresholds, stack, mirror (a regex: those series are drawn downwards), minimum, maximum,
    mappings, links; of a table: columns {label or value: heading}, units {heading: unit}, hide (labels)."""
    instant = kind in ("stat", "table")
    targets = []
    for index, (expression, legend) in enumerate(queries):
        target = {
            "refId": chr(ord("A") + index),
            "datasource": DATASOURCE,
            "expr": expression,
            "legendFormat": legend,
            "instant": instant,
            "range": not instant,
        }
        if kind == "table":
            target["format"] = "table"
        if kind == "heatmap":
            target["format"] = "heatmap"
        targets.append(target)
    defaults = {"unit": unit, "thresholds": look.get("thresholds", PLAIN)}
    for name in ("min", "max"):
        if name in look:
            defaults[name] = look[name]
    if "mappings" in look:
        defaults["mappings"] = look["mappings"]
    if "links" in look:
        defaults["links"] = look["links"]
    overrides = []
    result = {
        "type": kind,
        "title": title,
        "description": description,
        "datasource": DATASOURCE,
        "targets": targets,
        "fieldConfig": {"defaults": defaults, "overrides": overrides},
        "options": {},
        "height": look.get("height", 8),
    }
    if kind == "timeseries":
        defaults["custom"] = {
            "drawStyle": "line",
            "lineWidth": 1,
            "fillOpacity": 25 if look.get("stack") else 8,
            "showPoints": "never",
            "spanNulls": False,
            "stacking": {"mode": "normal" if look.get("stack") else "none", "group": "A"},
            "thresholdsStyle": {"mode": "line" if "thresholds" in look else "off"},
        }
        result["options"] = {
            "legend": {"displayMode": "table", "placement": "bottom", "showLegend": True,
                       "calcs": ["lastNotNull", "max"]},
            "tooltip": {"mode": "multi", "sort": "desc"},
        }
        if "mirror" in look:
            overrides.append({
                "matcher": {"id": "byRegexp", "options": look["mirror"]},
                "properties": [{"id": "custom.transform", "value": "negative-Y"}],
            })
    elif kind == "stat":
        result["options"] = {"colorMode": "background", "graphMode": "none", "textMode": "auto",
                             "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}
    elif kind == "state-timeline":
        defaults["custom"] = {"fillOpacity": 80, "lineWidth": 0}
        result["options"] = {
            "mergeValues": True, "showValue": "never", "rowHeight": 0.9,
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
            "tooltip": {"mode": "single"},
        }
    elif kind == "heatmap":
        result["options"] = {"calculate": False, "yAxis": {"unit": unit}, "legend": {"show": True},
                             "color": {"mode": "scheme", "scheme": "Oranges", "steps": 64},
                             "tooltip": {"show": True}}
    elif kind == "table":
        result["options"] = {"showHeader": True, "footer": {"show": False}}
        result["transformations"] = [
            {"id": "merge", "options": {}},
            {"id": "organize", "options": {"excludeByName": {name: True for name in ("Time", *look.get("hide", ()))},
                                           "renameByName": look["columns"]}},
        ]
        for heading, column_unit in look.get("units", {}).items():
            overrides.append({"matcher": {"id": "byName", "options": heading},
                              "properties": [{"id": "unit", "value": column_unit}]})
    return result


def variable(name, label, query, many):
    return {
        "type": "query", "name": name, "label": label, "datasource": DATASOURCE,
        "query": {"query": query, "refId": name}, "definition": query,
        "refresh": 2, "sort": 1, "multi": many, "includeAll": many,
        "allValue": ".*" if many else None,
        "current": {"text": "All", "value": "$__all"} if many else {},
        "hide": 0, "options": [],
    }


DATASOURCE_VARIABLE = {
    "type": "datasource", "name": "datasource", "label": "Data source", "query": "prometheus",
    "current": {}, "hide": 0, "options": [], "refresh": 1, "multi": False, "includeAll": False,
}
SENSOR_VARIABLE = variable("sensor", "Sensor", "label_values(floodgauge_build_info, instance)", True)


def prefix_variable(many):
    return variable("prefix", "Prefix", f"label_values(floodgauge_packets_total{{{SENSOR}}}, prefix)", many)


TARGET_VARIABLE = variable(
    "target", "Target", f"label_values(floodgauge_incident_packets_per_second{{{SENSOR}}}, target)", False)


def dashboard(uid, title, description, variables, rows):
    panels, y = [], 0
    for row in rows:
        width = ROW_WIDTH // len(row)
        height = max(one["height"] for one in row)
        for index, one in enumerate(row):
            one = dict(one)
            one.pop("height")
            one["id"] = len(panels) + 1
            one["gridPos"] = {"x": index * width, "y": y, "w": width, "h": height}
            panels.append(one)
        y += height
    return {
        "uid": uid, "title": title, "description": description, "tags": ["floodgauge"],
        "editable": True, "schemaVersion": 38, "version": 1, "timezone": "browser",
        "graphTooltip": 1, "refresh": "5s", "time": {"from": "now-30m", "to": "now"},
        "timepicker": {}, "annotations": {"list": []},
        "links": [{"type": "dashboards", "title": "floodgauge", "tags": ["floodgauge"], "asDropdown": True,
                   "includeVars": True, "keepTime": True, "targetBlank": False, "icon": "external link",
                   "tooltip": "", "url": ""}],
        "templating": {"list": [DATASOURCE_VARIABLE] + variables},
        "panels": panels,
    }


def link_dashboard():
    to_incident = [{"title": "this incident", "targetBlank": False,
                    "url": "/d/floodgauge-incident?var-target=${__data.fields.Target}&${datasource:queryparam}"}]
    return dashboard(
        "floodgauge-link", "floodgauge / Link at a glance",
        "What the links carry, what is attacked, and what to look at next.",
        [SENSOR_VARIABLE, prefix_variable(True)],
        [
            [
                panel("stat", "Floods open", "Open incidents of kind flood, over the chosen sensors.", "none",
                      [(f'sum(floodgauge_incidents_open{{{SENSOR}, kind="flood"}})', "floods")],
                      thresholds=GOOD_UNTIL_ONE, height=4),
                panel("stat", "Services failing",
                      "Services that answer fewer than half of the requests that reach them.", "none",
                      [(f"count(floodgauge_service_answer_ratio{{{PREFIX}}} < 0.5) or vector(0)", "services")],
                      thresholds=GOOD_UNTIL_ONE, height=4),
                panel("stat", "Prefixes silent or links full", "Open incidents of kind blackout and saturation.",
                      "none",
                      [(f'sum(floodgauge_incidents_open{{{SENSOR}, kind=~"blackout|saturation"}})', "incidents")],
                      thresholds=GOOD_UNTIL_ONE, height=4),
                panel("stat", "Sensors watching", "Sensors that Prometheus reaches, of those it knows.", "percentunit",
                      [(f'avg(up{{job="floodgauge", {SENSOR}}})', "sensors")],
                      thresholds=steps((None, RED), (1, GREEN)), height=4),
                panel("stat", "Packets the sensors missed",
                      "Of all packets that arrived, the share that was lost before it was counted.", "percentunit",
                      [(f"sum(rate(floodgauge_dropped_packets_total{{{SENSOR}}}[$__rate_interval]))"
                        f" / (sum(rate(floodgauge_dropped_packets_total{{{SENSOR}}}[$__rate_interval]))"
                        f" + sum(rate(floodgauge_received_packets_total{{{SENSOR}}}[$__rate_interval])))", "missed")],
                      thresholds=steps((None, GREEN), (0.001, ORANGE), (0.05, RED)), height=4),
                panel("stat", "Protected addresses seen", "Protected addresses that have received traffic.", "none",
                      [(f"max(floodgauge_protected_addresses_seen{{{SENSOR}}})", "addresses")], height=4),
            ],
            [
                panel("timeseries", "Bits in and out", "Layer-2 bits of the chosen prefixes; out is drawn downwards.",
                      "bps",
                      [(f"8 * sum by (direction) (rate(floodgauge_bytes_total{{{PREFIX}}}[$__rate_interval]))",
                        "{{direction}}")], mirror="^out$"),
                panel("timeseries", "Packets in, by prefix", "The ten prefixes that receive most.", "pps",
                      [("topk(10, sum by (prefix, name) (rate(floodgauge_packets_total"
                        f'{{{PREFIX}, direction="in"}}[$__rate_interval])'
                        " * on (instance, prefix) group_left (name) floodgauge_prefix_info))", "{{prefix}} {{name}}")]),
                panel("timeseries", "All that the links carry", "Protected or not, both directions together.", "bps",
                      [(f"8 * sum by (instance) (rate(floodgauge_received_bytes_total{{{SENSOR}}}[$__rate_interval]))",
                        "{{instance}}")], stack=True),
            ],
            [
                panel("timeseries", "Packets in, by class",
                      "What comes in. A flood is the class that grows while the others stay.", "pps",
                      [(f'sum by (class) (rate(floodgauge_packets_total{{{PREFIX}, direction="in"}}[$__rate_interval]))',
                        "{{class}}")], stack=True, height=9),
                panel("timeseries", "Packets out, by class",
                      "What goes out: answers, and what the network itself sends. Outbound floods show here.", "pps",
                      [(f'sum by (class) (rate(floodgauge_packets_total{{{PREFIX}, direction="out"}}[$__rate_interval]))',
                        "{{class}}")], stack=True, height=9),
            ],
            [
                panel("table", "Targets under flood", "Open incidents, strongest first; a click leads to the incident.",
                      "pps",
                      [(f"topk(20, sum by (target, prefix, vector, direction) (floodgauge_incident_packets_per_second{{{PREFIX}}}))",
                        "{{target}}"),
                       (f"topk(20, sum by (target, prefix, vector, direction) (floodgauge_incident_bits_per_second{{{PREFIX}}}))",
                        "{{target}}"),
                       (f"max by (target, prefix, direction) (floodgauge_incident_severity{{{PREFIX}}})", "{{target}}")],
                      columns={"target": "Target", "prefix": "Prefix", "vector": "Vector", "direction": "Direction",
                               "Value #A": "Packets/s", "Value #B": "Bits/s", "Value #C": "Severity (1 to 4)"},
                      units={"Packets/s": "pps", "Bits/s": "bps", "Severity (1 to 4)": "none"}, links=to_incident),
                panel("timeseries", "Incidents open", "By kind and severity, over the chosen sensors.", "none",
                      [(f"sum by (kind, severity) (floodgauge_incidents_open{{{SENSOR}}})", "{{kind}} {{severity}}")],
                      stack=True, min=0),
                panel("timeseries", "Scans", "Scans told in each interval: sources that try many ports or hosts.",
                      "none", [(f"sum by (instance) (increase(floodgauge_scans_total{{{SENSOR}}}[$__rate_interval]))",
                                "{{instance}}")], min=0),
                panel("timeseries", "Routes announced", "What `floodgauge announce` says that the BGP speakers have.",
                      "none", [(f"sum by (instance, speaker) (floodgauge_announced_rules{{{SENSOR}}})",
                                "{{instance}} {{speaker}}")], min=0),
                panel("timeseries", "What announced routes leave",
                      "Of the packets that each route matches, the share that still arrives: 0 when it works, 1 when it"
                      " takes nothing.", "percentunit",
                      [(f"max by (target, rule) (floodgauge_rule_remaining_ratio{{{SENSOR}}})", "{{target}} {{rule}}")],
                      min=0),
                panel("timeseries", "Steps of announcers", "Routes announced, withdrawn, refused, and without effect.",
                      "none",
                      [("sum by (result) "
                        f"(increase(floodgauge_announcements_total{{{SENSOR}}}[$__rate_interval]))",
                        "{{result}}")], min=0),
                panel("timeseries", "Kept out by bounds",
                      "Incidents that were not opened or were displaced, and what else a bound has left out.",
                      "none",
                      [("sum by (reason) "
                        f"(increase(floodgauge_incidents_dropped_total{{{SENSOR}}}[$__rate_interval]))",
                        "incidents: {{reason}}"),
                       (f"sum by (what) (increase(floodgauge_left_out_total{{{SENSOR}}}[$__rate_interval]))",
                        "{{what}}")], min=0),
                panel("timeseries", "Incidents since the sensors started", "By kind and leading vector.", "none",
                      [(f"sum by (kind, vector) (floodgauge_incidents_total{{{SENSOR}}})",
                        "{{kind}} {{vector}}")], min=0),
            ],
        ])


def prefix_dashboard():
    return dashboard(
        "floodgauge-prefix", "floodgauge / One prefix",
        "One protected prefix: what reaches it, from how many, how near to its limits, and what it answers.",
        [SENSOR_VARIABLE, prefix_variable(False)],
        [
            [
                panel("timeseries", "Bits, by class", "Layer-2 bits; out is drawn downwards.", "bps",
                      [("8 * sum by (direction, class) (rate(floodgauge_bytes_total"
                        f"{{{PREFIX}}}[$__rate_interval]))", "{{direction}} {{class}}")], mirror="^out", height=9),
                panel("timeseries", "Share of its limit, by class",
                      "Packets/s in over all sensors against the limit of rules/limits.yml: at 100 % it is a flood.",
                      "percentunit",
                      [('prefix_direction_class:floodgauge_packets:rate1m{prefix=~"$prefix", direction="in"}'
                        " / on (class) group_left () class:floodgauge_limit_packets:per_second", "{{class}}")],
                      thresholds=steps((None, GREEN), (1, RED)), min=0, height=9),
            ],
            [
                panel("timeseries", "Sources", "Distinct sources in the last window (estimate).", "none",
                      [(f"floodgauge_sources_estimate{{{PREFIX}}}", "{{instance}}")], min=0),
                panel("timeseries", "Hosts active", "Addresses of the prefix that sent or received packets.", "none",
                      [(f"floodgauge_hosts_active{{{PREFIX}}}", "{{instance}}")], min=0),
                panel("timeseries", "Packets a source",
                      "Packets/s in for each source: many packets of few sources and few of many look alike elsewhere.",
                      "pps",
                      [("sum by (prefix) (rate(floodgauge_packets_total"
                        f'{{{PREFIX}, direction="in"}}[$__rate_interval]))'
                        f" / (sum by (prefix) (floodgauge_sources_estimate{{{PREFIX}}}) > 0)", "{{prefix}}")], min=0),
            ],
            [
                panel("timeseries", "New flows and SYNs",
                      "SYNs far above new flows repeat themselves; both high together are new connections, or spoofed ones.",
                      "cps",
                      [(f"sum by (prefix) (floodgauge_prefix_new_flows_per_second{{{PREFIX}}})", "new flows {{prefix}}"),
                       (f"sum by (prefix) (floodgauge_prefix_syn_per_second{{{PREFIX}}})", "SYNs {{prefix}}")], min=0),
                panel("timeseries", "Handshakes completed",
                      "For each SYN: spoofed ones are never completed, and a full server completes few.", "percentunit",
                      [(f"min by (prefix) (floodgauge_prefix_handshakes_completed_ratio{{{PREFIX}}})", "{{prefix}}")],
                      thresholds=ANSWERED, min=0, max=1),
                panel("timeseries", "Bytes a packet", "Mean length: floods of small packets and of large ones differ here.",
                      "bytes",
                      [(f"sum by (direction) (rate(floodgauge_bytes_total{{{PREFIX}}}[$__rate_interval]))"
                        f" / (sum by (direction) (rate(floodgauge_packets_total{{{PREFIX}}}[$__rate_interval])) > 0)",
                        "{{direction}}")], min=0),
                panel("timeseries", "Targets in this prefix", "Packets/s of each open incident.", "pps",
                      [(f"sum by (target) (floodgauge_incident_packets_per_second{{{PREFIX}}})", "{{target}}")], min=0),
            ],
        ])


def incident_dashboard():
    target = f'{SENSOR}, target=~"$target"'
    return dashboard(
        "floodgauge-incident", "floodgauge / One incident",
        "One target under attack: how hard, by what, and what it does to the prefix around it.",
        [SENSOR_VARIABLE, TARGET_VARIABLE],
        [
            [
                panel("timeseries", "Packets, by vector", "Packets/s of the incident, each vector by itself.", "pps",
                      [(f"sum by (target, vector) (floodgauge_incident_packets_per_second{{{target}}})",
                        "{{target}} {{vector}}")], stack=True, min=0, height=10),
                panel("timeseries", "Bits, by vector", "Bits/s of the incident, each vector by itself.", "bps",
                      [(f"sum by (target, vector) (floodgauge_incident_bits_per_second{{{target}}})",
                        "{{target}} {{vector}}")], stack=True, min=0, height=10),
            ],
            [
                panel("timeseries", "Packets, by sensor", "By which link it comes in.", "pps",
                      [(f"sum by (instance) (floodgauge_incident_packets_per_second{{{target}}})", "{{instance}}")],
                      stack=True, min=0),
                panel("timeseries", "Share of the prefix's packets",
                      "What part of all that reaches the prefix is this incident.", "percentunit",
                      [(f"sum by (prefix) (floodgauge_incident_packets_per_second{{{target}}})"
                        " / (sum by (prefix) (rate(floodgauge_packets_total"
                        f'{{{SENSOR}, direction="in"}}[$__rate_interval])) > 0)', "{{prefix}}")], min=0, max=1),
                panel("timeseries", "Sources of the prefix", "Distinct sources in a window, while the incident is open.",
                      "none",
                      [(f"floodgauge_sources_estimate{{{SENSOR}}} {OF_TARGET}", "{{instance}} {{prefix}}")], min=0),
            ],
            [
                panel("state-timeline", "Services of the prefix",
                      "Share of requests answered: red below a half, green from nine tenths.", "percentunit",
                      [(f"min by (prefix, service) (floodgauge_service_answer_ratio{{{SENSOR}}} {OF_TARGET})",
                        "{{service}} {{prefix}}")], thresholds=ANSWERED, min=0, max=1),
                panel("timeseries", "What the prefix still sends", "Packets/s out of the prefix: its answers.", "pps",
                      [("sum by (prefix) (rate(floodgauge_packets_total"
                        f'{{{SENSOR}, direction="out"}}[$__rate_interval]) {OF_TARGET})', "{{prefix}}")], min=0),
            ],
        ])


def services_dashboard():
    return dashboard(
        "floodgauge-services", "floodgauge / Services",
        "Whether what is behind the link still answers: the steps of an outage as they happen.",
        [SENSOR_VARIABLE, prefix_variable(True)],
        [
            [
                panel("state-timeline", "Steps of the outage",
                      "Each service, by the share of its requests that is answered: red below a half, green from nine"
                      " tenths. Read from the left: who failed first, who came back.", "percentunit",
                      [(f"min by (prefix, service) (floodgauge_service_answer_ratio{{{PREFIX}}})",
                        "{{service}} {{prefix}}")], thresholds=ANSWERED, min=0, max=1, height=10),
            ],
            [
                panel("state-timeline", "What is open",
                      "Incidents by kind: the flood, the services that stop answering, the silence, and the recovery.",
                      "none",
                      [(f"sum by (kind) (floodgauge_incidents_open{{{SENSOR}}})", "{{kind}}")],
                      thresholds=GOOD_UNTIL_ONE, height=7),
                panel("timeseries", "What the prefixes send", "Packets/s out; a prefix that falls to nothing is silent.",
                      "pps",
                      [("sum by (prefix) (rate(floodgauge_packets_total"
                        f'{{{PREFIX}, direction="out"}}[$__rate_interval]))', "{{prefix}}")], min=0, height=7),
            ],
            [
                panel("state-timeline", "Servers that are impaired",
                      "Each server and service with an open impact: 1 recovering, 2 slow, 3 failing, 4 silent.", "none",
                      [("max by (target, service) ("
                        f'floodgauge_incident_condition{{{SENSOR},condition="silent"}} * 4'
                        f' or floodgauge_incident_condition{{{SENSOR},condition="failing"}} * 3'
                        f' or floodgauge_incident_condition{{{SENSOR},condition="slow"}} * 2'
                        f' or floodgauge_incident_condition{{{SENSOR},condition="recovering"}})',
                        "{{service}} {{target}}")], thresholds=GOOD_UNTIL_ONE, min=0, max=4, height=8),
                panel("timeseries", "Requests lost", "Requests/s that were not answered during impacts.", "reqps",
                      [("sum by (prefix, service) (rate("
                        f"floodgauge_service_lost_requests_total{{{PREFIX}}}[$__rate_interval]))",
                        "{{service}} {{prefix}}")], min=0, height=8),
            ],
            [
                panel("timeseries", "Response time", "Nine of ten answers come within this time.", "s",
                      [("histogram_quantile(0.9, sum by (prefix, service, le) (rate("
                        f"floodgauge_service_response_seconds_bucket{{{PREFIX}}}[$__rate_interval])))",
                        "{{service}} {{prefix}}")], min=0),
                panel("heatmap", "Response times of all answers", "Answers by how long they took: two bands are two causes.",
                      "s",
                      [("sum by (le) (increase("
                        f"floodgauge_service_response_seconds_bucket{{{PREFIX}}}[$__rate_interval]))", "{{le}}")]),
                panel("timeseries", "Answers", "Answers/s that were timed.", "reqps",
                      [("sum by (service) (rate("
                        f"floodgauge_service_response_seconds_count{{{PREFIX}}}[$__rate_interval]))", "{{service}}")],
                      min=0),
            ],
        ])


def sensor_dashboard():
    yes = [{"type": "value", "options": {"0": {"text": "no", "color": RED}, "1": {"text": "yes", "color": GREEN}}}]
    given_up = [{"type": "value", "options": {"0": {"text": "done", "color": GREEN},
                                              "1": {"text": "given up", "color": ORANGE}}}]
    return dashboard(
        "floodgauge-sensor", "floodgauge / Sensor health",
        "Whether the sensor itself keeps up: ports, workers, tables, and how late it is.",
        [SENSOR_VARIABLE],
        [
            [
                panel("table", "Builds", "What runs where.", "none",
                      [(f"floodgauge_build_info{{{SENSOR}}}", "{{instance}}")],
                      columns={"instance": "Sensor", "version": "Version", "revision": "Revision", "dpdk": "DPDK"},
                      hide=("__name__", "job", "Value"),
                      height=5),
                panel("stat", "Healthy", "Whether every worker polls and windows are merged.", "none",
                      [(f"min by (instance) (floodgauge_healthy{{{SENSOR}}})", "{{instance}}")],
                      mappings=yes, thresholds=steps((None, RED), (1, GREEN)), height=5),
                panel("stat", "Configuration in force is the one on disk", "Whether the last reload was taken.", "none",
                      [(f"min by (instance) (floodgauge_config_last_reload_successful{{{SENSOR}}})", "{{instance}}")],
                      mappings=yes, thresholds=steps((None, RED), (1, GREEN)), height=5),
                panel("stat", "Age of the configuration", "Time since the last reload that was taken.", "s",
                      [(f"time() - floodgauge_config_last_reload_success_timestamp_seconds{{{SENSOR}}}",
                        "{{instance}}")], height=5),
                panel("stat", "Merge is behind by", "From the end of a window to when it was merged.", "s",
                      [(f"max by (instance) (floodgauge_window_lag_seconds{{{SENSOR}}})", "{{instance}}")],
                      thresholds=steps((None, GREEN), (0.5, ORANGE), (1, RED)), height=5),
            ],
            [
                panel("timeseries", "Packets taken", "Packets/s from all ports, protected or not.", "pps",
                      [(f"rate(floodgauge_received_packets_total{{{SENSOR}}}[$__rate_interval])", "{{instance}}")], min=0),
                panel("timeseries", "Packets, by protocol",
                      "What the packets are; one can be several, as ipv4, tunnelled and tcp.", "pps",
                      [(f"sum by (protocol) (rate(floodgauge_parsed_packets_total{{{SENSOR}}}[$__rate_interval]))",
                        "{{protocol}}")], min=0),
                panel("timeseries", "Windows merged",
                      "Ten a second with windows of 100 ms; fewer is falling behind. Steps are those of a replayed capture's clock.",
                      "ops",
                      [(f"rate(floodgauge_windows_total{{{SENSOR}}}[$__rate_interval])", "{{instance}}"),
                       (f"rate(floodgauge_clock_steps_total{{{SENSOR}}}[$__rate_interval])", "{{instance}} clock steps")],
                      min=0),
                panel("timeseries", "Share of packets lost", "Of those that came: rates are too low by it. Should be nothing.",
                      "percentunit", [(f"floodgauge_loss_ratio{{{SENSOR}}}", "{{instance}}")],
                      thresholds=steps((None, GREEN), (0.001, RED)), min=0),
            ],
            [
                panel("timeseries", "Packets received, by queue", "An uneven spread means few flows, or a bad hash.", "pps",
                      [("sum by (instance, port, queue) (rate("
                        f"floodgauge_port_receive_packets_total{{{SENSOR}}}[$__rate_interval]))",
                        "{{instance}} {{port}} {{queue}}")], stack=True, min=0),
                panel("timeseries", "Packets lost", "Missed by the card, no buffer in the pool, not taken by the worker"
                      " that they were for or by the port they were to go out of. All should be nothing.", "pps",
                      [(f"rate(floodgauge_port_receive_missed_total{{{SENSOR}}}[$__rate_interval])",
                        "{{instance}} {{port}} missed"),
                       (f"rate(floodgauge_port_receive_no_mbuf_total{{{SENSOR}}}[$__rate_interval])",
                        "{{instance}} {{port}} no buffer"),
                       (f"rate(floodgauge_port_receive_queue_dropped_total{{{SENSOR}}}[$__rate_interval])",
                        "{{instance}} {{port}} worker behind"),
                       (f"rate(floodgauge_port_transmit_dropped_total{{{SENSOR}}}[$__rate_interval])",
                        "{{instance}} {{port}} not sent")], min=0),
                panel("timeseries", "Packets forwarded", "Inline only: packets/s sent out of each port.", "pps",
                      [(f"rate(floodgauge_port_transmit_packets_total{{{SENSOR}}}[$__rate_interval])",
                        "{{instance}} {{port}}")], min=0),
                panel("state-timeline", "Ports with link", "Whether each port has link.", "none",
                      [(f"floodgauge_port_link_up{{{SENSOR}}}", "{{instance}} {{port}}")], mappings=yes,
                      thresholds=steps((None, RED), (1, GREEN))),
            ],
            [
                panel("timeseries", "Workers busy", "Share of its time that a worker has packets to work on.",
                      "percentunit",
                      [(f"floodgauge_worker_busy_ratio{{{SENSOR}}}", "{{instance}} worker {{worker}}")],
                      thresholds=steps((None, GREEN), (0.9, RED)), min=0, max=1),
                panel("timeseries", "Packets, by worker", "What each worker counts; one flow is always one worker's.",
                      "pps",
                      [(f"rate(floodgauge_worker_packets_total{{{SENSOR}}}[$__rate_interval])",
                        "{{instance}} worker {{worker}}")], stack=True, min=0),
                panel("timeseries", "Cycles a packet", "Processor cycles a packet costs; it rises with cache misses.",
                      "none",
                      [(f"floodgauge_worker_cycles_per_packet{{{SENSOR}}}", "{{instance}} worker {{worker}}")], min=0),
                panel("state-timeline", "Work given up", "What overloaded workers have stopped doing, in the order in which"
                      " they stop.", "none",
                      [(f"max by (instance, step) (floodgauge_worker_shedding{{{SENSOR}}})", "{{instance}} {{step}}")],
                      mappings=given_up, thresholds=steps((None, GREEN), (1, ORANGE))),
            ],
            [
                panel("timeseries", "Flow table", "Flows in each worker's table.", "none",
                      [(f"floodgauge_flow_table_entries{{{SENSOR}}}", "{{instance}} worker {{worker}}")], min=0),
                panel("timeseries", "Flows evicted", "Flows/s given up for want of room: a flood of new ones, or engine.flows is too small.", "ops",
                      [(f"rate(floodgauge_flow_evictions_total{{{SENSOR}}}[$__rate_interval])",
                        "{{instance}} worker {{worker}}")], min=0),
                panel("timeseries", "Malformed packets", "By what was wrong with them.", "pps",
                      [(f"sum by (reason) (rate(floodgauge_malformed_packets_total{{{SENSOR}}}[$__rate_interval]))",
                        "{{reason}}")], stack=True, min=0),
                panel("timeseries", "Packets that are not opened",
                      "By the layer of the header that is not opened; the report and /api/v1/status name it.", "pps",
                      [(f"sum by (layer) (rate(floodgauge_unopened_packets_total{{{SENSOR}}}[$__rate_interval]))",
                        "{{layer}}")], stack=True, min=0),
                panel("timeseries", "Frames that come twice",
                      "A mirror delivers them again within a millisecond; engine.duplicates says what is done.", "pps",
                      [(f"rate(floodgauge_duplicate_packets_total{{{SENSOR}}}[$__rate_interval])", "{{instance}}")],
                      min=0),
                panel("timeseries", "Detection delay",
                      "From an incident's first packet to its opening: the mean over all since the sensor started.",
                      "s",
                      [(f"sum by (instance) (floodgauge_detection_delay_seconds_sum{{{SENSOR}}})"
                        f" / (sum by (instance) (floodgauge_detection_delay_seconds_count{{{SENSOR}}}) > 0)",
                        "{{instance}}")], min=0),
            ],
            [
                panel("timeseries", "Events", "Transitions of incidents written to the event log, and those missing there.",
                      "ops",
                      [(f"rate(floodgauge_events_written_total{{{SENSOR}}}[$__rate_interval])", "{{instance}} written"),
                       (f"rate(floodgauge_event_write_errors_total{{{SENSOR}}}[$__rate_interval])",
                        "{{instance}} missing"),
                       (f"sum by (event, result) (rate(floodgauge_events_total{{{SENSOR}}}[$__rate_interval])) > 0",
                        "{{event}} {{result}}")], min=0),
                panel("timeseries", "Hooks", "Runs of the hook program, by result.", "ops",
                      [(f"sum by (result) (rate(floodgauge_hook_runs_total{{{SENSOR}}}[$__rate_interval]))",
                        "{{result}}")], min=0),
                panel("timeseries", "Incidents without series",
                      "Open incidents beyond export.top_hosts: events and API have them, these dashboards do not.", "none",
                      [(f"floodgauge_incident_series_dropped{{{SENSOR}}}", "{{instance}}")], min=0),
                panel("timeseries", "Running since", "A step back to nothing is a restart.", "s",
                      [(f"time() - floodgauge_start_time_seconds{{{SENSOR}}}", "{{instance}}")], min=0),
            ],
            [
                panel("timeseries", "HTTP requests", "Requests that the sensor answered, by path and status.", "reqps",
                      [(f"sum by (path, status) (rate(floodgauge_http_requests_total{{{SENSOR}}}[$__rate_interval])) > 0",
                        "{{path}} {{status}}"),
                       ("sum by (instance) "
                        f"(rate(floodgauge_http_connections_replaced_total{{{SENSOR}}}[$__rate_interval]))",
                        "{{instance}} connections replaced")], min=0),
                panel("timeseries", "Scrape duration", "Time to write the answer to a scrape: 95 of 100 take no longer.",
                      "s", [("histogram_quantile(0.95, sum by (instance, le) (rate("
                             f"floodgauge_scrape_duration_seconds_bucket{{{SENSOR}}}[$__rate_interval])))",
                             "{{instance}}")], min=0),
                panel("timeseries", "Reloads, baselines, history, evidence",
                      "Reloads, saves of baseline files, writes of the history and captures of incidents since the sensor "
                      "started, by result.", "none",
                      [(f"sum by (result) (floodgauge_config_reloads_total{{{SENSOR}}})", "reloads {{result}}"),
                       (f"sum by (result) (floodgauge_baseline_saves_total{{{SENSOR}}})", "baselines {{result}}"),
                       (f"sum by (result) (floodgauge_history_writes_total{{{SENSOR}}})", "history {{result}}"),
                       (f"sum by (result) (floodgauge_evidence_total{{{SENSOR}}})", "evidence {{result}}")], min=0),
                panel("timeseries", "Log lines", "Lines that the sensor wrote to its log, by level.", "ops",
                      [(f"sum by (level) (rate(floodgauge_log_lines_total{{{SENSOR}}}[$__rate_interval]))",
                        "{{level}}")], min=0),
            ],
        ])


def all_dashboards():
    """{file name: text}"""
    made = {
        "link": link_dashboard(),
        "prefix": prefix_dashboard(),
        "incident": incident_dashboard(),
        "services": services_dashboard(),
        "sensor": sensor_dashboard(),
    }
    return {f"{name}.json": json.dumps(one, indent=2) + "\n" for name, one in made.items()}


def main():
    OUTPUT.mkdir(exist_ok=True)
    for name, text in all_dashboards().items():
        (OUTPUT / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
