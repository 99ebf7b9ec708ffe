/** Terms with what is said of each; blank ones are left out. */
const list = pairs => make("dl", {}, ...pairs.filter(([, value]) => !blank(value) && !(Array.isArray(value) && !value.length))
  .flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, Array.isArray(value) ? value : [number(value)])]));

/** What is known of the structure's fit, of the structures offered, and of each changed cell, in words. */
const TOLD = [
  ["records", "Source records", row => [row.said]],
  ["corrections", "Changed cells", row => [`${row.column}: ${row.before ?? "blank"} became ${row.after ?? "blank"}. ${row.reason ?? ""} `,
    make("span", {class: "reason"}, row.evidence ?? "")]],
  ["structures", "Fit of the structure", row => [`${row.match ?? ""}: composition differs by ${number(row.composition_deviation)} per formula unit, `
    + `lengths by ${number(100 * row.lattice_deviation)} %, angles by ${number(row.angle_deviation)} degrees; ${row.setting ?? ""}; `
    + `noise: ${row.perturbation ?? "not known"}`]],
  ["candidates", "Structures offered", row => [`${row.rank}. that of `, idLink(row.file),
    `: composition differs by ${number(row.composition_deviation)} per formula unit, lengths by ${number(100 * row.lattice_deviation)} %`]],
];

/** A new issue that names the entry, at the address of the project; nothing where it has none. */
function doubtLink(id, entry) {
  if (!data.issues) return null;
  const said = [`Entry: ${id}`, `Composition: ${entry[names.reduced]}`, `Conductivity: ${entry.conductivity} S/cm`, `DOI: ${entry[names.doi] ?? ""}`,
    `Release: ${document.title}`, "", "What is wrong, and how can it be seen?", ""].join("\n");
  const address = new URL(data.issues.replace(/\/(new\/?)?$/, "") + "/new");
  address.searchParams.set("title", `Doubt about ${id}`);
  address.searchParams.set("body", said);
  return make("a", {class: "button", href: address.href, rel: "noreferrer", target: "_blank"}, "Report a doubt");
}

/** A file of the structure, as the release holds it; nothing where there is none. */
function cifLink(id) {
  if (!data.structures[id] || !window.DecompressionStream) return null;
  return make("button", {type: "button", class: "cif", onclick: async () => {
    const text = JSON.parse(await unpacked("cifs"))[id];
    if (blank(text)) return;
    const address = URL.createObjectURL(new Blob([text], {type: "chemical/x-cif"}));
    make("a", {href: address, download: `${id.replace(/[^\w.-]/g, "_")}.cif`}).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  }}, "Download CIF");
}

const findingItem = found => make("li", {}, chip(found.status), " ", chip(found.severity), " ", checkLink(found.check),
  found.column ? ` in ${found.column}` : "", `: ${found.message}`, found.other ? [" ", ...ids(found.other)] : null,
  blank(found.reason) ? null : make("span", {class: "reason"}, ` ${found.reason}`));

/** The story of an entry: the row, where it stems from, what is doubted, and its structure. */
function openEntry(id) {
  const dialog = document.getElementById("entry");
  if (dialog.open && dialog.dataset.entry === id) return;
  const [entry] = index.entries.get(id), shape = data.structures[id], findings = index.findings.get(id) ?? [];
  const parts = [
    make("div", {class: "head"}, make("h2", {id: "entry-title"}, `${id}: ${entry[names.reduced]}`),
      make("div", {class: "buttons"}, cifLink(id), doubtLink(id, entry),
        make("button", {type: "button", class: "close", onclick: () => dialog.close()}, "Close"))),
    make("div", {class: "pair"},
      make("div", {}, make("h3", {}, "Measurement"), list([
        ["Conductivity", `${entry.conductivity} S/cm` + ({"<": " (upper bound)", ">": " (lower bound)"}[entry[names.bound]] ?? "")],
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
  let holder = null;
  if (shape) {
    holder = make("div", {class: "structure", role: "img", "aria-label": `Structure of ${id}: ${shape.sites.length} sites in the asymmetric unit`});
    parts.push(make("h3", {}, "Structure"), holder, make("p", {class: "count"},
      "Drag to turn, scroll to zoom. Pale atoms are partly occupied. Bonds are contacts up to the sum of the covalent radii and 0.4 Å; "
      + "lithium that fills its place only in part has none drawn. Published coordinates of ICSD structures carry noise."));
  }
  if (findings.length) parts.push(make("h3", {}, "Findings"), make("ul", {class: "plain"}, ...findings.map(findingItem)));
  for (const [name, title, say] of TOLD) {
    const rows = index[name].get(id) ?? [];
    if (rows.length) parts.push(make("h3", {}, title), make("ul", {class: "plain"}, ...rows.map(row => make("li", {}, say(row)))));
  }
  stopDrawing(dialog);
  dialog.querySelector("article").replaceChildren(...parts);
  dialog.dataset.entry = id;
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  dialog.querySelector(".close").focus();
  if (holder) drawStructure(holder, shape);
}
