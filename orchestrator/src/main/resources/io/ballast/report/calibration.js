/** How sure the model is of its answers to multiple-choice items, beside how often it is right. */
const calibration = (() => {
  const {make} = dom;

  function render(data) {
    const all = data.result.calibration ?? [];
    const changes = [...data.summary.learned, ...data.summary.kept];
    const tasks = [...new Set(all.map(each => each.task))];
    const columns = [{title: "Task", text: true, wrap: true}, {title: "Accuracy"}, {title: "Calibration error (ECE)"},
      {title: "95 % interval"}, {title: "Right answer’s margin, nats"}, {title: "95 % interval"}, {title: "n"}];
    return all.length === 0 ? null : dom.section("Calibration", "How sure the model is of its answers, before → after."
      + " The margin, log p(right) − log p(best other), moves before an answer flips: forgetting shows there first.",
      dom.table("ECE: by how much the chosen answer’s probability misses the share of right answers. Intervals are of the change;"
        + " one that holds 0 is no change beyond noise.", columns, [{rows: tasks.map(task => row(task,
        measure => all.find(each => each.task === task && each.measure === measure),
        changes.find(each => each.task === task && each.metric === "acc")))}]));
  }

  function row(task, of, accuracy) {
    const [error, margin] = [of("ece"), of("margin")];
    return [make("bdi", {}, task), accuracy ? pair(accuracy, value => format.percent(value),
      format.difference(accuracy.after - accuracy.before, true) + " points") : format.absent,
      ...numbers(error, value => format.percent(value), change => format.difference(change, true), " points"),
      ...numbers(margin, value => format.significant(value, 3), change => format.difference(change, false), ""),
      format.count((error ?? margin).n)];
  }

  const pair = ({before, after}, show, change) => [show(before) + " → " + show(after), make("small", {}, change)];

  function numbers(change, show, difference, unit) {
    if (change === undefined) return [format.absent, format.absent];
    const [low, high] = (change.ci95 ?? []).map(format.number);
    return [pair(change, show, difference(change.change) + unit),
      make("span", {class: sense(change, low, high)}, difference(low) + " to " + difference(high))];
  }

  const sense = (change, low, high) => low <= 0 && high >= 0 ? "noise" : low > 0 === change.higherIsBetter ? "better" : "worse";

  return {render};
})();
