/** Axes of the cell in angstrom: a along x, b in the xy plane. */
function axesOf([a, b, c, alpha, beta, gamma]) {
  const [ca, cb, cg] = [alpha, beta, gamma].map(angle => Math.cos(angle * Math.PI / 180));
  const sg = Math.sin(gamma * Math.PI / 180);
  const cx = c * cb, cy = c * (ca - cb * cg) / sg;
  return [[a, 0, 0], [b * cg, b * sg, 0], [cx, cy, Math.sqrt(c * c - cx * cx - cy * cy)]];
}
const placed = (axes, f) => [0, 1, 2].map(i => axes[0][i] * f[0] + axes[1][i] * f[1] + axes[2][i] * f[2]);
const volumeOf = cell => { const axes = axesOf(cell); return axes[0][0] * axes[1][1] * axes[2][2]; };

/** Every image of a site in the cell: fractions from 0 up to 1. */
function images(site, operations) {
  const found = [];
  const apart = (u, v) => Math.abs(u - v - Math.round(u - v));
  for (const [r, t] of operations) {
    const f = [0, 1, 2].map(i => r[3 * i] * site[2] + r[3 * i + 1] * site[3] + r[3 * i + 2] * site[4] + t[i]).map(x => ((x % 1) + 1) % 1);
    if (!found.some(g => g.every((x, i) => apart(x, f[i]) < 1e-4))) found.push(f);
  }
  return found;
}

/** The same atom wherever it lies on the border of the cell: on a corner eight times. */
function onBorder(f, near = 1e-3) {
  const choices = f.map(x => x < near ? [x, x + 1] : x > 1 - near ? [x, x - 1] : [x]);
  return choices[0].flatMap(x => choices[1].flatMap(y => choices[2].map(z => [x, y, z])));
}

/** Longest bond, beyond the sum of the covalent radii, and shortest, as a share of it: nearer ones are two places of one atom. */
const BOND = {beyond: 0.4, least: 0.6};
const radius = element => data.elements[element][3];
const isMetal = element => data.elements[element][4];

/** Whether two atoms may be bonded at all: no metals among themselves, no two places of one atom, no lithium that hops between places. */
function canBond(a, b) {
  if (isMetal(a.element) && isMetal(b.element)) return false;
  if (a.element === b.element && a.occupancy + b.occupancy < 1.01) return false;
  return ![a, b].some(atom => atom.element === "Li" && atom.occupancy < 0.99);
}

/** The atoms in the cell and on its border, those of another cell that complete the surroundings of a framework cation, and the bonds. */
function modelOf(shape) {
  const axes = axesOf(shape.cell), atoms = [], cell = [];
  const atom = (site, f) => ({label: site[0], element: site[1], occupancy: site[5], f, at: placed(axes, f)});
  for (const site of shape.sites) for (const f of images(site, data.operations[shape.operations])) {
    cell.push([site, f]);
    for (const border of onBorder(f)) atoms.push(atom(site, border));
  }
  const bonded = (a, b) => {
    const reach = radius(a.element) + radius(b.element);
    const away = Math.hypot(a.at[0] - b.at[0], a.at[1] - b.at[1], a.at[2] - b.at[2]);
    return away < reach + BOND.beyond && away > BOND.least * reach && canBond(a, b);
  };
  const centres = atoms.filter(({element}) => element !== "Li" && (isMetal(element) || ["P", "Si", "B", "Ge", "As", "C"].includes(element)));
  const outside = new Map(), steps = [-1, 0, 1];
  for (const [site, f] of cell) {
    if (isMetal(site[1])) continue;
    for (const i of steps) for (const j of steps) for (const k of steps) {
      const moved = [f[0] + i, f[1] + j, f[2] + k];
      if (moved.every(x => x > -1e-3 && x < 1 + 1e-3)) continue;
      const there = atom(site, moved);
      if (centres.some(centre => bonded(centre, there))) outside.set(moved.map(x => x.toFixed(3)).join() + site[0], there);
    }
  }
  const inside = atoms.length;
  atoms.push(...outside.values());
  const bonds = [];
  for (let i = 0; i < inside; i++) for (let j = i + 1; j < atoms.length; j++) if (bonded(atoms[i], atoms[j])) bonds.push([atoms[i], atoms[j]]);
  return {axes, atoms, bonds, inside};
}

/** Paler, not clearer: clear points shine through one another. */
function tint([r, g, b], occupancy, ground) {
  const full = 0.3 + 0.7 * Math.min(1, occupancy);
  return `rgb(${[r, g, b].map((part, i) => Math.round(ground[i] - full * (ground[i] - part))).join(",")})`;
}
const channels = hex => [1, 3, 5].map(i => parseInt(hex.length < 7 ? hex[(i + 1) / 2].repeat(2) : hex.slice(i, i + 2), 16));

/** Stop what draws in a part of the page: a structure turns its frames, and holds one of the few contexts of WebGL, until then. */
function stopDrawing(part) {
  for (const holder of part.querySelectorAll(".js-plotly-plot")) window.Plotly.purge(holder);
}

async function drawStructure(holder, shape) {
  const Plotly = await withPlotly();
  if (!Plotly) holder.replaceWith(make("p", {}, TOO_OLD));
  if (!holder.isConnected) return;
  const {axes, atoms, bonds} = modelOf(shape);
  const ground = channels(colour("card")), traces = [];
  const lines = (points, style) => traces.push({type: "scatter3d", mode: "lines", hoverinfo: "skip", showlegend: false, line: style,
    x: points.map(p => p[0]), y: points.map(p => p[1]), z: points.map(p => p[2])});
  const gap = [null, null, null];
  lines([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1], [0, 0, 1], null,
    [1, 0, 0], [1, 0, 1], null, [1, 1, 0], [1, 1, 1], null, [0, 1, 0], [0, 1, 1]].map(f => f ? placed(axes, f) : gap), {color: colour("soft"), width: 2});
  if (bonds.length) lines(bonds.flatMap(([a, b]) => [a.at, b.at, gap]), {color: colour("bond"), width: 5});
  const scale = Math.min(holder.clientWidth, holder.clientHeight) / Math.max(...shape.cell.slice(0, 3)); // pixels an angstrom, about
  for (const element of [...new Set(atoms.map(atom => atom.element))].sort()) {
    const own = atoms.filter(atom => atom.element === element);
    traces.push({type: "scatter3d", mode: "markers", name: element, x: own.map(a => a.at[0]), y: own.map(a => a.at[1]), z: own.map(a => a.at[2]),
      text: own.map(a => `${inert(a.label)}<br>occupancy ${number(a.occupancy)}<br>${a.f.map(x => x.toFixed(3)).join(", ")}`),
      hovertemplate: "%{text}<extra></extra>",
      marker: {size: Math.max(4, (0.12 + 0.16 * radius(element)) * scale), color: own.map(a => tint(data.elements[element], a.occupancy, ground)),
        line: {width: 1, color: colour("soft")}}});
  }
  const hidden = {visible: false};
  await Plotly.newPlot(holder, traces, {margin: {l: 0, r: 0, t: 0, b: 0}, paper_bgcolor: colour("card"), font: {color: colour("ink")},
    legend: {itemsizing: "constant", x: 0, y: 1, bgcolor: "rgba(0,0,0,0)"},
    scene: {xaxis: hidden, yaxis: hidden, zaxis: hidden, aspectmode: "data", camera: {projection: {type: "orthographic"}, eye: {x: 0.95, y: 0.42, z: 0.28}}}},
    {responsive: true, displayModeBar: false});
  holder.dataset.atoms = atoms.length;
  holder.dataset.bonds = bonds.length;
}
