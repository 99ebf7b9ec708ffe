"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const PAGE = 50;

/** Rows of a table as objects. */
const rowsOf = name => {
  const table = data.tables[name];
  return table.rows.map(row => Object.fromEntries(table.columns.map((column, i) => [column, row[i]])));
};
const tables = Object.fromEntries(Object.keys(data.tables).map(name => [name, rowsOf(name)]));
const by = (name, key) => {
  const found = new Map();
  for (const row of tables[name] ?? []) (found.get(row[key]) ?? found.set(row[key], []).get(row[key])).push(row);
  return found;
};
const index = {};
for (const name of ["entries", "findings", "links", "corrections", "structures", "candidates"]) index[name] = by(name, "ID");

/** An element with attributes and children; text is never read as markup. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.filter(child => child !== null && child !== undefined));
  return element;
}

const blank = value => value === null || value === undefined || value === "";
const DOI = /^10\.\d{4,9}\/\S+$/;

function doiLinks(cell) {
  const parts = [];
  for (const doi of String(cell ?? "").split("|").map(part => part.trim()).filter(Boolean)) {
    if (parts.length) parts.push(" ");
    parts.push(DOI.test(doi) ? make("a", {href: "https://doi.org/" + encodeURI(doi), rel: "noreferrer", target: "_blank"}, doi) : doi);
  }
  return parts;
}

function number(value) {
  if (typeof value !== "number") return value ?? "";
  if (Number.isInteger(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential().replace(/(\.\d{3})\d+/, "$1").replace("e-", "e−");
  return String(+value.toPrecision(6));
}

const idButton = id => index.entries.has(id)
  ? make("button", {class: "link", type: "button", onclick: () => show(id)}, id) : String(id ?? "");

const ids = text => {
  const parts = [];
  for (const word of String(text ?? "").split(" ")) parts.push(parts.length ? " " : "", idButton(word));
  return parts;
};

/** How a value of a column is shown. */
function cell(column, value) {
  if (blank(value)) return [];
  if (column.kind === "id") return [idButton(value)];
  if (column.kind === "ids") return ids(value);
  if (column.kind === "severity") return [make("span", {class: value}, value)];
  if (column.kind === "doi") return doiLinks(value);
  if (column.kind === "number") return [number(value)];
  return [String(value)];
}

/** A table with filters, sorting, and pages of rows. */
function table(holder, rows, columns, filters) {
  const state = {text: "", chosen: {}, column: null, direction: 1, shown: PAGE};
  const label = holder.dataset.table;
  const count = make("p", {class: "count", role: "status"});
  const body = make("tbody");
  const more = make("button", {type: "button", class: "more", onclick: () => { state.shown += 200; draw(); }}, "Show more");
  const heads = columns.map(column => make("th", {scope: "col"}, make("button", {type: "button", onclick: () => {
    state.direction = state.column === column ? -state.direction : 1;
    state.column = column;
    for (const [i, head] of heads.entries()) {
      if (columns[i] === column) head.setAttribute("aria-sort", state.direction > 0 ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    }
    draw();
  }}, column.label)));
  const searched = rows.map(row => columns.map(column => row[column.key] ?? "").join("\n").toLowerCase());
  const box = make("div", {class: "filters"},
    make("label", {}, "Search", make("input", {type: "search", id: `${label}-search`, placeholder: "words, all must occur",
      oninput: event => { state.text = event.target.value.toLowerCase(); state.shown = PAGE; draw(); }})));
  for (const filter of filters) {
    const values = [...new Set(rows.map(row => row[filter.key]).filter(value => !blank(value)))].map(String).sort();
    if (!values.length) continue;
    const select = make("select", {id: `${label}-${filter.key.replace(/\W+/g, "-")}`, onchange: event => {
      state.chosen[filter.key] = event.target.value; state.shown = PAGE; draw();
    }}, make("option", {value: ""}, "all"), ...values.map(value => make("option", {value}, value)));
    box.append(make("label", {}, filter.label, select));
  }

  function draw() {
    const words = state.text.split(/\s+/).filter(Boolean);
    let chosen = rows.filter((row, i) => words.every(word => searched[i].includes(word))
      && Object.entries(state.chosen).every(([key, value]) => !value || String(row[key]) === value));
    if (state.column) {
      const key = state.column.sort ?? state.column.key;
      chosen = [...chosen].sort((a, b) => {
        const [x, y] = [a[key], b[key]];
        if (blank(x) || blank(y)) return blank(x) - blank(y);
        return state.direction * (typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y)));
      });
    }
    count.textContent = chosen.length === rows.length ? `${rows.length} rows` : `${chosen.length} of ${rows.length} rows`;
    body.replaceChildren(...chosen.slice(0, state.shown).map(row => make("tr", {}, ...columns.map(column =>
      make("td", {class: {number: "number", id: "short", doi: "long"}[column.kind] ?? null, "data-label": column.label},
        ...cell(column, row[column.key]))))));
    more.hidden = chosen.length <= state.shown;
  }
  holder.append(box, count, make("div", {class: "scroll"}, make("table", {class: "wide"}, make("thead", {}, make("tr", {}, ...heads)), body)), more);
  draw();
}

