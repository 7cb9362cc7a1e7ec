// Validates the custom resources among the objects on standard input (one JSON object a line); exit code 1 when one is wrong.
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const PACKAGES = {
  "keda.sh": "@kubernetes-models/keda",
  "monitoring.coreos.com": "@kubernetes-models/prometheus-operator",
  "kafka.strimzi.io": "@kubernetes-models/strimzi-kafka-operator",
};
const modules = join(process.argv[2], "node_modules");
let wrong = 0;
let right = 0;

for await (const line of createInterface({ input: process.stdin })) {
  const object = JSON.parse(line);
  const folder = PACKAGES[object.apiVersion.split("/")[0]];
  if (!folder) continue;
  const module = await import(pathToFileURL(join(modules, folder, object.apiVersion, `${object.kind}.js`)));
  try {
    new module[object.kind](object).validate();
    right += 1;
  } catch (error) {
    console.error(`${object.kind} ${object.metadata.name}: ${error.message}`);
    wrong += 1;
  }
}
console.log(`custom resources: ${right} valid, ${wrong} not`);
process.exitCode = wrong || !right ? 1 : 0;
