// Before `npm pack`: copies what the service serves itself, and the licence. After it: takes them away.
import { copyFileSync, readdirSync, rmSync } from "node:fs";

const STATIC = new URL("../../app/static/", import.meta.url);
const served = readdirSync(STATIC).filter((name) => name.startsWith("melu"));
const sources = [...served.map((name) => new URL(name, STATIC)), new URL("../../LICENSE", import.meta.url)];

for (const source of sources) {
  const here = new URL(source.pathname.split("/").at(-1), import.meta.url);
  if (process.argv.includes("--remove")) rmSync(here, { force: true });
  else copyFileSync(source, here);
}
