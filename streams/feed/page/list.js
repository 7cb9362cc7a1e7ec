// The list: one article a story, newest first, with the evidence marked in title and text.

import { ago, clean, countryName, element, focuses, hasPoint, languageName, link, longer, marked, moment, percent, time, where } from "./text.js";

const LENGTH = 320;

// An article of an event; `hue(war)` is the colour of a war; `on.war(id)`, `on.place(place)` and `on.country(code)` are
// called by its buttons.
export function article(event, hue, on) {
  const made = element("article", { id: `e-${event.id}`, "aria-labelledby": `t-${event.id}` });
  made.style.setProperty("--hue", hue(event.conflicts[0]?.id));
  made.append(...[title(event), meta(event), body(event), row(event, hue, on), why(event)].filter(Boolean));
  return made;
}

const lang = (event) => (event.language === "und" ? null : event.language);

function title(event) {
  const shown = event.title ? marked(event, "title") : marked(event, "text", 100);
  const url = link(event.url);
  const head = element("h3", { id: `t-${event.id}`, lang: lang(event), dir: "auto" });
  head.append(...(url ? [element("a", { href: url, rel: "noopener noreferrer nofollow", target: "_blank" }, ...shown)] : shown));
  return head;
}

function meta(event) {
  const at = time(event);
  const source = clean(event.source.name || event.source.domain) || "source unknown";
  return element("p", { class: "meta" },
    element("time", { datetime: at.toISOString(), title: moment(at), "data-at": +at }, ago(at)),
    element("bdi", {}, source),
    element("span", {}, languageName(event.language)),
    event.status === "revision" ? element("span", {}, `revision ${event.revision}`) : null,
    event.provenance?.backfill ? element("span", {}, "played again") : null);
}

function body(event) {
  if (!event.text || !event.title) return null;
  const text = element("p", { class: "text", lang: lang(event), dir: "auto" }, ...marked(event, "text", LENGTH));
  if (!longer(event, LENGTH)) return text;
  const all = element("button", { type: "button", class: "all", "aria-expanded": "false" }, "All of it");
  all.addEventListener("click", () => {
    const open = all.getAttribute("aria-expanded") === "true";
    text.replaceChildren(...marked(event, "text", open ? LENGTH : Infinity));
    all.setAttribute("aria-expanded", String(!open));
    all.textContent = open ? "All of it" : "Less";
  });
  return element("div", {}, text, all);
}

function row(event, hue, on) {
  const wars = event.conflicts.map((match) => {
    const button = element("button", { type: "button", class: "war", title: "Only this war" }, `${clean(match.name)} ${percent(match.score)}`);
    button.style.setProperty("--hue", hue(match.id));
    button.addEventListener("click", () => on.war(match.id));
    return button;
  });
  const places = focuses(event).map((place) => {
    const button = element("button", { type: "button", title: hasPoint(place) ? "Show on the map" : "Only this country" }, element("bdi", {}, where(place)));
    button.addEventListener("click", () => (hasPoint(place) ? on.place(place) : place.country && on.country(place.country)));
    return button;
  });
  const countries = places.length ? [] : event.countries.slice(0, 2).map(({ code }) => {
    const button = element("button", { type: "button", title: "Only this country" }, countryName(code));
    button.addEventListener("click", () => on.country(code));
    return button;
  });
  const all = [...wars, ...places, ...countries];
  return all.length ? element("div", { class: "row" }, ...all) : null;
}

// What speaks for each war, in words; made when it is opened.
function why(event) {
  if (!event.conflicts.some((match) => match.evidence.length)) return null;
  const made = element("details", { class: "why" }, element("summary", {}, "Why"));
  made.addEventListener("toggle", () => made.childElementCount > 1 || made.append(...event.conflicts.map(reasons)));
  return made;
}

function reasons(match) {
  const lines = match.evidence.map((span) => element("li", {}, element("q", { dir: "auto" }, clean(span.text)), ` ${span.reason}`));
  return element("div", {}, element("p", {}, clean(match.name)), element("ul", {}, ...lines));
}

// Keep the times of the articles true.
export function refresh(list) {
  for (const at of list.querySelectorAll("time")) at.textContent = ago(new Date(Number(at.dataset.at)));
}
