/** How the numbers came about: environment, hashes, files, the whole experiment. */
const provenance = (() => {
  const {make} = dom;

  function render(data) {
    const {result, experiment} = data;
    const all = rows(result.environment);
    const groups = [["Environment", false], ["Hashes", true]]
      .map(([title, hash]) => ({title, rows: all.filter(row => isHash(row[1].textContent) === hash)})).filter(group => group.rows.length > 0);
    const columns = [{title: "What", text: true, wrap: true}, {title: "Value", text: true, wrap: true}];
    return dom.section("Provenance", null, groups.length > 0 && dom.table("Where this run took place and what it was made from", columns, groups),
      files(result.artifacts),
      experiment && make("details", {}, make("summary", {}, "The experiment, every default written out"),
        make("pre", {tabindex: 0}, JSON.stringify(experiment, null, 2))));
  }

  /** Nested objects become one row for each leaf, named by its path. */
  function rows(value, path = "") {
    if (value === null || value === undefined || value === "") return [];
    if (typeof value !== "object") return [[path, make("span", {class: isHash(value) ? "mono" : ""}, String(value))]];
    return Object.entries(value).flatMap(([key, each]) => rows(each, path ? path + " · " + key : key));
  }

  const isHash = value => /^(sha\d+:)?[0-9a-f]{32,}$/.test(value);

  /** A file is a link only where it lies in the run folder: no scheme, no way up. */
  function files(artifacts) {
    const paths = Object.values(artifacts ?? {}).filter(each => typeof each === "string");
    const safe = path => /^[\w-][\w .-]*(\/[\w -][\w .-]*)*\/?$/.test(path);
    if (paths.length === 0) return null;
    return make("p", {}, "In this folder: ", paths.flatMap((path, i) => [i > 0 ? ", " : null,
      safe(path) ? make("a", {href: encodeURI("./" + path)}, path) : path]));
  }

  return {render};
})();
