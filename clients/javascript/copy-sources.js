// Before `npm pack`: copies what the service serves itself, and the licence. After it: takes them away.
import { copyFileSync, rmSync } from "node:fs";

const STATIC = ["melu.js", "melu.d.ts", "melu-api.d.ts", "melu-elements.js", "melu-elements.d.ts"];
const sources = [...STATIC.map((name) => `../../app/static/${name}`), "../../LICENSE"];

for (const source of sources) {
  const here = new URL(source.split("/").at(-1), import.meta.url);
  if (process.argv.includes("--remove")) rmSync(here, { force: true });
  else copyFileSync(new URL(source, import.meta.url), here);
}
