const SYMBOLS = new Set(data.symbols);
const elementsOf = id => new Set(Object.keys(data.amounts[id] ?? {}));

/**
 * What a query asks for, one demand a word: an element (Ta), exactly these elements (Li-P-S), a whole number (227, which is neither in
 * 2270 nor in 0.227), or letters that occur (garnet). Only symbols as they are written are elements: ta and nasicon are letters.
 */
function asked(query) {
  const demands = {elements: [], systems: [], numbers: [], words: []};
  for (const word of query.split(/\s+/).map(word => word.replace(/[,;]+$/, "")).filter(Boolean)) {
    const symbols = word.split("-");
    if (symbols.every(symbol => SYMBOLS.has(symbol))) {
      if (symbols.length > 1) demands.systems.push(new Set(symbols));
      else demands.elements.push(word);
    } else if (/^\d+$/.test(word)) demands.numbers.push(new RegExp(`(?<![\\w.])${word}(?!\\w|\\.\\d)`));
    else demands.words.push(word.toLowerCase());
  }
  return demands;
}

/** Whether a row meets all demands: its text in lower case, and the elements of its entry. */
function meets(demands, text, elements) {
  return demands.elements.every(element => elements.has(element))
    && demands.systems.every(system => system.size === elements.size && [...system].every(element => elements.has(element)))
    && demands.numbers.every(number => number.test(text))
    && demands.words.every(word => text.includes(word));
}

/** The two ends of a range written "from..to", either of which may be missing; null for an end that is no number. */
function ends(range) {
  const [low, high] = String(range ?? "").split("..").map(text => text.trim());
  const end = (text, none) => blank(text) ? none : Number.isFinite(Number(text)) ? Number(text) : null;
  return [end(low, -Infinity), end(high, Infinity)];
}

/** Whether a value lies in a range. Of a bound only one side is known: "<1e-10" is never above anything. */
function within([low, high], value, sign) {
  if ((low === -Infinity || low === null) && (high === Infinity || high === null)) return true;
  if (typeof value !== "number") return false;
  if (sign === "<") return !Number.isFinite(low) && value <= high;
  if (sign === ">") return !Number.isFinite(high) && value >= low;
  return (low === null || value >= low) && (high === null || value <= high);
}
