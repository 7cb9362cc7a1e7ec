// Text of strangers: what may stand on the page, and the evidence in it. Offsets count code points, not UTF-16 units.

// Control, format and direction characters go; the joiners U+200C and U+200D stay, many scripts are spelled with them.
const UNSEEN = /(?![\u200c\u200d\n])[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu;

export const clean = (text) => (text ?? "").replace(UNSEEN, "");

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

// The spans of one field in their order, what overlaps an earlier one left out.
function apart(event, field) {
  const spans = event.conflicts.flatMap((match) => match.evidence).filter((span) => span.field === field);
  spans.sort((a, b) => a.start - b.start || b.end - a.end);
  const kept = [];
  for (const span of spans) if (!kept.length || span.start >= kept.at(-1).end) kept.push(span);
  return kept;
}

// Nodes of `event[field]` up to `length` code points, each piece of evidence in a <mark> that says why it is one.
export function marked(event, field, length = Infinity) {
  const points = Array.from(event[field] ?? "");
  const end = Math.min(points.length, length);
  const piece = (from, to) => clean(points.slice(from, to).join(""));
  const nodes = [];
  let at = 0;
  for (const span of apart(event, field)) {
    if (span.end > end) break;
    nodes.push(piece(at, span.start), element("mark", { title: span.reason }, piece(span.start, span.end)));
    at = span.end;
  }
  nodes.push(piece(at, end) + (end < points.length ? "…" : ""));
  return nodes.filter((node) => node !== "");
}

export const longer = (event, length) => Array.from(event.text ?? "").length > length;

// Only web addresses become links.
export const link = (url) => (/^https?:\/\//i.test(url ?? "") ? clean(url) : null);

function names(type) {
  const known = new Intl.DisplayNames(navigator.languages, { type });
  return (code) => {
    try {
      return known.of(code) ?? code;
    } catch {
      return code;
    }
  };
}

export const countryName = names("region");
const languageOf = names("language");
export const languageName = (code) => (code === "und" ? "language unknown" : languageOf(code));

export const time = (event) => new Date(event.published_at ?? event.received_at);

const near = new Intl.RelativeTimeFormat(navigator.languages[0], { numeric: "auto", style: "short" });
const far = new Intl.DateTimeFormat(navigator.languages, { dateStyle: "medium", timeStyle: "short" });
export const moment = (date) => far.format(date);

export function ago(date, now = Date.now()) {
  const minutes = Math.round((now - date) / 60000);
  if (minutes < 60) return near.format(-Math.max(minutes, 0), "minute");
  return minutes < 36 * 60 ? near.format(-Math.round(minutes / 60), "hour") : far.format(date);
}

// A country is never a point: its coordinates are only a middle.
export const hasPoint = (place) => !["country", "international", "unknown"].includes(place.precision) && place.lat !== null;

const AS_SAID = { admin1: "province", admin2: "district" };
const number = (value) => Math.round(value * (value < 10 ? 10 : 1)) / (value < 10 ? 10 : 1);

// A score is a probability, and none is certain.
export const percent = (score) => `${Math.min(99, Math.round(score * 100))} %`;

export function where(place) {
  const country = place.country && place.precision !== "country" ? `, ${countryName(place.country)}` : "";
  const radius = place.radius_km && hasPoint(place) ? `, within ${number(place.radius_km)} km` : "";
  return `${clean(place.name)}${country} (${AS_SAID[place.precision] ?? place.precision}${radius})`;
}

export const focuses = (event) => event.places.filter((place) => place.role === "focus");
