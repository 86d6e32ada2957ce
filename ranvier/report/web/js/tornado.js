// The verdict, dense over hybrid, while each constant goes through its published range.
(() => {
  const { make, byId, readable, escape, tooltip } = Report;
  const kQuantities = [["energy", "Energy"], ["latency", "Latency"], ["energy_delay", "Energy × delay"]];
  const kMost = 14;     // bars; the table holds every constant
  const kDecade = 12;   // a range above this factor is drawn on a logarithmic axis
  const kRow = 26, kBar = 15;
  const ends = (row, quantity) => [row.min, row.nominal, row.max].map((end) => end[quantity]);
  const swing = (row, quantity) => Math.max(...ends(row, quantity)) / Math.min(...ends(row, quantity));
  const flips = (row, quantity) => Math.min(...ends(row, quantity)) <= 1 && Math.max(...ends(row, quantity)) > 1;
  const short = (constant) => constant.replace(/^cost\./, "").replace(/^hardware\./, "");
  const moving = (tornado, quantity) => tornado.rows.filter((row) => swing(row, quantity) > 1 + 1e-9)
    .sort((a, b) => swing(b, quantity) - swing(a, quantity) || (a.constant < b.constant ? -1 : 1));
  const colors = () => ({ min: Report.css("--low"), max: Report.css("--high") });

  const option = (rows, quantity) => (width) => {
    const left = Math.min(width * 0.42, 24 + 6.6 * Math.max(6, ...rows.map((row) => short(row.constant).length)));
    const values = [1, ...rows.flatMap((row) => ends(row, quantity))];
    const log = Math.max(...values) / Math.min(...values) > kDecade;
    const color = colors();
    const bar = (end) => ({
      type: "custom", name: end, clip: true, encode: { x: [1, 2], y: 0 }, data: rows.map((row, i) => [i, row.nominal[quantity], row[end][quantity]]),
      renderItem: (params, api) => {
        const [x0, y] = api.coord([api.value(1), api.value(0)]), [x1] = api.coord([api.value(2), api.value(0)]);
        return { type: "rect", shape: { x: Math.min(x0, x1), y: y - kBar / 2, width: Math.abs(x1 - x0), height: kBar }, style: { fill: color[end] } };
      },
    });
    const nominal = {
      type: "custom", name: "nominal", silent: true, encode: { x: 1, y: 0 }, data: rows.map((row, i) => [i, row.nominal[quantity]]),
      renderItem: (params, api) => {
        const [x, y] = api.coord([api.value(1), api.value(0)]);
        return { type: "line", shape: { x1: x, x2: x, y1: y - kBar / 2 - 3, y2: y + kBar / 2 + 3 }, style: { stroke: Report.css("--ink"), lineWidth: 1.5 } };
      },
    };
    const even = { type: "scatter", data: [], silent: true, markLine: { silent: true, symbol: "none", animation: false, data: [{ xAxis: 1 }],
      lineStyle: { color: Report.css("--ink"), type: "dashed", width: 1 }, label: { formatter: "even", position: "start", distance: 4, color: Report.css("--soft"), fontSize: 11 } } };
    const line = (name, end, row) => `${name}: ${readable(end.value)} ${escape(row.unit)} → ${readable(end[quantity])}×`;
    return {
      grid: { left, right: 24, top: 18, bottom: 46 },
      tooltip: { ...Report.tooltipStyle(), trigger: "item", formatter: (p) => {
        const row = rows[p.value[0]];
        return tooltip([`<b>${escape(row.constant)}</b>`, line("minimum", row.min, row), line("nominal", row.nominal, row), line("maximum", row.max, row),
          row.fidelity === "analytic" ? "by the analytic model" : "repriced counts of the simulation", escape(row.source)]);
      } },
      xAxis: Report.axis(`Best dense / best hybrid${log ? " (log)" : ""}`, { type: log ? "log" : "value", ...Report.niceRange(values, log, 0.05), nameGap: 32 }),
      yAxis: { type: "category", inverse: true, data: rows.map((row) => row.constant), axisLine: { show: false }, axisTick: { show: false },
        axisLabel: { color: Report.css("--ink"), fontSize: 11.5, width: left - 12, overflow: "truncate", formatter: (name, i) => (flips(rows[i], quantity) ? `{flips|${short(name)}}` : short(name)),
          rich: { flips: { fontWeight: 700, fontSize: 11.5, color: Report.css("--ink") } } } },
      series: [bar("min"), bar("max"), nominal, even],
    };
  };

  const words = (tornado, rows, quantity, what) => {
    const decided = rows.filter((row) => flips(row, quantity)).map((row) => short(row.constant));
    const verdict = decided.length ? `${decided.slice(0, 4).join(", ")}${decided.length > 4 ? " and others" : ""} (bold) alone can turn it.` : "No constant alone turns it within its range.";
    return `${what} on ${tornado.preset}: the best dense variant divided by the best hybrid while one constant goes from one end of its published range to the other. Right of the dashed line the hybrid is better. `
      + verdict + (rows.length > kMost ? ` The ${kMost} that move it most; the table holds all ${rows.length}.` : "");
  };

  Report.tornado = () => {
    const all = new Map((Report.data.details.tornados || []).map((tornado) => [tornado.preset, tornado]));
    if (![...all.values()].some((tornado) => tornado.rows.length)) {
      byId("tornado-figure").append(make("p", {}, "Nothing to draw: that takes a hybrid, a dense variant and constants with a range."));
      return;
    }
    let quantity = "energy";
    const figure = Report.figure("tornado-verdict", byId("tornado-figure"), () => {
      const tornado = all.get(Report.state.preset) || { preset: Report.state.preset, rows: [], without: [] };
      const what = kQuantities.find(([name]) => name === quantity)[1];
      const rows = moving(tornado, quantity), shown = rows.slice(0, kMost), color = colors();
      return {
        title: "How far each constant moves the verdict", text: words(tornado, rows, quantity, what), height: kRow * Math.max(2, shown.length) + 70, option: option(shown, quantity),
        legend: [make("li", {}, Report.swatch(color.min), "towards its minimum"), make("li", {}, Report.swatch(color.max), "towards its maximum")],
        label: shown.map((row) => `${row.constant} ${readable(row.min[quantity])} to ${readable(row.max[quantity])}`).join("; "),
        table: { columns: ["constant", "unit", "minimum", "nominal", "maximum", `${quantity} at minimum`, `${quantity} at nominal`, `${quantity} at maximum`, "fidelity", "source"],
          rows: rows.map((row) => [row.constant, row.unit, row.min.value, row.nominal.value, row.max.value, ...ends(row, quantity), row.fidelity, row.source]) },
      };
    }, [make("span", { class: "control-label" }, "Verdict in")]);
    byId("tornado-verdict").querySelector(".controls").append(Report.segmented(kQuantities, quantity, "Quantity of the verdict", (value) => { quantity = value; Report.redraw([figure]); }));
  };
})();
