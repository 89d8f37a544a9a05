/**
 * Writes `openapi.json` from the routes, and `docs/postman-collection.json` from that; with `--check` only
 * compares, and fails when one of them is out of date.
 */
import { readFile, writeFile } from "node:fs/promises";
import { describeApi } from "./describe-api.ts";
import { type ApiDocument, postmanCollection } from "./postman.ts";

const document = await describeApi();
const collection = await postmanCollection(document as ApiDocument);
const check = process.argv.includes("--check");

for (const [name, content] of [
  ["openapi.json", document],
  ["docs/postman-collection.json", collection],
] as const) {
  const file = new URL(`../${name}`, import.meta.url);
  const text = `${JSON.stringify(content, null, 2)}\n`;
  if (!check) await writeFile(file, text);
  else if ((await readFile(file, "utf8").catch(() => "")) !== text) {
    process.stderr.write(`${name} is out of date: run \`npm run openapi\` and commit it.\n`);
    process.exitCode = 1;
  }
}
