/** Features of an entry that a number stands for. */
const FEATURES = {
  a: ["a, Å", row => row[names.lattice[0]]], b: ["b, Å", row => row[names.lattice[1]]], c: ["c, Å", row => row[names.lattice[2]]],
  alpha: ["α, degrees", row => row[names.lattice[3]]], beta: ["β, degrees", row => row[names.lattice[4]]],
  gamma: ["γ, degrees", row => row[names.lattice[5]]],
  volume: ["Cell volume, Å³", row => volumeOf(names.lattice.map(key => row[key]))],
  unit: ["Volume of a formula unit, Å³", row => volumeOf(names.lattice.map(key => row[key])) / row[names.z]],
  z: ["Z", row => row[names.z]], spacegroup: ["Space group number", row => row[names.number]],
  elements: ["Number of elements", row => elementsOf(row.ID).size || null],
};
const share = symbol => [`Share of ${symbol} among the atoms`, row => data.amounts[row.ID]?.[symbol] ?? (data.amounts[row.ID] ? 0 : null)];
/** Distinguishable to the colour-blind (Okabe and Ito), for the families with most entries; the others are grey, as are entries without a family. */
const COLOURS = ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#f0e442", "#8c5a3c"];
const OTHERS = "other or none";

/** The families in the order of their number of entries, at most as many as there are colours. */
function families() {
  const counts = new Map();
  for (const row of tables.entries) if (!blank(row[names.family])) counts.set(row[names.family], (counts.get(row[names.family]) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).slice(0, COLOURS.length).map(([family]) => family);
}

/** Conductivity against a feature. Nothing is drawn, and Plotly is not run, before the diagram comes into sight. */
function plot(holder) {
  const present = [...new Set(tables.entries.flatMap(row => [...elementsOf(row.ID)]))].sort();
  const feature = key => FEATURES[key] ?? (present.includes(key) ? share(key) : FEATURES.volume);
  const select = make("select", {id: "plot-feature", onchange: event => { setFilter("plot", "feature", event.target.value); draw(); }},
    make("optgroup", {label: "Crystal"}, ...Object.entries(FEATURES).map(([key, [label]]) => make("option", {value: key}, label))),
    make("optgroup", {label: "Composition"}, ...present.map(symbol => make("option", {value: symbol}, share(symbol)[0]))));
  const drawing = make("div", {class: "diagram", role: "img", "aria-label": "Diagram of conductivity against the chosen feature"});
  const count = make("p", {class: "count", role: "status"});
  holder.append(make("div", {class: "filters"}, make("label", {}, "Against", select)), count, drawing);
  const known = families();
  let rows = tables.entries, seen = false, drawn = null;

  async function draw(left = rows) {
    rows = left;
    const key = drawn = filtersOf("plot").feature ?? "volume";
    const [label, value] = feature(key);
    select.value = FEATURES[key] || present.includes(key) ? key : "volume";
    const points = rows.map(row => ({row, x: value(row)})).filter(({row, x}) => Number.isFinite(x) && row[names.conductivity] > 0);
    count.textContent = `${points.length} of ${tables.entries.length} entries`;
    if (!seen) return;
    const Plotly = await withPlotly();
    if (!Plotly) return drawing.replaceChildren(TOO_OLD);
    const traces = [...known, OTHERS].map((family, i) => {
      const own = points.filter(({row}) => (known.includes(row[names.family]) ? row[names.family] : OTHERS) === family);
      return {type: "scatter", mode: "markers", name: inert(family), x: own.map(({x}) => x), y: own.map(({row}) => row[names.conductivity]),
        customdata: own.map(({row}) => row.ID), text: own.map(({row}) => inert(`${row.ID}: ${row[names.reduced]}`)),
        hovertemplate: "%{text}<br>%{x:.6~g}, %{y:.3~g} S/cm<extra></extra>",
        marker: {size: 8, color: COLOURS[i] ?? "#8a94a0", opacity: 0.85, symbol: own.map(({row}) => row[names.bound] ? "triangle-down-open" : "circle")}};
    }).filter(trace => trace.x.length);
    const axis = {gridcolor: colour("line"), zerolinecolor: colour("line"), automargin: true};
    await Plotly.react(drawing, traces, {margin: {l: 60, r: 10, t: 10, b: 50}, paper_bgcolor: colour("card"), plot_bgcolor: colour("card"),
      font: {color: colour("ink")}, hovermode: "closest", legend: {orientation: "h", y: -0.18},
      xaxis: {...axis, title: {text: inert(label)}}, yaxis: {...axis, type: "log", title: {text: "Conductivity, S/cm"}, exponentformat: "power"}},
      {responsive: true, displayModeBar: false});
    if (!drawing.dataset.points) drawing.on("plotly_click", event => visit({entry: event.points[0].customdata, check: ""}));
    drawing.dataset.points = points.length;
  }
  views.plot = {draw, apply: () => { if ((filtersOf("plot").feature ?? "volume") !== drawn) draw(); }};
  new IntersectionObserver(([sight], observer) => {
    if (!sight.isIntersecting) return;
    seen = true;
    observer.disconnect();
    draw();
  }).observe(drawing);
}
