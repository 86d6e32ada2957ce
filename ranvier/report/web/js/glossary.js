// Plain-language meaning of every technical word: a tooltip wherever one is marked, and a list at the end.
(() => {
  const kTerms = {
    "ANN": "Ordinary (dense) neural network: every activation is computed and sent as a number.",
    "SNN": "Spiking neural network: neurons exchange spikes over several time steps, everywhere.",
    "HNN": "Hybrid network: dense inside each die, learned spike events exactly where the network is cut between dies.",
    "die": "One piece of silicon. Several dies side by side make a package; the links between them are slow and costly compared with wires on a die.",
    "boundary": "A tensor (the outputs of one layer) that has to cross from one die to the next. Its elements are called boundary neurons or activations.",
    "event": "One message that a neuron fired: a plain spike, or a graded spike that carries a small number (payload). Silent neurons send nothing.",
    "events per neuron": "Events sent, divided by all boundary neurons, averaged over test samples. Below 1 most neurons are silent.",
    "b": "Bits per boundary activation: every bit on the wire (payload, address, lane tag, header, framing, padding) divided by the number of boundary neurons.",
    "wire format": "How events are laid out on the link: packet (one packet per value), aer (a list of addresses), bitmap (one presence bit per neuron), burst (every value in order, no addresses), rans (entropy coded with tables learned from training samples). auto picks the cheapest per frame.",
    "deployed": "Quality with the integer arithmetic the hardware would use, bit for bit. The float graph is what training saw.",
    "baseline": "A design to beat on the same chips: ann-packet sends one packet per activation, ann-burst8 and ann-burst4 send dense 8-bit and 4-bit bursts, snn spikes everywhere.",
    "EMIO": "The port of a chip side: merges the rows of cores into one link through asynchronous FIFOs and a serializer, and splits them again on the far chip.",
    "SerDes": "Serializer and deserializer: squeezes words into a narrow, fast link and unpacks them on the other side.",
    "CLP converter": "The block in border cores that turns dense activations into events (encode) and events back into activations (decode).",
    "flit": "The unit a network on chip moves per cycle; packets consist of one or more flits.",
    "router": "The switch in every core; all cores of the package form one large mesh of routers.",
    "utilisation": "Bits a link carried, divided by the bits it could have carried during the inference.",
    "break-even link": "The link price (pJ/bit) or rate (Gb/s) at which two designs need the same energy or time.",
    "cycle simulation": "Every clock cycle of routers, links, converters and cores is simulated, with the real values on board; a wrong decoded value fails the run.",
    "analytic": "A second, independently written estimate from closed formulas, without congestion.",
  };
  const tooltip = Report.byId("tooltip");
  const show = (element) => {
    tooltip.textContent = kTerms[element.dataset.term];
    tooltip.hidden = false;
    const box = element.getBoundingClientRect();
    const left = Math.min(box.left, document.documentElement.clientWidth - tooltip.offsetWidth - 12);
    tooltip.style.left = Math.max(8, left) + window.scrollX + "px";
    tooltip.style.top = box.bottom + window.scrollY + 6 + "px";
  };
  const prepare = (element) => {
    element.tabIndex = 0;
    element.setAttribute("aria-describedby", "tooltip");
    for (const event of ["mouseenter", "focus"]) element.addEventListener(event, () => show(element));
    for (const event of ["mouseleave", "blur"]) element.addEventListener(event, () => { tooltip.hidden = true; });
    return element;
  };
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") tooltip.hidden = true; });
  Report.term = (term, text = term) => prepare(Report.make("span", { class: "term", "data-term": term }, text));
  Report.showGlossary = () => {
    document.querySelectorAll(".term").forEach(prepare);
    Report.byId("glossary").replaceChildren(...Object.entries(kTerms).sort(([a], [b]) => a.localeCompare(b, "en", { sensitivity: "base" }))
      .map(([term, meaning]) => Report.make("div", {}, Report.make("dt", {}, term), Report.make("dd", {}, meaning))));
  };
})();
