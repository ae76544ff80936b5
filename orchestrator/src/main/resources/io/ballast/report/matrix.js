/** Several domains one after another: what each score was after each of them, and what follows from that. */
const matrix = (() => {
  const {make} = dom;

  function render(data) {
    return dom.section("Domain after domain",
      "R[i][j] is the score on domain j after training on domain i, R[0] the one before the first; T domains. A gain and a "
        + "forgetting are positive whichever way the metric goes.",
      (data.result.matrices ?? []).map(one));
  }

  function one(of) {
    const share = of.higherIsBetter;
    const cells = (row, i) => row.map((value, j) => make(i === j ? "strong" : "span", {}, format.score(value, share)));
    const rows = [...(of.before ? [["before, R[0]", ...cells(of.before, -1)]] : []),
      ...of.rows.map((row, i) => [[make("bdi", {}, "after " + of.domains[i]), ", R[" + (i + 1) + "]"], ...cells(row, i)])];
    const columns = [{title: "Trained up to", text: true}, ...of.domains.map(domain => ({title: make("bdi", {}, domain)}))];
    return make("div", {}, make("h3", {}, of.metric + (of.higherIsBetter ? "" : ", nats per token, lower is better")),
      dom.table("Bold: right after training on that domain.", columns, [{rows}]), measures(of, share));
  }

  function measures(of, share) {
    if (of.measures.length === 0) return make("p", {class: "quiet small"}, "Not all domains were trained on and scored.");
    const columns = [{title: "Measure", text: true, wrap: true}, {title: "Value"}, {title: "Formula", text: true, wrap: true},
      {title: "As in", text: true, wrap: true}];
    const value = each => each.name.startsWith("average") ? format.score(each.value, share)
      : format.difference(each.value, share) + (share ? " points" : "");
    return dom.table("Libraries define these in different ways, hence the formulas.", columns,
      [{rows: of.measures.map(each => [each.name, value(each), make("code", {}, each.formula), each.source])}]);
  }

  return {render};
})();
