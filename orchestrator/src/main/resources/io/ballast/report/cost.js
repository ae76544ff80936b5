/** What the run cost: in short for the first screen, and phase by phase. */
const cost = (() => {
  const {make} = dom;

  function facts(result) {
    const phases = result.phases ?? [];
    const importance = result.importance ?? {};
    const trained = phases.reduce((sum, phase) => sum + (format.number(phase.seconds) || 0), 0);
    const shown = [added(importance, trained), memory(importance), speed(phases), peak(phases)].filter(Boolean);
    if (shown.length === 0) return null;
    return make("section", {class: "wide"}, make("h2", {}, "Cost"), make("dl", {class: "facts"},
      shown.map(([title, value, note]) => make("div", {}, make("dt", {}, title),
        make("dd", {}, value, note && make("small", {}, note))))));
  }

  function added(importance, trained) {
    const seconds = format.number(importance.secondsAdded);
    if (!Number.isFinite(seconds)) {
      return trained > 0 ? ["Training time", format.seconds(trained), "importance was not measured"] : null;
    }
    return ["Importance, beside the steps", format.seconds(seconds),
      trained > 0 && format.percent(seconds / trained) + " of " + format.seconds(trained) + " training"];
  }

  function memory(importance) {
    if (!Number.isFinite(format.number(importance.bytes))) return null;
    const bytes = importance.importanceBytes ?? importance.bytes;
    const share = format.number(bytes) / format.number(importance.modelBytes);
    const error = format.number(importance.storageError);
    return ["Importance", format.bytes(bytes),
      Number.isFinite(share) && format.percent(share, 0) + " of the model's " + format.bytes(importance.modelBytes) +
        (error > 0 ? ", as " + importance.storage + " with an error of " + format.percent(error) : "")];
  }

  function speed(phases) {
    const measured = phases.filter(phase => Number.isFinite(format.number(phase.tokensPerSecond)));
    const last = measured[measured.length - 1];
    return last && ["Speed", format.significant(Math.round(last.tokensPerSecond), 3) + " tokens/s", last.name + " phase"];
  }

  function peak(phases) {
    const most = Math.max(...phases.map(phase => format.number(phase.peakMemoryBytes)).filter(Number.isFinite));
    return Number.isFinite(most) ? ["Peak memory", format.bytes(most), null] : null;
  }

  function table(result) {
    const phases = result.phases ?? [];
    if (phases.length === 0) return null;
    const columns = ["Phase", "Steps", "Tokens", "Time", "Tokens/s", "Peak memory", "Waited for data", "First loss", "Last loss"]
      .map((title, i) => ({title, text: i === 0}));
    return dom.table("Loss in nats per token, lower is better.", columns, [{rows: phases.map(phase => [phase.name ?? "?",
      format.count(phase.steps), format.count(phase.tokens), format.seconds(phase.seconds),
      format.count(Math.round(phase.tokensPerSecond)), format.bytes(phase.peakMemoryBytes), format.percent(phase.waitShare),
      format.significant(phase.firstLoss), format.significant(phase.lastLoss)])}]);
  }

  /** What `ballast validate` said before the run beside what came. */
  function foreseen(result) {
    const forecast = result.forecast;
    if (!forecast) return null;
    const deviation = share => (share > 0 ? "+" : "") + format.percent(share, 0);
    const row = (what, predicted, actual, shown) => [what, Number.isFinite(predicted) ? shown(predicted) : "–", shown(actual),
      Number.isFinite(predicted) && actual > 0 ? deviation(predicted / actual - 1) : "–"];
    const rows = (result.phases ?? []).flatMap(phase => {
      const plan = (forecast.phases ?? []).find(each => each.name === phase.name);
      if (!plan) return [];
      const bytes = ["weights", "gradients", "optimizer", "importance", "anchor", "activations", "retention", "step"]
        .reduce((sum, part) => sum + (plan[part] ?? 0), forecast.programBytes); // the last two are an earlier version's
      return [row(phase.name + ", time", format.number(plan.seconds), format.number(phase.seconds), format.seconds),
        row(phase.name + ", peak memory", bytes, format.number(phase.peakMemoryBytes), format.bytes)];
    });
    const parts = [forecast.openingSeconds, forecast.importanceSeconds, forecast.evaluationSeconds, forecast.disk?.seconds ?? 0,
      ...(forecast.phases ?? []).map(phase => phase.seconds)].map(format.number);
    const wall = (Date.parse(result.finished) - Date.parse(result.started)) / 1000;
    rows.push(row("whole run, time", parts.reduce((sum, part) => sum + part, 0), wall, format.seconds),
      row("run folder", format.number(forecast.disk?.leftBytes ?? forecast.diskBytes), format.number(result.diskBytes), format.bytes));
    const columns = ["", "Foreseen", "Came", "Difference"].map((title, i) => ({title, text: i === 0}));
    return dom.table("By ballast validate, before the run.", columns, [{rows}]);
  }

  return {facts, render: data => dom.section("Phases", null, table(data.result), foreseen(data.result))};
})();