const col = (key, label, kind, sort) => ({key, label, kind, sort});
const names = data.names;
const FINDINGS = [col("ID", "ID", "id"), col("severity", "Severity", "severity"), col("check", "Check"), col("column", "Column"),
  col("value", "Value"), col("expected", "Expected"), col("message", "What is wrong"), col("other", "Others", "ids"), col("status", "Status"),
  col("reason", "Why")];
const CANDIDATES = [col("ID", "ID", "id"), col("file", "Structure of", "id"), col("rank", "Rank", "number"),
  col("composition_deviation", "Composition, per formula unit", "number"), col("lattice_deviation", "Lengths, relative", "number"),
  col("angle_deviation", "Angles, degrees", "number"), col("setting", "Setting"), col("remark", "Remark")];
const ENTRIES = [col("ID", "ID", "id"), col(names.reduced, "Composition"), col(names.spacegroup, "Space group"),
  col(names.number, "No.", "number"), col("conductivity", "Conductivity, S/cm", "text", names.conductivity), col(names.family, "Family"), col("set", "Set"),
  col("structure", "Structure"), col("doubts", "Undecided findings", "number"), col(names.doi, "DOI", "doi")];

/** The story of an entry: the row, where it stems from, what is doubted, and its structure. */
function show(id) {
  const entry = index.entries.get(id)?.[0];
  if (!entry) return;
  const dialog = document.getElementById("entry");
  const list = pairs => make("dl", {}, ...pairs.filter(([, value]) => !blank(value) && !(Array.isArray(value) && !value.length))
    .flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, ...(Array.isArray(value) ? value : [number(value)]))]));
  const close = () => { dialog.close(); history.replaceState(null, "", location.pathname + location.search); };
  const findings = index.findings.get(id) ?? [];
  const shape = data.structures[id];
  const parts = [
    make("div", {class: "head"}, make("h2", {id: "entry-title"}, `${id}: ${entry[names.reduced]}`),
      make("button", {type: "button", class: "close", onclick: close}, "Close")),
    make("div", {class: "pair"},
      make("div", {}, make("h3", {}, "Measurement"), list([
        ["Conductivity", `${entry.conductivity} S/cm` + (entry.conductivity.startsWith("<") ? " (upper bound)" : "")],
        ["Total", entry[names.total]], ["Bulk", entry[names.bulk]], ["Family", entry[names.family]],
        ["Paper", doiLinks(entry[names.doi])], ["Set", entry.set], ["Same group", entry.group ? ids(entry.group) : null],
        ["Curators' reference", entry[names.ref]], ["Note", entry[names.note]]])),
      make("div", {}, make("h3", {}, "Crystal"), list([
        ["Formula unit", entry[names.reduced]], ["Unit cell", `${entry[names.true]} (Z = ${entry[names.z]})`],
        ["Space group", `${entry[names.spacegroup]} (${entry[names.number]})`],
        ["a, b, c", `${names.lattice.slice(0, 3).map(key => number(entry[key])).join(", ")} Å`],
        ["α, β, γ", `${names.lattice.slice(3).map(key => number(entry[key])).join(", ")} degrees`],
        ["Structure", entry.structure], ["ICSD", entry[names.icsd]], ["Close match", doiLinks(entry[names.close])]]))),
  ];
  if (findings.length) parts.push(make("h3", {}, "Findings"), make("ul", {class: "plain"}, ...findings.map(found =>
    make("li", {}, make("span", {class: found.severity}, found.severity), ` ${found.check}`,
      found.column ? ` in ${found.column}` : "", `: ${found.message}`, found.status === "open" ? "" : ` (${found.status}${blank(found.reason) ? "" : `: ${found.reason}`})`,
      ...(found.other ? [" ", ...ids(found.other)] : [])))));
  const told = [
    ["corrections", "Corrections", row => `${row.column}: ${row.before ?? "blank"} became ${row.after ?? "blank"}. ${row.reason ?? ""} ${row.evidence ?? ""}`],
    ["links", "Source records", row => `${row.source} record ${row.record ?? "none"}` + (blank(row.conductivity_ratio) ? ""
      : `, conductivity ${number(row.conductivity_ratio)} times the record's`) + (blank(row.published) ? "" : `; published link ${row.published}`)],
    ["structures", "Fit of the structure", row => `${row.match ?? ""}: composition differs by ${number(row.composition_deviation)} per formula unit, `
      + `lengths by ${number(100 * row.lattice_deviation)} %, angles by ${number(row.angle_deviation)} degrees; ${row.setting ?? ""}; `
      + `noise: ${row.perturbation ?? "not known"}`],
    ["candidates", "Structures offered", row => `${row.rank}. that of ${row.file}: composition differs by ${number(row.composition_deviation)} per formula unit, `
      + `lengths by ${number(100 * row.lattice_deviation)} %`],
  ];
  for (const [name, title, say] of told) {
    const rows = index[name].get(id) ?? [];
    if (rows.length) parts.push(make("h3", {}, title), make("ul", {class: "plain"}, ...rows.map(row => make("li", {}, say(row)))));
  }
  let holder = null;
  if (shape) {
    holder = make("div", {class: "structure", role: "img", "aria-label": `Structure of ${id}: ${shape.sites.length} sites in the cell`});
    parts.push(make("h3", {}, "Structure"), holder, make("p", {class: "count"},
      "Drag to turn, scroll to zoom. Pale atoms are partly occupied. Published coordinates of ICSD structures carry noise."));
  }
  dialog.querySelector("article").replaceChildren(...parts);
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  history.replaceState(null, "", `#entry=${encodeURIComponent(id)}`);
  if (holder) draw3d(holder, shape);
}

