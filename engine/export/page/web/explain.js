"use strict";
// Why a target is, or is not, called a flood: the answer of /api/v1/explain as tables.
(function () {
  var el = fg.el;

  function amount(value, unit) {
    if (unit === "ratio") return fg.percent(value);
    var short = {"packets/s": "pps", "bits/s": "bit/s", "events/s": "/s"}[unit];
    return short ? fg.scaled(value, short) : fg.magnitude(value);
  }

  function nearestFirst(rows) {
    return rows.filter(function (row) {
      return row.value > 0;
    }).sort(function (a, b) {
      return (b.key ? b.near : -1) - (a.key ? a.near : -1);
    });
  }

  function lookPanel(title, look) {
    var signs = {above: "> ", at_least: "≥ ", at_most: "≤ "};
    return el("div", {class: "panel wide"}, [
      look.left_alone ? el("p", {}, "Left alone: " + look.left_alone) : null,
      fg.table(title + ", " + fg.duration(look.seconds) + " from " + fg.time(look.start), [
        {title: "Detector", cell: function (row) {
          return row.detector;
        }},
        {title: "Measure", cell: function (row) {
          return String(row.measure).replace(/_/g, " ") + (row.key ? "" : " (" + row.vector + ")");
        }},
        {title: "Value", number: true, cell: function (row) {
          return amount(row.value, row.unit);
        }},
        {title: "A flood has", number: true, cell: function (row) {
          return (signs[row.needs] || "") + amount(row.limit, row.unit);
        }},
        {title: "Near", number: true, cell: function (row) {
          return row.key ? fg.percent(row.near) : "";
        }},
        {title: "So", cell: function (row) {
          return row.why || (row.met ? (row.key ? "flood" : "as a flood has it") : "");
        }},
        {title: "What would change it", cell: function (row) {
          return row.change;
        }}
      ], nearestFirst(look.measures), "Nothing that has a limit came.")
    ]);
  }

  function pastPanel(one) {
    return el("div", {class: "panel wide"}, [
      one.kept ? fg.table("The highest of any window in " + fg.duration(one.kept.step_seconds) + " from " + fg.time(one.kept.start), [
        {title: "Limit", cell: function (row) {
          return row.measure;
        }},
        {title: "Of", cell: function (row) {
          return row.of === "host" ? row.host + (row.is_target ? " (it)" : "") : "the whole prefix";
        }},
        {title: "Value", number: true, cell: function (row) {
          return amount(row.value, row.unit);
        }},
        {title: "Limit then", number: true, cell: function (row) {
          return row.limit === null ? "none" : amount(row.limit, row.unit);
        }},
        {title: "Near", number: true, cell: function (row) {
          return fg.percent(row.near);
        }}
      ], nearestFirst(one.past)) : null,
      el("h3", {}, "What is not kept"),
      el("ul", {}, one.not_kept.map(function (text) {
        return el("li", {}, text);
      }))
    ]);
  }

  fg.explainPage = function (answer) {
    var over = {window: "In this window", second: "Over the second", ten_seconds: "Over the last seconds", sent: "What it sends"};
    return el("div", {}, (answer.targets || []).map(function (one) {
      var looks = (one.looks || []).map(function (look) {
        return lookPanel(over[look.over] || look.over, look);
      });
      if (one.nearest) looks.push(lookPanel("Nearest of the last day", one.nearest));
      if (one.slow) looks.push(lookPanel("The last flood that showed over time", one.slow));
      if (one.sent) looks.push(lookPanel("Nearest of the last day, of what it sends", one.sent));
      if (one.past) looks.push(pastPanel(one));
      return el("section", {"aria-label": one.target}, [
        el("h3", {}, one.target + (one.name ? " (" + one.name + ")" : "")),
        el("p", {class: one.verdict === "flood" ? "banner bad" : "banner"}, one.why),
        el("p", {class: "soft"}, "In " + one.prefix + ", profile " + one.profile + ".")
      ].concat([el("div", {class: "panels"}, looks)], (one.incidents || []).map(function (incident) {
        return el("p", {}, [fg.link(incident.id, incident.kind + " on " + incident.target), " since " + fg.time(incident.start)]);
      })));
    }));
  };
}());
