/** Numbers as people read them. What is absent or not a number is a dash, never a guess. */
const format = (() => {
  const absent = "–";
  const minus = text => text.replace("-", "−");

  /** Numbers that JSON has no notation for arrive as the texts "NaN", "Infinity" and "-Infinity". */
  function number(value) {
    if (typeof value === "number") return value;
    return value === "Infinity" ? Infinity : value === "-Infinity" ? -Infinity : NaN;
  }

  function significant(value, digits = 4) {
    const x = number(value);
    if (value == null || value === "") return absent;
    if (!Number.isFinite(x)) return Number.isNaN(x) ? "NaN" : x > 0 ? "∞" : "−∞";
    const size = Math.abs(x);
    if (x !== 0 && (size < 1e-4 || size >= 1e7)) return minus(x.toExponential(Math.max(0, digits - 2)).replace("e+", "e"));
    const decimals = size === 0 ? 0 : Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
    const plain = x.toFixed(Math.min(decimals, 8));
    return minus(size >= 10000 ? Number(plain).toLocaleString("en-US") : trimmed(plain));
  }

  const trimmed = text => text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;

  const signed = (value, text) => (number(value) > 0 ? "+" : "") + text;

  function percent(value, digits = 1) {
    const x = number(value);
    if (value == null) return absent;
    return Number.isFinite(x) ? minus((100 * x).toFixed(digits)) + " %" : significant(value);
  }

  /** A score in its own unit. */
  const score = (value, share) => share ? percent(value) : significant(value);

  /** A difference of scores: points for a share, else the plain difference; with a sign. */
  function difference(value, share) {
    const x = number(value);
    if (!Number.isFinite(x)) return absent;
    return signed(x, share ? minus((100 * x).toFixed(1)) : significant(x, 3));
  }

  /** The same without a sign. */
  const size = (value, share) => difference(value, share).replace(/^[+−]/, "");

  /** A p-value. */
  function probability(value) {
    const x = number(value);
    if (!Number.isFinite(x)) return absent;
    return x < 0.001 ? "< 0.001" : x < 0.095 ? x.toPrecision(1) : x.toFixed(2);
  }

  /** A p-value with what it is of, such as p = 0.02; null for none. */
  function pValue(value, name = "p") {
    const text = probability(value);
    return text === absent ? null : name + (text.startsWith("<") ? " " : " = ") + text;
  }

  /** A model's probability of an answer. */
  const chance = value => number(value) > 0 && number(value) < 0.001 ? "< 0.1 %" : percent(value);

  function bytes(value) {
    let x = number(value);
    if (!Number.isFinite(x)) return absent;
    const units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let unit = 0;
    while (x >= 1024 && unit < units.length - 1) { x /= 1024; unit++; }
    return significant(x, 3) + " " + units[unit];
  }

  function seconds(value) {
    const x = number(value);
    if (!Number.isFinite(x)) return absent;
    if (x < 60) return significant(x, x < 10 ? 2 : 3) + " s";
    const [hours, minutes, rest] = [Math.floor(x / 3600), Math.floor(x / 60) % 60, Math.floor(x % 60)];
    return hours > 0 ? hours + " h " + minutes + " min" : minutes + " min" + (rest > 0 ? " " + rest + " s" : "");
  }

  /** The moment as the file states it, to the minute: the same on every machine that opens the report. */
  const time = text => typeof text === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text)
    ? text.slice(0, 10) + " " + text.slice(11, 16) + (text.endsWith("Z") ? " UTC" : "") : text ?? absent;

  const count = value => Number.isFinite(number(value)) ? number(value).toLocaleString("en-US") : absent;

  const plural = (n, one, many) => count(n) + " " + (number(n) === 1 ? one : many);

  return {absent, number, significant, percent, score, difference, size, probability, pValue, chance, bytes, seconds, time, count, plural};
})();
