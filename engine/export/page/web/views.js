"use strict";
// The parts of the pages, from the JSON of the API. Members that this version does not know are shown by
// their names.
(function () {
  var el = fg.el;
  var kRanks = ["low", "medium", "high", "critical"];
  var kShown = ["id", "number", "kind", "direction", "state", "severity", "target", "prefix", "name", "vectors", "start",
    "detected", "end", "quiet_since", "peak_pps", "peak_bps", "current_pps", "current_bps", "packets", "bytes",
    "sources_estimate", "top_sources", "top_networks", "top_source_ports", "top_destination_ports", "towards", "evidence",
    "effect", "mitigation", "signatures", "note", "loss_ratio", "service", "condition", "cause", "servers", "lost_requests",
    "lost_seconds", "dns", "approved", "approval", "announced", "not_announced", "evidence_file"];

  fg.badness = function (incident) {
    return kRanks.indexOf(incident.severity) * 1e12 + Math.min(incident.peak_pps || 0, 1e12 - 1);
  };

  fg.link = function (id, text) {
    return el("a", {href: "#/incident/" + encodeURIComponent(id)}, text);
  };

  function numbered(incident) {
    return (incident.number ? "#" + incident.number + " " : "") + fg.title(incident);
  }

  function state(incident) {
    if (incident.state !== "open") return el("span", {class: "soft"}, "closed");
    return el("span", {class: "bad"}, incident.quiet_since ? "quiet since " + fg.time(incident.quiet_since, true) : "open");
  }

  function label(entry) {
    var parts = [entry.value];
    if (entry.asn) parts.push("AS" + entry.asn);
    if (entry.network && entry.network !== entry.value) parts.push(entry.network);
    if (entry.country && entry.country !== entry.value) parts.push(entry.country);
    return parts.join(" ");
  }

  fg.incidentTable = function (caption, incidents, empty) {
    return fg.table(caption, [
      {title: "Severity", cell: function (i) {
        return el("span", {class: i.state === "open" ? "bad" : null}, String(i.severity).toUpperCase());
      }},
      {title: "What", cell: function (i) {
        return fg.link(i.id, numbered(i));
      }},
      {title: "On", cell: fg.subject},
      {title: "State", cell: state},
      {title: "Rate now", number: true, cell: function (i) {
        return i.state === "open" && i.current_pps !== undefined ? fg.scaled(i.current_pps, "pps") : "-";
      }},
      {title: "Peak", number: true, cell: function (i) {
        return fg.scaled(i.peak_pps, "pps");
      }},
      {title: "Most from", cell: function (i) {
        return (i.top_sources || []).slice(0, 1).map(label).join("") || "-";
      }},
      {title: "Since", cell: function (i) {
        return fg.time(i.start);
      }},
      {title: "Until", cell: function (i) {
        return i.end ? fg.time(i.end) : "-";
      }}
    ], incidents, empty);
  };

  /** `whole`: of a capture, where what is closed counts too. */
  fg.banner = function (incidents, now, whole) {
    var open = incidents.filter(function (incident) {
      return whole || incident.state === "open";
    });
    if (!open.length) {
      return el("p", {class: "banner"}, [el("strong", {class: "good"}, whole ? "✓ No incident" : "✓ No incident open"),
        (whole ? " until " : " as of ") + fg.time(now)]);
    }
    var worst = open.slice().sort(function (a, b) {
      return fg.badness(b) - fg.badness(a);
    })[0];
    return el("p", {class: "banner bad"}, [
      el("strong", {}, "⚠ " + open.length + (open.length === 1 ? " incident" : " incidents") + (whole ? "" : " open")),
      ", the worst: ",
      String(worst.severity).toUpperCase() + " ", fg.link(worst.id, numbered(worst) + " on " + fg.subject(worst))
    ]);
  };

  fg.prefixTable = function (prefixes, total, incidents) {
    var hit = {};
    incidents.forEach(function (incident) {
      if (incident.state === "open" && !hit[incident.prefix]) hit[incident.prefix] = incident;
    });
    var caption = total > prefixes.length ? "Prefixes: the " + prefixes.length + " busiest of " + total : "Prefixes";
    var live = prefixes.some(function (prefix) {
      return prefix.pps_in !== undefined;
    });
    return fg.table(caption, [
      {title: "Prefix", cell: function (p) {
        return p.prefix;
      }},
      {title: "Name", cell: function (p) {
        return p.name || "-";
      }},
      {title: "State", cell: function (p) {
        return hit[p.prefix] ? el("span", {}, [el("span", {class: "bad"}, "⚠ "), fg.link(hit[p.prefix].id, fg.title(hit[p.prefix]))])
          : el("span", {class: "good"}, "ok");
      }},
      {title: live ? "In, bits" : "Peak in, bits", number: true, cell: function (p) {
        return fg.scaled(live ? p.bps_in : p.peak_bps_in, "bit/s");
      }},
      {title: live ? "In, packets" : "Peak in, packets", number: true, cell: function (p) {
        return fg.scaled(live ? p.pps_in : p.peak_pps_in, "pps");
      }},
      {title: "Out", number: true, cell: function (p) {
        return live ? fg.scaled(p.bps_out, "bit/s") : fg.scaled(p.bytes_out, "B");
      }},
      {title: "Sources", number: true, cell: function (p) {
        return fg.magnitude(live ? p.sources_last_window : p.sources_estimate);
      }}
    ], prefixes, "no traffic to protected prefixes yet");
  };

  /** Services of the prefixes, those that answer least first. */
  fg.serviceTable = function (prefixes, incidents) {
    var rows = [];
    prefixes.forEach(function (prefix) {
      (prefix.services || []).forEach(function (service) {
        if (service.requests > 0) rows.push({prefix: prefix.prefix, service: service});
      });
    });
    rows.sort(function (a, b) {
      return a.service.answer_ratio - b.service.answer_ratio;
    });
    function condition(row) {
      var impact = incidents.filter(function (incident) {
        return incident.state === "open" && incident.kind === "impact" && incident.prefix === row.prefix &&
          (!incident.service || incident.service === row.service.service);
      })[0];
      if (impact) return el("span", {class: "bad"}, ["⚠ ", fg.link(impact.id, impact.condition || "impact")]);
      return row.service.condition || el("span", {class: "good"}, "ok");
    }
    return fg.table("Services", [
      {title: "Service", cell: function (row) {
        return row.service.service;
      }},
      {title: "Prefix", cell: function (row) {
        return row.prefix;
      }},
      {title: "Condition", cell: condition},
      {title: "Answered", number: true, cell: function (row) {
        return fg.percent(row.service.answer_ratio);
      }},
      {title: "Requests", number: true, cell: function (row) {
        return fg.magnitude(row.service.requests);
      }}
    ], rows.slice(0, 50), "no requests to services yet");
  };

  fg.facts = function (pairs) {
    var list = el("dl", {}, []);
    pairs.forEach(function (pair) {
      if (pair[1] === null || pair[1] === undefined || pair[1] === "" || pair[1] === "-") return;
      list.appendChild(el("dt", {}, pair[0]));
      list.appendChild(el("dd", {}, pair[1]));
    });
    return list;
  };

  function shares(caption, entries) {
    if (!entries || !entries.length) return null;
    return el("div", {class: "panel"}, fg.table(caption, [
      {title: "Name", cell: function (entry) {
        return entry.name !== undefined && entry.value === undefined ? entry.name : label(entry);
      }},
      {title: "Share", number: true, cell: function (entry) {
        return fg.percent(entry.share);
      }},
      {title: "Bar", cell: function (entry) {
        return el("meter", {min: 0, max: 1, value: entry.share, "aria-label": fg.percent(entry.share)}, fg.percent(entry.share));
      }}
    ], entries));
  }

  /** Any value of JSON, readable. */
  function anything(value) {
    if (value === null || value === undefined) return null;
    if (typeof value !== "object") return String(value);
    if (Array.isArray(value) && !value.length) return null;
    return el("pre", {}, JSON.stringify(value, null, 1));
  }

  function evidence(list) {
    return fg.table("Seen", [
      {title: "Measure", cell: function (item) {
        return String(item.measure).replace(/_/g, " ");
      }},
      {title: "Value", number: true, cell: function (item) {
        return fg.magnitude(item.value);
      }},
      {title: "Limit", number: true, cell: function (item) {
        return fg.magnitude(item.limit);
      }},
      {title: "Over", number: true, cell: function (item) {
        return fg.duration(item.window_seconds);
      }}
    ], list || []);
  }

  function servers(list) {
    return fg.table("Servers", [
      {title: "Server", cell: function (server) {
        return server.address;
      }},
      {title: "Condition", cell: function (server) {
        return server.condition;
      }},
      {title: "From", cell: function (server) {
        return fg.time(server.start);
      }},
      {title: "To", cell: function (server) {
        return server.end ? fg.time(server.end) : "now";
      }},
      {title: "Answered", number: true, cell: function (server) {
        return fg.magnitude(server.answered) + " of " + fg.magnitude(server.requests);
      }}
    ], list);
  }

  function mitigation(what) {
    if (!what) return null;
    var rest = Object.keys(what).filter(function (key) {
      return key !== "flowspec" && key !== "blackhole" && key !== "rules";
    });
    var children = [el("h3", {}, "What to do"), fg.facts([
      ["Block (FlowSpec)", what.flowspec ? el("code", {}, what.flowspec) : ""],
      ["Or give up the target", what.blackhole ? el("code", {}, what.blackhole) : ""]
    ].concat(rest.map(function (key) {
      return [key.replace(/_/g, " "), anything(what[key])];
    })))];
    if (what.rules && what.rules.length) {
      children.push(fg.table("Rules, and what each takes", [
        {title: "Rule", cell: function (rule) {
          return el("code", {}, rule.flowspec || "");
        }},
        {title: "Of the flood", number: true, cell: function (rule) {
          return fg.percent(rule.flood_share);
        }},
        {title: "Of answered traffic", number: true, cell: function (rule) {
          return fg.percent(rule.answered_share);
        }}
      ], what.rules));
    }
    return el("section", {class: "panel wide", "aria-label": "What to do"}, children);
  }

  function ruleState(rule) {
    if (rule.dry_run) return "dry run: not announced";
    if (rule.state === "ineffective") return el("span", {class: "bad"}, "⚠ took nothing, withdrawn");
    if (rule.stale) return el("span", {class: "bad"}, "⚠ unknown: the announcer tells nothing");
    return el("span", {class: "good"}, "announced");
  }

  /** The routes that an announcer keeps, and a person's yes. `approve`: sends it; null where it cannot. */
  function announced(incident, approve) {
    var rules = incident.announced || [];
    var children = [el("h3", {}, "Announced")];
    if (rules.length) {
      children.push(fg.table("Routes at the BGP speaker", [
        {title: "Route", cell: function (rule) {
          return el("code", {}, rule.route);
        }},
        {title: "State", cell: ruleState},
        {title: "Speaker", cell: function (rule) {
          return rule.speaker;
        }},
        {title: "Since", cell: function (rule) {
          return fg.time(rule.since);
        }},
        {title: "Before", number: true, cell: function (rule) {
          return rule.before_pps === null ? "-" : fg.scaled(rule.before_pps, "pps");
        }},
        {title: "Still arrives", number: true, cell: function (rule) {
          return rule.after_pps === null ? "-" : fg.scaled(rule.after_pps, "pps");
        }},
        {title: "Takes, of what it promised", number: true, cell: function (rule) {
          return rule.efficacy === null ? "-" : fg.percent(rule.efficacy);
        }}
      ], rules));
    }
    if (incident.not_announced) children.push(el("p", {}, "Not announced: " + incident.not_announced));
    if (incident.approved) {
      children.push(el("p", {}, "Approved by " + incident.approval.by + ", " + fg.time(incident.approval.time)));
    } else if (approve && incident.kind === "flood" && incident.state === "open") {
      var button = el("button", {type: "button"}, "Approve its routes");
      var answer = el("p", {class: "soft", role: "status"}, "");
      button.addEventListener("click", function () {
        button.disabled = true;
        approve(incident.id).then(function () {
          answer.textContent = "Approved.";
        }, function (error) {
          button.disabled = false;
          answer.textContent = error.message;
        });
      });
      children.push(el("p", {}, button), answer);
    }
    return children.length > 1 ? el("section", {class: "panel wide", "aria-label": "Announced"}, children) : null;
  }

  /** The capture of its packets: of a sensor a link, of a file its path. */
  function capture(incident) {
    var file = incident.evidence_file;
    if (!file) return "";
    var text = fg.magnitude(file.packets) + " packets" +
      (file.sampled_one_in > 1 ? ", one in " + fg.magnitude(file.sampled_one_in) + " of its own" : "");
    if (document.getElementById("data")) return text + ": " + file.path;
    return [el("a", {href: "api/v1/incidents/" + encodeURIComponent(incident.id) + "/evidence", download: ""},
      "download the capture"), " (" + text + ")"];
  }

  /** Everything that is known of an incident. `chart`: its element, or null; `approve`: as above. */
  fg.incidentPage = function (incident, chart, stories, approve) {
    var effect = incident.effect || {};
    var facts = fg.facts([
      ["State", state(incident)],
      ["Severity", String(incident.severity).toUpperCase()],
      ["Target", fg.subject(incident)],
      ["Why", incident.kind === "flood" && !document.getElementById("data")
        ? el("a", {href: "#/explain/" + encodeURIComponent(incident.target)}, "what was compared with which limit") : ""],
      ["Prefix", incident.prefix],
      ["Direction", incident.direction],
      ["Service", incident.service],
      ["Condition", incident.condition],
      ["Start", fg.time(incident.start)],
      ["Detected", fg.time(incident.detected)],
      ["End", incident.end ? fg.time(incident.end) : ""],
      ["Quiet since", incident.quiet_since ? fg.time(incident.quiet_since) : ""],
      ["Now", incident.current_pps !== undefined && incident.state === "open"
        ? fg.scaled(incident.current_pps, "pps") + ", " + fg.scaled(incident.current_bps, "bit/s") : ""],
      ["Peak", fg.scaled(incident.peak_pps, "pps") + ", " + fg.scaled(incident.peak_bps, "bit/s")],
      ["Total", fg.magnitude(incident.packets) + " packets, " + fg.scaled(incident.bytes, "B")],
      ["Sources", "~" + fg.magnitude(incident.sources_estimate)],
      ["Answered", effect.answer_ratio_worst !== undefined && effect.answer_ratio_worst !== null
        ? fg.percent(effect.answer_ratio_worst) + " (" + fg.percent(effect.answer_ratio_before) + " before)" : ""],
      ["Answers took", effect.response_seconds_worst !== undefined && effect.response_seconds_worst !== null
        ? fg.duration(effect.response_seconds_worst) + " (" + fg.duration(effect.response_seconds_before) + " before)" : ""],
      ["Lost", incident.lost_requests !== undefined && incident.lost_requests !== null
        ? fg.magnitude(incident.lost_requests) + " requests, " + fg.duration(incident.lost_seconds) : ""],
      ["Queries", incident.dns && incident.dns.zone ? "random names in " + incident.dns.zone + " (" +
        fg.percent(incident.dns.zone_share) + " of the sampled)" : ""],
      ["NXDOMAIN", incident.dns && incident.dns.nxdomain_share ? fg.percent(incident.dns.nxdomain_share) + " of the answers" : ""],
      ["Evidence", capture(incident)],
      ["Cause", incident.cause ? fg.link(incident.cause, incident.cause) : ""],
      ["Lost before counting", incident.loss_ratio ? fg.percent(incident.loss_ratio) + ": rates were higher" : ""],
      ["Note", incident.note],
      ["Id", el("code", {}, incident.id)]
    ].concat(Object.keys(incident).filter(function (key) {
      return kShown.indexOf(key) < 0;
    }).map(function (key) {
      return [key.replace(/_/g, " "), anything(incident[key])];
    })));
    var story = (stories || []).filter(function (one) {
      return (one.incidents || []).indexOf(incident.id) >= 0;
    })[0];
    return el("div", {}, [
      el("h2", {}, numbered(incident) + " on " + fg.subject(incident)),
      el("div", {class: "panels"}, [
        chart,
        el("section", {class: "panel", "aria-label": "Facts"}, [el("h3", {}, "Facts"), facts]),
        story ? el("section", {class: "panel", "aria-label": "Story"}, [el("h3", {}, "Story"),
          el("ol", {class: "story"}, (story.steps || []).map(function (step) {
            return el("li", {}, fg.time(step.time) + " " + step.what);
          }))]) : null,
        incident.servers && incident.servers.length ? el("div", {class: "panel wide"}, servers(incident.servers)) : null,
        shares("Vectors", incident.vectors),
        shares("Networks", incident.top_networks),
        shares("Sources", incident.top_sources),
        shares("Towards", incident.towards),
        shares("Source ports", incident.top_source_ports),
        shares("Destination ports", incident.top_destination_ports),
        shares("Payload", incident.signatures),
        el("div", {class: "panel"}, evidence(incident.evidence)),
        mitigation(incident.mitigation),
        announced(incident, approve)
      ]),
      el("details", {}, [el("summary", {}, "As JSON"), el("pre", {tabindex: "0"}, JSON.stringify(incident, null, 2))])
    ]);
  };
}());
