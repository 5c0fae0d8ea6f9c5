"use strict";
// Routes, and where the data comes from: the sensor's API and its event stream, or, in a file that a replay
// wrote, the JSON in the file itself.
(function () {
  var el = fg.el;
  var main = document.getElementById("main");
  var said = document.getElementById("said");
  var sensor = document.getElementById("sensor");
  var embedded = document.getElementById("data");
  var file = embedded ? JSON.parse(embedded.textContent) : null;
  var kPoints = 180;
  var figures = null;
  var points = [];
  var view = {update: function () {}, end: function () {}};
  var shown = 0;

  function ask(path, method) {
    return fetch(path, {method: method, headers: {Accept: "application/json"}}).then(function (answer) {
      return answer.json().then(function (json) {
        if (!answer.ok) throw new Error(json.error || "the sensor answers " + answer.status);
        return json;
      });
    });
  }

  function get(path) {
    return ask(path, "GET");
  }

  function approve(id) {
    return ask("api/v1/incidents/" + encodeURIComponent(id) + "/approve", "POST");
  }

  function say(text) {
    if (said.textContent !== text) said.textContent = text;
  }

  function show(children) {
    main.replaceChildren(el("div", {}, children));
  }

  function fail(error) {
    show([el("p", {class: "banner bad"}, String(error.message || error))]);
  }

  /** Renews a part unless the person is in it: focus and selection would be lost. */
  function renew(place, content) {
    if (place.firstChild && place.contains(document.activeElement)) {
      var index = Array.prototype.indexOf.call(place.querySelectorAll("a, [tabindex]"), document.activeElement);
      place.replaceChildren(content);
      var again = place.querySelectorAll("a, [tabindex]")[index];
      if (again) again.focus({preventScroll: true});
      return;
    }
    place.replaceChildren(content);
  }

  function overview() {
    var inbound = fg.classChart("Link in, by class", "in");
    var outbound = fg.classChart("Link out, by class", "out");
    var banner = el("div", {}, []);
    var open = el("div", {class: "panel wide"}, []);
    var prefixes = el("div", {class: "panel wide"}, []);
    var services = el("div", {class: "panel"}, []);
    var health = el("div", {}, []);
    var closed = el("div", {class: "panel wide"}, []);
    show([el("h2", {}, file ? "The capture" : "Now"), banner, el("div", {class: "panels"},
      [inbound.element, outbound.element, open, prefixes, services, health, closed])]);
    function loadClosed() {
      if (file) return;
      get("api/v1/incidents?state=closed&order=latest&limit=10").then(function (json) {
        renew(closed, fg.incidentTable("Closed lately", json.incidents));
      }, function () {});
    }
    loadClosed();
    return {
      update: function (event) {
        if (event) loadClosed();
        inbound.show(points);
        outbound.show(points);
        if (!figures) return;
        renew(banner, fg.banner(figures.incidents, figures.now, Boolean(file)));
        var list = figures.incidents.slice().sort(function (a, b) {
          return fg.badness(b) - fg.badness(a);
        });
        renew(open, fg.incidentTable(file ? "Incidents" : "Open incidents", list));
        renew(prefixes, fg.prefixTable(figures.prefixes, figures.prefixes_total, figures.incidents));
        if (file) {
          services.remove();
          closed.remove();
          renew(health, capture());
        } else {
          renew(services, fg.serviceTable(figures.prefixes, figures.incidents));
          renew(health, fg.sensorPanel(figures));
        }
      },
      end: function () {
        inbound.end();
        outbound.end();
      }
    };
  }

  function capture() {
    var info = file.report.capture;
    var left = file.report.left_alone || [];
    return el("section", {class: "panel", "aria-label": "Capture"}, [el("h3", {}, "Capture"), fg.facts([
      ["Files", (info.files || []).join(", ")],
      ["Packets", fg.magnitude(info.packets)],
      ["Bytes", fg.scaled(info.bytes, "B")],
      ["From", fg.time(info.first)],
      ["To", fg.time(info.last)],
      ["Protecting", file.report.protecting],
      ["Broke off", info.truncated ? info.truncation : ""],
      ["Busiest", file.report.busiest],
      ["Left alone", left.map(function (host) {
        return host.address + " (" + host.reason + ", " + fg.scaled(host.peak_pps, "pps") + ")";
      }).join("; ")]
    ])]);
  }

  function incident(id) {
    var chart = null;
    var own = shown;
    function load() {
      if (file) {
        var found = file.report.incidents.filter(function (one) {
          return one.id === id;
        })[0];
        return found ? Promise.resolve([found, file.rates[id] || {pps: []}, file.report.stories])
          : Promise.reject(new Error("no incident " + id + " is in this file"));
      }
      return Promise.all([get("api/v1/incidents/" + encodeURIComponent(id)),
        get("api/v1/incidents/" + encodeURIComponent(id) + "/rate"),
        get("api/v1/stories").then(function (json) {
          return json.stories;
        }, function () {
          return [];
        })]);
    }
    function draw() {
      load().then(function (answers) {
        if (own !== shown) return;
        if (chart) chart.end();
        chart = answers[1].pps.length > 1 ? fg.rateChart(answers[1]) : null;
        var back = el("p", {}, el("a", {href: "#/incidents"}, "← all incidents"));
        var content = el("div", {}, [back, fg.incidentPage(answers[0], chart && chart.element, answers[2], file ? null : approve)]);
        renew(main, content);
        if (chart) chart.draw();
      }, fail);
    }
    draw();
    var last = Date.now();
    return {
      update: function (event) {
        var mine = event && event.incident && event.incident.id === id;
        if (file || !figures) return;
        var open = figures.incidents.some(function (one) {
          return one.id === id;
        });
        // Every five seconds while it is open, unless somebody reads in it.
        if (mine || (open && Date.now() - last > 5000 && document.activeElement === document.body)) {
          last = Date.now();
          draw();
        }
      },
      end: function () {
        if (chart) chart.end();
      }
    };
  }

  function incidents() {
    var place = el("div", {class: "panel"}, []);
    var more = el("button", {type: "button"}, "Show older ones");
    var list = [];
    var next = "";
    more.hidden = true;
    function load() {
      get("api/v1/incidents?order=latest&limit=50" + (next ? "&after=" + encodeURIComponent(next) : "")).then(function (json) {
        list = list.concat(json.incidents);
        next = json.next;
        more.hidden = !next;
        place.replaceChildren(fg.incidentTable("Incidents, the latest first", list));
        say(list.length + " incidents are shown" + (json.history_error ? "; " + json.history_error : ""));
      }, fail);
    }
    more.addEventListener("click", load);
    show([el("h2", {}, "Incidents"), place, el("p", {}, more)]);
    if (file) place.replaceChildren(fg.incidentTable("Incidents", file.report.incidents));
    else load();
    return {update: function (event) {
      if (!event || list.length > 50) return;
      list = [];
      next = "";
      load();
    }, end: function () {}};
  }

  function traffic() {
    var inbound = fg.classChart("In, by class", "in");
    var outbound = fg.classChart("Out, by class", "out");
    var range = el("select", {}, [["3600", "the last hour"], ["86400", "the last day"], ["1209600", "the last 14 days"],
      ["31536000", "the last year"]].map(function (one) {
      return el("option", {value: one[0]}, one[1]);
    }));
    var prefix = el("input", {type: "text", size: "24", placeholder: "all prefixes", autocomplete: "off", spellcheck: "false"}, []);
    var form = el("form", {}, [el("label", {}, ["Time", range]), el("label", {}, ["Prefix", prefix]),
      el("button", {type: "submit"}, "Show")]);
    var note = el("p", {class: "soft"}, "");
    show([el("h2", {}, "Traffic"), form, note, el("div", {class: "panels"}, [inbound.element, outbound.element])]);
    function load() {
      var to = figures ? fg.milliseconds(figures.now) : Date.now();
      var from = new Date(to - Number(range.value) * 1000).toISOString();
      get("api/v1/rates?points=400&from=" + from + "&to=" + new Date(to).toISOString() +
        (prefix.value.trim() ? "&prefix=" + encodeURIComponent(prefix.value.trim()) : "")).then(function (json) {
        var rows = json.start.map(function (start, i) {
          var point = {t: fg.milliseconds(start), "in": {}, out: {}};
          Object.keys(json.classes).forEach(function (name) {
            if (json.classes[name].bps_in[i]) point["in"][name] = json.classes[name].bps_in[i];
            if (json.classes[name].bps_out[i]) point.out[name] = json.classes[name].bps_out[i];
          });
          return point;
        });
        note.textContent = rows.length ? "Means of each " +
            (json.step_seconds === 60 ? "minute" : json.step_seconds === 3600 ? "hour" : fg.duration(json.step_seconds)) + "."
          : "The history has nothing of this time.";
        inbound.show(rows);
        outbound.show(rows);
      }, function (error) {
        note.textContent = error.message;
      });
    }
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      load();
    });
    if (file) {
      form.remove();
      note.remove();
      inbound.show(points);
      outbound.show(points);
    } else load();
    return {update: function () {}, end: function () {
      inbound.end();
      outbound.end();
    }};
  }

  function explain(asked) {
    var target = el("input", {type: "text", size: "30", placeholder: "host, prefix or name", autocomplete: "off", spellcheck: "false",
      value: asked}, []);
    var at = el("input", {type: "text", size: "24", placeholder: "now, or 2026-11-21T18:00:00Z", autocomplete: "off", spellcheck: "false"}, []);
    var form = el("form", {}, [el("label", {}, ["Target", target]), el("label", {}, ["At", at]),
      el("button", {type: "submit"}, "Explain")]);
    var place = el("div", {}, []);
    show([el("h2", {}, "Why it is, or is not, called a flood"), form, place]);
    function load() {
      if (!target.value.trim()) return;
      get("api/v1/explain?target=" + encodeURIComponent(target.value.trim()) +
        (at.value.trim() ? "&at=" + encodeURIComponent(at.value.trim()) : "")).then(function (json) {
        place.replaceChildren(fg.explainPage(json));
        say(json.targets.map(function (one) {
          return one.target + ": " + one.why;
        }).join("; "));
      }, function (error) {
        place.replaceChildren(el("p", {class: "banner bad"}, String(error.message || error)));
      });
    }
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      load();
    });
    if (file) {
      form.remove();
      place.replaceChildren(el("p", {class: "soft"}, "A file has no answers: replay the capture with --listen, and ask there."));
    } else load();
    return {update: function () {}, end: function () {}};
  }

  function route(focus) {
    var parts = location.hash.replace(/^#\/?/, "").split("/");
    view.end();
    shown += 1;
    var routes = {incident: "incidents", incidents: "incidents", traffic: "traffic", explain: "explain"};
    var name = routes[parts[0]] || "overview";
    Array.prototype.forEach.call(document.querySelectorAll("nav a"), function (a) {
      if (a.getAttribute("data-route") === name) a.setAttribute("aria-current", "page");
      else a.removeAttribute("aria-current");
    });
    say("");
    if (parts[0] === "incident" && parts[1]) view = incident(decodeURIComponent(parts[1]));
    else if (parts[0] === "incidents") view = incidents();
    else if (parts[0] === "traffic") view = traffic();
    else if (parts[0] === "explain") view = explain(parts[1] ? decodeURIComponent(parts[1]) : "");
    else view = overview();
    view.update(null);
    if (focus) main.focus();
  }

  function showSensor(text, bad) {
    sensor.className = bad ? "bad" : "";
    sensor.textContent = text;
  }

  function listen() {
    var stream = new EventSource("api/v1/events?figures=1");
    stream.addEventListener("figures", function (message) {
      figures = JSON.parse(message.data);
      var last = points.length ? points[points.length - 1].t : 0;
      if (figures.point && figures.point.t - last >= 5000) {
        points.push(figures.point);
        if (points.length > kPoints) points.shift();
      }
      showSensor((figures.healthy ? "✓ healthy" : "⚠ " + figures.health_reason) + " · " + fg.time(figures.now), !figures.healthy);
      document.title = (figures.incidents.length ? "(" + figures.incidents.length + ") " : "") + "floodgauge";
      view.update(null);
    });
    ["opened", "escalated", "closed"].forEach(function (name) {
      stream.addEventListener(name, function (message) {
        var event = JSON.parse(message.data);
        say("Incident " + name + ": " + fg.title(event.incident) + " on " + fg.subject(event.incident));
        view.update(event);
      });
    });
    stream.addEventListener("reset", function () {
      route(false);
    });
    stream.onerror = function () {
      showSensor("⚠ no answer from the sensor; figures are of " + (figures ? fg.time(figures.now) : "before"), true);
    };
  }

  window.addEventListener("hashchange", function () {
    route(true);
  });
  if (file) {
    document.querySelector("nav a").textContent = "Overview";
    points = file.link.points;
    figures = {now: file.report.capture.last, incidents: file.report.incidents, prefixes: file.report.prefixes,
      prefixes_total: file.report.prefixes.length};
    showSensor("a replay; as of " + fg.time(file.report.capture.last), false);
    document.getElementById("foot").textContent = "Written by floodgauge " + file.version + ".";
    route(false);
  } else {
    document.getElementById("foot").replaceChildren(el("a", {href: "metrics"}, "Metrics"), " · ",
      el("a", {href: "api/v1/status"}, "Status"), " · ", el("a", {href: "-/healthy"}, "Health"));
    get("api/v1/link").then(function (json) {
      points = json.points;
    }, function () {}).then(function () {
      route(false);
      listen();
    });
  }
}());
