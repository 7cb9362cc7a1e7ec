// The map: countries in Mercator, places as dots with a circle of how exactly they are known, countries as a tint.

import { clean, countryName, focuses, hasPoint } from "./text.js";

const SVG = "http://www.w3.org/2000/svg";
const SCALE = 20, KM_PER_DEGREE = 111.32;
const WORLD = [-3550, -2450, 7100, 3800];
const LEAST_WIDTH = 30, MARGIN = 1.35, LEAST_FIT = 420;
const POINTS = ["exact", "near"];
const FULL = 8; // events without a nearer place that give a country its full tint
const OUTSIDE = 0.04; // share of the events that may lie outside on each side when all are to be shown

const toX = (lon) => lon * SCALE;
const toY = (lat) => (-Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) * 180 * SCALE) / Math.PI;
const toLat = (y) => (Math.atan(Math.exp((-y / SCALE) * (Math.PI / 180))) * 360) / Math.PI - 90;

function shape(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

export class WorldMap {
  // `choose(key, name, ids)` is called with the events of the place or country that was clicked.
  constructor(svg, choose) {
    this.svg = svg;
    this.choose = choose;
    this.view = [...WORLD];
    this.countries = new Map();
    this.ground = shape("g", {});
    this.spots = shape("g", {});
    svg.append(this.ground, this.spots);
    this.listen();
    new ResizeObserver(() => this.show()).observe(svg);
  }

  async load(path) {
    const outlines = await (await fetch(path)).json();
    for (const [code, d] of Object.entries(outlines)) {
      const path = shape("path", { d });
      path.append(shape("title", {}, countryName(code)));
      this.countries.set(code, path);
      this.ground.append(path);
    }
  }

  // Draw events; `hue(event)` is the colour of an event.
  draw(events, hue, chosen) {
    this.points = new Map();
    const tinted = new Map();
    for (const event of events) this.sort(event, this.points, tinted);
    this.tint(tinted, hue);
    const spots = [...this.points.values()].sort((a, b) => (b.place.radius_km ?? 0) - (a.place.radius_km ?? 0));
    this.spots.replaceChildren(...spots.map((spot) => this.spot(spot, hue(spot.events[0]), spot.key === chosen)));
    this.show();
  }

  sort(event, points, tinted) {
    for (const place of focuses(event)) {
      if (!hasPoint(place)) {
        if (place.country) tinted.set(place.country, [...(tinted.get(place.country) ?? []), event]);
        continue;
      }
      const key = `${place.lat.toFixed(3)},${place.lon.toFixed(3)},${place.precision}`;
      const spot = points.get(key) ?? { key, place, events: [] };
      spot.events.push(event);
      points.set(key, spot);
    }
  }

  tint(tinted, hue) {
    const most = Math.max(FULL, ...[...tinted.values()].map((events) => events.length));
    for (const [code, path] of this.countries) {
      const events = tinted.get(code);
      path.classList.toggle("tinted", Boolean(events));
      path.firstChild.textContent = events ? `${countryName(code)}: ${events.length} without a nearer place` : countryName(code);
      path.onclick = events ? () => this.moved || this.choose(code, countryName(code), new Set(events.map((e) => e.id))) : null;
      if (!events) continue;
      path.style.setProperty("--hue", hue(events[0]));
      path.style.setProperty("--share", Math.sqrt(events.length / most));
    }
  }

  spot({ key, place, events }, hue, chosen) {
    const at = { cx: toX(place.lon), cy: toY(place.lat) };
    const group = shape("g", { class: `spot${chosen ? " chosen" : ""}` });
    group.style.setProperty("--hue", hue);
    const exact = POINTS.includes(place.precision);
    const radius = ((place.radius_km ?? 0) / KM_PER_DEGREE) * SCALE / Math.cos((place.lat * Math.PI) / 180);
    const halo = shape("circle", { ...at, class: exact ? "halo" : "halo area" });
    Object.assign(halo, { units: radius, pixels: exact ? 0 : 6 });
    group.append(shape("title", {}, `${clean(place.name)}: ${events.length}`), halo);
    if (exact) group.append(Object.assign(shape("circle", { ...at, class: "dot" }), { units: 0, pixels: Math.min(2.5 + Math.sqrt(events.length), 11) }));
    group.onclick = () => this.moved || this.choose(key, clean(place.name), new Set(events.map((event) => event.id)));
    return group;
  }

  // Apply the view; dots keep their size on the screen, circles theirs on the ground but are never invisible.
  show() {
    const [x, y, width, height] = this.view;
    this.svg.setAttribute("viewBox", `${x} ${y} ${width} ${height}`);
    const unit = this.unit();
    for (const circle of this.spots.querySelectorAll("circle")) {
      circle.setAttribute("r", Math.max(circle.units, circle.pixels * unit));
    }
  }

  // Units of the map a pixel, as `slice` fits the view.
  unit() {
    const box = this.svg.getBoundingClientRect();
    return box.width ? Math.min(this.view[2] / box.width, this.view[3] / box.height) : 1;
  }

  // Show all events but a few far away.
  fit() {
    const spots = [...(this.points ?? new Map()).values()];
    if (!spots.length) return this.look(WORLD);
    const range = (of) => {
      const all = spots.flatMap((spot) => spot.events.map(() => of(spot.place))).sort((a, b) => a - b);
      const out = Math.floor(all.length * OUTSIDE);
      return [all[out], all[all.length - 1 - out]];
    };
    const [left, right] = range((place) => toX(place.lon)), [top, bottom] = range((place) => toY(place.lat));
    const [width, height] = [(right - left) * MARGIN, (bottom - top) * MARGIN];
    return this.centre((left + right) / 2, (top + bottom) / 2, Math.max(width, LEAST_FIT), height);
  }

  // Show at least `width` by `height` units around a middle; the view gets the shape of the element.
  centre(x, y, width, height = 0) {
    const box = this.svg.getBoundingClientRect();
    const ratio = box.width ? box.height / box.width : 0.55;
    const wide = Math.max(width, height / ratio);
    this.look([x - wide / 2, y - (wide * ratio) / 2, wide, wide * ratio]);
  }

  look(view) {
    let [x, y, width, height] = view;
    const scale = Math.max(LEAST_WIDTH / width, Math.min(1, Math.max(WORLD[2] / width, WORLD[3] / height)));
    [x, y, width, height] = [x + (width * (1 - scale)) / 2, y + (height * (1 - scale)) / 2, width * scale, height * scale];
    const held = (at, size, low, all) => (size >= all ? low + (all - size) / 2 : Math.min(Math.max(at, low), low + all - size));
    this.view = [held(x, width, WORLD[0], WORLD[2]), held(y, height, WORLD[1], WORLD[3]), width, height];
    this.show();
  }

  zoom(factor, x = this.view[0] + this.view[2] / 2, y = this.view[1] + this.view[3] / 2) {
    const [left, top, width, height] = this.view;
    if (width * factor < LEAST_WIDTH) return;
    this.look([x - (x - left) * factor, y - (y - top) * factor, width * factor, height * factor]);
  }

  goTo(place) {
    const degrees = (Math.max(place.radius_km ?? 0, 20) / KM_PER_DEGREE) * 8;
    this.centre(toX(place.lon), toY(place.lat), degrees * SCALE);
  }

  // The middle of the view in degrees, and the kilometres from there to its nearer edge.
  middle() {
    const [x, y, width, height] = this.view;
    const lat = toLat(y + height / 2), degrees = Math.min(width, height) / 2 / SCALE;
    return { lat, lon: (x + width / 2) / SCALE, km: degrees * KM_PER_DEGREE * Math.cos((lat * Math.PI) / 180) };
  }

  at(event) {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    return [point.x, point.y];
  }

  listen() {
    const fingers = new Map();
    let before = this.view;
    this.svg.addEventListener("pointerdown", (event) => {
      before = this.view;
      fingers.set(event.pointerId, event);
      this.moved = false;
    });
    addEventListener("pointermove", (event) => fingers.has(event.pointerId) && this.drag(fingers, event));
    addEventListener("pointerup", (event) => fingers.delete(event.pointerId));
    addEventListener("pointercancel", (event) => fingers.delete(event.pointerId) && this.look(before)); // it scrolls the page
    this.svg.addEventListener("wheel", (event) => {
      // Where the page scrolls, the wheel is the page's; pinching a touchpad comes as a wheel with the control key.
      if (!event.ctrlKey && document.documentElement.scrollHeight > innerHeight) return;
      event.preventDefault();
      this.zoom(event.deltaY > 0 ? 1.2 : 1 / 1.2, ...this.at(event));
    }, { passive: false });
    this.svg.addEventListener("dblclick", (event) => this.zoom(0.5, ...this.at(event)));
    this.svg.addEventListener("keydown", (event) => this.key(event));
  }

  drag(fingers, event) {
    const before = fingers.get(event.pointerId);
    const others = [...fingers.values()].filter((finger) => finger.pointerId !== event.pointerId);
    const unit = this.unit();
    const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY];
    if (!others.length) this.look([this.view[0] - dx * unit, this.view[1] - dy * unit, this.view[2], this.view[3]]);
    else {
      const apart = (finger) => Math.hypot(finger.clientX - others[0].clientX, finger.clientY - others[0].clientY);
      this.zoom(Math.max(apart(before), 1) / Math.max(apart(event), 1), ...this.at(others[0]));
    }
    if (Math.abs(dx) + Math.abs(dy) > 1) this.moved = true;
    fingers.set(event.pointerId, event);
  }

  key(event) {
    const [x, y, width, height] = this.view;
    const steps = { ArrowLeft: [-0.15, 0], ArrowRight: [0.15, 0], ArrowUp: [0, -0.15], ArrowDown: [0, 0.15] };
    if (steps[event.key]) this.look([x + steps[event.key][0] * width, y + steps[event.key][1] * height, width, height]);
    else if (event.key === "+" || event.key === "=") this.zoom(0.7);
    else if (event.key === "-") this.zoom(1 / 0.7);
    else return;
    event.preventDefault();
  }
}