let plotly = null;
/** Plotly, run only when the first structure is wanted. */
function withPlotly() {
  if (!plotly) {
    document.head.append(make("script", {}, document.getElementById("plotly").textContent));
    plotly = window.Plotly;
  }
  return plotly;
}

/** Axes of the cell in angstrom: a along x, b in the xy plane. */
function axesOf([a, b, c, alpha, beta, gamma]) {
  const [ca, cb, cg] = [alpha, beta, gamma].map(angle => Math.cos(angle * Math.PI / 180));
  const sg = Math.sin(gamma * Math.PI / 180);
  const cx = c * cb, cy = c * (ca - cb * cg) / sg;
  return [[a, 0, 0], [b * cg, b * sg, 0], [cx, cy, Math.sqrt(c * c - cx * cx - cy * cy)]];
}
const place = (axes, f) => [0, 1, 2].map(i => axes[0][i] * f[0] + axes[1][i] * f[1] + axes[2][i] * f[2]);

/** Every image of a site in the cell, those on its border repeated on the border opposite. */
function images(site, operations) {
  const found = [];
  const apart = (u, v) => Math.abs(u - v - Math.round(u - v));
  for (const [r, t] of operations) {
    const f = [0, 1, 2].map(i => r[3 * i] * site[2] + r[3 * i + 1] * site[3] + r[3 * i + 2] * site[4] + t[i]).map(x => ((x % 1) + 1) % 1);
    if (!found.some(g => g.every((x, i) => apart(x, f[i]) < 1e-4))) found.push(f);
  }
  const near = 1e-3;
  return found.flatMap(f => {
    const choices = f.map(x => x < near ? [x, x + 1] : x > 1 - near ? [x, x - 1] : [x]);
    return choices[0].flatMap(x => choices[1].flatMap(y => choices[2].map(z => [x, y, z])));
  });
}

