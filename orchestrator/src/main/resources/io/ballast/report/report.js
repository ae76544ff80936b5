/** Puts the page together, from what matters most to what is looked up. */
(() => {
  const {make} = dom;
  const data = JSON.parse(document.getElementById("data").textContent);

  for (const axis of ["learned", "kept"]) data.summary[axis] = data.summary[axis].map(summary.numeric);

  function warnings() {
    const messages = (data.warnings ?? []).map(each => (each.phase ? each.phase + ": " : "") + (each.message ?? JSON.stringify(each)));
    return dom.section("Warnings", null, messages.length > 0
      && make("ul", {class: "warnings"}, messages.map(message => make("li", {dir: "auto"}, message))));
  }

  document.title = (data.result.name ?? "run") + " · Ballast report";
  const parts = [summary.render(data), scores.render(data), calibration.render(data), subjects.render(data), matrix.render(data), charts.render(data), importance.render(data),
    flips.render(data), cost.render(data), warnings(), provenance.render(data)];
  document.getElementById("report").replaceChildren(...parts.flat().filter(Boolean),
    make("footer", {}, "Made by Ballast from result.json, events.jsonl and experiment.json of this run."));
  charts.follow();
})();
