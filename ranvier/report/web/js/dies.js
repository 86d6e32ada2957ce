// Router heatmap drawn on the die outlines of the package, with the die-to-die links as coloured edges.
(() => {
  const { make, byId, readable, escape, tooltip } = Report;
  const kGap = 3.4, kMargin = 0.8;   // tiles between dies, and around the package
  const kMaxTile = 25;               // pixels
  let chosen = Report.data.verdict.best || Report.data.order[0];

  const ramps = () => (document.documentElement.dataset.theme === "dark"
    ? { cold: ["#20262f", "#2a4a6b", "#3f8fc4", "#bfe6ff"], warm: ["#3a2d29", "#8a4a35", "#ef7b5f", "#ffd9c9"] }
    : { cold: ["#f1f3f6", "#b9d3ea", "#4b8dc0", "#123a63"], warm: ["#f3ded5", "#eaa98f", "#d1573c", "#7c1f0d"] });
  const along = (stops, share) => {
    const s = Math.min(0.9999, Math.max(0, share)) * (stops.length - 1);
    return Report.mix(stops[Math.floor(s)], stops[Math.floor(s) + 1], s % 1);
  };
  const ramp = (title, stops, low, high) => make("li", {}, make("span", { class: "ramp" }, make("span", {}, `${title} ${low}`),
    make("i", { style: `background:linear-gradient(90deg,${stops.join(",")})` }), make("span", {}, high)));

  // Flits span decades when some routers are nearly idle: then a logarithmic colour scale.
  const flitScale = (chips) => {
    const all = chips.flatMap((c) => c.router_flits), high = Math.max(1, ...all);
    const low = Math.min(high, ...all.filter((f) => f > 0));
    const log = high / low > 30;
    return { high, low, log, share: (f) => (f <= 0 ? 0 : log ? 0.12 + 0.88 * (Math.log(f / low) / Math.log(high / low)) : f / high) };
  };

  const layout = (info, run) => {
    const pitch = info.mesh + kGap;
    const origin = new Map(run.chips.map((c) => [c.chip, { x: kMargin + c.column * pitch, y: kMargin + 0.9 + c.row * pitch }]));
    return { origin, width: info.chips_x * pitch - kGap + 2 * kMargin, height: info.chips_y * pitch - kGap + 2 * kMargin + 0.9 };
  };

  // An arrow between two dies; the two directions lie side by side.
  const linkShape = (link, place, mesh) => {
    const o = place.origin.get(link.from_chip), half = mesh / 2;
    const horizontal = link.side === "east" || link.side === "west";
    const forward = link.side === "east" || link.side === "south";
    const offset = (forward ? -1 : 1) * Math.min(1.5, mesh / 6);
    if (horizontal) return { horizontal, forward, x: forward ? o.x + mesh : o.x - kGap, y: o.y + half + offset, length: kGap };
    return { horizontal, forward, x: o.x + half + offset, y: forward ? o.y + mesh : o.y - kGap, length: kGap };
  };
  const arrow = (shape, px, color, unit) => {
    const thick = Math.max(5, 0.8 * unit), len = shape.length * unit, tip = Math.min(len * 0.35, thick * 0.9);
    const flat = [[0, -thick / 2], [len - tip, -thick / 2], [len, 0], [len - tip, thick / 2], [0, thick / 2]]
      .map(([a, b]) => [shape.forward ? a : len - a, b]);
    return { type: "polygon", shape: { points: flat.map(([a, b]) => (shape.horizontal ? [px[0] + a, px[1] + b] : [px[0] + b, px[1] + a])) }, style: { fill: color } };
  };

  const option = (info, run) => () => {
    const { cold, warm } = ramps(), scale = flitScale(run.chips), place = layout(info, run);
    const tiles = run.chips.flatMap((chip) => chip.router_flits.map((flits, i) => {
      const o = place.origin.get(chip.chip);
      return [o.x + (i % info.mesh), o.y + Math.floor(i / info.mesh), flits, chip.chip, i % info.mesh, Math.floor(i / info.mesh)];
    }));
    const links = run.links.filter((l) => place.origin.has(l.from_chip));
    const ink = Report.css("--ink"), soft = Report.css("--soft"), font = Report.css("--sans");
    const unitOf = (api) => api.size([1, 1])[0];
    const flat = { type: "value", show: false, min: 0 };
    const custom = (data, renderItem, more = {}) => ({ type: "custom", clip: false, data, renderItem, ...more });
    return {
      grid: { left: 0, right: 0, top: 0, bottom: 0 },
      xAxis: { ...flat, max: place.width }, yAxis: { ...flat, max: place.height, inverse: true },
      tooltip: { ...Report.tooltipStyle(), formatter: (p) => (p.seriesName === "links"
        ? tooltip([`<b>Link, die ${links[p.dataIndex].from_chip} → die ${links[p.dataIndex].to_chip}</b> (${escape(links[p.dataIndex].side)} side)`, `${readable(links[p.dataIndex].bits)} bits per inference`, `busy ${Report.percent(links[p.dataIndex].utilisation)} of the time`])
        : tooltip([`<b>Die ${p.value[3]}, core (${p.value[4]}, ${p.value[5]})</b>`, `${p.value[2].toLocaleString("en")} flits through its router`])) },
      series: [
        custom(run.chips.map((c) => [place.origin.get(c.chip).x, place.origin.get(c.chip).y, c.chip]), (params, api) => {
          const at = api.coord([api.value(0), api.value(1)]), u = unitOf(api), size = info.mesh * u, pad = 0.28 * u;
          return { type: "group", silent: true, children: [
            { type: "rect", shape: { x: at[0] - pad, y: at[1] - pad, width: size + 2 * pad, height: size + 2 * pad, r: 0.35 * u }, style: { fill: Report.css("--wash"), stroke: soft, lineWidth: 1.3 } },
            { type: "text", x: at[0] - pad, y: at[1] - pad - 4, style: { text: `Die ${api.value(2)}`, font: `600 12px ${font}`, fill: ink, verticalAlign: "bottom" } }] };
        }, { tooltip: { show: false }, silent: true }),
        custom(tiles, (params, api) => {
          const at = api.coord([api.value(0), api.value(1)]), u = unitOf(api), gap = Math.min(1, u * 0.08);
          return { type: "rect", shape: { x: at[0] + gap, y: at[1] + gap, width: u - 2 * gap, height: u - 2 * gap, r: Math.min(2, u * 0.12) }, style: { fill: along(cold, scale.share(api.value(2))) } };
        }, { name: "routers" }),
        custom(links.map((l) => [l.utilisation]), (params, api) => {
          const link = links[params.dataIndex], shape = linkShape(link, place, info.mesh), u = unitOf(api);
          const px = api.coord([shape.x, shape.y]), mid = shape.horizontal ? [px[0] + (shape.length * u) / 2, px[1]] : [px[0], px[1] + (shape.length * u) / 2];
          const body = arrow(shape, px, link.bits > 0 ? along(warm, link.utilisation) : Report.css("--rule"), u);
          if (link.bits <= 0) return body;
          const size = Math.max(9, Math.min(12, u * 0.75));
          const at = shape.horizontal ? { x: mid[0], y: px[1] + (shape.forward ? -1 : 1) * (Math.max(5, 0.8 * u) / 2 + 2), align: "center", verticalAlign: shape.forward ? "bottom" : "top" }
            : { x: px[0] + (shape.forward ? -1 : 1) * (Math.max(5, 0.8 * u) / 2 + 3), y: mid[1], align: shape.forward ? "right" : "left", verticalAlign: "middle" };
          return { type: "group", children: [body, { type: "text", x: at.x, y: at.y, style: { text: Report.percent(link.utilisation), font: `600 ${size}px ${font}`, fill: ink, align: at.align, verticalAlign: at.verticalAlign } }] };
        }, { name: "links", z: 5 }),
      ],
    };
  };

  const height = (info, run) => (width) => {
    const place = layout(info, run);
    return Math.round((width * place.height) / place.width);
  };
  // How busy every used link is in every variant, beside the map.
  const linkTable = () => {
    const all = Report.variants.map((v) => Report.run(v).links);
    const key = (l) => `${l.from_chip} → ${l.to_chip}`;
    const used = [...new Map(all.flat().filter((l) => l.bits > 0).map((l) => [key(l), l])).values()]
      .sort((a, b) => Math.min(a.from_chip, a.to_chip) - Math.min(b.from_chip, b.to_chip) || a.from_chip - b.from_chip).map(key);
    const cell = (links, name) => {
      const link = links.find((l) => key(l) === name);
      return link ? make("td", {}, Report.percent(link.utilisation), make("small", {}, readable(link.bits) + " bits")) : make("td", {}, "–");
    };
    byId("dies-links").replaceChildren(make("table", {}, make("caption", {}, `Share of time each link is busy on ${Report.state.preset}, and the bits it carries per inference (`, Report.term("utilisation"), ")."),
      make("thead", {}, make("tr", {}, make("th", { class: "text", scope: "col" }, "Variant"), used.map((name) => make("th", { scope: "col" }, "Die " + name)))),
      make("tbody", {}, Report.variants.map((v, i) => make("tr", { class: v.name === Report.data.verdict.best ? "best" : null },
        make("th", { scope: "row" }, Report.swatch(Report.variantColor(v.name)), v.name), used.map((name) => cell(all[i], name)))))));
  };
  Report.dies = () => {
    const grid = byId("dies-figure");
    grid.className = "dies-grid";
    const pick = Report.select(Report.data.order.map((n) => [n, n]), chosen, "Variant", (name) => { chosen = name; Report.redraw([figure]); });
    const figure = Report.figure("dies-map", grid, () => {
      const info = Report.presetInfo.get(Report.state.preset), run = Report.run(Report.variants.find((v) => v.name === chosen));
      const { cold, warm } = ramps(), scale = flitScale(run.chips), place = layout(info, run);
      grid.classList.toggle("beside", info.chips_x <= 2);
      figure.box.style.width = `min(100%, ${Math.round(place.width * kMaxTile)}px)`;
      linkTable();
      const busiest = [...run.links].sort((a, b) => b.utilisation - a.utilisation)[0];
      return {
        title: `Routers and die-to-die links: ${chosen} on ${Report.state.preset}`,
        text: "Each square is a core with its router, coloured by the flits that passed it in one inference; each arrow is a link between dies, coloured and labelled by the share of time it was busy.",
        label: busiest ? `Busiest link: die ${busiest.from_chip} to die ${busiest.to_chip}, ${Report.percent(busiest.utilisation)}` : "No die-to-die links",
        legend: [ramp(scale.log ? "Flits (log)" : "Flits", cold, scale.log ? readable(scale.low) : "0", scale.high.toLocaleString("en")), ramp("Link busy", warm, "0 %", "100 %")],
        height: height(info, run), option: option(info, run),
        table: { columns: ["kind", "die", "to die or core x", "side or core y", "flits", "bits", "utilisation"],
          rows: [...run.links.map((l) => ["link", l.from_chip, l.to_chip, l.side, "", l.bits, l.utilisation]),
            ...run.chips.flatMap((c) => c.router_flits.map((f, i) => ["router", c.chip, i % info.mesh, Math.floor(i / info.mesh), f, "", ""]))] },
      };
    }, [pick]);
    grid.append(make("div", { id: "dies-links", class: "scroll", tabindex: "0", role: "region", "aria-label": "Busy share of every link" }));
  };
})();
