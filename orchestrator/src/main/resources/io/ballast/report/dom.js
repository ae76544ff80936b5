"use strict";

/** Elements made by code: text only ever enters the page as text, never as markup. */
const dom = (() => {
  const svgNamespace = "http://www.w3.org/2000/svg";

  function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") element.addEventListener(name, value);
      else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.flat().filter(child => child != null && child !== false));
    return element;
  }

  /** make("p", {class: "quiet"}, "text", anotherElement, null) */
  function make(tag, attributes = {}, ...children) {
    return fill(document.createElement(tag), attributes, children);
  }

  function makeSvg(tag, attributes = {}, ...children) {
    return fill(document.createElementNS(svgNamespace, tag), attributes, children);
  }

  /** rows: arrays of cells; the first cell of each row names it. columns: {title, text} */
  function table(caption, columns, groups) {
    const cell = (tag, content, column, scope) =>
      make(tag, {scope, class: column.text && (column.wrap ? "text wrap" : "text")}, content);
    const row = cells => make("tr", {}, cells.map((content, i) =>
      i === 0 ? cell("th", content, columns[i], "row") : cell("td", content, columns[i])));
    const body = group => make("tbody", {class: group.title && "group"},
      group.title && make("tr", {}, make("th", {colspan: columns.length, scope: "rowgroup"}, make("div", {}, [group.title].flat().filter(Boolean)))),
      group.rows.map(row));
    // The note stands before the table and not in a caption, which would scroll out of sight with it.
    return make("div", {}, make("p", {class: "quiet small"}, caption),
      make("div", {class: "table", tabindex: 0, role: "region", "aria-label": caption},
        make("table", {"aria-label": caption},
          make("thead", {}, make("tr", {}, columns.map(column => cell("th", column.title, column, "col")))),
          groups.map(body))));
  }

  /** A section with a heading, or nothing when there is nothing to show. */
  function section(title, note, ...children) {
    const shown = children.flat().filter(Boolean);
    if (shown.length === 0) return null;
    const id = title.toLowerCase().replace(/[^a-z]+/g, "-");
    return make("section", {class: "long", id, "aria-labelledby": id + "-title"},
      make("h2", {id: id + "-title"}, title), note && make("p", {class: "quiet small"}, note), shown);
  }

  return {make, makeSvg, table, section};
})();
