// Events and alerts of `streams`, generated from docs/schemas. Copy this file.
// Fields may be added, none is removed: ignore what you do not know. Times are RFC 3339 in UTC.

/** Something a rule tells its receivers (`news.alerts`). `id` is this message's, `key` that of rule and group: a `resolved` has the key of its `firing`. `count` are the events (surge), publishers or reports (sources) within `within` seconds, `expected` what is usual. `sources` are the publishers known to carry it, `more` the reports not listed, `left_out` the alerts since the last one that `repeat` held back, `parts` the alerts gathered in this one. `ends_at` is when it ends at the latest. */
export interface Alert {
  id: string;
  key: string;
  rule: string;
  condition: "each" | "first" | "silence" | "sources" | "surge";
  status: "firing" | "resolved";
  severity: "critical" | "info" | "warning";
  group: Record<string, string>;
  receivers: string[];
  starts_at: string;
  ends_at: string;
  made_at: string;
  sources: number;
  reports: Report[];
  within?: number | null;
  count?: number | null;
  expected?: number | null;
  more?: number;
  left_out?: number;
  parts?: number;
  schema?: "news.alert/1";
}

/** An armed conflict the item is about, with the evidence. `score` is the probability that this is right. */
export interface ConflictMatch {
  id: string;
  name: string;
  ucdp_conflict_id: number | null;
  wikidata: string | null;
  score: number;
  evidence: Evidence[];
}

/** A country the item is about; scores of an item add up to at most 1. */
export interface CountryScore {
  code: string;
  score: number;
}

/** Of which item this is a copy, of what kind, and how much of the words they share (0 to 1). */
export interface Duplicate {
  kind: "contained" | "exact" | "near" | "same_item";
  of: string;
  similarity: number;
}

/** What consumers read: the item, its verdict, its conflicts and places with their evidence. */
export interface Event {
  id: string;
  item_id: string;
  story_id: string;
  status: "duplicate" | "new" | "revision";
  duplicate: Duplicate | null;
  revision: number;
  title: string;
  text: string;
  url: string | null;
  source: Source;
  language: string;
  published_at: string | null;
  received_at: string;
  emitted_at: string;
  conflicts: ConflictMatch[];
  places: Place[];
  countries: CountryScore[];
  provenance: Provenance;
  schema?: "news.event/1";
}

/** A span and why it speaks for a conflict. */
export interface Evidence {
  field: "text" | "title";
  start: number;
  end: number;
  text: string;
  reason: string;
}

/** The record of `news.raw` (or the line of a file) an item came in with: the identity of a delivery. */
export interface Origin {
  topic: string;
  partition: number;
  offset: number;
}

/** A place the item names. Points are WGS 84 degrees; `radius_km` says how far off the event itself may be. */
export interface Place {
  name: string;
  kind: string;
  geonames_id: number | null;
  wikidata: string | null;
  country: string | null;
  admin1: string | null;
  lat: number | null;
  lon: number | null;
  precision: "admin1" | "admin2" | "area" | "country" | "exact" | "international" | "near" | "unknown";
  radius_km: number | null;
  role: "focus" | "mention";
  score: number;
  mentions: Span[];
}

/** What made this event: versions, the origin of the item, and whether it is a replay of old news. */
export interface Provenance {
  pipeline: string;
  registry: string;
  gazetteer: string;
  origin: Origin;
  backfill?: boolean;
}

/** An event as an alert shows it: headline, link, war, place, and the words the war was recognised by. */
export interface Report {
  event_id: string;
  story_id: string;
  title: string;
  url: string | null;
  source: Source;
  language: string;
  published_at: string | null;
  received_at: string;
  conflict: string | null;
  conflict_name: string | null;
  score: number | null;
  place: ReportPlace | null;
  evidence: string[];
}

/** Where a report has it happen, and how exactly that is known; without a place, only the country. */
export interface ReportPlace {
  name: string | null;
  country: string | null;
  precision: "admin1" | "admin2" | "area" | "country" | "exact" | "international" | "near" | "unknown";
  lat?: number | null;
  lon?: number | null;
  radius_km?: number | null;
}

/** Who published an item. */
export interface Source {
  name?: string | null;
  domain?: string | null;
}

/** A stretch of an event's title or text; `text` is what stands at `[start, end)`. */
export interface Span {
  field: "text" | "title";
  start: number;
  end: number;
  text: string;
}
