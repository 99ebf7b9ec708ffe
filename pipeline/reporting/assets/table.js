const PAGE = 50;
/** What can be narrowed, by name: each knows how to read its filters from the address. */
const views = {};

/**
 * A table with filters, sorting, and pages of rows. The filters are kept in the address only; "told" hears of the rows that are left.
 *
 * A column is {key, label, show, sort, also}: "show" gives the nodes of a cell, "sort" the key to sort by, "also" what is searched beside
 * it. A filter is {key, label, id, kind}: a "choice" among the values of a column or a "range" of numbers.
 */
function table(holder, rows, columns, filters, told = () => {}) {
  const name = holder.dataset.table;
  const controls = {};
  let shown = PAGE, drawn = null;
  const count = make("p", {class: "count", role: "status"});
  const body = make("tbody");
  const more = make("button", {type: "button", class: "more", onclick: () => { shown += 200; draw(); }}, "Show more");
  const clear = make("button", {type: "button", onclick: () => {
    go({filters: Object.fromEntries(Object.entries(place.filters).filter(([key]) => !key.startsWith(`${name}.`)))}, false);
    apply();
  }}, "Clear");
  const heads = columns.map(column => make("th", {scope: "col", "data-key": column.key},
    make("button", {type: "button", onclick: () => {
      const was = filtersOf(name).sort;
      setFilter(name, "sort", was === slug(column) ? `-${slug(column)}` : slug(column));
      draw();
    }}, column.label)));
  const keys = columns.flatMap(column => [column.key, ...column.also ?? []]);
  const texts = rows.map(row => keys.map(key => row[key] ?? "").join("\n").toLowerCase());

  const changed = (key, value) => { setFilter(name, key, value); shown = PAGE; draw(); };
  const box = make("div", {class: "filters", role: "search", "aria-label": `Filters of the table of ${name}`});
  controls.search = make("input", {type: "search", id: `${name}-search`, placeholder: "words, elements, numbers", autocomplete: "off",
    oninput: event => changed("search", event.target.value.trim())});
  box.append(make("label", {class: "long"}, "Search", controls.search));
  for (const filter of filters) {
    if (filter.kind === "range") {
      const input = end => make("input", {type: "text", inputmode: "decimal", id: `${name}-${filter.id}-${end}`, placeholder: end,
        "aria-label": `${filter.label}, ${end}`, autocomplete: "off", oninput: () => {
          const [low, high] = controls[filter.id].map(box => box.value.trim());
          changed(filter.id, low || high ? `${low}..${high}` : "");
        }});
      controls[filter.id] = [input("from"), input("to")];
      box.append(make("div", {class: "range", role: "group", "aria-label": filter.label}, make("span", {}, filter.label), ...controls[filter.id]));
      continue;
    }
    const values = [...new Set(rows.map(row => row[filter.key]).filter(value => !blank(value)))].map(String)
      .sort((a, b) => order(filter, a) - order(filter, b) || a.localeCompare(b));
    if (!values.length) continue;
    controls[filter.id] = make("select", {id: `${name}-${filter.id}`, onchange: event => changed(filter.id, event.target.value)},
      make("option", {value: ""}, "all"), ...values.map(value => make("option", {value}, value)));
    box.append(make("label", {}, filter.label, controls[filter.id]));
  }
  box.append(clear);

  /** The rows that the filters of the address let through, sorted as it says. */
  function chosen() {
    const said = filtersOf(name);
    const demands = asked(said.search ?? "");
    const active = filters.filter(filter => said[filter.id]);
    let left = rows.filter((row, i) => meets(demands, texts[i], elementsOf(row.ID)) && active.every(filter => filter.kind === "range"
      ? within(ends(said[filter.id]), row[filter.key], row[filter.sign]) : String(row[filter.key]) === said[filter.id]));
    const column = columns.find(column => slug(column) === (said.sort ?? "").replace(/^-/, ""));
    if (column) {
      const key = column.sort ?? column.key, direction = said.sort.startsWith("-") ? -1 : 1;
      left = [...left].sort((a, b) => {
        const [x, y] = [a[key], b[key]];
        if (blank(x) || blank(y)) return blank(x) - blank(y);
        return direction * (typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y)));
      });
    }
    return left;
  }

  function draw() {
    const left = chosen(), said = filtersOf(name);
    drawn = JSON.stringify(said);
    for (const [i, head] of heads.entries()) {
      const sorted = {[slug(columns[i])]: "ascending", [`-${slug(columns[i])}`]: "descending"}[said.sort];
      if (sorted) head.setAttribute("aria-sort", sorted);
      else head.removeAttribute("aria-sort");
    }
    const whole = `${rows.length} ${rows.length === 1 ? "row" : "rows"}`;
    count.textContent = left.length === rows.length ? whole : `${left.length} of ${whole}`;
    clear.hidden = !Object.keys(said).length;
    body.replaceChildren(...left.slice(0, shown).map(row => make("tr", {role: "row"}, ...columns.map(column =>
      make("td", {role: "cell", class: column.kind ?? null, "data-label": column.label}, cell(column, row))))));
    more.hidden = left.length <= shown;
    for (const filter of filters) if (filter.kind === "range") for (const [i, end] of ends(said[filter.id]).entries())
      controls[filter.id][i].setAttribute("aria-invalid", String(end === null));
    told(left);
  }

  /** Show what the address says. Rows that are shown already stay as they are, and keep the focus. */
  function apply() {
    const said = filtersOf(name);
    if (JSON.stringify(said) === drawn) return;
    for (const [key, control] of Object.entries(controls)) {
      if (Array.isArray(control)) {
        const [low, high] = (said[key] ?? "").split("..");
        for (const [i, text] of [low, high].entries()) if (control[i].value.trim() !== (text ?? "").trim()) control[i].value = text ?? "";
      } else if (control.value.trim() !== (said[key] ?? "")) control.value = said[key] ?? "";
    }
    shown = PAGE;
    draw();
  }

  holder.append(box, count, make("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": `Table of ${name}`},
    make("table", {class: `wide ${name}`, role: "table"}, make("thead", {}, make("tr", {role: "row"}, ...heads)), body)), more);
  views[name] = {apply, chosen};
}

/** The name of a column in the address. */
const slug = column => column.label.toLowerCase().replace(/\W+/g, "_");

/** The place of a value in a list that has an order of its own. */
const ORDER = ["open", "awaiting", "corrected", "accepted", "error", "warning", "info", "none", "train", "test", "neither"];
const order = (filter, value) => ORDER.indexOf(value) < 0 ? ORDER.length : ORDER.indexOf(value);

/** The content of a cell, in one block. */
function cell(column, row) {
  const value = row[column.key];
  if (blank(value)) return null;
  return make("div", {}, column.show ? column.show(value, row) : column.kind === "number" ? number(value) : String(value));
}
