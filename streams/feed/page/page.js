// The live page: filters in the address, events of now, then events as they come.

import { article, refresh } from "./list.js";
import { WorldMap } from "./map.js";
import { Problem, ask, follow } from "./stream.js";
import { clean, countryName, element, languageName, time } from "./text.js";
import { Wars } from "./wars.js";

const KEYS = ["conflict", "country", "language", "q", "source", "status", "min_score", "place", "radius"];
const MOST = 500, REDRAW = 400, LONG = 300;
const $ = (id) => document.getElementById(id);

const stories = new Map(); // story id → its latest event
let running = new AbortController();
let chosen = null; // the place on the map that was clicked: {key, name, ids}
let waiting = []; // events that came while the page is paused or scrolled down
let paused = false;

const map = new WorldMap($("map"), (key, name, ids) => pick(chosen?.key === key ? null : { key, name, ids }));
const wars = new Wars($("wars"), $("span"), (id) => set({ conflict: id }));

const shown = () => [...stories.values()].sort((a, b) => time(b) - time(a) || (a.id < b.id ? 1 : -1)).slice(0, MOST);
const token = () => sessionStorage.getItem("token");
const query = () => new URLSearchParams([...new URLSearchParams(location.search)].filter(([, value]) => value));

function address(path, more = {}) {
  const parameters = query();
  for (const [key, value] of Object.entries(more)) parameters.set(key, value);
  return `${path}${parameters.size ? `?${parameters}` : ""}`;
}

function keep(event) {
  const known = stories.get(event.story_id);
  if (known && known.emitted_at > event.emitted_at) return false;
  stories.set(event.story_id, event);
  return true;
}

const on = {
  war: (id) => set({ conflict: id }),
  country: (code) => set({ country: code }),
  place: (place) => {
    map.goTo(place);
    $("map").focus();
    $("map").scrollIntoView({ block: "nearest" });
  },
};

function draw() {
  const events = shown();
  if (stories.size > 2 * MOST) {
    const kept = new Set(events);
    for (const [id, event] of stories) if (!kept.has(event)) stories.delete(id);
  }
  const few = chosen ? events.filter((event) => chosen.ids.has(event.id)) : events;
  wars.draw(events, query().get("conflict"));
  map.draw(events, (event) => wars.hue(event.conflicts[0]?.id), chosen?.key);
  $("count").textContent = chosen ? `${few.length} at ${chosen.name}` : `${events.length}${events.length === MOST ? " newest" : ""}`;
  $("here-off").hidden = !chosen;
  fill(few);
}

// Bring the list up to date without making articles anew that are there: the reader may be in one.
function fill(events) {
  const list = $("list"), first = !list.querySelector("article");
  const there = new Map([...list.children].map((child) => [child.id, child]));
  const wanted = events.map((event) => {
    const known = there.get(`e-${event.id}`);
    if (known) return known;
    const made = article(event, (war) => wars.hue(war), on);
    if (!first && !chosen) made.classList.add("fresh-in");
    return made;
  });
  const keeping = new Set(wanted);
  for (const child of [...list.children]) if (!keeping.has(child)) child.remove();
  wanted.forEach((child, at) => list.children[at] === child || list.insertBefore(child, list.children[at] ?? null));
  if (!wanted.length) list.append(element("p", { class: "empty" }, "No events yet. They appear here as they come."));
}

function pick(place) {
  chosen = place;
  draw();
}

let timer = 0;
function come(event) {
  waiting.push(event);
  if (!timer) timer = setTimeout(arrive, REDRAW);
}

function arrive() {
  timer = 0;
  const away = paused || $("list").getBoundingClientRect().top < -200;
  if (!away) take();
  $("fresh").hidden = !waiting.length;
  $("fresh").textContent = `Show ${waiting.length} new`;
}

function take() {
  const news = waiting.filter(keep);
  waiting = [];
  $("fresh").hidden = true;
  if (!news.length) return;
  $("said").textContent = `${news.length} new. ${clean(news.at(-1).title)}`;
  draw();
}

function state(word) {
  const words = { live: "Live", lost: "Connection lost, trying again…", wait: "Connecting…", refused: "Not connected" };
  $("state").dataset.state = word;
  $("state").textContent = words[word];
}

