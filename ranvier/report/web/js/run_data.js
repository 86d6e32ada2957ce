// What the pages of one run share: its variants, presets and quality.
(() => {
  const data = Report.data;
  const details = new Map(data.details.variants.map((v) => [v.name, v]));
  Report.variants = data.order.map((name) => ({ name, ...data.summary.variants[name], details: details.get(name) }));
  Report.presets = Object.keys(Report.variants[0].presets);
  Report.presetInfo = new Map(data.details.presets.map((p) => [p.name, p]));
  Report.quality = data.summary.metric === "accuracy_percent"
    ? { name: "Accuracy", unit: "%", digits: 2, higher: true }
    : { name: "Bits per byte", unit: "bits/byte", digits: 3, higher: false };
  Report.state = { preset: Report.presets[0] };
  Report.run = (variant, preset = Report.state.preset) => variant.details.presets.find((r) => r.preset === preset);
})();
