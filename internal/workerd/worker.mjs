// The D1 HTTP API over workerd's own D1 database object. One durable object is
// one database, made on its first request.
import { D1DatabaseObject } from "./database.worker.js";
import { splitStatements } from "./split.mjs";

const SET_UP = "set up";
const NO_SUCH_DATABASE = "The database could not be found";

export class Database extends D1DatabaseObject {
  constructor(state, env) {
    // Local workerd's stand-in for bookmarks writes a row at the end of every
    // request, which shows in total_changes() and last_insert_rowid().
    state.storage.getCurrentBookmark = async () => "";
    super(state, env);
  }

  /**
   * Leaves the database as live D1 hands it out: with the engine's own table
   * _cf_KV, empty, in its schema. The object is then thrown away, so that the first
   * request opens a connection with all counters at 0.
   */
  async setUp() {
    await this.state.storage.put("created", true);
    await this.state.storage.delete("created");
    await this.state.storage.sync();
    this.state.abort(SET_UP);
  }

  /** One request is one transaction. The body is the API's: {sql, params} or {batch}. */
  async fetch(request) {
    const format = new URL(request.url).searchParams.get("format");
    if (format === null) return this.setUp();
    let queries;
    try {
      queries = toQueries(await request.json());
    } catch (e) {
      return failure(400, 7400, e.message);
    }
    // The values parsed above are handed over as they are: a second trip
    // through JSON would turn infinities into null.
    const engineRequest = {
      url: `http://d1/query?resultsFormat=${format}`,
      json: async () => queries,
    };
    let answer;
    try {
      answer = await this.queryExecute(engineRequest);
    } catch (e) {
      if (typeof e.toResponse !== "function") return failure(500, 7500, String(e));
      const { error } = await e.toResponse().json();
      return failure(400, 7500, error);
    }
    // The engine's rows go out as the text the engine wrote.
    return json(200, `{"result":${await answer.text()},"errors":[],"messages":[],"success":true}`);
  }
}

function toQueries(body) {
  if (body === null || typeof body !== "object" || Array.isArray(body)) {
    throw new Error("Invalid property: body => expected object");
  }
  const queries = body.batch ?? [body];
  if (!Array.isArray(queries)) throw new Error("Invalid property: batch => expected array");
  return queries.flatMap(({ sql, params = [] }) => {
    if (typeof sql !== "string") throw new Error("Invalid property: sql => expected string");
    if (!Array.isArray(params)) throw new Error("Invalid property: params => expected array");
    const bound = params.map(toParam);
    // With parameters the text goes to the engine whole: it knows no way of
    // dealing them to several statements, and says so.
    const statements = bound.length === 0 ? splitStatements(sql) : [sql];
    return statements.map((text) => ({ sql: text, params: bound }));
  });
}

function toParam(value, i) {
  // Live D1 stores booleans as text.
  if (typeof value === "boolean") return String(value);
  if (value !== null && typeof value === "object" && !Array.isArray(value)) {
    throw new Error(`Invalid property: params => ${i} => expected a scalar`);
  }
  return value;
}

// uuid → {uuid, name, created_at, version}. All requests share this isolate.
const databases = new Map();

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    const [, client, v4, accounts, account, d1, database, id, action, ...rest] = url.pathname.split("/");
    const routed = `${client}/${v4}/${accounts}/${d1}/${database}` === "client/v4/accounts/d1/database";
    if (!routed || account !== env.ACCOUNT_ID || rest.length > 0) {
      return failure(404, 7003, `Could not route to ${url.pathname}, perhaps your object identifier is invalid?`);
    }
    if (request.headers.get("Authorization") !== `Bearer ${env.TOKEN}`) {
      return failure(401, 10000, "Authentication error");
    }
    if (id === undefined) return collection(request, url, env);
    if (!databases.has(id)) return failure(404, 7404, NO_SUCH_DATABASE);
    if (action === undefined) return single(request, id);
    const format = { raw: "ROWS_AND_COLUMNS", query: "ARRAY_OF_OBJECTS" }[action];
    if (format === undefined || request.method !== "POST") {
      return failure(405, 10001, "Method not allowed for this route");
    }
    try {
      return await durableObject(env, id).fetch(`http://database/?format=${format}`, { method: "POST", body: request.body });
    } catch (e) {
      // The object was reset: by a commit that deferred foreign keys refuse, or by
      // OR ROLLBACK, which the engine doesn't survive.
      const internal = e.message.startsWith("internal error");
      return failure(internal ? 500 : 400, 7500, e.message);
    }
  },
};

const durableObject = (env, id) => env.DATABASE.get(env.DATABASE.idFromName(id));

async function collection(request, url, env) {
  switch (request.method) {
    case "POST": {
      const { name } = await request.json();
      if (typeof name !== "string" || name === "") return failure(400, 7400, "Invalid property: name => Required");
      for (const d of databases.values()) {
        if (d.name === name) return failure(400, 7502, `Database with name '${name}' already exists`);
      }
      const created = {
        uuid: crypto.randomUUID(),
        name,
        created_at: new Date().toISOString(),
        version: "production",
      };
      await durableObject(env, created.uuid).fetch("http://database/").catch((e) => {
        if (e.message !== SET_UP) throw e;
      });
      databases.set(created.uuid, created);
      return success(created);
    }
    case "GET": {
      const name = url.searchParams.get("name") ?? "";
      const page = Number(url.searchParams.get("page") ?? 1);
      const perPage = Number(url.searchParams.get("per_page") ?? 100);
      const found = [...databases.values()].filter((d) => d.name.includes(name));
      const result = found.slice((page - 1) * perPage, page * perPage);
      const info = { page, per_page: perPage, count: result.length, total_count: found.length };
      return success(result, { result_info: info });
    }
    default:
      return failure(405, 10001, "Method not allowed for this route");
  }
}

function single(request, id) {
  switch (request.method) {
    case "GET":
      return success(databases.get(id));
    case "DELETE":
      // The object's file stays until the bridge ends; nobody can reach it.
      databases.delete(id);
      return success(null);
    default:
      return failure(405, 10001, "Method not allowed for this route");
  }
}

const success = (result, more) =>
  json(200, JSON.stringify({ result, errors: [], messages: [], success: true, ...more }));

function failure(status, code, message) {
  const body = { messages: [], result: [], success: false, errors: [{ code, message }] };
  // Only seen on errors of the database.
  return json(status, JSON.stringify(body), code === 7500 ? { "cf-d1": "err=7500" } : {});
}

const json = (status, text, headers) =>
  new Response(text, { status, headers: { "content-type": "application/json", ...headers } });
