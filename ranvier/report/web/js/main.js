// Puts the page together, follows the preset switch, the theme, the window and the printer.
(() => {
  const root = document.documentElement, { byId } = Report;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  let asked = null;   // theme the reader chose, if any
  const setTheme = (name) => { root.dataset.theme = name; };
  setTheme(dark.matches ? "dark" : "light");

  const presetFacts = () => {
    const p = Report.presetInfo.get(Report.state.preset);
    byId("preset-facts").textContent = `${p.chips_x} × ${p.chips_y} dies, ${Report.tick(p.core_clock_mhz)} MHz; links ${Report.tick(p.link_gbps)} Gb/s at ${Report.tick(p.link_pj_per_bit)} pJ/bit`;
  };
  const tables = () => {
    presetFacts();
    for (const fill of ["scoreboard", "comparison", "losses", "ratios", "ledger", "boundaryTable"]) Report[fill]();
  };
  const everything = () => { tables(); Report.redraw(); };

  Report.fillSegmented(byId("preset-switch"), Report.presets.map((p) => [p, p]), Report.state.preset, (preset) => { Report.state.preset = preset; everything(); });
  byId("theme").addEventListener("click", () => { asked = root.dataset.theme === "dark" ? "light" : "dark"; setTheme(asked); everything(); });
  dark.addEventListener("change", () => { if (!asked) { setTheme(dark.matches ? "dark" : "light"); everything(); } });

  for (const build of ["overview", "energy", "latency", "tornado", "dies", "boundaries", "provenance", "showGlossary"]) Report[build]();
  everything();

  Report.redrawOnResize();
  window.addEventListener("beforeprint", () => { setTheme("light"); byId("ledger-fold").open = false; everything(); });
  window.addEventListener("afterprint", () => { setTheme(asked || (dark.matches ? "dark" : "light")); everything(); });
})();
