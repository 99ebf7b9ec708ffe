"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const names = data.names;

/** Rows of a table as objects. */
const rowsOf = name => {
  const table = data.tables[name];
  return table.rows.map(row => Object.fromEntries(table.columns.map((column, i) => [column, row[i]])));
};
const tables = Object.fromEntries(Object.keys(data.tables).map(name => [name, rowsOf(name)]));
const index = {};
for (const [name, rows] of Object.entries(tables)) {
  index[name] = new Map();
  for (const row of rows) (index[name].get(row.ID) ?? index[name].set(row.ID, []).get(row.ID)).push(row);
}

/** An element with attributes and children; text is never read as markup. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.flat().filter(child => child !== null && child !== undefined));
  return element;
}

const blank = value => value === null || value === undefined || value === "";
const DOI = /^10\.\d{4,9}\/\S+$/;

/** The DOIs of a cell as links; what is no DOI is text. */
function doiLinks(cell) {
  const parts = [];
  for (const doi of String(cell ?? "").split("|").map(part => part.trim()).filter(Boolean)) {
    if (parts.length) parts.push(" ");
    parts.push(DOI.test(doi) ? make("a", {href: "https://doi.org/" + encodeURI(doi), rel: "noreferrer", target: "_blank"}, doi) : doi);
  }
  return parts;
}

/** A number with six digits at most. */
function number(value) {
  if (typeof value !== "number") return value ?? "";
  if (Number.isInteger(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential().replace(/(\.\d{3})\d+/, "$1").replace("e-", "e−");
  return String(+value.toPrecision(6));
}

/** A word on a coloured ground. */
const chip = word => make("span", {class: `chip ${String(word).replace(/\W/g, "")}`}, word);

/** Text that Plotly, which reads some tags in labels, shows as it is. */
const inert = text => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/** Large parts of the page, unpacked when they are first wanted. */
const parts = {};
function unpacked(name) {
  parts.packed ??= JSON.parse(document.getElementById("packed").textContent);
  parts[name] ??= (async () => {
    const bytes = Uint8Array.from(atob(parts.packed[name]), letter => letter.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
  })();
  return parts[name];
}

const TOO_OLD = "This browser is too old for structures and diagrams.";

/** Plotly, run only when the first structure or diagram is wanted; nothing where the browser cannot unpack it. */
async function withPlotly() {
  if (!window.Plotly) {
    if (!window.DecompressionStream) return null;
    const script = await unpacked("plotly");
    if (!window.Plotly) document.head.append(make("script", {}, script));
  }
  return window.Plotly;
}

/** A colour of the style sheet, for what Plotly draws. */
const colour = name => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