function draw3d(holder, shape) {
  const Plotly = withPlotly();
  const axes = axesOf(shape.cell);
  const atoms = new Map();
  for (const site of shape.sites) for (const f of images(site, data.operations[shape.operations])) {
    const at = place(axes, f), element = site[1];
    if (!atoms.has(element)) atoms.set(element, {x: [], y: [], z: [], text: [], color: []});
    const trace = atoms.get(element), [r, g, b, size] = data.elements[element];
    trace.x.push(at[0]); trace.y.push(at[1]); trace.z.push(at[2]); trace.size = size;
    trace.text.push(`${site[0]}<br>occupancy ${number(site[5])}<br>${f.map(x => x.toFixed(3)).join(", ")}`);
    const full = 0.25 + 0.75 * Math.min(1, site[5]); // paler, not clearer: clear points shine through one another
    trace.color.push(`rgb(${[r, g, b].map(part => Math.round(255 - full * (255 - part))).join(",")})`);
  }
  const corners = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1], [0, 0, 1], null,
    [1, 0, 0], [1, 0, 1], null, [1, 1, 0], [1, 1, 1], null, [0, 1, 0], [0, 1, 1]].map(f => f ? place(axes, f) : [null, null, null]);
  const edge = Math.max(...shape.cell.slice(0, 3));
  const traces = [{type: "scatter3d", mode: "lines", hoverinfo: "skip", showlegend: false, line: {color: "#52606d", width: 2},
    x: corners.map(p => p[0]), y: corners.map(p => p[1]), z: corners.map(p => p[2])}];
  for (const [element, trace] of [...atoms].sort()) traces.push({type: "scatter3d", mode: "markers", name: element,
    x: trace.x, y: trace.y, z: trace.z, text: trace.text, hovertemplate: "%{text}<extra></extra>",
    marker: {size: Math.max(3, trace.size * 110 / edge), color: trace.color, line: {width: 0}}});
  const hidden = {visible: false};
  const made = Plotly.newPlot(holder, traces, {margin: {l: 0, r: 0, t: 0, b: 0}, paper_bgcolor: "#fff", legend: {itemsizing: "constant", x: 0, y: 1},
    scene: {xaxis: hidden, yaxis: hidden, zaxis: hidden, aspectmode: "data", camera: {projection: {type: "orthographic"}, eye: {x: 1.7, y: 0.75, z: 0.5}}}},
    {responsive: true, displayModeBar: false});
  made.then(() => { holder.dataset.atoms = [...atoms.values()].reduce((sum, trace) => sum + trace.x.length, 0); });
}

for (const holder of document.querySelectorAll("[data-table]")) {
  const name = holder.dataset.table;
  const [columns, filters] = {
    findings: [FINDINGS, [["severity", "Severity"], ["check", "Check"], ["status", "Status"]]],
    candidates: [CANDIDATES, [["rank", "Rank"]]],
    entries: [ENTRIES, [["set", "Set"], ["structure", "Structure"], [names.family, "Family"]]],
  }[name];
  table(holder, tables[name], columns, filters.map(([key, label]) => ({key, label})));
}
document.getElementById("entry").addEventListener("click", event => { if (event.target.id === "entry") event.target.close(); });
const wanted = () => { const found = /^#entry=(.+)$/.exec(location.hash); if (found) show(decodeURIComponent(found[1])); };
addEventListener("hashchange", wanted);
wanted();
document.documentElement.dataset.ready = "yes";
