// Quality against cost, stacked energy, stacked latency.
(() => {
  const { make, byId, readable, escape, tooltip } = Report;
  const q = Report.quality;
  const kDecade = 12;   // a range above this factor is drawn on a logarithmic axis
  const spread = (values) => Math.max(...values) / Math.min(...values.filter((v) => v > 0));

  // --- quality against cost ------------------------------------------------------------------------------------------
  // The first place around its point where a label covers neither a point nor another label.
  const kPlaces = [["right", 0], ["left", 0], ["top", 0], ["bottom", 0], ["right", -12], ["right", 12], ["left", -12], ["left", 12], ["right", -25], ["right", 25], ["left", -25], ["left", 25]];
  const labelPlaces = (points, width, height) => {
    const half = 7, taken = points.map(({ px, py }) => ({ left: px - 7, right: px + 7, top: py - 7, bottom: py + 7 }));
    return points.map(({ px, py, text }) => {
      const w = text.length * 6.9;
      const boxAt = ([side, dy]) => {
        const y = side === "top" ? py - 16 : side === "bottom" ? py + 16 : py + dy;
        const left = side === "right" ? px + 10 : side === "left" ? px - 10 - w : px - w / 2;
        return { left, right: left + w, top: y - half, bottom: y + half };
      };
      const free = (box) => box.left >= 0 && box.right <= width + 10 && box.top > -14 && box.bottom < height
        && taken.every((t) => box.right <= t.left || t.right <= box.left || box.bottom <= t.top || t.bottom <= box.top);
      const place = kPlaces.find((candidate) => free(boxAt(candidate))) || kPlaces[0];
      taken.push(boxAt(place));
      return place;
    });
  };
  const scatter = (cost, unit, value) => (width) => {
    const height = 330, grid = { left: 58, right: 18, top: 22, bottom: 46 };
    const xs = Report.variants.map(value), ys = Report.variants.map((v) => v.metric_deployed);
    const log = spread(xs) > kDecade;
    const x = Report.niceRange(xs, log), y = Report.niceRange(ys, false, 0.08);
    if (!log) x.min = Math.max(0, x.min);
    const plotW = width - grid.left - grid.right, plotH = height - grid.top - grid.bottom;
    const along = (v, r, logarithmic) => (logarithmic ? Math.log(v / r.min) / Math.log(r.max / r.min) : (v - r.min) / (r.max - r.min));
    const rise = (v) => (q.higher ? 1 - along(v, y, false) : along(v, y, false));
    const places = labelPlaces(Report.variants.map((v, i) => ({ px: along(xs[i], x, log) * plotW, py: rise(ys[i]) * plotH, text: v.name })), plotW, plotH);
    return {
      grid, tooltip: { ...Report.tooltipStyle(), formatter: (p) => tooltip([`<b>${escape(p.name)}</b>`, `${cost}: ${readable(p.value[0])} ${unit}`, `${q.name}: ${p.value[1].toFixed(q.digits)} ${q.unit}`]) },
      xAxis: Report.axis(`${cost}, ${unit}${log ? " (log)" : ""}`, { type: log ? "log" : "value", ...x, splitLine: { show: false }, axisLine: { show: true, onZero: false, lineStyle: { color: Report.css("--rule") } } }),
      yAxis: Report.axis(`${q.name}, ${q.unit}`, { type: "value", ...y, nameGap: 40, inverse: !q.higher }),
      graphic: [{ type: "text", left: grid.left + 6, top: 4, silent: true, style: { text: "↖ better", fill: Report.css("--faint"), font: "12px " + Report.css("--sans") } }],
      series: [{ type: "scatter", symbolSize: 13, itemStyle: { opacity: 1 }, data: Report.variants.map((v, i) => ({
        name: v.name, value: [xs[i], ys[i]], symbol: v.name.startsWith("hnn") ? "circle" : v.name.startsWith("snn") ? "diamond" : "rect",
        itemStyle: { color: Report.variantColor(v.name), borderColor: Report.css("--card"), borderWidth: 1.5 },
        label: { show: true, formatter: () => v.name, color: Report.css("--ink"), fontSize: 11.5, fontWeight: v.name === Report.data.verdict.best ? 700 : 400,
          position: places[i][0], offset: [0, places[i][1]] },
      })) }],
    };
  };
  const scatterPlan = (cost, unit, value, text) => () => ({
    title: `${q.name} against ${cost.toLowerCase()}`, text: text(), height: 330, option: scatter(cost, unit, value),
    label: Report.variants.map((v) => `${v.name}: ${q.name.toLowerCase()} ${v.metric_deployed.toFixed(q.digits)} ${q.unit}, ${readable(value(v))} ${unit}`).join("; "),
    table: { columns: ["variant", `${q.name} deployed (${q.unit})`, `${cost} (${unit})`], rows: Report.variants.map((v) => [v.name, v.metric_deployed, value(v)]) },
  });
  Report.overview = () => {
    if (Report.variants.some((v) => v.metric_deployed === null)) {
      byId("overview").append(make("p", {}, "No quality to draw: the networks have no weights, and their activity is assumed."));
      return;
    }
    const energy = (v) => v.presets[Report.state.preset].energy_uj.total;
    Report.figure("overview-energy", byId("overview"), scatterPlan("Energy", "µJ per inference", energy, () => `On ${Report.state.preset}. Up is better quality, left is less energy.`));
    Report.figure("overview-traffic", byId("overview"), scatterPlan("Boundary traffic", "bits per activation", (v) => v.boundary.bits_per_activation,
      () => "Bits on the die-to-die wire per boundary activation, everything counted. The same on any hardware."));
  };

  // --- stacked bars --------------------------------------------------------------------------------------------------
  const kRow = 34;
  const stack = (plan) => (width) => {
    const { parts, colors, totals, values, unit, share } = plan;
    const left = Math.min(150, 20 + 7 * Math.max(...Report.variants.map((v) => v.name.length)));
    const right = share ? 92 : 74;
    const largest = Math.max(...totals);
    const names = Report.variants.map((v) => v.name);
    const kWhole = 100 * (1 - 1e-9);   // so that rounding never pushes the end of a bar off the axis
    const shown = (i, part) => (share ? (kWhole * values(i, part)) / totals[i] : values(i, part));
    const plotW = width - left - right;
    const series = parts.map((part) => ({
      name: part, type: "bar", stack: "parts", barWidth: 20, itemStyle: { color: colors.get(part), borderColor: Report.css("--card"), borderWidth: 0.6 },
      label: { show: true, position: "inside", fontSize: 10.5, color: Report.inkOn(colors.get(part)), formatter: ({ dataIndex: i }) => {
        const pixels = (plotW * shown(i, part)) / (share ? 100 : largest);
        return pixels > 38 ? Report.percent(values(i, part) / totals[i]) : "";
      } },
      data: names.map((_, i) => shown(i, part)),
    }));
    series.push({
      name: "total", type: "bar", stack: "parts", barWidth: 20, silent: true, itemStyle: { color: "transparent" }, tooltip: { show: false },
      label: { show: true, position: "right", distance: 4, color: Report.css("--ink"), fontWeight: 600, fontSize: 12, formatter: ({ dataIndex: i }) => `${readable(totals[i])} ${unit}` },
      data: names.map(() => 0),
    });
    return {
      grid: { left, right, top: 4, bottom: 44 },
      tooltip: { ...Report.tooltipStyle(), trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: Report.css("--wash"), opacity: 0.6 } }, formatter: (rows) => {
        const i = rows[0].dataIndex;
        return tooltip([`<b>${escape(names[i])}</b>: ${readable(totals[i])} ${unit}`, ...parts.map((part) =>
          `<span style="display:inline-block;width:9px;height:9px;border-radius:2px;background:${colors.get(part)}"></span> ${escape(Report.words(part))}: ${readable(values(i, part))} ${unit} (${Report.percent(values(i, part) / totals[i])})`)]);
      } },
      xAxis: Report.axis(share ? "Share of the total, %" : `${plan.quantity}, ${unit}`, { type: "value", min: 0, max: share ? 100 : undefined }),
      yAxis: { type: "category", inverse: true, data: names, axisLine: { show: false }, axisTick: { show: false }, axisLabel: { color: Report.css("--ink"), fontSize: 12,
        formatter: (name) => (name === Report.data.verdict.best ? `{best|${name}}` : name), rich: { best: { fontWeight: 700, fontSize: 12, color: Report.css("--ink") } } } },
      series,
    };
  };
  const legend = (parts, colors, meaning = {}) => parts.map((part) => make("li", { title: meaning[part] || null }, Report.swatch(colors.get(part)), Report.words(part)));
  const stackFigure = (id, parent, build) => {
    let scale = null;
    const figure = Report.figure(id, byId(parent), () => {
      const plan = build();
      plan.share = (scale || (spread(plan.totals) > kDecade ? "share" : "absolute")) === "share";
      control.querySelectorAll("button").forEach((b) => b.setAttribute("aria-checked", String((b.dataset.value === "share") === plan.share)));
      return {
        title: plan.title, text: plan.text + (plan.share ? " Bars show shares, because the totals span more than a decade; the totals stand at the right." : ""),
        height: kRow * Report.variants.length + 52, option: stack(plan), legend: legend(plan.parts, plan.colors, plan.meaning),
        label: Report.variants.map((v, i) => `${v.name} ${readable(plan.totals[i])} ${plan.unit}`).join("; "),
        table: { columns: ["variant", ...plan.parts.map((p) => `${p} (${plan.unit})`), `total (${plan.unit})`],
          rows: Report.variants.map((v, i) => [v.name, ...plan.parts.map((p) => plan.values(i, p)), plan.totals[i]]) },
      };
    }, [Report.make("span", { class: "control-label" }, "Scale")]);
    const control = Report.segmented([["absolute", "Absolute"], ["share", "Share of total"]], "absolute", "Scale of the bars", (value) => { scale = value; Report.redraw([figure]); });
    byId(id).querySelector(".controls").append(control);
  };

  Report.energy = () => stackFigure("energy-stack", "energy-figure", () => {
    const { preset } = Report.state;
    const names = new Set(Report.variants.flatMap((v) => Object.keys(v.presets[preset].energy_uj).filter((p) => p !== "total")));
    const sum = (part) => Report.variants.reduce((s, v) => s + (v.presets[preset].energy_uj[part] || 0), 0);
    const parts = [...names].filter((p) => sum(p) > 0).sort((a, b) => sum(b) - sum(a));
    return { title: "Energy of one inference, by part", text: `On ${preset}. Event counts of the simulation times a sourced price per event.`, quantity: "Energy per inference", unit: "µJ",
      parts, colors: Report.partColors(parts), totals: Report.variants.map((v) => v.presets[preset].energy_uj.total),
      values: (i, part) => Report.variants[i].presets[preset].energy_uj[part] || 0 };
  });

  const kLatencyParts = { compute: "Cores doing arithmetic, converters included", network: "Routers and wires on the dies", queue: "Waiting for a busy core, channel or link",
    serialise: "Bits leaving one by one through the die-to-die link", crossing: "Merge, clock-domain FIFOs, transceivers and split" };
  Report.latency = () => stackFigure("latency-stack", "latency-figure", () => {
    const parts = Object.keys(kLatencyParts);
    // The parts are those of the first simulated inference; they are scaled to the mean latency.
    const part = (i, name) => {
      const of = Report.run(Report.variants[i]).latency_ns;
      return Report.variants[i].presets[Report.state.preset].latency_us * of[name] / parts.reduce((sum, p) => sum + of[p], 0);
    };
    return { title: "Time of one inference, along its critical path",
      text: `On ${Report.state.preset}. The critical path is the chain of steps that decides when the answer is ready: compute, network on the die, queueing, serialising onto the link, and the clock crossing.`,
      quantity: "Latency", unit: "µs", parts, colors: Report.partColors(parts), meaning: kLatencyParts,
      totals: Report.variants.map((v) => v.presets[Report.state.preset].latency_us), values: part };
  });
})();
