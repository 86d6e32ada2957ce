// The table of a sweep: rows by preset and variant, columns and axes with words and units.
(() => {
  const data = Report.data, { make } = Report;
  const kWords = {
    metric_deployed: data.metric === "accuracy_percent" ? ["Accuracy, deployed", "%"] : ["Bits per byte, deployed", ""],
    metric_float: data.metric === "accuracy_percent" ? ["Accuracy, float", "%"] : ["Bits per byte, float", ""],
    events_per_neuron: ["Events per boundary neuron", ""], bits_per_activation: ["Bits per boundary activation, b", "bit"],
    boundary_neurons: ["Boundary neurons", ""], parameters: ["Parameters", ""], chips: ["Dies", ""], cores: ["Cores", ""],
    link_gbps: ["Link rate", "Gb/s"], link_pj_per_bit: ["Link price", "pJ/bit"], latency_us: ["Latency", "µs"],
    latency_analytic_us: ["Latency, closed form", "µs"], congested: ["Flagged as congested", ""], energy_uj: ["Energy", "µJ"], average_watts: ["Power", "W"],
  };
  const rows = data.rows.filter((row) => row.values.length > 0);
  const unique = (list) => [...new Set(list)];
  Report.sweep = { rows, axes: data.axes, points: new Map(data.rows.map((row) => [row.position, row])) };
  Report.presets = unique(rows.map((row) => row.preset));
  Report.variantNames = unique(rows.map((row) => row.variant)).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  function rank(name) { return name.startsWith("hnn") ? 2 : name.startsWith("snn") ? 1 : 0; }
  Report.data.order = Report.variantNames;                      // for the colours of page.js
  Report.data.verdict = { best: Report.variantNames.find((name) => name.startsWith("hnn")) };
  Report.state = { preset: Report.presets[0], variants: new Set(Report.variantNames), selected: null };

  // A quantity that a chart can show: a result column or a numeric axis.
  const column = (name, index) => {
    const [words, unit] = kWords[name] || [`${Report.words(name.replace(/_uj$/, ""))}, energy`, name.endsWith("_uj") ? "µJ" : ""];
    return { id: name, words, unit, higher: data.columns[index].higher, of: (row) => row.values[index] };
  };
  Report.columns = data.columns.map((c, i) => column(c.name, i));
  Report.axisQuantities = data.axes.map((axis, i) => ({ id: axis.key, words: axis.key, unit: axis.unit, numeric: axis.numeric, log: axis.log, index: i, of: (row) => row.settings[i] }));
  Report.quantity = (id) => Report.columns.find((c) => c.id === id) || Report.axisQuantities.find((a) => a.id === id);
  Report.label = (q) => q.words + (q.unit ? `, ${q.unit}` : "");
  Report.value = (q, row) => (typeof q.of(row) === "number" ? Report.readable(q.of(row)) + (q.unit ? " " + q.unit : "") : String(q.of(row)));
  Report.settingsText = (row) => data.axes.map((axis, i) => `${Report.escape(axis.key)} = ${Report.escape(row.texts[i])}`);

  // Rows on the chosen hardware, of the chosen variants.
  Report.shown = () => rows.filter((row) => row.preset === Report.state.preset && Report.state.variants.has(row.variant));
  Report.shownVariants = () => Report.variantNames.filter((name) => Report.state.variants.has(name));

  // No other row of the preset is at least as good in both and better in one.
  Report.front = (list, x, y) => {
    const cost = (q, row) => (q.higher ? -q.of(row) : q.of(row));
    const sorted = [...list].sort((a, b) => cost(x, a) - cost(x, b) || cost(y, a) - cost(y, b));
    const on = [];
    let best = Infinity, last = null;
    for (const row of sorted) {
      const equal = last && cost(x, row) === cost(x, last) && cost(y, row) === cost(y, last);
      if (cost(y, row) < best || equal) { on.push(row); if (!equal) { best = cost(y, row); last = row; } }
    }
    return on;
  };

  Report.rowTable = (list) => ({
    columns: ["point", ...data.axes.map((a) => a.key), "variant", "preset", "wire format", ...data.columns.map((c) => c.name)],
    rows: list.map((row) => [row.position, ...row.texts, row.variant, row.preset, row.wire, ...row.values]),
  });
  Report.variantLegend = (more = []) => [...Report.shownVariants().map((name) => make("li", {}, Report.swatch(Report.variantColor(name)), name)), ...more];
  Report.isWide = (values) => { const positive = values.filter((v) => v > 0); return positive.length === values.length && positive.length > 1 && Math.max(...positive) / Math.min(...positive) > 12; };
  Report.numberAxis = (q, values, more = {}) => {
    const log = Report.isWide(values);
    return Report.axis(Report.label(q) + (log ? " (log)" : ""), { type: log ? "log" : "value", ...Report.niceRange(values, log), ...more });
  };
})();
