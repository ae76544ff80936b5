/** The learned/kept table: every score at every stage. */
const scores = (() => {
  const {make} = dom;

  function render(data) {
    const all = [...data.result.scores ?? [], ...data.result.groups ?? []];
    if (all.length === 0) return null;
    const stages = [...new Set(all.map(score => score.stage))];
    const columns = [{title: "Task", text: true, wrap: true}, {title: "Metric", text: true},
      ...stages.map(stage => ({title: stage})), {title: "Change"}, {title: "95 % interval"}, {title: "Could show"}, {title: "Holm’s p"},
      {title: "n"}];
    const changes = [...data.summary.learned, ...data.summary.kept];
    const groups = [["domain", "Domain: to be learned"], ["general", "General: to be kept"], [null, "Other"]]
      .map(([role, title]) => ({title: [title, role && make("small", {}, tests(data.summary, role))],
        rows: rows(all.filter(score => belongs(score, role)), stages, changes)}))
      .filter(group => group.rows.length > 0);
    return dom.section("Scores by stage", null, dom.table(
      "± is one standard error. An arrow shows which way a number went, the word whether that is good, by Holm’s p: corrected"
      + " for looking at all scores of a group. Could show: the smallest true change that so many items show in 4 of 5 cases;"
      + " no change beyond noise rules out no smaller one.", columns, groups));
  }

  const belongs = (score, role) => role === null ? !["domain", "general"].includes(score.role) : score.role === role;

  /** Where the p-values of a group come from. */
  const tests = ({learned, kept}, role) =>
    [...new Set((role === "domain" ? learned : kept).map(change => change.test).filter(Boolean))].join("; ");

  function rows(list, stages, changes) {
    const bySeries = new Map();
    for (const score of list) {
      const key = JSON.stringify([score.task, score.metric]);
      bySeries.set(key, [...(bySeries.get(key) ?? []), score]);
    }
    return [...bySeries.values()].map(series => row(series, stages, changes));
  }

  function row(series, stages, changes) {
    const {task, metric, higherIsBetter} = series[0];
    const share = higherIsBetter && series.every(score => score.value >= 0 && score.value <= 1);
    const change = changes.find(each => each.task === task && each.metric === metric);
    return [make("bdi", {}, task ?? "?"),
      [metric ?? "?", !higherIsBetter && make("small", {}, "lower is better")].filter(Boolean),
      ...stages.map(stage => value(series.find(score => score.stage === stage), share)),
      change ? [format.difference(change.after - change.before, share) + (share ? " points" : ""),
        make("small", {}, summary.verdict(change))] : format.absent,
      change && Number.isFinite(change.low) ? summary.interval(change) : format.absent,
      change ? format.size(change.smallestChange, share) : format.absent,
      [format.probability(change?.adjustedP), Number.isFinite(change?.p) && make("small", {}, format.pValue(change.p))]
        .filter(Boolean),
      format.count(series[series.length - 1].n)];
  }

  function value(score, share) {
    if (score === undefined) return format.absent;
    const error = format.number(score.stderr);
    return [format.score(score.value, share), Number.isFinite(error)
      ? make("small", {}, "± " + (share ? (100 * error).toFixed(1) : format.significant(error, 2))) : null].filter(Boolean);
  }

  return {render};
})();
