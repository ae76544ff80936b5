/** The items that the base model and the final model answer differently. */
const flips = (() => {
  const {make} = dom;
  const atOnce = 10;

  function render(data) {
    const tasks = (data.flips ?? []).filter(task => task.newlyWrong + task.newlyRight > 0);
    return dom.section("Items that changed", "Before is the base model, after the final one; beside each choice its log-probability in nats, before → after.", tasks.map(task =>
      lazy(make("bdi", {}, task.task), " · " + format.count(task.newlyWrong) + " newly wrong, " + format.count(task.newlyRight) + " newly right",
        () => [list("Newly wrong", task, "newlyWrong"), list("Newly right", task, "newlyRight")])));
  }

  /** A long list of long prompts is built when somebody opens it. */
  function lazy(title, counts, build) {
    const body = make("div", {class: "flips"});
    return make("details", {toggle: () => body.childElementCount === 0 && body.append(...build().filter(Boolean))},
      make("summary", {}, title, counts), body);
  }

  function list(title, task, kind) {
    const items = task.items.filter(item => (item.change === "newlyWrong") === (kind === "newlyWrong"));
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
    const left = task[kind] - items.length;
    return make("section", {class: "long"}, make("h3", {class: kind === "newlyWrong" ? "worse" : "better"}, title + " (" + format.count(task[kind]) + ")"),
      entries, more, left > 0 && make("p", {class: "quiet small"}, format.count(left) + " more are in evaluation/flips/" + task.task + ".jsonl."));
  }

  function entry(item) {
    const choices = Array.isArray(item.choices) ? item.choices : [];
    return [make("p", {class: "prompt", dir: "auto", tabindex: 0}, String(item.prompt ?? "")),
      choices.length > 0 ? make("ul", {}, choices.map((choice, i) => option(item, choice, i))) : written(item)];
  }

  function option(item, choice, i) {
    const right = i === item.target;
    const tag = (text, says) => make("span", {class: "tag " + (right ? "better" : "worse")}, text, make("span", {class: "visually-hidden"}, says));
    return make("li", {class: right ? "right" : ""}, make("span", {class: "bullet", "aria-hidden": "true"}, right ? "✓" : "·"),
      make("bdi", {}, String(choice).trim()), right && make("span", {class: "visually-hidden"}, " (right answer)"),
      chances(item, i), item.before === i && tag("before", right ? ": right" : ": wrong"), item.after === i && tag("after", right ? ": right" : ": wrong"));
  }

  /** Log-probability of a choice, before and after. */
  function chances(item, i) {
    const [before, after] = [item.logProbabilities?.before?.[i], item.logProbabilities?.after?.[i]];
    return before == null || after == null ? null : make("span", {class: "chances"},
      " " + format.significant(before, 3) + " → " + format.significant(after, 3));
  }

  /** A task without choices: what was expected, and how likely it was. */
  function written(item) {
    return item.target == null ? null : make("p", {class: "small"}, "expected: ",
      make("bdi", {}, String(item.target).trim()), chances(item, 0));
  }

  return {render};
})();
