// A result over any two axes as a heatmap, all axes and results as parallel coordinates, and results over model size.
(() => {
  const { make, byId, tooltip, escape, state } = Report;
  const axes = Report.axisQuantities;
  const unique = (list) => [...new Set(list)];
  const order = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a) < String(b) ? -1 : 1);
  // What an axis is set to, in order; long ranges are cut into twelve bins.
  const kBins = 12;
  const cells = (axis, list) => {
    const values = unique(list.map((row) => axis.of(row))).sort(order);
    if (!axis.numeric || values.length <= 2 * kBins) return { names: values.map((v) => (typeof v === "number" ? Report.tick(v) : String(v))), at: (row) => values.indexOf(axis.of(row)) };
    const log = axis.log && values[0] > 0, f = log ? Math.log : (v) => v, back = log ? Math.exp : (v) => v;
    const low = f(values[0]), width = (f(values[values.length - 1]) - low) / kBins;
    return { names: Array.from({ length: kBins }, (_, i) => `${Report.tick(back(low + i * width))}–${Report.tick(back(low + (i + 1) * width))}`),
      at: (row) => Math.min(kBins - 1, Math.floor((f(axis.of(row)) - low) / width)) };
  };

  // --- heatmap -------------------------------------------------------------------------------------------------------
  const heat = { x: axes[0].id, y: (axes[1] || axes[0]).id, value: Report.data.y, variant: Report.data.verdict.best || Report.variantNames[0], how: "best" };
  const reduce = { best: (values, q) => (q.higher ? Math.max(...values) : Math.min(...values)), mean: (values) => values.reduce((a, b) => a + b, 0) / values.length };
  const heatPlan = () => {
    const x = Report.quantity(heat.x), y = axes.length > 1 ? Report.quantity(heat.y) : null, q = Report.quantity(heat.value);
    const list = Report.sweep.rows.filter((row) => row.preset === state.preset && row.variant === heat.variant && typeof q.of(row) === "number");
    const cx = cells(x, list), cy = y ? cells(y, list) : { names: [""], at: () => 0 };
    const filled = new Map();
    for (const row of list) { const key = `${cx.at(row)},${cy.at(row)}`; filled.set(key, [...(filled.get(key) || []), q.of(row)]); }
    const data = [...filled].map(([key, values]) => { const [i, j] = key.split(",").map(Number); return [i, j, reduce[heat.how](values, q), values.length]; });
    const values = data.map((d) => d[2]), low = Math.min(...values), high = Math.max(...values);
    const log = Report.isWide(values), f = log ? Math.log : (v) => v;
    const light = Report.css("--wash"), full = Report.css("--accent");
    const shade = (v) => Report.mix(light, full, high > low ? 0.06 + 0.94 * (f(v) - f(low)) / (f(high) - f(low)) : 0.5);
    const several = data.some((d) => d[3] > 1);
    const ramp = make("li", {}, make("span", { class: "ramp" }, make("span", {}, Report.readable(low)), make("i", { style: `background:linear-gradient(90deg, ${shade(low)}, ${shade(high)})` }), make("span", {}, `${Report.readable(high)} ${q.unit}${log ? " (log)" : ""}`)));
    return {
      title: `${q.words} over ${x.id}${y ? " and " + y.id : ""}`,
      text: `${heat.variant} on ${state.preset}.${several ? ` A cell with several points shows their ${heat.how === "best" ? "best" : "mean"}.` : ""} Blank: no result.`,
      height: (width) => Math.min(620, Math.max(220, 110 + cy.names.length * (width < 520 ? 30 : 36))), legend: data.length ? [ramp] : [],
      label: `from ${Report.readable(low)} to ${Report.readable(high)}`,
      option: (width) => {
        const left = Math.min(150, 34 + 7 * Math.max(...cy.names.map((n) => n.length)));
        const room = (width - left - 20) / cx.names.length;
        return {
          grid: { left, right: 16, top: 10, bottom: 54 },
          tooltip: { ...Report.tooltipStyle(), formatter: (p) => tooltip([`${escape(x.id)} ${escape(cx.names[p.value[0]])} ${escape(x.unit)}`, ...(y ? [`${escape(y.id)} ${escape(cy.names[p.value[1]])} ${escape(y.unit)}`] : []), `<b>${Report.readable(p.value[2])} ${escape(q.unit)}</b>${p.value[3] > 1 ? `, ${heat.how} of ${p.value[3]}` : ""}`]) },
          xAxis: Report.axis(Report.label(x), { type: "category", data: cx.names, splitLine: { show: false }, axisLabel: { color: Report.css("--soft"), hideOverlap: true } }),
          yAxis: Report.axis(y ? Report.label(y) : "", { type: "category", data: cy.names, nameGap: left - 16, splitLine: { show: false }, axisLabel: { color: Report.css("--soft"), hideOverlap: true } }),
          series: [{ type: "heatmap", data: data.map((d) => ({ value: d, itemStyle: { color: shade(d[2]), borderColor: Report.css("--card"), borderWidth: 1.5 }, label: { color: Report.inkOn(shade(d[2])) } })),
            label: { show: room > 44, fontSize: 11, formatter: (p) => Report.readable(p.value[2]) } }],
        };
      },
      table: { columns: [x.id, y ? y.id : "", q.id, "points"], rows: data.map((d) => [cx.names[d[0]], cy.names[d[1]], d[2], d[3]]) },
    };
  };

  // --- parallel coordinates ------------------------------------------------------------------------------------------
  const kResults = ["metric_deployed", "bits_per_activation", "energy_uj", "latency_us"].filter((id) => Report.quantity(id));
  const parallelPlan = () => {
    const list = Report.shown();
    const many = (q) => unique(list.map((row) => q.of(row))).length > 1;
    const dimensions = [...axes.map((a) => ({ ...a, axis: true })), ...kResults.map((id) => Report.quantity(id))].filter(many);
    const scale = (q) => {
      const values = unique(list.map((row) => q.of(row))).sort(order);
      if (q.axis && (!q.numeric || values.length <= 12)) return { type: "category", data: values.map((v) => (typeof v === "number" ? Report.tick(v) : String(v))), at: (row) => values.indexOf(q.of(row)) };
      const log = Report.isWide(values);
      return { type: log ? "log" : "value", min: values[0], max: values[values.length - 1], at: (row) => q.of(row), log };
    };
    const scales = dimensions.map(scale);
    const lineOf = (row) => ({ value: scales.map((s) => s.at(row)), row, lineStyle: { color: Report.variantColor(row.variant),
      opacity: state.selected ? (state.selected.has(row) ? 1 : 0.04) : Math.max(0.12, Math.min(0.7, 60 / list.length)), width: state.selected && state.selected.has(row) ? 2.2 : 1.1 } });
    return {
      title: "Every setting and what came of it", text: `One line per point and variant on ${state.preset}; settings to the left, results to the right. Drag along an axis to keep only the lines that pass there; the selection above is drawn strong.`,
      label: `${list.length} lines over ${dimensions.map((q) => q.id).join(", ")}`, legend: Report.variantLegend(), renderer: list.length > 1500 ? "canvas" : "svg",
      height: (width) => (width < 620 ? 110 + 72 * dimensions.length : 430),
      option: (width) => {
        const halo = { textBorderColor: Report.css("--card"), textBorderWidth: 3 };   // lines run behind the words
        const upright = width >= 620, brief = (q) => (q.axis ? q.id.replace(/^(hardware|cost|simulate|variants)\./, "").split(".").slice(-2).join(".") : q.words.replace("Bits per boundary activation, b", "b").replace(", deployed", "")) + (q.unit ? `, ${q.unit}` : "");
        return {
          parallel: { layout: upright ? "horizontal" : "vertical", left: upright ? 56 : 36, right: upright ? 70 : 36, top: upright ? 50 : 44, bottom: upright ? 22 : 40 },
          parallelAxis: dimensions.map((q, i) => ({ dim: i, name: brief(q) + (scales[i].log ? " (log)" : ""), type: scales[i].type, data: scales[i].data, min: scales[i].min, max: scales[i].max,
            nameLocation: "end", nameTruncate: { maxWidth: 180 }, nameGap: upright ? 8 + 14 * (i % 2) : 0, nameTextStyle: { color: Report.css("--ink"), fontSize: 11, fontWeight: 600, align: upright ? "center" : "right", verticalAlign: upright ? "bottom" : "bottom", padding: upright ? 0 : [0, 0, 7, 0], ...halo }, axisLine: { lineStyle: { color: Report.css("--faint") } }, axisTick: { show: false },
            axisLabel: { color: Report.css("--soft"), fontSize: 10.5, hideOverlap: true, ...halo, formatter: scales[i].type === "category" ? undefined : Report.tick } })),
          series: [{ type: "parallel", data: list.map(lineOf), smooth: 0, inactiveOpacity: 0.03, activeOpacity: 0.9, tooltip: { show: false } }],
        };
      },
      table: Report.rowTable(list),
    };
  };

  // --- model size ----------------------------------------------------------------------------------------------------
  const scaling = { value: "energy_uj" };
  const scalingPlan = () => {
    const size = Report.quantity("parameters"), q = Report.quantity(scaling.value);
    const list = Report.shown().filter((row) => typeof q.of(row) === "number");
    const sizes = unique(list.map((row) => size.of(row))).sort(order);
    const series = Report.shownVariants().map((name) => ({ name, points: unique(list.filter((r) => r.variant === name).map((r) => size.of(r))).sort(order).map((s) => {
      const values = list.filter((row) => row.variant === name && size.of(row) === s).map((row) => q.of(row));
      return [s, reduce.best(values, q), values.length];
    }) })).filter((s) => s.points.length);
    const all = series.flatMap((s) => s.points.map((p) => p[1]));
    const single = sizes.length < 2;
    return {
      title: `${q.words} over model size`, height: 360, legend: Report.variantLegend(),
      text: single ? `Every point of this sweep has the same network of ${Report.readable(sizes[0])} parameters; a sweep over network.widths draws curves here. Each mark is the best point of its variant on ${state.preset}.`
        : `The best point of each variant at each size, on ${state.preset}.`,
      label: series.map((s) => `${s.name} ${s.points.map((p) => Report.readable(p[1])).join(", ")}`).join("; "),
      option: () => ({
        grid: { left: 66, right: 24, top: 20, bottom: 48 },
        tooltip: { ...Report.tooltipStyle(), formatter: (p) => tooltip([`<b>${escape(p.seriesName)}</b>`, `${Report.readable(p.value[0])} parameters`, `${Report.readable(p.value[1])} ${escape(q.unit)}, best of ${p.value[2]}`]) },
        xAxis: Report.axis("Parameters (log)", { type: "log", ...Report.niceRange(sizes, true) }), yAxis: Report.numberAxis(q, all, { nameGap: 48 }),
        series: series.map((s) => ({ type: "line", name: s.name, data: s.points, symbol: "circle", symbolSize: 9, lineStyle: { color: Report.variantColor(s.name), width: 2 }, itemStyle: { color: Report.variantColor(s.name) } })),
      }),
      table: { columns: ["variant", "parameters", q.id, "points"], rows: series.flatMap((s) => s.points.map((p) => [s.name, ...p])) },
    };
  };

  Report.space = () => {
    const named = axes.map((a) => [a.id, a.id]), results = Report.columns.map((q) => [q.id, Report.label(q)]);
    const draw = (f) => () => Report.redraw([f()]);
    const heatControls = [
      Report.select(named, heat.x, "Across", (id) => { heat.x = id; Report.redraw([map]); }),
      ...(axes.length > 1 ? [Report.select(named, heat.y, "Up", (id) => { heat.y = id; Report.redraw([map]); })] : []),
      Report.select(results, heat.value, "Shade", (id) => { heat.value = id; Report.redraw([map]); }),
      Report.select(Report.variantNames.map((n) => [n, n]), heat.variant, "Variant", (n) => { heat.variant = n; Report.redraw([map]); }),
      ...(axes.length > 2 ? [Report.segmented([["best", "Best"], ["mean", "Mean"]], heat.how, "Several points in one cell", (how) => { heat.how = how; Report.redraw([map]); })] : [])];
    const map = Report.figure("sweep-heatmap", byId("heat-figure"), heatPlan, heatControls);
    Report.followers.push(Report.figure("sweep-parallel", byId("parallel-figure"), parallelPlan));
    const curve = Report.figure("sweep-scaling", byId("scaling-figure"), scalingPlan, [Report.select(results, scaling.value, "Show", (id) => { scaling.value = id; Report.redraw([curve]); })]);
  };
})();
