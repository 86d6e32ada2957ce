// Puts the page of a sweep together, follows the switches, the theme and the window.
(() => {
  const root = document.documentElement, { byId, make, state, data } = Report;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  let asked = null;   // theme the reader chose, if any
  const setTheme = (name) => { root.dataset.theme = name; };
  setTheme(dark.matches ? "dark" : "light");

  const points = [...Report.sweep.points.values()];
  const count = (name) => points.filter((p) => p.state === name).length;
  const plural = (n, word) => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;

  const about = () => {
    const axes = data.axes.map((a) => a.key).join(", ");
    byId("about").textContent = `${plural(points.length, "point")} over ${axes}; ${data.fidelity === "cycle" ? "cycle simulation" : "closed-form (analytic) estimates"} of ${plural(Report.variantNames.length, "variant")}. Base: ${data.base}.${data.activity === "assumed" ? " The activity is assumed: nothing was trained, and no quality is known." : ""}`;
    const missing = ["refused", "failed", "open"].filter((s) => count(s) > 0).map((s) => `${count(s)} ${s}`);
    const best = (name, q, list) => list.reduce((a, b) => (b.values[q] < a.values[q] ? b : a));
    const list = Report.shown();
    if (list.length === 0) { byId("headline").textContent = "No point has a result yet."; return; }
    const index = (id) => data.columns.findIndex((c) => c.name === id);
    const energy = best("energy", index("energy_uj"), list), latency = best("latency", index("latency_us"), list);
    byId("headline").textContent = `On ${state.preset} the least energy is ${Report.readable(energy.values[index("energy_uj")])} µJ (${energy.variant}, point ${energy.position}) and the shortest latency ${Report.readable(latency.values[index("latency_us")])} µs (${latency.variant}, point ${latency.position}).`
      + (missing.length ? ` Of ${points.length} points, ${missing.join(" and ")}.` : "");
  };

  const switches = () => {
    Report.fillSegmented(byId("preset-switch"), Report.presets.map((p) => [p, p]), state.preset, (preset) => { state.preset = preset; state.selected = null; byId("selection").replaceChildren(); everything(); });
    byId("variant-switch").replaceChildren(...Report.variantNames.map((name) => {
      const button = make("button", { type: "button", class: "chip", "aria-pressed": String(state.variants.has(name)), on: { click: () => {
        if (!state.variants.delete(name)) state.variants.add(name);
        if (state.variants.size === 0) state.variants = new Set(Report.variantNames);
        switches();
        everything();
      } } }, Report.swatch(Report.variantColor(name)), name);
      return button;
    }));
  };

  const states = () => {
    const rows = points.filter((p) => p.message);
    const shown = rows.slice(0, 60);
    byId("point-states").replaceChildren(rows.length === 0 ? make("p", { class: "note" }, count("open") ? `${count("done")} points are done, ${count("open")} are still open.` : "Every point was evaluated.")
      : make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Points without a full result" }, make("table", {},
        make("caption", {}, `${plural(rows.length, "point")} without a full result${rows.length > shown.length ? `; the first ${shown.length}` : ""}.`),
        make("thead", {}, make("tr", {}, ["Point", "State", ...data.axes.map((a) => a.key), "Message"].map((t) => make("th", { class: "text", scope: "col" }, t)))),
        make("tbody", {}, shown.map((p) => make("tr", {}, make("th", { scope: "row" }, String(p.position)), make("td", { class: "text" }, p.state), p.texts.map((t) => make("td", { class: "text" }, t)), make("td", { class: "text wide" }, p.message)))))));
    const all = Report.rowTable(Report.sweep.rows);
    const links = { columns: ["source", "variant", "preset", "link_gbps", "latency_us", "energy_without_link_uj", "link_bits"], rows: data.links.map((l) => [l.source, l.variant, l.preset, l.gbps, l.latency_us, l.fixed_uj, l.link_bits]) };
    byId("downloads").replaceChildren(make("div", { class: "downloads", style: "margin-top:1rem" }, [["points.csv", all], ["links.csv", links]].map(([name, table]) =>
      make("button", { type: "button", class: "quiet", on: { click: () => Report.download(name, Report.csv(table)) } }, name))));
    byId("sweep-file").textContent = data.file;
  };
  const everything = () => { about(); Report.redraw(); };

  byId("theme").addEventListener("click", () => { asked = root.dataset.theme === "dark" ? "light" : "dark"; setTheme(asked); switches(); everything(); });
  dark.addEventListener("change", () => { if (!asked) { setTheme(dark.matches ? "dark" : "light"); switches(); everything(); } });
  states();
  if (Report.sweep.rows.length > 0) {
    switches();
    for (const build of ["pareto", "space", "link"]) Report[build]();
  } else {
    for (const id of ["pareto", "space", "scaling", "link"]) byId(id).hidden = true;
  }
  everything();

  Report.redrawOnResize();
})();
