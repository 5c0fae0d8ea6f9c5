"use strict";
// Figures and elements as text for people: the same words and units as the terminal.
var fg = window.fg || {};
window.fg = fg;

/** Three significant digits and an SI prefix: 612 k, 1.9 M. */
fg.magnitude = function (value) {
  if (typeof value !== "number" || !isFinite(value)) return "-";
  var units = ["", "k", "M", "G", "T", "P"];
  var at = 0;
  var size = Math.abs(value);
  while (size >= 999.5 && at + 1 < units.length) {
    size /= 1000;
    at += 1;
  }
  var text = size >= 99.5 || size === Math.round(size) ? size.toFixed(0) : size >= 9.95 ? size.toFixed(1) : size.toFixed(2);
  if (text.indexOf(".") >= 0) text = text.replace(/\.?0+$/, "");
  return (value < 0 ? "-" : "") + text + (units[at] ? "\u00a0" + units[at] : "");
};

fg.scaled = function (value, unit) {
  var text = fg.magnitude(value);
  return text.indexOf("\u00a0") < 0 ? text + "\u00a0" + unit : text + unit;
};

fg.percent = function (share) {
  if (typeof share !== "number" || !isFinite(share)) return "-";
  if (share > 0 && share < 0.001) return "< 0.1\u00a0%";
  return (share < 0.01 && share > 0 ? (share * 100).toFixed(1) : Math.round(share * 100)) + "\u00a0%";
};

/** The two largest units: 42 min 10 s. */
fg.duration = function (seconds) {
  if (typeof seconds !== "number" || !isFinite(seconds)) return "-";
  if (seconds < 1) return Math.round(seconds * 1000) + " ms";
  var units = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  for (var i = 0; i < units.length; i += 1) {
    if (seconds < units[i][0]) continue;
    var whole = Math.floor(seconds / units[i][0]);
    var text = whole + " " + units[i][1];
    if (i + 1 < units.length) {
      var rest = Math.floor((seconds - whole * units[i][0]) / units[i + 1][0]);
      if (rest > 0) text += " " + rest + " " + units[i + 1][1];
    }
    return text;
  }
  return "0 s";
};

fg.pad = function (number) {
  return (number < 10 ? "0" : "") + number;
};

/** A time with its zone: 2026-11-21 18:12:07 UTC+1. `time`: RFC 3339 or milliseconds. */
fg.time = function (time, short) {
  if (time === null || time === undefined || time === "") return "-";
  var date = new Date(typeof time === "string" ? time.replace(/(\.\d{3})\d+/, "$1") : time);
  if (isNaN(date.getTime())) return String(time);
  var clock = fg.pad(date.getHours()) + ":" + fg.pad(date.getMinutes()) + ":" + fg.pad(date.getSeconds());
  if (short) return clock;
  var offset = -date.getTimezoneOffset();
  var zone = "UTC";
  if (offset !== 0) {
    zone += (offset > 0 ? "+" : "-") + Math.floor(Math.abs(offset) / 60);
    if (offset % 60 !== 0) zone += ":" + fg.pad(Math.abs(offset) % 60);
  }
  return date.getFullYear() + "-" + fg.pad(date.getMonth() + 1) + "-" + fg.pad(date.getDate()) + " " + clock + " " + zone;
};

fg.milliseconds = function (rfc3339) {
  return new Date(String(rfc3339).replace(/(\.\d{3})\d+/, "$1")).getTime();
};

/** What an incident is, in words. */
fg.title = function (incident) {
  if (incident.kind === "impact") {
    return (incident.service || "service") + " " + (incident.condition || "impact");
  }
  if (incident.kind === "blackout") return "blackout";
  if (incident.kind === "saturation") return "link saturation";
  var vectors = incident.vectors || [];
  if (!vectors.length) return "flood";
  return vectors.slice(0, 3).filter(function (vector, i) {
    return i === 0 || vector.share >= 0.05;
  }).map(function (vector) {
    var name = fg.vector(vector.name);
    return vectors.length > 1 && vectors[0].share < 0.95 ? name + " " + fg.percent(vector.share) : name;
  }).slice(0, vectors[0].share >= 0.95 ? 1 : 3).join(", ");
};

fg.vector = function (name) {
  var reflection = /^reflection_(.*)$/.exec(name);
  if (reflection) {
    var port = /^port_(\d+)$/.exec(reflection[1]);
    return port ? "reflection from port " + port[1] : reflection[1].toUpperCase() + " reflection";
  }
  return name.replace(/^tcp_/, "").replace(/_/g, " ").toUpperCase() + " flood";
};

fg.subject = function (incident) {
  var target = String(incident.target || "").replace(/\/32$/, "");
  if (target.indexOf(":") >= 0) target = target.replace(/\/128$/, "");
  return target + (incident.name ? " (" + incident.name + ")" : "");
};

/** An element with attributes and children; a text is a text and never markup. */
fg.el = function (tag, attributes, children) {
  var element = document.createElement(tag);
  Object.keys(attributes || {}).forEach(function (key) {
    if (attributes[key] !== null && attributes[key] !== undefined) element.setAttribute(key, attributes[key]);
  });
  (Array.isArray(children) ? children : [children]).forEach(function (child) {
    if (child === null || child === undefined) return;
    element.appendChild(typeof child === "object" ? child : document.createTextNode(String(child)));
  });
  return element;
};

/** columns: {title, number, cell(row)}. `empty`: what is said when there is no row. */
fg.table = function (caption, columns, rows, empty) {
  if (!rows.length) {
    return fg.el("div", {}, [fg.el("h3", {}, caption), fg.el("p", {class: "soft"}, empty || "none")]);
  }
  var head = fg.el("tr", {}, columns.map(function (column) {
    return fg.el("th", {scope: "col", class: column.number ? "number" : null}, column.title);
  }));
  var body = rows.map(function (row) {
    return fg.el("tr", {}, columns.map(function (column) {
      return fg.el("td", {class: column.number ? "number" : null}, column.cell(row));
    }));
  });
  // What scrolls has to be reachable by keyboard.
  return fg.el("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": caption}, fg.el("table", {}, [
    fg.el("caption", {}, caption), fg.el("thead", {}, head), fg.el("tbody", {}, body)
  ]));
};
