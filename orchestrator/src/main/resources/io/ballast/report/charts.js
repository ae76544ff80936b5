/** Charts by ECharts, drawn again when the colour scheme changes or the page is printed. */
const charts = (() => {
  const {make} = dom;
  const drawn = [];

  const colour = name => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();

  function chart(height, label, option) {
    const element = make("div", {class: "chart", style: "height:" + height + "px", role: "img", "aria-label": label});
    drawn.push({element, option, instance: null});
    return element;
  }

  /** ECharts measures its element, so this comes after the page is in the document. */
  function draw() {
    for (const each of drawn) {
      each.instance?.dispose();
      each.instance = echarts.init(each.element, null, {renderer: "svg"});
      each.instance.setOption({animation: false, textStyle: {fontFamily: "inherit"}, ...each.option()});
    }
  }

  function follow() {
    draw();
    addEventListener("resize", () => drawn.forEach(each => each.instance.resize()));
    for (const query of ["(prefers-color-scheme: dark)", "print"]) matchMedia(query).addEventListener("change", draw);
  }

  const axisStyle = () => ({
    axisLine: {lineStyle: {color: colour("line")}}, axisTick: {show: false},
    axisLabel: {color: colour("quiet"), fontSize: 11, hideOverlap: true},
    splitLine: {lineStyle: {color: colour("line"), width: 1}},
    nameTextStyle: {color: colour("quiet"), fontSize: 11}});

  /** Tooltips are elements with text, so that no name from the data is read as markup. */
  function tooltip(lines) {
    return {trigger: "axis", confine: true, backgroundColor: colour("panel"), borderColor: colour("line"),
      textStyle: {color: colour("ink")}, axisPointer: {lineStyle: {color: colour("quiet")}},
      formatter: points => make("div", {class: "tip"}, lines(points[0].dataIndex)
        .map(([name, value]) => make("div", {}, name + " ", make("b", {}, value))))};
  }

  /** Panels above one another share the x axis; two y axes in one panel would invite false comparisons. */
  function stacked(panels, x) {
    return {
      grid: panels.map(panel => ({left: 58, right: 22, top: panel.top, height: panel.height})),
      xAxis: panels.map((panel, i) => xAxis(x, i, i === panels.length - 1)),
      yAxis: panels.map(yAxis),
      axisPointer: {link: [{xAxisIndex: "all"}]}};
  }

  function xAxis(axis, gridIndex, labelled) {
    const style = axisStyle();
    return {...style, ...axis, gridIndex, splitLine: {show: false}, axisPointer: {show: true, label: {show: false}},
      axisLabel: {...style.axisLabel, ...axis.axisLabel, show: labelled}};
  }

  function yAxis(panel, gridIndex) {
    const style = axisStyle();
    return {...style, gridIndex, type: "value", scale: panel.scale ?? true, splitNumber: panel.splits, min: panel.min,
      name: panel.name, nameLocation: "end", nameGap: 13,
      nameTextStyle: {...style.nameTextStyle, align: "left", padding: [0, 0, 0, -50]},
      axisLabel: {...style.axisLabel, formatter: value => format.significant(value, 3)}};
  }

  const line = (data, i, color) => ({type: "line", data, xAxisIndex: i, yAxisIndex: i, color,
    showSymbol: data.length < 30, symbolSize: 5, symbol: "circle", lineStyle: {width: i === 0 ? 2 : 1.5}, connectNulls: false});

  const measures = [
    {column: "loss", title: "loss, nats per token", height: 170, splits: 4},
    {column: "learningRate", title: "learning rate", height: 46, splits: 1, min: 0},
    {column: "penalty", title: "penalty", height: 46, splits: 1, min: 0}];

  function phase(curve) {
    const shown = measures.filter(({column}) => curve[column].some(value => Number.isFinite(value) && value !== 0));
    if (shown.length === 0) return null;
    let top = 28;
    const panels = shown.map(measure => {
      const panel = {...measure, name: measure.title, top};
      top += measure.height + 38;
      return panel;
    });
    const hue = curve.phase === "general" ? "general" : "domain";
    const points = column => curve.step.map((step, at) => [step, curve[column][at]]);
    const option = () => ({...stacked(panels, {type: "value", min: 0, max: "dataMax"}), tooltip: tooltip(at => values(curve, at)),
      series: shown.map(({column}, i) => line(points(column), i, colour(i === 0 ? hue : "quiet")))});
    const finite = curve.loss.filter(Number.isFinite).map(value => format.significant(value));
    const [first, last] = [finite[0] ?? format.absent, finite[finite.length - 1] ?? format.absent];
    return make("figure", {},
      make("figcaption", {}, capital(curve.phase) + " phase ", make("span", {}, "loss " + first + " → " + last)),
      chart(top, curve.phase + " phase: loss from " + first + " to " + last + " nats per token", option));
  }

  const values = (curve, at) => [["step", format.count(curve.step[at])],
    ...["loss", "learningRate", "penalty", "gradientNorm", "tokensPerSecond"].filter(column => curve[column][at] != null)
      .map(column => [name(column), format.significant(curve[column][at])])];

  const name = column => column.replace(/[A-Z]/g, letter => " " + letter.toLowerCase());
  const capital = text => text.charAt(0).toUpperCase() + text.slice(1);

  function loss(data) {
    const figures = (data.curves ?? []).map(phase).filter(Boolean);
    return figures.length === 0 ? null : dom.section("Loss",
      "Training loss, each point the mean since the point before. The phases learn from different text: compare each with itself only.",
      make("div", {class: "charts"}, figures));
  }

  const shortened = text => text.length > 22 ? text.slice(0, 8) + "…" + text.slice(-13) : text;

  const bar = (values, i, color) => ({type: "bar", data: values, xAxisIndex: i, yAxisIndex: i, color, barMaxWidth: 34});

  function layers(list) {
    const names = list.map(layer => String(layer.name ?? "?"));
    const values = key => list.map(layer => format.number(layer[key])).map(value => Number.isFinite(value) ? value : null);
    const [alpha, norm] = [values("alpha"), values("norm")];
    const panels = [{name: "α", top: 28, height: 130, scale: false, min: 0, splits: 3},
      {name: "‖Ω‖", top: 202, height: 90, scale: false, min: 0, splits: 2}];
    const lines = at => [["", names[at]], ["α", format.significant(alpha[at], 3)],
      ["‖Ω‖", format.significant(norm[at], 3)]];
    const crowded = names.length > 40;
    const rotate = !crowded && Math.max(...names.map(each => each.length)) > 6 && names.length > 4 ? 40 : 0;
    const option = () => ({...stacked(panels, {type: "category", data: names,
      axisLabel: {rotate, formatter: each => crowded ? "" : shortened(each)}}),
      tooltip: tooltip(lines), series: [bar(alpha, 0, colour("general")), bar(norm, 1, colour("quiet"))]});
    return make("figure", {}, make("figcaption", {}, "Layer coefficients α and norms of importance ",
      make("span", {}, "in the model's order" + (crowded ? "; names are in the table" : ""))),
      chart(rotate ? 380 : 330, "Layer coefficients; the same numbers are in the table below", option));
  }

  return {render: loss, layers, follow};
})();
