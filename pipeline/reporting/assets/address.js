const decoded = text => { try { return decodeURIComponent(text); } catch { return text; } };

/** What an address says: the part of the page, the entry and the check that are open, and the filters by "table.key". */
function readAddress(hash) {
  const said = {part: "", entry: "", check: "", filters: {}};
  for (const piece of hash.replace(/^#/, "").split("&").filter(Boolean)) {
    const at = piece.indexOf("=");
    const key = decoded(at < 0 ? piece : piece.slice(0, at));
    const value = at < 0 ? "" : piece.slice(at + 1);
    if (at < 0) said.part = key;
    else if (key === "entry" || key === "check") said[key] = decoded(value);
    else if (/^[a-z]+\.\w+$/.test(key)) said.filters[key] = decoded(value.replace(/\+/g, " "));
  }
  return said;
}

/** The same as an address. */
function writeAddress({part, entry, check, filters}) {
  const pieces = part ? [encodeURIComponent(part)] : [];
  if (entry) pieces.push(`entry=${encodeURIComponent(entry)}`);
  if (check) pieces.push(`check=${encodeURIComponent(check)}`);
  for (const key of Object.keys(filters).sort())
    if (filters[key]) pieces.push(`${key}=${encodeURIComponent(filters[key]).replace(/%20/g, "+")}`);
  return pieces.length ? "#" + pieces.join("&") : "";
}

/** Where the reader is. The address always says the same. */
let place = readAddress("");

/** Go to another place. A new entry of the browser's history is made for what the back button should undo. */
function go(change, isStep) {
  place = {...place, ...change};
  const address = location.pathname + location.search + writeAddress(place);
  if (isStep) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
}

const filtersOf = name => Object.fromEntries(Object.entries(place.filters)
  .filter(([key]) => key.startsWith(`${name}.`)).map(([key, value]) => [key.slice(name.length + 1), value]));

/** Set a filter of a table; blank takes it away. */
function setFilter(name, key, value) {
  const filters = {...place.filters};
  delete filters[`${name}.${key}`];
  if (value) filters[`${name}.${key}`] = value;
  go({filters}, false);
}

/** A link inside the page: to an entry, a check, or any other place. */
function inner(change, text, attributes = {}) {
  return make("a", {...attributes, href: writeAddress({...readAddress(""), ...change}), onclick: event => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    visit(change);
  }}, text);
}

const idLink = id => index.entries.has(id) ? inner({entry: id, check: ""}, id, {class: "id"}) : String(id ?? "");
const checkLink = name => document.getElementById(`check-${name}`) ? inner({entry: "", check: name, part: "checks"}, name) : String(name ?? "");

/** The words of a cell, those that are IDs as links. */
const ids = text => String(text ?? "").split(" ").flatMap((word, i) => i ? [" ", idLink(word)] : [idLink(word)]);
