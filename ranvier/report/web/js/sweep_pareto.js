// Scatter of any two quantities with the Pareto front; rows are selected by a click or a drawn box.
(() => {
  const { make, byId, tooltip, escape, state } = Report;
  const kSymbols = ["circle", "rect", "triangle", "diamond", "pin", "arrow"];
  const chosen = { x: Report.data.x, y: Report.data.y };
  let figure = null;

  const name = (row) => `point ${row.position}, ${row.variant}`;
  const isSelected = (row) => state.selected && state.selected.has(row);
  const hover = (row) => tooltip([`<b>${escape(name(row))}</b>${front.has(row) ? " · on the front" : ""}`, ...Report.settingsText(row),
    ...["metric_deployed", "bits_per_activation", "energy_uj", "latency_us", chosen.x, chosen.y].filter((id, i, all) => all.indexOf(id) === i && Report.quantity(id))
      .map((id) => Report.quantity(id)).map((q) => `${escape(q.words)}: ${escape(Report.value(q, row))}`)]);

  let front = new Set();
  const plan = () => {
    const x = Report.quantity(chosen.x), y = Report.quantity(chosen.y);
    const list = Report.shown().filter((row) => typeof x.of(row) === "number" && typeof y.of(row) === "number");
    const line = Report.front(list, x, y);
    front = new Set(line);
    const names = Report.shownVariants();
    const point = (row) => ({ value: [x.of(row), y.of(row)], row, symbolSize: isSelected(row) ? 15 : front.has(row) ? 12 : 8,
      itemStyle: { color: Report.variantColor(row.variant), opacity: state.selected && !isSelected(row) ? 0.18 : front.has(row) ? 1 : 0.55,
        borderColor: isSelected(row) ? Report.css("--ink") : Report.css("--card"), borderWidth: isSelected(row) ? 2 : 0.7 } });
    const better = (q) => (q.higher ? "more" : "less");
    return {
      title: `${y.words} over ${x.words.charAt(0).toLowerCase() + x.words.slice(1)}`,
      text: `${list.length.toLocaleString("en")} results on ${state.preset}, one mark per point and variant. ${line.length === 1 ? "One is" : `${line.length} are`} on the Pareto front, drawn larger: no other result has both ${better(x)} ${x.words.toLowerCase()} and ${better(y)} ${y.words.toLowerCase()}. Click a mark, or draw a box, to select.`,
      label: `${line.length} of ${list.length} results are on the Pareto front`, height: (width) => (width < 520 ? 380 : 460), legend: Report.variantLegend(),
      option: (width) => ({
        grid: { left: 62, right: 18, top: 26, bottom: 48 },
        toolbox: { show: false }, brush: { toolbox: ["rect"], xAxisIndex: 0, yAxisIndex: 0, throttleType: "debounce", throttleDelay: 120, brushStyle: { color: "rgba(0,117,109,0.10)", borderColor: Report.css("--accent") } },
        tooltip: { ...Report.tooltipStyle(), formatter: (p) => (p.data && p.data.row ? hover(p.data.row) : "") },
        xAxis: Report.numberAxis(x, list.map((row) => x.of(row)), { splitNumber: width < 520 ? 4 : 6 }), yAxis: Report.numberAxis(y, list.map((row) => y.of(row)), { nameGap: 46 }),
        series: [{ type: "line", data: line.map((row) => [x.of(row), y.of(row)]), symbol: "none", silent: true, tooltip: { show: false }, lineStyle: { color: Report.css("--ink"), width: 1.2, type: "dashed", opacity: 0.6 }, z: 1 },
          ...names.map((variant, i) => ({ type: "scatter", name: variant, symbol: kSymbols[i % kSymbols.length], data: list.filter((row) => row.variant === variant).map(point), z: variant.startsWith("hnn") ? 3 : 2, cursor: "pointer" }))],
      }),
      ready: (chart) => {
        chart.on("click", (p) => { if (p.data && p.data.row) select(new Set([p.data.row])); });
        chart.on("brushEnd", (p) => {
          const box = (p.areas[0] || {}).coordRange;
          if (!box) return;
          const inside = list.filter((row) => x.of(row) >= box[0][0] && x.of(row) <= box[0][1] && y.of(row) >= box[1][0] && y.of(row) <= box[1][1]);
          select(inside.length ? new Set(inside) : null);
        });
        if (drawing) chart.dispatchAction({ type: "takeGlobalCursor", key: "brush", brushOption: { brushType: "rect", brushMode: "single" } });
      },
      table: Report.rowTable(list),
    };
  };

  let drawing = false;
  const select = (rows) => {
    state.selected = rows;
    drawing = false;
    box.setAttribute("aria-pressed", "false");
    Report.redraw([figure, ...Report.followers]);
    selection();
  };
  const selection = () => {
    const list = state.selected ? [...state.selected] : [];
    clear.hidden = list.length === 0;
    if (list.length === 0) return byId("selection").replaceChildren();
    const ids = ["metric_deployed", "events_per_neuron", "bits_per_activation", "energy_uj", "latency_us"].filter((id) => Report.quantity(id));
    byId("selection").replaceChildren(make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Selected results", style: "margin-top:1rem" }, make("table", {},
      make("caption", {}, list.length > 40 ? `First 40 of ${list.length} selected results.` : `${list.length} selected.`),
      make("thead", {}, make("tr", {}, make("th", { class: "text", scope: "col" }, "Point"), make("th", { class: "text", scope: "col" }, "Variant"), Report.data.axes.map((a) => make("th", { scope: "col" }, a.key)),
        ids.map((id) => make("th", { scope: "col" }, Report.label(Report.quantity(id)))))),
      make("tbody", {}, list.slice(0, 40).map((row) => make("tr", {}, make("th", { scope: "row" }, String(row.position)), make("td", { class: "text" }, Report.swatch(Report.variantColor(row.variant)), row.variant),
        row.texts.map((text) => make("td", {}, text)), ids.map((id) => make("td", {}, Report.readable(Report.quantity(id).of(row))))))))));
  };

  const box = make("button", { type: "button", class: "quiet", "aria-pressed": "false", on: { click: () => { drawing = !drawing; box.setAttribute("aria-pressed", String(drawing)); Report.redraw([figure]); } } }, "Draw a box");
  const clear = make("button", { type: "button", class: "quiet", hidden: "", on: { click: () => select(null) } }, "Clear the selection");
  Report.followers = [];
  Report.pareto = () => {
    const options = [...Report.columns, ...Report.axisQuantities.filter((a) => a.numeric)].map((q) => [q.id, Report.label(q)]);
    figure = Report.figure("sweep-pareto", byId("pareto-figure"), plan, [
      Report.select(options, chosen.x, "Across", (id) => { chosen.x = id; Report.redraw([figure]); }),
      Report.select(options, chosen.y, "Up", (id) => { chosen.y = id; Report.redraw([figure]); }), box, clear]);
  };
})();
