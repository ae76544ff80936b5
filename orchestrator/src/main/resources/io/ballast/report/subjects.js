/** Right answers before and after by subject, of tasks whose rows name one. */
const subjects = (() => {
  const {make} = dom;

  function render(data) {
    const all = data.result.subjects ?? [];
    return dom.section("By subject", "Items that are right, before and after. Subjects have few items: the verdict is corrected"
      + " for looking at all of a task’s.", [...new Set(all.map(each => each.task))].map(task =>
      part(task, all.filter(each => each.task === task))));
  }

  function part(task, rows) {
    const beyond = rows.filter(each => each.verdict !== summary.words.noise).length;
    return make("details", {}, make("summary", {}, make("bdi", {}, task), " · " + format.plural(rows.length, "subject",
      "subjects") + ", " + (beyond === 0 ? "none changed beyond noise" : beyond + " changed beyond noise")), table(rows));
  }

  function table(rows) {
    const columns = [{title: "Subject", text: true, wrap: true}, {title: "n"}, {title: "Before"}, {title: "After"},
      {title: "Change, points"}, {title: "Newly wrong"}, {title: "Newly right"}, {title: "Holm’s p"}, {title: "Could show, points"},
      {title: "", text: true}];
    return dom.table("By " + rows[0].metric + ". Could show: the smallest true change that so many items show in 4 of 5 cases.",
      columns, [{rows: rows.map(row)}]);
  }

  function row(each) {
    return [make("bdi", {}, each.subject), format.count(each.n), format.percent(each.before), format.percent(each.after),
      format.difference(each.change, true), format.count(each.newlyWrong), format.count(each.newlyRight),
      format.probability(each.adjustedP), format.size(each.smallestChange, true),
      make("span", {class: each.verdict === summary.words.noise ? "noise" : each.verdict}, each.verdict)];
  }

  return {render};
})();
