// Break-even map: at which price of a link bit and which link rate a spiking variant beats a dense one.
(() => {
  const { make, byId, tooltip, escape, state } = Report;
  const links = Report.data.links;
  const unique = (list) => [...new Set(list)];
  const spiking = Report.variantNames.filter((n) => /^(hnn|snn)/.test(n)), dense = Report.variantNames.filter((n) => !/^(hnn|snn)/.test(n));
  const prefer = (list, name) => (list.includes(name) ? name : list[list.length - 1]);
  const chosen = { variant: Report.data.verdict.best || spiking[0], baseline: prefer(dense, "ann-burst4"), what: "energy", source: (links[0] || {}).source };
  const kColumns = 49, kRows = 41, kLowest = 0.01, kHighest = 100;   // pJ/bit

  const curve = (name) => links.filter((l) => l.source === chosen.source && l.preset === state.preset && l.variant === name).sort((a, b) => a.gbps - b.gbps);
  // Between two computed rates: straight in the logarithms.
  const between = (points, gbps, field) => {
    let i = 1;
    while (i < points.length - 1 && points[i].gbps < gbps) ++i;
    const a = points[i - 1], b = points[i], share = Math.log(gbps / a.gbps) / Math.log(b.gbps / a.gbps);
    return a[field] > 0 && b[field] > 0 ? a[field] * (b[field] / a[field]) ** share : a[field] + (b[field] - a[field]) * share;
  };
  const cost = (points, gbps, price) => {
    const latency = between(points, gbps, "latency_us"), energy = between(points, gbps, "fixed_uj") + between(points, gbps, "link_bits") * price * 1e-6;
    return chosen.what === "latency" ? latency : chosen.what === "energy" ? energy : latency * energy;
  };
  const steps = (low, high, count) => Array.from({ length: count }, (_, i) => low * (high / low) ** (i / (count - 1)));
  const kWhat = { energy: "energy", latency: "latency", product: "energy × latency" };

  const grid = (mine, theirs) => {
    const rates = steps(mine[0].gbps, mine[mine.length - 1].gbps, kColumns), prices = steps(kLowest, kHighest, kRows);
    const ratio = (r, p) => cost(theirs, r, p) / cost(mine, r, p);
    return { rates, prices, ratio, cells: rates.flatMap((r) => prices.map((p) => [r, p, ratio(r, p)])) };
  };
  // Where the ratio passes 1: in every square of the grid the line between the crossings of its sides (marching squares).
  const border = ({ rates, prices, ratio }) => {
    const height = rates.map((r) => prices.map((p) => Math.log(ratio(r, p))));
    const found = [];
    const side = (i, j, k, l) => {
      const a = height[i][j], b = height[k][l], share = a / (a - b);
      return (a < 0) === (b < 0) ? [] : [[rates[i] * (rates[k] / rates[i]) ** share, prices[j] * (prices[l] / prices[j]) ** share]];
    };
    for (let i = 0; i + 1 < rates.length; ++i) {
      for (let j = 0; j + 1 < prices.length; ++j) {
        const ends = [...side(i, j, i + 1, j), ...side(i + 1, j, i + 1, j + 1), ...side(i, j + 1, i + 1, j + 1), ...side(i, j, i, j + 1)];
        for (let e = 0; e + 1 < ends.length; e += 2) found.push(ends[e], ends[e + 1], [null, null]);
      }
    }
    return found;
  };
  const shade = (ratio) => {
    const strength = Math.min(1, Math.abs(Math.log2(ratio)) / 2);   // full colour at a factor of four
    return Report.mix(Report.css("--card"), ratio >= 1 ? Report.css("--good") : Report.css("--bad"), 0.06 + 0.84 * strength);
  };
  const legend = () => [[4, "4× better"], [1.5, "1.5×"], [1 / 1.5, "1.5× worse"], [1 / 4, "4× worse"]].map(([r, text]) => make("li", {}, Report.swatch(shade(r)), text));

  const plan = () => {
    const mine = curve(chosen.variant), theirs = curve(chosen.baseline);
    if (mine.length < 2 || theirs.length < 2) {
      return { title: "Break-even link", text: links.length ? "This map needs a spiking variant and a dense one on the same hardware; this sweep has not both." : "No link rates were evaluated (break_even in the sweep file).", height: 1, option: () => ({}), table: { columns: ["link_gbps"], rows: [] } };
    }
    const map = grid(mine, theirs), edge = border(map);
    const wins = map.cells.filter((c) => c[2] >= 1).length / map.cells.length;
    const here = unique(Report.sweep.rows.filter((row) => row.preset === state.preset).map((row) => `${Report.quantity("link_gbps").of(row)},${Report.quantity("link_pj_per_bit").of(row)}`)).map((t) => t.split(",").map(Number))
      .filter(([r, p]) => r >= map.rates[0] && r <= map.rates[kColumns - 1] && p >= kLowest && p <= kHighest);
    const half = [(map.rates[1] / map.rates[0]) ** 0.5, (map.prices[1] / map.prices[0]) ** 0.5];
    return {
      title: `${chosen.variant} against ${chosen.baseline}: ${kWhat[chosen.what]}`,
      text: `Green: ${chosen.variant} needs less; red: it needs more. It wins on ${Report.percent(wins)} of this map. The dark line is break-even, rings are the links of this sweep. Latencies and counts from the closed forms at ${mine.length} link rates, the rest interpolated; all other settings as at the first point.`,
      label: `${chosen.variant} wins on ${Report.percent(wins)} of the map`, height: (width) => (width < 520 ? 340 : 440), legend: legend(),
      option: () => ({
        grid: { left: 64, right: 18, top: 12, bottom: 48 },
        tooltip: { ...Report.tooltipStyle(), formatter: (p) => (p.seriesName === "border" ? "" : tooltip([`${Report.readable(p.value[0])} Gb/s, ${Report.readable(p.value[1])} pJ/bit`, ...(p.seriesName === "here" ? ["a link of this sweep"] : [`<b>${escape(p.value[2] >= 1 ? Report.readable(p.value[2]) + "× better" : Report.readable(1 / p.value[2]) + "× worse")}</b>`])])) },
        xAxis: Report.axis("Rate of a link, Gb/s (log)", { type: "log", min: map.rates[0], max: map.rates[kColumns - 1], splitLine: { show: false } }),
        yAxis: Report.axis("Price of a link bit, pJ/bit (log)", { type: "log", min: kLowest, max: kHighest, nameGap: 46, splitLine: { show: false } }),
        series: [
          { type: "custom", name: "map", data: map.cells, encode: { x: 0, y: 1 }, clip: true, renderItem: (params, api) => {
            const r = api.value(0), p = api.value(1), a = api.coord([r / half[0], p * half[1]]), b = api.coord([r * half[0], p / half[1]]), area = params.coordSys;
            const x = Math.max(a[0], area.x), y = Math.max(a[1], area.y), right = Math.min(b[0] + 0.6, area.x + area.width), low = Math.min(b[1] + 0.6, area.y + area.height);
            return { type: "rect", shape: { x, y, width: Math.max(0, right - x), height: Math.max(0, low - y) }, style: { fill: shade(api.value(2)) } };
          } },
          { type: "line", name: "border", data: edge, symbol: "none", silent: true, connectNulls: false, lineStyle: { color: Report.css("--ink"), width: 2.2 }, z: 3 },
          { type: "scatter", name: "here", data: here, symbolSize: 9, itemStyle: { color: "transparent", borderColor: Report.css("--ink"), borderWidth: 1.5 }, z: 4 }],
      }),
      table: { columns: ["link_gbps", "link_pj_per_bit", `${chosen.baseline} / ${chosen.variant}`], rows: map.cells },
    };
  };

  Report.link = () => {
    const redraw = () => Report.redraw([figure]);
    const sources = unique(links.map((l) => l.source));
    const figure = Report.figure("sweep-link", byId("link-figure"), plan, links.length === 0 || spiking.length === 0 || dense.length === 0 ? [] : [
      Report.select(spiking.map((n) => [n, n]), chosen.variant, "Variant", (n) => { chosen.variant = n; redraw(); }),
      Report.select(dense.map((n) => [n, n]), chosen.baseline, "Baseline", (n) => { chosen.baseline = n; redraw(); }),
      Report.segmented([["energy", "Energy"], ["latency", "Latency"], ["product", "Product"]], chosen.what, "Quantity", (w) => { chosen.what = w; redraw(); }),
      ...(sources.length > 1 ? [Report.select(sources.map((s) => [s, s]), chosen.source, "Trained run", (s) => { chosen.source = s; redraw(); })] : [])]);
  };
})();
