// Events of `streams feed` in Node 18 or newer, without packages:
//
//     node sse_node.mjs 'http://localhost:8080/events?conflict=sudan' position.txt
//
// One line an event. The position is kept in a file after each one, so that nothing is missed over restarts.

import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const [url, file, most = Infinity] = process.argv.slice(2);
let position = "", wait = 1000, count = 0;
try { position = readFileSync(file, "utf8").trim(); } catch { /* the first time */ }

function handle(event) {
  const war = event.conflicts[0]?.id ?? "-";
  const place = event.places.find((one) => one.role === "focus");
  console.log([event.received_at, war, place ? `${place.name} (${place.precision})` : "-", event.title].join("\t"));
}

async function* messages(body) {
  let rest = "";
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + chunk).split(/\r?\n\r?\n/);
    rest = blocks.pop();
    for (const block of blocks) {
      const fields = { data: "" };
      for (const line of block.split(/\r?\n/)) {
        const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line);
        if (name === "data") fields.data += (fields.data && "\n") + value;
        else if (name) fields[name] = value;
      }
      yield fields;
    }
  }
}

while (count < most) {
  try {
    const headers = { accept: "text/event-stream", ...(position && { "last-event-id": position }) };
    const answer = await fetch(url, { headers });
    if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) {
      console.error(`${answer.status}: ${await answer.text()}`);
      process.exit(1);                       // a filter that is none: it will not get better
    }
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    for await (const message of messages(answer.body)) {
      if (message.retry) wait = Number(message.retry);
      if (message.data && (message.event ?? "message") === "message") {
        handle(JSON.parse(message.data));
        count += 1;
      }
      if (message.id !== undefined && file) writeFileSync(file, (position = message.id));
      if (count >= most) process.exit(0);
    }
  } catch (error) {
    console.error(`${error.message}; again in ${wait} ms`);
  }
  await sleep(wait);
}