function fail(error) {
  if (!(error instanceof Problem)) throw error;
  $("login").hidden = error.status !== 401;
  $("problem").hidden = error.status === 401;
  $("problem").textContent = error.message.length > LONG ? `${error.message.slice(0, LONG)}…` : error.message;
  state("refused");
}

// Begin anew with the filters of the address: the stream first, so that nothing falls between it and the events of now.
async function start() {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  stories.clear();
  [waiting, chosen] = [[], null];
  $("problem").hidden = $("login").hidden = true;
  state("wait");
  links();
  const gap = () => ($("said").textContent = "Some events are missing. Load the page again to see all that are remembered.");
  follow(address("events"), token(), signal, { event: come, gap, state }).catch(fail);
  try {
    const page = await (await ask(address("events.json", { limit: MOST }), token(), { signal })).json();
    page.events.reverse().forEach(keep);
    draw();
    map.fit();
  } catch (error) {
    if (!signal.aborted && error instanceof Problem) fail(error);
  }
}

function links() {
  const paths = { atom: "feed.atom", rss: "feed.rss", json: "feed.json", geo: "events.geojson", sse: "events" };
  for (const [id, path] of Object.entries(paths)) $(id).href = address(path);
}

// Change filters: the address first, all else follows from it.
function set(changes) {
  const parameters = query();
  for (const [key, value] of Object.entries(changes)) value ? parameters.set(key, value) : parameters.delete(key);
  history.pushState(null, "", parameters.size ? `?${parameters}` : location.pathname);
  form();
  start();
}

// Show the filters of the address in the form; one that has several values becomes a choice of its own.
function form() {
  const parameters = query();
  for (const key of KEYS) {
    const field = $("filters").elements[key], value = parameters.getAll(key).join(",");
    if (field.tagName === "SELECT" && ![...field.options].some((option) => option.value === value)) {
      field.append(element("option", { value }, value));
    }
    field.value = value;
    if (value && field.closest(".more")) field.closest(".more").open = true;
  }
}

async function choices() {
  const allowed = await (await ask("filters.json", token())).json();
  const add = (name, pairs) => {
    const known = [...pairs].sort((a, b) => a[1].localeCompare(b[1]));
    $("filters").elements[name].append(...known.map(([value, label]) => element("option", { value }, label)));
  };
  add("conflict", allowed.conflict.map(({ id, name }) => [id, name]));
  add("country", allowed.country.map((code) => [code, countryName(code)]));
  add("language", allowed.language.map((code) => [code, languageName(code)]));
}

function listen() {
  $("filters").addEventListener("submit", (event) => {
    event.preventDefault();
    const fields = $("filters").elements;
    set(Object.fromEntries(KEYS.map((key) => [key, fields[key].value.trim().replace(/\s*,\s*/g, ",")])));
  });
  for (const field of $("filters").querySelectorAll("select")) field.addEventListener("change", () => $("filters").requestSubmit());
  $("clear").addEventListener("click", () => set(Object.fromEntries(KEYS.map((key) => [key, ""]))));
  $("here").addEventListener("click", () => {
    const { lat, lon, km } = map.middle();
    set({ place: `${lat.toFixed(3)},${lon.toFixed(3)}`, radius: String(Math.min(5000, Math.max(1, Math.round(km)))) });
  });
  $("login").addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem("token", $("login").elements.token.value);
    begin();
  });
  $("pause").addEventListener("click", () => {
    paused = !paused;
    $("pause").setAttribute("aria-pressed", String(paused));
    if (!paused) take();
  });
  $("fresh").addEventListener("click", () => {
    take();
    $("list").focus({ preventScroll: true });
    $("list-title").scrollIntoView();
  });
  $("here-off").addEventListener("click", () => pick(null));
  $("in").addEventListener("click", () => map.zoom(0.6));
  $("out").addEventListener("click", () => map.zoom(1 / 0.6));
  $("fit").addEventListener("click", () => map.fit());
  addEventListener("popstate", () => begin());
  setInterval(() => refresh($("list")), 30000);
}

let offered = false;
async function begin() {
  if (!offered) await choices().then(() => (offered = true), fail);
  form();
  await start();
}

listen();
await map.load("page/world.json");
await begin();
