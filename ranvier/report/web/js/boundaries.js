// What crosses each cut: a table over all variants, then raster, level histogram and wire formats of one boundary.
(() => {
  const { make, byId, readable, escape, tooltip } = Report;
  const best = Report.data.verdict.best || Report.data.order[Report.data.order.length - 1];
  const shown = { variant: best, index: 0 };
  const variant = () => Report.variants.find((v) => v.name === shown.variant);
  const boundary = () => variant().details.boundaries[shown.index];
  const elements = (b) => b.channels * b.height * b.width;
  const place = (b) => `die ${b.from_chip} → die ${b.to_chip}`;
  const shapeText = (b) => `${b.channels} channels × ${b.height} × ${b.width} = ${elements(b).toLocaleString("en")} neurons`;

  const table = () => {
    const rows = variant().details.boundaries.map((b, i) => {
      const cells = Report.variants.map((v) => {
        const other = v.details.boundaries[i];
        return make("td", {}, other ? readable(other.bits_per_activation) : "–");
      });
      return make("tr", {}, make("th", { scope: "row" }, b.name), make("td", { class: "text" }, place(b)), make("td", {}, elements(b).toLocaleString("en")), cells);
    });
    byId("boundaries-table").replaceChildren(make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Bits per activation of every boundary" }, make("table", {},
      make("caption", {}, "Bits on the wire per boundary activation (", Report.term("b"), "), boundary by boundary."),
      make("thead", {}, make("tr", {}, make("th", { class: "text", scope: "col" }, "Boundary"), make("th", { class: "text", scope: "col" }, "Crosses"), make("th", { scope: "col" }, "Neurons"),
        Report.variants.map((v) => make("th", { scope: "col" }, Report.swatch(Report.variantColor(v.name)), v.name)))),
      make("tbody", {}, rows))));
  };

  // --- raster --------------------------------------------------------------------------------------------------------
  // One row per channel. Left to right: time steps, and within a step the positions of the feature map, row by row.
  const levelColor = (symbol, largest) => {
    const share = largest > 1 ? (Math.abs(symbol) - 1) / (largest - 1) : 1;
    const color = symbol < 0 ? Report.css("--bad") : Report.variantColor(shown.variant);
    return Report.mix(Report.mix(Report.css("--card"), color, 0.34), color, share);
  };
  const rasterOption = (b) => (width) => {
    const grid = { left: 52, right: 14, top: 8, bottom: 46 };
    const area = b.height * b.width, columns = area * b.steps;
    const largest = Math.max(1, ...b.raster.filter((_, i) => i % 3 === 2).map(Math.abs));
    const points = [];
    for (let i = 0; i < b.raster.length; i += 3) {
      points.push([b.raster[i + 1] * area + (b.raster[i] % area) + 0.5, Math.floor(b.raster[i] / area) + 0.5, b.raster[i + 2]]);
    }
    const stepName = (v) => (v % area === 0 && v < columns ? `step ${v / area + 1}` : "");
    const w = Math.max(1.1, (width - grid.left - grid.right) / columns - 0.4);
    return {
      grid, tooltip: { ...Report.tooltipStyle(), formatter: (p) => {
        const pos = Math.floor(p.value[0]) % area;
        return tooltip([`channel ${Math.floor(p.value[1])}, row ${Math.floor(pos / b.width)}, column ${pos % b.width}`, ...(b.steps > 1 ? [`time step ${Math.floor(p.value[0] / area) + 1} of ${b.steps}`] : []), `level ${p.value[2]}`]);
      } },
      xAxis: Report.axis(b.steps > 1 ? "Time step; inside each step the position in the feature map" : "Position in the feature map, row by row", {
        type: "value", min: 0, max: columns, interval: b.steps > 1 ? area : undefined, splitLine: { show: b.steps > 1, lineStyle: { color: Report.css("--rule") } },
        axisLabel: { color: Report.css("--soft"), hideOverlap: true, align: b.steps > 1 ? "left" : "center", formatter: b.steps > 1 ? stepName : (v) => v.toLocaleString("en") } }),
      yAxis: Report.axis("Channel", { type: "value", min: 0, max: b.channels, inverse: true, nameGap: 34, interval: Math.max(1, Math.ceil(b.channels / 4)), splitLine: { show: false } }),
      series: [{ type: "custom", data: points, encode: { x: 0, y: 1 }, renderItem: (params, api) => {
        const at = api.coord([api.value(0), api.value(1)]), h = api.size([0, 1])[1] * 0.82;
        return { type: "rect", shape: { x: at[0] - w / 2, y: at[1] - h / 2, width: w, height: h }, style: { fill: levelColor(api.value(2), largest) } };
      } }],
    };
  };
  const kRasterNote = "Dense codecs send every value, so there are no events to draw; choose a variant with events.";
  const rasterPlan = () => {
    const b = boundary(), drawn = b.raster.length / 3;
    const largest = Math.max(1, ...b.raster.filter((_, i) => i % 3 === 2).map(Math.abs));
    const all = drawn === b.sample_events ? "all" : `${drawn.toLocaleString("en")} of`;
    return {
      title: `Events of one test sample at ${b.name}`, renderer: "canvas",
      text: drawn === 0 ? kRasterNote : `${shown.variant}: ${all} ${b.sample_events.toLocaleString("en")} events of ${elements(b).toLocaleString("en")} neurons. Blank is silence, and silence costs little.`,
      label: `${b.sample_events} events over ${b.steps} time steps`, height: drawn === 0 ? 1 : 320,
      legend: drawn === 0 || largest < 2 ? [] : [1, Math.ceil(largest / 2), largest].filter((v, i, l) => l.indexOf(v) === i).map((v) => make("li", {}, Report.swatch(levelColor(v, largest)), `level ${v}`)),
      option: drawn === 0 ? () => ({}) : rasterOption(b),
      table: { columns: ["element", "step", "level"], rows: Array.from({ length: drawn }, (_, i) => b.raster.slice(3 * i, 3 * i + 3)) },
    };
  };

  // --- histogram -----------------------------------------------------------------------------------------------------
  const histogramPlan = () => {
    const b = boundary(), total = b.levels.reduce((s, l) => s + l.count, 0) || 1;
    const shares = b.levels.map((l) => (100 * l.count) / total).filter((s) => s > 0);
    const log = shares.length > 1 && Math.max(...shares) / Math.min(...shares) > 30;
    const floor = log ? 10 ** Math.floor(Math.log10(Math.min(...shares)) - 0.001) : 0;
    const few = b.levels.length <= 20, color = Report.variantColor(shown.variant);
    return {
      title: "How often each level occurs", text: `${shown.variant} at ${b.name}, over ${b.samples.toLocaleString("en")} test samples. ${shown.variant.startsWith("ann") ? "Every level is sent, 0 too." : "Level 0 is a silent neuron."}`, height: 300,
      label: b.levels.slice(0, 20).map((l) => `level ${l.level}: ${Report.percent(l.count / total)}`).join("; "),
      option: (width) => ({
        grid: { left: 62, right: 12, top: 24, bottom: 46 },
        tooltip: { ...Report.tooltipStyle(), formatter: (p) => tooltip([`level ${escape(p.name)}`, `${readable(p.value)} % of neurons`]) },
        xAxis: Report.axis(shown.variant.startsWith("ann") ? "Level" : "Level (0 = silent)", { type: "category", data: b.levels.map((l) => String(l.level)), splitLine: { show: false }, axisLabel: { color: Report.css("--soft"), hideOverlap: true } }),
        yAxis: Report.axis(`Share of neurons, %${log ? " (log)" : ""}`, { type: log ? "log" : "value", min: log ? floor : 0, max: log ? 100 : undefined, startValue: log ? floor : 0, nameGap: 44 }),
        series: [{ type: "bar", barCategoryGap: few ? "24%" : "0%", data: b.levels.map((l) => ({ value: l.count > 0 ? (100 * l.count) / total : null,
          itemStyle: { color: l.level === 0 ? Report.mix(color, Report.css("--card"), 0.6) : color, borderRadius: few ? [3, 3, 0, 0] : 0 } })),
          label: { show: few && width / b.levels.length > 34, position: "top", color: Report.css("--soft"), fontSize: 10.5, formatter: (p) => (p.value ? Report.tick(+p.value.toPrecision(2)) : "") } }],
      }),
      table: { columns: ["level", "count", "share (%)"], rows: b.levels.map((l) => [l.level, l.count, (100 * l.count) / total]) },
    };
  };

  // --- wire formats --------------------------------------------------------------------------------------------------
  const formatPlan = () => {
    const b = boundary(), color = Report.variantColor(shown.variant);
    const rows = (b.formats.length ? [...b.formats] : [{ format: b.wire_format, bits_per_activation: b.bits_per_activation }]).sort((x, y) => x.bits_per_activation - y.bits_per_activation);
    const dense = ["ann-burst4", "ann-burst8"].map((name) => Report.variants.find((v) => v.name === name)).filter(Boolean)
      .map((v) => ({ name: v.name, bits: (v.details.boundaries[shown.index] || {}).bits_per_activation })).filter((d) => d.bits > 0);
    const all = [...rows.map((r) => r.bits_per_activation), ...dense.map((d) => d.bits)];
    const range = Report.niceRange(all, true);
    return {
      title: "What each wire format would cost", text: `${shown.variant} at ${b.name}. Dashed lines: the dense bursts at the same boundary. In use: ${b.wire_format}.`, height: 300,
      label: rows.map((r) => `${r.format} ${readable(r.bits_per_activation)} bits`).join("; "),
      option: () => ({
        grid: { left: 66, right: 20, top: 40, bottom: 46 },
        tooltip: { ...Report.tooltipStyle(), formatter: (p) => tooltip([`<b>${escape(p.name)}</b>`, `${readable(Array.isArray(p.value) ? p.value[0] : p.value)} bits per activation`]) },
        xAxis: Report.axis("Bits per boundary activation, b (log)", { type: "log", ...range, splitLine: { show: false }, axisLine: { show: true, lineStyle: { color: Report.css("--rule") } } }),
        yAxis: { type: "category", inverse: true, data: rows.map((r) => r.format), axisLine: { show: false }, axisTick: { show: false }, splitLine: { show: true, lineStyle: { color: Report.css("--rule") } }, axisLabel: { color: Report.css("--ink") } },
        series: [{ type: "scatter", symbolSize: 13, data: rows.map((r) => ({ name: r.format, value: [r.bits_per_activation, r.format], itemStyle: { color } })),
          label: { show: true, position: "right", color: Report.css("--ink"), fontWeight: 600, formatter: (p) => readable(p.value[0]) },
          markLine: { silent: true, symbol: "none", lineStyle: { type: "dashed", width: 1.2 }, data: dense.map((d, i) => ({ xAxis: d.bits, name: d.name, lineStyle: { color: Report.variantColor(d.name) },
            label: { show: true, formatter: () => d.name, position: "start", distance: [0, 4 + 13 * i], color: Report.css("--soft"), fontSize: 11 } })) } }],
      }),
      table: { columns: ["wire format", "bits per activation"], rows: [...rows.map((r) => [r.format, r.bits_per_activation]), ...dense.map((d) => [d.name, d.bits])] },
    };
  };

  const facts = () => {
    const b = boundary();
    const entries = [["Shape", shapeText(b)], ["Crosses", place(b)], ["Codec", variant().details.codec || "none"], ["Wire format", b.wire_format],
      ["Events per neuron", variant().kind === "ann" || shown.variant.startsWith("ann") ? "every one" : readable(b.events_per_neuron)], ["Bits per activation, b", readable(b.bits_per_activation)]];
    byId("boundary-facts").replaceChildren(...entries.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
  };
  Report.boundaries = () => {
    if (variant().details.boundaries.length === 0) {
      byId("boundaries-figures").append(make("p", { class: "note" }, "The network fits on one die: nothing crosses."));
      return;
    }
    const box = byId("boundaries-figures"), update = () => { facts(); Report.redraw(figures); };
    const names = variant().details.boundaries.map((b, i) => [String(i), b.name]);
    box.append(make("div", { class: "controls", style: "margin-top:1.6rem" },
      Report.select(Report.data.order.map((n) => [n, n]), shown.variant, "Variant", (name) => { shown.variant = name; update(); }),
      make("span", { class: "control-label" }, "Boundary"), Report.segmented(names, "0", "Boundary", (index) => { shown.index = Number(index); update(); })),
      make("dl", { class: "facts", id: "boundary-facts" }));
    const figures = [Report.figure("boundary-raster", box, rasterPlan)];
    const pair = make("div", { class: "pair" });
    box.append(pair);
    figures.push(Report.figure("boundary-levels", pair, histogramPlan), Report.figure("boundary-formats", pair, formatPlan));
    facts();
  };
  Report.boundaryTable = table;
})();
