"use strict";
// How the sensor itself does: its health, workers and ports.
(function () {
  var el = fg.el;

  fg.sensorPanel = function (figures) {
    var status = figures.status || {};
    var workers = (status.workers || []).map(function (worker, i) {
      var shed = (worker.shedding || []).join(", ");
      return "worker " + i + ": " + fg.percent(worker.busy_ratio) + " busy" + (shed ? ", gives up " + shed : "");
    });
    var ports = (status.ports || []).map(function (port) {
      return port.name + ": " + (port.link_up ? "up" : "DOWN") + (port.missed ? ", " + fg.magnitude(port.missed) + " missed" : "");
    });
    return el("section", {class: "panel", "aria-label": "Sensor"}, [el("h3", {}, "Sensor"), fg.facts([
      ["Health", figures.healthy ? el("span", {class: "good"}, "✓ healthy")
        : el("span", {class: "bad"}, "⚠ " + (figures.health_reason || "not healthy"))],
      ["Figures of", fg.time(figures.now)],
      ["Up", fg.duration(status.uptime_seconds)],
      ["Packets", fg.magnitude(status.packets)],
      ["Lost", status.dropped ? el("span", {class: "bad"}, fg.magnitude(status.dropped) + ", now " + fg.percent(status.loss_ratio))
        : "none"],
      ["Behind", fg.duration(status.window_lag_seconds)],
      ["Workers", workers.join("; ")],
      ["Ports", ports.join("; ")],
      ["Configuration", status.config_reload_successful === false ? el("span", {class: "bad"}, "⚠ the last reload failed") : ""]
    ])]);
  };
}());
