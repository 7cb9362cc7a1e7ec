// Timelines: when each war was reported, one row a war, the most reported first. Also the colour of each war.

import { clean, element, moment, time } from "./text.js";

const SVG = "http://www.w3.org/2000/svg";
const HOURS = [6, 24, 72, 168, 720, 2160, 8760], HOUR = 3600000;
const BINS = 48, ROWS = 12, COLOURS = 8, COVERED = 0.95;

export class Wars {
  // `choose(id)` is called with the war of the row that was clicked.
  constructor(list, span, choose) {
    Object.assign(this, { list, span, choose, colours: new Map() });
  }

  // The colour of a war, which it keeps while the page is open.
  hue(war) {
    if (!war) return "var(--none)";
    if (!this.colours.has(war)) this.colours.set(war, this.colours.size);
    const number = this.colours.get(war);
    return number < COLOURS ? `var(--c${number})` : "var(--none)";
  }

  draw(events, chosen) {
    const wars = new Map();
    for (const event of events) {
      for (const match of event.conflicts.slice(0, 1)) {
        const war = wars.get(match.id) ?? { id: match.id, name: match.name, events: [] };
        war.events.push(event);
        wars.set(match.id, war);
      }
    }
    const rows = [...wars.values()].sort((a, b) => b.events.length - a.events.length).slice(0, ROWS);
    for (const war of rows) this.hue(war.id);
    const [from, to] = range(events);
    this.list.replaceChildren(...rows.map((war) => this.row(war, from, to, war.id === chosen)));
    this.span.replaceChildren(...(rows.length ? [element("span", {}, moment(from)), element("span", {}, moment(to))] : ["No wars in these events."]));
  }

  row(war, from, to, chosen) {
    const name = clean(war.name), hue = this.hue(war.id);
    const button = element("button", { type: "button", "aria-pressed": String(chosen), title: `${name}: ${war.events.length} events` });
    button.style.setProperty("--hue", hue);
    button.append(element("span", {}, name), element("b", {}, String(war.events.length)), bars(war.events, from, to));
    button.addEventListener("click", () => this.choose(chosen ? "" : war.id));
    return element("li", {}, button);
  }
}

// The shortest of a few spans of time, up to the newest event, in which nearly all of them lie.
function range(events) {
  const times = events.map((event) => +time(event)).sort((a, b) => a - b);
  const to = times.at(-1) ?? Date.now();
  const enough = (hours) => times.filter((at) => at > to - hours * HOUR).length >= COVERED * times.length;
  return [to - (HOURS.find(enough) ?? HOURS.at(-1)) * HOUR, to];
}

function bars(events, from, to) {
  const counts = new Array(BINS).fill(0);
  for (const event of events) {
    const bin = Math.floor(((+time(event) - from) / (to - from)) * BINS);
    if (bin >= 0) counts[Math.min(bin, BINS - 1)] += 1;
  }
  const most = Math.max(...counts, 1);
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${BINS * 4} 24`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  svg.append(part("line", { x1: 0, x2: BINS * 4, y1: 23.5, y2: 23.5 }));
  counts.forEach((count, bin) => {
    const height = count ? Math.max((count / most) * 22, 3) : 0;
    if (height) svg.append(part("rect", { x: bin * 4 + 0.4, y: 23 - height, width: 3.2, height }));
  });
  return svg;
}

function part(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
