/** The OpenAPI document as the daemon serves it at /v1/openapi.json: the real routes over an empty store, asked without a socket. */
import { openSqliteStore } from "../daemon/adapters/store/sqlite.ts";
import { buildBase } from "../daemon/adapters/world.ts";
import { packageVersion } from "../daemon/cli/version.ts";
import { configSchema } from "../daemon/domain/config.ts";
import { buildServer } from "../daemon/http/server.ts";

/** JSON text with a newline at its end. */
export async function apiDocument(): Promise<string> {
  const config = configSchema.parse({
    hotplate: 1,
    stateDir: "/var/lib/hotplate",
    roots: [{ name: "shows", linux: "/mnt/shows" }],
    slots: [{ name: "gpu0", url: "http://127.0.0.1:8188" }],
  });
  const base = buildBase(config, "error");
  const store = openSqliteStore({ path: ":memory:", clock: base.clock, ids: base.ids });
  const server = await buildServer({
    world: { ...base, store },
    view: () => {
      throw new Error("the document needs no node");
    },
    wake: () => undefined,
    version: packageVersion(),
  });
  try {
    const answer = await server.inject({ method: "GET", url: "/v1/openapi.json", headers: { host: "localhost" } });
    return `${JSON.stringify(answer.json(), null, 2)}\n`;
  } finally {
    await server.close();
    await store.close();
    await base.images.close();
  }
}
