// Server-Sent Events over fetch, which can send a token: resumes by itself, and says what it is doing.

const LEAST = 1000, MOST = 60000;
// Heartbeats come every 15 s unless the gateway is told otherwise; a connection silent for so long is taken for dead.
const SILENT = 90000;

export class Problem extends Error {
  constructor(status, said) {
    super(said.detail ?? said.title ?? `status ${status}`);
    this.status = status;
  }
}

export async function ask(path, token, more = {}) {
  const headers = { ...(token ? { Authorization: `Bearer ${token}` } : {}), ...more.headers };
  const response = await fetch(path, { ...more, headers });
  if (!response.ok) throw new Problem(response.status, await response.json().catch(() => ({})));
  return response;
}

// Call `on.event(event)` for every event, `on.gap()` when some are lost, `on.state(word)`; until `signal` aborts.
// Rejects when the gateway refuses for good (4xx).
export async function follow(path, token, signal, on) {
  const standing = { id: "", retry: 3000 };
  let failures = 0;
  while (!signal.aborted) {
    try {
      const headers = standing.id ? { "Last-Event-ID": standing.id } : {};
      const response = await ask(path, token, { headers, signal, cache: "no-store" });
      failures = 0;
      on.state("live");
      await read(response.body, standing, on);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Problem && error.status < 500 && error.status !== 429) throw error;
    }
    on.state("lost");
    const wait = Math.min(MOST, Math.max(LEAST, standing.retry) * 2 ** Math.min(failures++, 5));
    await new Promise((done) => setTimeout(done, wait));
  }
}

async function read(body, standing, on) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const timer = setTimeout(() => reader.cancel(), SILENT);
    const { value, done } = await reader.read();
    clearTimeout(timer);
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) take(block, standing, on);
  }
}

function take(block, standing, on) {
  const fields = {};
  for (const line of block.split("\n")) {
    const colon = line.indexOf(": ");
    if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 2);
  }
  if (fields.id) standing.id = fields.id;
  if (fields.retry) standing.retry = Number(fields.retry);
  if (fields.event === "gap") on.gap();
  else if (fields.data) on.event(JSON.parse(fields.data));
}
