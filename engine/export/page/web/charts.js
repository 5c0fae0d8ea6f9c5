"use strict";
// Charts with Chart.js 3. Each has a table of its figures beside it for those who cannot see it, and
// colours of Okabe and Ito, which the colour-blind can tell apart, with different dashes.
(function () {
  var kColours = ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#f0e442", "#999999"];
  var kDashes = [[], [6, 3], [2, 2], [8, 3, 2, 3], [], [6, 3], [2, 2], [8, 3, 2, 3]];
  var kClasses = 7;

  function css(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  function options(unit, stacked) {
    var grid = {color: css("--line"), borderColor: css("--line")};
    var ticks = {color: css("--soft"), maxRotation: 0, autoSkipPadding: 16};
    return {
      responsive: true,
      maintainAspectRatio: false,
      animation: false,
      parsing: false,
      normalized: true,
      interaction: {mode: "index", intersect: false},
      elements: {point: {radius: 0, hitRadius: 8}, line: {borderWidth: 2}},
      scales: {
        x: {
          type: "linear", bounds: "data", grid: grid,
          ticks: Object.assign({callback: function (value) {
            return fg.time(value, true);
          }}, ticks)
        },
        y: {
          stacked: stacked, beginAtZero: true, grid: grid,
          ticks: Object.assign({callback: function (value) {
            return fg.scaled(value, unit);
          }}, ticks)
        }
      },
      plugins: {
        legend: {labels: {color: css("--fore"), boxWidth: 24}, position: "bottom"},
        tooltip: {callbacks: {
          title: function (items) {
            return items.length ? fg.time(items[0].parsed.x) : "";
          },
          label: function (item) {
            return item.dataset.label + ": " + fg.scaled(item.parsed.y, unit);
          }
        }}
      }
    };
  }

  function dataset(label, at, points, fill) {
    var colour = kColours[at % kColours.length];
    return {label: label, data: points, borderColor: colour, backgroundColor: colour + "66",
      borderDash: kDashes[at % kDashes.length], fill: fill};
  }

  /** A panel with a chart and, closed at first, its figures as a table. */
  function panel(title, summary) {
    var canvas = fg.el("canvas", {role: "img", "aria-label": title + ". " + summary}, summary);
    var figures = fg.el("div", {}, []);
    var details = fg.el("details", {}, [fg.el("summary", {}, "Figures as a table"), figures]);
    var element = fg.el("section", {class: "panel", "aria-label": title}, [
      fg.el("h3", {}, title), fg.el("div", {class: "chart"}, canvas), details
    ]);
    return {element: element, canvas: canvas, figures: figures, details: details, title: title};
  }

  /** Names of the classes with the most, the most first; all others are summed up as "rest". */
  function leading(points, key) {
    var sums = {};
    points.forEach(function (point) {
      Object.keys(point[key]).forEach(function (name) {
        sums[name] = (sums[name] || 0) + point[key][name];
      });
    });
    return Object.keys(sums).sort(function (a, b) {
      return sums[b] - sums[a] || (a < b ? -1 : 1);
    }).slice(0, kClasses);
  }

  /** A chart of points {t, in: {class: bit/s}, out}: `key` is in or out. */
  fg.classChart = function (title, key) {
    var made = panel(title, "Bits a second by class over time.");
    var chart = null;
    function table(points, names) {
      var step = Math.max(1, Math.ceil(points.length / 30));
      var rows = points.filter(function (point, i) {
        return (points.length - 1 - i) % step === 0;
      }).reverse();
      var columns = [{title: "Time", cell: function (point) {
        return fg.time(point.t);
      }}].concat(names.map(function (name) {
        return {title: name, number: true, cell: function (point) {
          return fg.scaled(point[key][name] || 0, "bit/s");
        }};
      }));
      made.figures.replaceChildren(fg.table(title, columns, rows, "nothing yet"));
    }
    var last = {points: [], names: []};
    made.details.addEventListener("toggle", function () {
      if (made.details.open) table(last.points, last.names);
    });
    return {
      element: made.element,
      show: function (points) {
        var names = leading(points, key);
        var sets = names.map(function (name, i) {
          return dataset(name, i, points.map(function (point) {
            return {x: point.t, y: point[key][name] || 0};
          }), i === 0 ? "origin" : "-1");
        });
        var rest = points.map(function (point) {
          var sum = 0;
          Object.keys(point[key]).forEach(function (name) {
            if (names.indexOf(name) < 0) sum += point[key][name];
          });
          return {x: point.t, y: sum};
        });
        if (rest.some(function (point) {
          return point.y > 0;
        })) sets.push(dataset("rest", names.length, rest, "-1"));
        if (!chart) {
          chart = new Chart(made.canvas, {type: "line", data: {datasets: sets}, options: options("bit/s", true)});
        } else {
          chart.data.datasets = sets;
          chart.update("none");
        }
        last = {points: points, names: names};
        if (made.details.open && !made.figures.contains(document.activeElement)) table(points, names);
      },
      end: function () {
        if (chart) chart.destroy();
      }
    };
  };

  /** The rate of one incident: evenly spaced packets a second. */
  fg.rateChart = function (rate) {
    var made = panel("Rate", "Packets a second from the start of the incident to its end.");
    var start = fg.milliseconds(rate.start);
    var end = rate.end ? fg.milliseconds(rate.end) : start;
    var step = rate.pps.length > 0 ? (end - start) / rate.pps.length : 0;
    var points = rate.pps.map(function (pps, i) {
      return {x: start + (i + 0.5) * step, y: pps};
    });
    var chart = null;
    made.figures.replaceChildren(fg.table("Rate", [
      {title: "Time", cell: function (point) {
        return fg.time(point.x);
      }},
      {title: "Packets a second", number: true, cell: function (point) {
        return fg.scaled(point.y, "pps");
      }}
    ], points, "nothing yet"));
    return {
      element: made.element,
      draw: function () {
        chart = new Chart(made.canvas, {type: "line",
          data: {datasets: [dataset("packets a second", 0, points, "origin")]}, options: options("pps", false)});
        chart.options.plugins.legend.display = false;
        chart.update("none");
      },
      end: function () {
        if (chart) chart.destroy();
      }
    };
  };
}());
