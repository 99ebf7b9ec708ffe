/** Open the entry and the check that the place names, and only those; show the filters of its address. */
function shown(focus) {
  for (const view of Object.values(views)) view.apply();
  const dialog = document.getElementById("entry");
  if (place.entry && index.entries.has(place.entry)) openEntry(place.entry);
  else if (dialog.open) dialog.close();
  if (place.check) {
    const check = document.getElementById(`check-${place.check}`);
    if (check) check.open = true;
  }
  if (!focus) return;
  const target = document.getElementById(place.check ? `check-${place.check}` : place.part);
  target?.scrollIntoView();
  (target?.querySelector("summary") ?? target)?.focus({preventScroll: true});
}

/** Follow a link inside the page. */
function visit(change) {
  const moves = "part" in change || "check" in change && change.check;
  go(change, true);
  shown(moves && !place.entry);
}

/** Read the address again when it was changed outside: typed, a bookmark, back and forward. */
function restore() {
  const said = readAddress(location.hash);
  if (said.entry && !index.entries.has(said.entry)) said.entry = "";
  if (writeAddress(said) === writeAddress(place)) return;
  place = said;
  shown(Boolean(said.part || said.check) && !said.entry);
}

const column = (key, label, more = {}) => ({key, label, ...more});
const asId = value => [idLink(value)];
const FINDINGS = [column("ID", "ID", {show: asId, kind: "short"}), column("status", "Status", {show: chip}),
  column("severity", "Severity", {show: chip}), column("check", "Check", {show: checkLink}),
  column("message", "What is wrong", {also: ["reason"], show: (value, row) => [value, blank(row.reason) ? null
    : make("p", {class: "reason"}, `${row.status[0].toUpperCase()}${row.status.slice(1)}: ${row.reason}`)]}),
  column("column", "Column"), column("value", "Value"), column("expected", "Expected"), column("other", "Others", {show: ids})];
const CANDIDATES = [column("ID", "ID", {show: asId, kind: "short"}), column("file", "Structure of", {show: asId}),
  column("rank", "Rank", {kind: "number"}), column("composition_deviation", "Composition, per formula unit", {kind: "number"}),
  column("lattice_deviation", "Lengths, relative", {kind: "number"}), column("angle_deviation", "Angles, degrees", {kind: "number"}),
  column("setting", "Setting"), column("remark", "Remark")];
const CHANGES = [column("ID", "ID", {show: asId, kind: "short"}), column("column", "Column"), column("before", "Before"),
  column("after", "After"), column("reason", "Why", {also: ["evidence"], show: (value, row) => [value, blank(row.evidence) ? null
    : make("p", {class: "reason"}, row.evidence)]})];
const ENTRIES = [column("ID", "ID", {show: asId, kind: "short"}), column(names.reduced, "Composition"),
  column(names.spacegroup, "Space group"), column(names.number, "No.", {kind: "number"}),
  column("conductivity", "Conductivity, S/cm", {sort: names.conductivity}), column(names.family, "Family"), column("set", "Set"),
  column("structure", "Structure"), column("doubts", "Undecided findings", {kind: "number"}), column(names.doi, "DOI", {show: doiLinks})];

const choice = (key, label, id = label.toLowerCase()) => ({key, label, id, kind: "choice"});
const range = (key, label, id, sign) => ({key, label, id, sign, kind: "range"});
const PARTS = {
  findings: [FINDINGS, [choice("status", "Status"), choice("severity", "Severity"), choice("check", "Check")]],
  corrections: [CHANGES, [choice("column", "Column")]],
  candidates: [CANDIDATES, [choice("rank", "Rank")]],
  entries: [ENTRIES, [range(names.conductivity, "Conductivity, S/cm", "conductivity", names.bound), range(names.number, "Space group no.", "spacegroup"),
    choice(names.family, "Family"), choice("set", "Set"), choice("structure", "Structure"), choice("doubt", "Doubt")]],
};
/** Within each severity what nobody has decided on comes first. */
const rank = word => ORDER.indexOf(word);
tables.findings.sort((a, b) => rank(a.severity) - rank(b.severity) || rank(a.status) - rank(b.status));

place = readAddress(location.hash);
if (place.entry && !index.entries.has(place.entry)) place.entry = "";
plot(document.getElementById("diagram"));
for (const holder of document.querySelectorAll("[data-table]")) {
  const name = holder.dataset.table;
  table(holder, tables[name], ...PARTS[name], name === "entries" ? rows => views.plot.draw(rows) : undefined);
}
const dialog = document.getElementById("entry");
dialog.addEventListener("click", event => { if (event.target === dialog) dialog.close(); });
// However it is closed (button, Escape, a click beside it), the address no longer names the entry.
// The browser tells it a moment later, when another entry may be open already.
dialog.addEventListener("close", () => {
  if (dialog.open) return;
  stopDrawing(dialog);
  if (place.entry) go({entry: ""}, true);
});
for (const link of document.querySelectorAll('nav a, section a[href^="#"]')) {
  const said = readAddress(link.getAttribute("href"));
  if (link.closest("[data-table]")) continue;
  link.addEventListener("click", event => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const kept = Object.entries(place.filters).filter(([key]) => !Object.keys(said.filters).some(other => other.split(".")[0] === key.split(".")[0]));
    visit({part: said.part, entry: said.entry, check: said.check, filters: {...Object.fromEntries(kept), ...said.filters}});
  });
}
addEventListener("popstate", restore);
addEventListener("hashchange", restore);
shown(Boolean(place.part || place.check) && !place.entry);
document.documentElement.dataset.ready = "yes";
