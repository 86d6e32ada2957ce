// Everything that is a table: scoreboard, comparison, ratios, ledger, provenance, downloads.
(() => {
  const { make, byId, readable, term, data } = Report;
  const scroll = (label, ...children) => make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, children);
  const variantHead = (name) => make("th", { scope: "row" }, Report.swatch(Report.variantColor(name)), name);
  const isBest = (name) => name === data.verdict.best;
  const head = (content, unit, attributes = {}) => make("th", { scope: "col", ...attributes }, content, unit ? make("small", {}, unit) : null);
  const ratioText = (ratio, outcome, less, more) =>
    outcome === "ties" ? "equal" : outcome === "wins" ? readable(ratio) + "× " + less : readable(1 / ratio) + "× " + more;
  const kClasses = { wins: "cell-good", ties: "cell-even", loses: "cell-bad" };
  const outcomeOf = (ratio) => (ratio > 1.005 ? "wins" : ratio < 0.995 ? "loses" : "ties");

  // Under the ratio: from which link on the HNN wins.
  const breakEven = (best, duel, what) => {
    const run = Report.run(Report.variants.find((v) => v.name === best), duel.preset);
    const entry = run.break_even.find((b) => b.baseline === duel.baseline);
    if (!entry) return null;
    const [threshold, unit] = what === "energy" ? [entry.link_pj_per_bit, "pJ/bit"] : [entry.link_gbps, "Gb/s"];
    const preset = Report.presetInfo.get(duel.preset), here = what === "energy" ? preset.link_pj_per_bit : preset.link_gbps;
    const claimed = threshold.wins === "always" || (threshold.wins === "above" && here > threshold.value) || (threshold.wins === "below" && here < threshold.value);
    if (duel[what] !== "ties" && claimed !== (duel[what] === "wins")) return make("small", {}, "the analytic break-even disagrees");
    const words = { always: "on any link", never: "on no link" };
    return make("small", {}, "wins " + (words[threshold.wins] || `${threshold.wins} ${readable(threshold.value)} ${unit}`));
  };

  Report.scoreboard = () => {
    const { best, duels } = data.verdict;
    if (!best) return;
    const presets = [...new Set(duels.map((d) => d.preset))];
    const baselines = data.order.filter((name) => duels.some((d) => d.baseline === name));
    const rows = presets.flatMap((preset) => ["energy", "latency"].map((what) => make("tr", {},
      make("th", { scope: "row" }, preset), make("td", { class: "text" }, what === "energy" ? "Energy" : "Time"),
      baselines.map((baseline) => {
        const duel = duels.find((d) => d.preset === preset && d.baseline === baseline);
        const words = what === "energy" ? ["less", "more"] : ["faster", "slower"];
        return make("td", { class: kClasses[duel[what]] }, ratioText(duel[what + "_ratio"], duel[what], ...words), breakEven(best, duel, what));
      }))));
    byId("scoreboard").replaceChildren(scroll("Best HNN against each baseline", make("table", {},
      make("caption", {}, Report.swatch(Report.variantColor(best)), best + " against each ", term("baseline"), ", per inference; in small print the ", term("break-even link"), "."),
      make("thead", {}, make("tr", {}, head("Hardware", null, { class: "text" }), make("th", { class: "text", scope: "col" }, "Quantity"), baselines.map((b) => head("vs " + b)))),
      make("tbody", {}, rows))));
  };

  Report.comparison = () => {
    const { preset } = Report.state;
    const q = Report.quality;
    const quality = (value) => (value === null ? "not known" : value.toFixed(q.digits));
    const columns = [
      head("Variant", null, { class: "text" }),
      head(make("span", {}, q.name + ", ", term("deployed")), q.unit), head("…as float", q.unit),
      head(term("events per neuron", "Events per neuron"), "1"), head(make("span", {}, "Bits per activation, ", term("b")), "bits"),
      make("th", { class: "text", scope: "col" }, term("wire format", "Wire format")), head("Chips · cores", "in use"),
      head("Latency", "µs"), head(make("span", {}, "…", term("analytic")), "µs"), head("Energy", "µJ"),
    ];
    const rows = Report.variants.map((v) => {
      const p = v.presets[preset];
      return make("tr", { class: isBest(v.name) ? "best" : null }, variantHead(v.name),
        make("td", {}, quality(v.metric_deployed)), make("td", {}, quality(v.metric_float)),
        make("td", {}, v.name.startsWith("ann") ? "every one" : readable(v.boundary.events_per_neuron) + (v.activity === "assumed" ? " (assumed)" : "")), make("td", {}, readable(v.boundary.bits_per_activation)),
        make("td", { class: "text" }, v.boundary.wire_format), make("td", {}, v.chips + " · " + v.cores),
        make("td", {}, readable(p.latency_us)), make("td", {}, readable(p.latency_analytic_us)), make("td", {}, readable(p.energy_uj.total)));
    });
    byId("comparison").replaceChildren(scroll("Comparison of all variants on " + preset, make("table", {},
      make("caption", {}, `On ${preset}. Latency and energy of one inference, from the `, data.summary.fidelity === "cycle" ? term("cycle simulation") : data.summary.fidelity + " model",
        data.verdict.best ? ". The best HNN is marked." : "."),
      make("thead", {}, make("tr", {}, columns)), make("tbody", {}, rows))));
  };

  // Only of variants that were scored with what lossy links leave of their values.
  Report.losses = () => {
    const { preset } = Report.state;
    const q = Report.quality;
    const scored = Report.variants.map((v) => [v, (v.presets[preset].link_errors || {}).quality]).filter(([, quality]) => quality);
    if (!scored.length) { byId("losses").replaceChildren(); return; }
    const rows = scored.map(([v, quality]) => make("tr", {}, variantHead(v.name),
      make("td", {}, quality.metric_deployed_without_loss.toFixed(q.digits)), make("td", {}, quality.metric_deployed.toFixed(q.digits)),
      make("td", {}, (quality.metric_deployed - quality.metric_deployed_without_loss).toFixed(q.digits)),
      make("td", {}, Report.percent(quality.changed_values_fraction)), make("td", {}, quality.test_samples.toLocaleString("en"))));
    byId("losses").replaceChildren(make("h3", {}, "What lossy links cost in quality"), scroll("Quality under loss on " + preset, make("table", {},
      make("caption", {}, `On ${preset}, whose links damage bits and repeat nothing: the deployed network, and the same with what arrives.`),
      make("thead", {}, make("tr", {}, head("Variant", null, { class: "text" }), head(make("span", {}, q.name + ", ", term("deployed")), q.unit), head("…under loss", q.unit),
        head("Change", q.unit), head("Values changed", "of all"), head("Test samples", "scored"))),
      make("tbody", {}, rows))));
  };

  Report.ratios = () => {
    const { preset } = Report.state;
    const baselines = Report.variants.filter((v) => !v.name.startsWith("hnn"));
    const cell = (variant, baseline, value) => {
      if (variant === baseline) return make("td", { class: "self", "aria-label": "itself" }, "·");
      const ratio = value(baseline) / value(variant);
      return make("td", { class: kClasses[outcomeOf(ratio)] }, readable(ratio) + "×");
    };
    const energy = (v) => v.presets[preset].energy_uj.total;
    const latency = (v) => v.presets[preset].latency_us;
    const names = baselines.map((b) => head("vs " + b.name));
    byId("ratios").replaceChildren(scroll("Ratios to each baseline on " + preset, make("table", {},
      make("caption", {}, "On " + preset + "."),
      make("thead", {}, make("tr", { class: "groups" }, make("th"), make("th", { colspan: String(baselines.length), scope: "colgroup" }, "Energy"), make("th", { colspan: String(baselines.length), scope: "colgroup" }, "Latency")),
        make("tr", {}, head("Variant", null, { class: "text" }), names, names.map((n) => n.cloneNode(true)))),
      make("tbody", {}, Report.variants.map((v) => make("tr", { class: isBest(v.name) ? "best" : null }, variantHead(v.name),
        baselines.map((b) => cell(v, b, energy)), baselines.map((b) => cell(v, b, latency))))))));
  };

  let ledgerVariant = data.verdict.best || data.order[0];
  Report.ledger = () => {
    const priced = data.ledger.variants[ledgerVariant][Report.state.preset];
    const rows = priced.lines.filter((line) => line.count !== 0).map((line) => make("tr", {},
      make("td", { class: "text" }, Report.words(line.part)), make("td", { class: "text" }, Report.words(line.event)), make("td", {}, line.count.toLocaleString("en")),
      make("td", {}, readable(line.coefficient)), make("td", { class: "text" }, line.unit), make("td", {}, readable(line.picojoules * 1e-6)),
      make("td", { class: "text wide" }, line.source)));
    byId("ledger").replaceChildren(
      make("div", { class: "controls" }, Report.select(data.order.map((n) => [n, n]), ledgerVariant, "Variant", (name) => { ledgerVariant = name; Report.ledger(); })),
      scroll("Energy ledger", make("table", {},
        make("caption", {}, `${ledgerVariant} on ${Report.state.preset}: ${readable(priced.total_pj * 1e-6)} µJ in all. Events that never happened are left out.`),
        make("thead", {}, make("tr", {}, ["Part", "Counted event"].map((t) => make("th", { class: "text", scope: "col" }, t)), head("Count"), head("Price"), make("th", { class: "text", scope: "col" }, "Unit"), head("Energy", "µJ"), make("th", { class: "text", scope: "col" }, "Source of the price"))),
        make("tbody", {}, rows))));
  };

  const flatten = (value, path, rows) => {
    if (value !== null && typeof value === "object" && !(Array.isArray(value) && value.every((v) => typeof v !== "object"))) {
      for (const [key, child] of Object.entries(value)) flatten(child, path ? path + "." + key : key, rows);
    } else {
      rows.push([path, Array.isArray(value) ? value.join(", ") : String(value)]);
    }
    return rows;
  };
  Report.provenance = () => {
    const command = data.details.command;
    const copy = make("button", { type: "button", class: "quiet", on: { click: () => navigator.clipboard && navigator.clipboard.writeText(command).then(() => { copy.textContent = "Copied"; }) } }, "Copy");
    byId("reproduce").replaceChildren(make("pre", { class: "command" }, command), copy);
    byId("provenance-table").replaceChildren(scroll("Provenance", make("table", {}, make("tbody", {},
      flatten(data.provenance, "", []).map(([key, value]) => make("tr", {}, make("th", { scope: "row" }, Report.words(key)), make("td", { class: "mono" }, value)))))));
    byId("downloads").replaceChildren(make("div", { class: "downloads" }, Object.keys(data.files).sort().map((name) =>
      make("button", { type: "button", class: "quiet", on: { click: () => Report.download(name, data.files[name]) } }, name))));
  };
})();
