// Shared tools of the page: data, errors, theme, number formats, figures with a table and a CSV behind them.
"use strict";
const Report = {};

(() => {
  const root = document.documentElement;
  const errors = document.getElementById("page-errors");
  const note = (text) => {
    errors.textContent += text + "\n";
    root.dataset.errors = String(Number(root.dataset.errors || 0) + 1);
  };
  root.dataset.errors = "0";
  window.addEventListener("error", (event) => note("error: " + event.message));
  window.addEventListener("unhandledrejection", (event) => note("rejection: " + event.reason));
  document.addEventListener("securitypolicyviolation", (event) => note("blocked load: " + event.blockedURI));
  for (const level of ["error", "warn"]) {
    const original = console[level].bind(console);
    console[level] = (...words) => { note(level + ": " + words.join(" ")); original(...words); };
  }

  const data = JSON.parse(document.getElementById("report-data").textContent);
  Report.data = data;

  // --- numbers -------------------------------------------------------------------------------------------------------
  Report.readable = (value) => {
    if (value === null || value === undefined || Number.isNaN(value)) return "–";
    const size = Math.abs(value);
    if (size === 0) return "0";
    if (size >= 1e7 || size < 1e-3) return value.toExponential(2).replace("e+", "e");
    const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : size >= 0.01 ? 3 : 4;
    return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  };
  // An axis label: no trailing zeros.
  Report.tick = (value) => {
    if (value === 0) return "0";
    const size = Math.abs(value);
    if (size >= 1e6) return +(value / 1e6).toPrecision(3) + " M";
    if (size >= 1e4) return +(value / 1e3).toPrecision(3) + " k";
    return String(+value.toPrecision(3));
  };
  Report.percent = (share) => (share >= 0.1 || share === 0 ? (100 * share).toFixed(0) : (100 * share).toPrecision(2)) + " %";
  const kPlainNames = { d2d: "die-to-die link", noc: "on-chip network", emio: "link ports (EMIO)", converter: "event converter", leakage: "leakage", memory: "memories",
    compute: "arithmetic", serialise: "serialising onto the link", crossing: "clock crossing", queue: "queueing", network: "on-chip routers and wires" };
  Report.words = (key) => kPlainNames[key] || key.replace(/_/g, " ");
  Report.escape = (text) => String(text).replace(/[&<>"']/g, (c) => "&#" + c.charCodeAt(0) + ";");

  // --- elements (text always goes through textContent) ---------------------------------------------------------------
  Report.make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) {
      if (key === "on") for (const [event, action] of Object.entries(value)) element.addEventListener(event, action);
      else if (key === "style") element.style.cssText = value;
      else if (value !== null && value !== undefined) element.setAttribute(key, value);
    }
    for (const child of children.flat()) if (child !== null && child !== undefined) element.append(child);
    return element;
  };
  Report.byId = (id) => document.getElementById(id);
  Report.swatch = (color) => Report.make("span", { class: "swatch", style: "background:" + color, "aria-hidden": "true" });

  // --- theme and colours ---------------------------------------------------------------------------------------------
  // Dense baselines are greys and blues, the spiking network violet, hybrids the greens and warm tones: one per variant.
  const kVariantColors = {
    light: { ann: ["#a3aab5", "#71819a", "#42536e", "#5fa0d6", "#9c8f7d", "#1c2f4a", "#cfd6df"], snn: ["#7d5ba6", "#a98bc9"], hnn: ["#00857c", "#c77d0a", "#b3446c", "#5b8c2a", "#1f78b4"] },
    dark: { ann: ["#77808d", "#98a8bf", "#c6d3e6", "#4d8fd0", "#b3a58f", "#5a6f8c", "#eef2f7"], snn: ["#a98bd6", "#cbb6e8"], hnn: ["#3fc1b4", "#e8a73c", "#e0789f", "#92c45c", "#63b1e5"] },
  };
  // Energy and latency parts: warm for the link between dies, cool for what stays on a die.
  const kPartColors = {
    light: { link: "#d1573c", idle: "#e9b8a6", emio: "#e6a23c", converter: "#6fae8f", network: "#5b9bc8", compute: "#2f5d86", memory: "#93a7bd", leakage: "#c3c6cc", other: "#b39bc8" },
    dark: { link: "#ef7b5f", idle: "#8c5546", emio: "#d99e3f", converter: "#6fae8f", network: "#5f9fce", compute: "#8fb7de", memory: "#62758a", leakage: "#4a525e", other: "#8b76a3" },
  };
  // First match wins: names of energy parts are free, but say what they are.
  const kPartFamilies = [
    [/idle/, "idle"], [/serdes|die|d2d|serialise/, "link"], [/emio|fifo|crossing|merge/, "emio"],
    [/clp|convert|encode|decode/, "converter"], [/leak|static/, "leakage"], [/sram|memory|weight|state/, "memory"],
    [/network|router|noc|mesh|wire|interface/, "network"], [/queue/, "leakage"], [/compute|mac|lif|^ac$|arith/, "compute"],
  ];
  const theme = () => root.dataset.theme;
  Report.css = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  Report.variantColor = (name) => {
    const families = kVariantColors[theme()];
    const kind = name.startsWith("hnn") ? "hnn" : name.startsWith("snn") ? "snn" : "ann";
    const best = Report.data.verdict.best;   // comes first, so that its colour is always the same
    const place = Report.data.order.filter((other) => (kind === "ann" ? !/^(hnn|snn)/.test(other) : other.startsWith(kind)))
      .sort((a, b) => (b === best) - (a === best)).indexOf(name);
    return families[kind][place % families[kind].length];
  };
  Report.partColors = (parts) => {
    const used = new Map();
    return new Map(parts.map((part) => {
      const family = (kPartFamilies.find(([pattern]) => pattern.test(part)) || [null, "other"])[1];
      const repeat = used.get(family) || 0;
      used.set(family, repeat + 1);
      return [part, Report.mix(kPartColors[theme()][family], Report.css("--card"), 0.32 * repeat)];
    }));
  };
  Report.mix = (from, to, share) => {
    const channels = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
    const a = channels(from), b = channels(to), s = Math.min(1, Math.max(0, share));
    return "#" + a.map((v, i) => Math.round(v + (b[i] - v) * s).toString(16).padStart(2, "0")).join("");
  };
  // Black or white, whichever reads better on `color`.
  Report.inkOn = (color) => {
    const [r, g, b] = [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16));
    return 0.299 * r + 0.587 * g + 0.114 * b > 150 ? "#14181e" : "#ffffff";
  };

  // --- figures -------------------------------------------------------------------------------------------------------
  const figures = [];
  const count = () => {
    root.dataset.chartsExpected = String(figures.length);
    root.dataset.chartsRendered = String(figures.filter((f) => f.box.dataset.rendered === "true").length);
  };
  const csvCell = (value) => (/[",\n]/.test(String(value)) ? '"' + String(value).replace(/"/g, '""') + '"' : String(value));
  Report.download = (name, text) => {
    const kind = { json: "application/json", svg: "image/svg+xml" }[name.split(".").pop()] || "text/csv";
    const url = URL.createObjectURL(new Blob([text], { type: kind }));
    Report.make("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  };
  const kShownRows = 400;
  const dataTable = ({ columns, rows }) => Report.make("table", {},
    rows.length > kShownRows ? Report.make("caption", {}, `First ${kShownRows} of ${rows.length} rows; the CSV holds all.`) : null,
    Report.make("thead", {}, Report.make("tr", {}, columns.map((c) => Report.make("th", { scope: "col" }, c)))),
    Report.make("tbody", {}, rows.slice(0, kShownRows).map((row) => Report.make("tr", {},
      row.map((cell) => Report.make("td", { class: typeof cell === "string" ? "text" : null }, typeof cell === "number" ? Report.readable(cell) : String(cell)))))));

  // Everything at once: in pieces, a picture is finished some frames later, which a busy or hidden browser may not show for long.
  const kFont = () => ({ animation: false, progressive: 0, textStyle: { fontFamily: Report.css("--sans"), color: Report.css("--ink"), fontSize: 12 } });
  // The chart again as a drawing of its own, title on top, whatever it is shown with.
  const svgOf = (figure) => {
    const plan = figure.plan(), width = figure.box.clientWidth, height = figure.box.clientHeight;
    const copy = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
    copy.setOption({ ...kFont(), backgroundColor: Report.css("--card"), ...plan.option(width) });
    const text = copy.renderToSVGString();
    copy.dispose();
    return text;
  };
  Report.csv = ({ columns, rows }) => [columns, ...rows].map((row) => row.map(csvCell).join(",")).join("\n") + "\n";

  const draw = (figure) => {
    const plan = figure.plan();
    figure.title.textContent = plan.title;
    figure.text.textContent = plan.text;
    figure.legend.replaceChildren(...(plan.legend || []));
    figure.box.dataset.rendered = "false";
    const height = typeof plan.height === "function" ? plan.height(figure.box.clientWidth) : plan.height;
    figure.box.style.height = height + "px";
    figure.box.setAttribute("aria-label", plan.title + ". " + (plan.label || plan.text));
    if (figure.chart) figure.chart.dispose();
    figure.chart = echarts.init(figure.box, null, { renderer: plan.renderer || "svg" });
    figure.chart.on("finished", () => { figure.box.dataset.rendered = "true"; count(); });
    figure.chart.setOption({ ...kFont(), ...plan.option(figure.box.clientWidth) });
    figure.chart.getZr().flush();   // now, not with the next frame: a busy or hidden browser may show none for long
    if (plan.ready) plan.ready(figure.chart);
    figure.table = plan.table;
    if (!figure.tableBox.hidden) figure.tableBox.replaceChildren(dataTable(plan.table));
    count();
  };
  // `plan()` returns title, text, height, option(width), table and, if wanted, legend, label, renderer and ready(chart).
  Report.figure = (id, parent, plan, controls = []) => {
    const figure = { id, plan, chart: null, table: null };
    figure.title = Report.make("h3", { id: id + "-title" });
    figure.text = Report.make("p");
    figure.legend = Report.make("ul", { class: "legend" });
    figure.box = Report.make("div", { class: "chart", role: "img", id: id + "-chart", "data-rendered": "false" });
    figure.tableBox = Report.make("div", { class: "figure-table scroll", tabindex: "0", hidden: "" });
    const toggle = Report.make("button", { type: "button", "aria-expanded": "false", on: { click: () => {
      figure.tableBox.hidden = !figure.tableBox.hidden;
      toggle.setAttribute("aria-expanded", String(!figure.tableBox.hidden));
      toggle.textContent = figure.tableBox.hidden ? "Show the numbers" : "Hide the numbers";
      if (!figure.tableBox.hidden) figure.tableBox.replaceChildren(dataTable(figure.table));
    } } }, "Show the numbers");
    const save = Report.make("button", { type: "button", "data-save": "csv", on: { click: () => Report.download(id + ".csv", Report.csv(figure.table)) } }, "Download CSV");
    const picture = Report.make("button", { type: "button", "data-save": "svg", on: { click: () => Report.download(id + ".svg", svgOf(figure)) } }, "Download SVG");
    parent.append(Report.make("figure", { id, "aria-labelledby": id + "-title" },
      Report.make("figcaption", {}, figure.title, figure.text),
      controls.length ? Report.make("div", { class: "controls" }, controls) : null, figure.legend, figure.box,
      Report.make("div", { class: "figure-tools" }, toggle, save, picture), figure.tableBox));
    figures.push(figure);
    return figure;
  };
  Report.redraw = (only = figures) => only.forEach(draw);
  Report.redrawOnResize = () => {
    let width = root.clientWidth, timer = 0;
    window.addEventListener("resize", () => {
      if (root.clientWidth === width) return;
      width = root.clientWidth;
      clearTimeout(timer);
      timer = setTimeout(() => Report.redraw(), 120);
    });
  };

  Report.axis = (name, more = {}) => ({
    name, nameLocation: "middle", nameGap: 30, nameTextStyle: { color: Report.css("--soft") },
    axisLine: { show: false }, axisTick: { show: false }, axisLabel: { color: Report.css("--soft"), hideOverlap: true, formatter: Report.tick },
    splitLine: { lineStyle: { color: Report.css("--rule") } }, ...more,
  });
  // Round numbers around a range: 1, 2 or 5 times a power of ten, on a logarithmic or a linear axis.
  Report.niceRange = (values, log, pad = 0.15) => {
    const steps = [1, 2, 5, 10];
    const low = Math.min(...values), high = Math.max(...values);
    if (log) {
      const down = (v) => { const d = 10 ** Math.floor(Math.log10(v)); return +(d * [...steps].reverse().find((s) => s * d <= v * 1.0001)).toPrecision(3); };
      const up = (v) => { const d = 10 ** Math.floor(Math.log10(v)); return +(d * steps.find((s) => s * d >= v * 0.9999)).toPrecision(3); };
      return { min: down(low / 1.25), max: up(high * 1.25) };
    }
    const span = Math.max(high - low, Math.abs(high) * 0.01, 1e-9) * (1 + 2 * pad);
    const decade = 10 ** Math.floor(Math.log10(span / 5)), interval = decade * steps.find((s) => s * decade * 5 >= span);
    const exact = (v) => +v.toPrecision(10);
    const down = low >= 0 ? 0 : -Infinity;   // quantities without a sign get no negative axis
    return { min: Math.max(down, exact(Math.floor((low - pad * (high - low)) / interval) * interval)), max: exact(Math.ceil((high + pad * (high - low)) / interval) * interval), interval: exact(interval) };
  };
  Report.tooltip = (lines) => `<div style="line-height:1.5">${lines.join("<br>")}</div>`;
  Report.tooltipStyle = () => ({ backgroundColor: Report.css("--card"), borderColor: Report.css("--rule"), textStyle: { color: Report.css("--ink"), fontSize: 12 }, confine: true, transitionDuration: 0 });

  // --- controls ------------------------------------------------------------------------------------------------------
  Report.segmented = (options, chosen, label, onChange) => {
    const group = Report.make("div", { class: "segmented", role: "radiogroup", "aria-label": label });
    Report.fillSegmented(group, options, chosen, onChange);
    return group;
  };
  Report.fillSegmented = (group, options, chosen, onChange) => {
    const buttons = options.map(([value, text]) => Report.make("button", { type: "button", role: "radio", "data-value": value, "aria-checked": String(value === chosen), on: { click: () => {
      buttons.forEach((b) => b.setAttribute("aria-checked", String(b.dataset.value === value)));
      onChange(value);
    } } }, text));
    group.replaceChildren(...buttons);
  };
  Report.select = (options, chosen, label, onChange) => {
    const select = Report.make("select", { on: { change: () => onChange(select.value) } },
      options.map(([value, text]) => Report.make("option", { value }, text)));
    select.value = chosen;
    return Report.make("label", { class: "control-label" }, label + " ", select);
  };
})();
