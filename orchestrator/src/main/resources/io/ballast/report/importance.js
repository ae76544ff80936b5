/** What importance was measured, and how the layers share it. */
const importance = (() => {
  const {make} = dom;

  const meanOfSamples = {
    fisher: {name: "Fisher information",
      meaning: "Ω is the mean square of the gradient of a document's log-likelihood; every layer weighs the same."},
    sensitivity: {name: "Output sensitivity",
      meaning: "Ω is the mean magnitude of the gradient of the logits' squared norm; every layer weighs the same."}};

  function render(data) {
    const measured = data.result.importance;
    if (!measured || Object.keys(measured).length === 0) return null;
    const layers = (measured.layers ?? []).filter(layer => layer && typeof layer === "object");
    return dom.section("Importance",
      meanOfSamples[measured.method]?.meaning ??
        "ω is what each parameter contributed to lowering the general loss; Ω is ω per squared distance travelled; α weighs the layers.",
      facts(measured, layers.length, data.experiment?.retention ?? {}),
      layers.length > 0 && charts.layers(layers), layers.length > 0 && table(layers));
  }

  function facts(measured, layers, retention) {
    const shown = [
      ...(meanOfSamples[measured.method] ? samples(measured) : pathIntegral(measured, retention)),
      ["Entropy of α",
        format.significant(measured.alphaEntropy, 3) + (layers > 1 ? " of " + format.significant(Math.log(layers), 3) : ""),
        layers > 1 ? "the second number is an even spread over " + layers + " layers" : null]];
    return make("dl", {class: "facts"}, shown.map(([title, value, note]) =>
      make("div", {}, make("dt", {}, title), make("dd", {}, value, note && make("small", {}, note)))));
  }

  const samples = measured => [[meanOfSamples[measured.method].name, format.count(measured.samples) + " documents",
    "one gradient for each"]];

  const pathIntegral = (measured, retention) => [
    gain(measured),
    ["Clamped share", format.percent(measured.clampedShare), "ω below zero, counted as 0"],
    ["Damping ξ", damping(measured.xi, retention.xi), xiRule(measured.xi, retention.xi)]];

  /** An anchor made in another run comes without the loss that was gained then. */
  function gain({sumOmega, lossGained}) {
    const sum = format.significant(sumOmega, 3);
    return Number.isFinite(format.number(lossGained))
      ? ["Σω, loss gained", sum + " against " + format.significant(lossGained, 3),
        "Gained on 128 of the rows that the phase learned from. Equal for full batches and small steps; with mini-batches Σω is biased upward."]
      : ["Σω", sum, "The general loss gained was not measured in this run."];
  }

  const damping = (used, setting) => used != null ? format.significant(used, 3) : rule(setting);

  const xiRule = (used, setting) => used != null && setting?.relative != null ? rule(setting) : null;

  function rule(setting) {
    if (setting?.relative != null) return format.significant(setting.relative, 3) + " × median Δ²";
    return format.significant(setting, 3);
  }

  function table(layers) {
    const columns = ["Layer", "α", "‖Ω‖", "‖Ω‖ / √N", "Parameters"].map((title, i) => ({title, text: i === 0, wrap: i === 0}));
    const rms = layer => layer.rms ?? (layer.parameters > 0 ? format.number(layer.norm) / Math.sqrt(layer.parameters) : null);
    return make("details", {}, make("summary", {}, "Layers as a table"), dom.table("Layer coefficients and norms", columns,
      [{rows: layers.map(layer => [layer.name ?? "?", format.significant(layer.alpha, 3),
        format.significant(layer.norm, 3), format.significant(rms(layer), 3), format.count(layer.parameters)])}]));
  }

  return {render};
})();
