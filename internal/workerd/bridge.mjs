// Runs workerd with worker.mjs on a free loopback port until standard input
// closes, so that it can't outlive the process that started it. Prints one
// line of JSON when it answers requests.
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Miniflare } from "miniflare";

const read = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
const version = (name) => JSON.parse(read(`./node_modules/${name}/package.json`)).version;

const accountId = randomBytes(16).toString("hex");
const token = randomBytes(20).toString("hex");

// All that is written to disk, miniflare's temporary files too, is under here.
const home = mkdtempSync(join(tmpdir(), "d1-workerd-"));
process.env.TMPDIR = process.env.TEMP = home;

const miniflare = new Miniflare({
  host: "127.0.0.1",
  port: 0,
  name: "api",
  // The settings miniflare gives its own D1 worker.
  compatibilityDate: "2023-07-24",
  compatibilityFlags: ["nodejs_compat", "experimental"],
  modulesRoot: "/",
  modules: [
    { type: "ESModule", path: "/worker.mjs", contents: read("./worker.mjs") },
    { type: "ESModule", path: "/split.mjs", contents: read("./split.mjs") },
    {
      type: "ESModule",
      path: "/database.worker.js",
      contents: read("./node_modules/miniflare/dist/src/workers/d1/database.worker.js"),
    },
  ],
  bindings: { ACCOUNT_ID: accountId, TOKEN: token },
  durableObjects: { DATABASE: { className: "Database" } },
  // Past miniflare's own entry worker, which would rewrite errors.
  unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
});

// After miniflare's own handler, which ends workerd. This runs on signals too.
process.on("exit", () => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));

async function stop() {
  try {
    await miniflare.dispose();
  } finally {
    process.exit();
  }
}
process.stdin.once("close", stop).on("error", () => {}).resume();
process.once("SIGHUP", stop);

const { port } = await miniflare.unsafeGetDirectURL("api");
console.log(JSON.stringify({
  port: Number(port),
  accountId,
  token,
  miniflare: version("miniflare"),
  workerd: version("workerd"),
}));
