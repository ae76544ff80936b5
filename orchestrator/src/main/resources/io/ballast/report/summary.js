/** The first screen: what was learned, what was lost, is it noise, what did it cost, what next. */
const summary = (() => {
  const {make, makeSvg} = dom;
  const atMost = 4;
  const words = {better: "better", worse: "worse", noise: "no change beyond noise", untested: "noise not tested"};

  function head({result, experiment, warnings}) {
    const retention = experiment?.retention ?? {};
    const method = retention.method ?? result.importance?.method;
    const parts = [
      modelName(experiment), method === "none" ? "plain fine-tuning" : method,
      method && method !== "none" && retention.lambda != null
        && "λ " + format.significant(retention.lambda) + " " + (retention.form ?? ""),
      experiment?.adapter && adapter(experiment.adapter),
      experiment?.afterTraining && "then " + experiment.afterTraining.method + " "
        + format.significant(experiment.afterTraining.strength),
      experiment?.seed != null && "seed " + experiment.seed, result.started && format.time(result.started), duration(result)];
    return make("div", {class: "head"}, make("span", {class: "name", dir: "auto"}, result.name ?? "run"),
      make("span", {class: "status " + (result.status ?? "")}, result.status ?? "status unknown"),
      parts.filter(Boolean).map(part => make("span", {}, part)),
      warnings.length > 0 && make("a", {class: "worse", href: "#warnings"}, format.plural(warnings.length, "warning", "warnings")));
  }

  const adapter = ({kind, rank}) => (kind ?? "adapter") + (rank == null ? "" : " rank " + rank);

  const modelName = experiment => (experiment?.model?.path ?? "").replace(/\/+$/, "").split("/").pop();

  function duration(result) {
    const length = (Date.parse(result.finished) - Date.parse(result.started)) / 1000;
    return Number.isFinite(length) ? format.seconds(length) : null;
  }

  /** An arrow says which way the number went, the word and the colour whether that is good. */
  function verdict(change) {
    const arrow = change.after > change.before ? "▲ " : change.after < change.before ? "▼ " : "";
    const text = change.verdict === "noise" ? words.noise
      : arrow + (change.verdict === "untested" ? sense(change) : words[change.verdict]);
    const colour = change.verdict === "untested" && change.large ? sense(change) : change.verdict;
    return make("span", {class: "verdict " + colour}, text);
  }

  /** In the data a number that is absent or not finite is null or a text. */
  const numbers = ["before", "after", "improvement", "low", "high", "p", "adjustedP", "newlyWrong", "newlyRight",
    "smallestChange"];

  const numeric = change => ({...change, ...Object.fromEntries(numbers
    .map(key => [key, change[key] == null ? undefined : format.number(change[key])]))});

  const sense = change => change.improvement > 0 ? "better" : change.improvement < 0 ? "worse"
    : change.improvement === 0 ? "unchanged" : "not comparable";

  function details(change) {
    const flips = change.newlyWrong + change.newlyRight > 0
      && format.count(change.newlyWrong) + " newly wrong, " + format.count(change.newlyRight) + " newly right";
    return [format.difference(change.after - change.before, change.share) + (change.share ? " points" : relative(change)),
      Number.isFinite(change.low) && "95 % " + interval(change), pValues(change), flips, couldShow(change),
      !Number.isFinite(change.low) && words.untested].filter(Boolean).join(" · ");
  }

  /** The corrected one decides; the other is named where it says something else. */
  function pValues({p, adjustedP}) {
    const [raw, holm] = [format.pValue(p), format.pValue(adjustedP, "Holm’s p")];
    return holm && format.probability(p) !== format.probability(adjustedP) ? raw + ", " + holm : raw;
  }

  /** Without this "no change" could be read as "nothing was lost". */
  const couldShow = change => change.verdict === "noise" && Number.isFinite(change.smallestChange)
    && "so many items could have shown a change of " + format.size(change.smallestChange, change.share)
      + (change.share ? " points" : "");

  const interval = change =>
    format.difference(change.low, change.share) + " to " + format.difference(change.high, change.share);

  const relative = change => Number.isFinite(change.improvement) && change.after < 2 * change.before
    ? " (" + format.difference((change.after - change.before) / Math.abs(change.before), true) + " %)"
    : Number.isFinite(change.improvement) ? " (×" + format.significant(change.after / change.before, 3) + ")" : "";

  /** The interval against zero: whether it crosses is the question "is it noise?" as a picture. */
  function picture(change) {
    const difference = change.after - change.before;
    if (!Number.isFinite(change.low) || !Number.isFinite(change.high) || !Number.isFinite(difference)) return null;
    const reach = 1.15 * Math.max(Math.abs(change.low), Math.abs(change.high), 1e-12);
    const x = value => 150 + 140 * value / reach;
    const [good, bad] = change.higherIsBetter ? [["better →", "end", 300], ["← worse", "start", 0]]
      : [["← better", "start", 0], ["worse →", "end", 300]];
    const label = ([text, anchor, at]) => makeSvg("text", {x: at, y: 27, "text-anchor": anchor}, text);
    return makeSvg("svg", {class: "interval " + change.verdict, viewBox: "0 0 300 32", role: "img",
      "aria-label": "95 percent interval of the change: " + interval(change)},
      makeSvg("line", {class: "axis", x1: 0, x2: 300, y1: 7, y2: 7}),
      makeSvg("line", {class: "zero", x1: 150, x2: 150, y1: 0, y2: 14}),
      makeSvg("line", {class: "range", x1: x(change.low), x2: x(change.high), y1: 7, y2: 7}),
      makeSvg("circle", {cx: x(difference), cy: 7, r: 5}), label(good), label(["no change", "middle", 150]), label(bad));
  }

  function change(each) {
    return make("div", {class: "change"},
      make("h3", {}, make("bdi", {}, each.task), make("span", {class: "quiet"}, " · " + each.metric
        + (each.higherIsBetter ? "" : ", lower is better"))),
      make("div", {class: "values"},
        make("span", {}, make("span", {class: "from"}, format.score(each.before, each.share) + " → "),
          format.score(each.after, each.share)), verdict(each)),
      picture(each), make("div", {class: "small quiet"}, details(each)));
  }

  /** With many tasks the first screen shows those that changed, losses first; the table has them all. */
  function answer(title, sentence, changes) {
    const order = ["worse", "untested", "better", "noise"];
    const sorted = changes.length <= atMost ? changes
      : [...changes].sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict) || a.improvement - b.improvement);
    return make("section", {}, make("h2", {}, title), make("p", {class: "quiet small"}, sentence),
      sorted.slice(0, atMost).map(change), others(sorted.slice(atMost)));
  }

  function others(rest) {
    if (rest.length === 0) return null;
    const counts = [...new Set(rest.map(each => each.verdict))]
      .map(verdict => rest.filter(each => each.verdict === verdict).length + " " + words[verdict]);
    return make("p", {class: "quiet small"},
      make("a", {href: "#scores-by-stage"}, rest.length + " more in the table"), ": " + counts.join(", ") + ".");
  }

  function learnedSentence(data) {
    if (data.summary.learned.length > 0) return "Domain scores, before and after.";
    return data.summary.hasDomainPhase ? "No domain score was measured both before and after."
      : "This run has no domain phase: it measures importance.";
  }

  function keptSentence({kept, lastGeneralStage}) {
    if (kept.length === 0) return "No general score was measured both before and after.";
    const tested = kept.filter(each => each.verdict !== "untested");
    const beyond = tested.filter(each => each.verdict !== "noise").length;
    const stages = lastGeneralStage === "anchored" ? "After the general phase, before any domain training: " : "";
    return tested.length === 0 ? "General scores, before and after; no interval, so noise cannot be told."
      : stages + beyond + " of " + format.plural(tested.length, "general score", "general scores") + " changed beyond noise"
        + (kept.length > tested.length ? ", " + (kept.length - tested.length) + " not tested" : "")
        + (tested.length > 1 ? "; corrected for looking at " + tested.length + " of them." : ".");
  }

  function next(suggestions) {
    if (suggestions.length === 0) return null;
    return make("section", {class: "wide"}, make("h2", {}, "What next"),
      suggestions.some(each => each.command) && make("p", {class: "quiet small"},
        "Commands are for this run's folder; ballast is the launcher in the root of its repository."),
      make("ul", {class: "next"}, suggestions.map(each => make("li", {}, make("h3", {}, each.title),
        make("p", {}, each.reason), each.command && command(each.command)))));
  }

  function command(text) {
    const button = make("button",
      {type: "button", "aria-label": "Copy: " + text, click: () => copy(text, button)}, "Copy");
    return make("div", {class: "command"}, make("code", {}, options(text)), button);
  }

  /** Lines break between options, not after their hyphens. */
  const options = text => text.split(/ (?=--set )/).flatMap((option, i) =>
    [i > 0 ? " " : null, make("span", {class: "option"}, option)]);

  async function copy(text, button) {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch (refused) {
      getSelection().selectAllChildren(button.previousSibling);
      button.textContent = "Selected";
    }
  }

  function render(data) {
    const {message, learned, kept} = data.summary;
    const measured = learned.length + kept.length > 0;
    return [make("header", {}, head(data), make("h1", {}, data.summary.headline)),
      message && make("p", {class: "message"}, message),
      make("div", {class: "answers"},
        measured && answer("Learned", learnedSentence(data), learned),
        measured && answer("Kept", keptSentence(data.summary), kept),
        cost.facts(data.result), next(data.summary.suggestions))].filter(Boolean);
  }

  return {render, numeric, verdict, interval, words};
})();
