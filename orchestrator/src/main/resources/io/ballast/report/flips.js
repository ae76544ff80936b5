/** The items that the base model and the final model answer differently. */
const flips = (() => {
  const {make} = dom;
  const atOnce = 10;

  function render(data) {
    const tasks = (data.flips ?? []).filter(task => task.newlyWrong + task.newlyRight > 0);
    return dom.section("Items that changed", "Before is the base model, after the final one; ✓ is the right answer. Beside each"
      + " choice its probability among the choices, before → after.", tasks.map(task => lazy(task.task, counts(task),
      () => items(task))));
  }

  const counts = task => " · " + format.count(task.newlyWrong) + " newly wrong, "
    + format.count(task.newlyRight) + " newly right";

  /** A long list of long prompts is built when somebody opens it. */
  function lazy(title, note, build) {
    const body = make("div", {class: "flips"});
    return make("details", {toggle: () => body.childElementCount === 0 && body.append(...build().filter(Boolean))},
      make("summary", {}, make("bdi", {}, title), note), body);
  }

  /** Both lists, and above them a choice of subject where there are several. */
  function items(task) {
    const lists = make("div");
    const show = subject => lists.replaceChildren(...[list("Newly wrong", task, "newlyWrong", subject),
      list("Newly right", task, "newlyRight", subject)].filter(Boolean));
    show(null);
    return [filter(task, show), lists];
  }

  function filter(task, show) {
    const counts = new Map();
    for (const {subject} of task.items) if (subject != null) counts.set(subject, (counts.get(subject) ?? 0) + 1);
    if (counts.size < 2) return null;
    const names = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a));
    return make("label", {class: "filter"}, "Subject ", make("select", {change: event =>
      show(event.target.selectedIndex === 0 ? null : names[event.target.selectedIndex - 1])},
      make("option", {}, "all (" + format.count(task.items.length) + ")"),
      names.map(name => make("option", {}, name + " (" + format.count(counts.get(name)) + ")"))));
  }

  function list(title, task, kind, subject) {
    const listed = task.items.filter(item => (item.change === "newlyWrong") === (kind === "newlyWrong"));
    const items = listed.filter(item => subject === null || item.subject === subject);
    if (items.length === 0) return null;
    const entries = make("ol");
    const more = make("button", {type: "button", class: "more", click: () => show()});
    let shown = 0;
    function show() {
      entries.append(...items.slice(shown, shown + atOnce).map(item => make("li", {class: "flip"}, entry(item))));
      shown = Math.min(items.length, shown + atOnce);
      more.textContent = "Show " + Math.min(atOnce, items.length - shown) + " more of " + items.length;
      more.hidden = shown === items.length;
    }
    show();
    const left = task[kind] - listed.length;
    return make("section", {class: "long"}, make("h3", {class: kind === "newlyWrong" ? "worse" : "better"},
      title + " (" + format.count(subject === null ? task[kind] : items.length) + ")"),
      entries, more, left > 0 && make("p", {class: "quiet small"},
        format.count(left) + " more, of all subjects, are in evaluation/flips/" + task.task + ".jsonl."));
  }

  function entry(item) {
    const choices = Array.isArray(item.choices) ? item.choices : [];
    return [item.subject != null && make("p", {class: "quiet small subject"}, make("bdi", {}, String(item.subject))),
      make("p", {class: "prompt", dir: "auto", tabindex: 0}, String(item.prompt ?? "")),
      choices.length > 0 ? make("ul", {}, choices.map((choice, i) => option(item, choice, i))) : written(item)].filter(Boolean);
  }

  function option(item, choice, i) {
    const right = i === item.target;
    const spoken = text => make("span", {class: "visually-hidden"}, text);
    const tag = text => make("span", {class: "tag " + (right ? "better" : "worse")}, text, spoken(right ? ": right" : ": wrong"));
    return make("li", {class: right ? "right" : ""},
      make("span", {class: "bullet", "aria-hidden": "true"}, right ? "✓" : "·"),
      make("bdi", {}, String(choice).trim()), right && spoken(" (right answer)"), chances(item, i),
      item.before === i && tag("before"), item.after === i && tag("after"));
  }

  /** Probability of a choice among the choices, before and after. */
  function chances(item, i) {
    const [before, after] = [item.probabilities?.before?.[i], item.probabilities?.after?.[i]];
    return before == null || after == null ? null : make("span", {class: "chances"},
      " " + format.chance(before) + " → " + format.chance(after));
  }

  /** A task without choices: what was expected, and how likely it was. */
  function written(item) {
    return item.target == null ? null : make("p", {class: "small"}, "expected: ",
      make("bdi", {}, String(item.target).trim()), chances(item, 0));
  }

  return {render};
})();
