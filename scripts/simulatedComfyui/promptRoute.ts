/** `POST /prompt`: numbers, ids, validation, the queue. Throws where the real one answers 500. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Engine } from "./engine.ts";
import { currentInfo } from "./objectInfo.ts";
import type { ObjectInfo } from "./objectInfo.ts";
import type { Reply } from "./reply.ts";
import { json } from "./reply.ts";
import { validate } from "./validate.ts";
import type { Graph, Version } from "./words.ts";
import { asRecord } from "./words.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const SECRETS = ["api_key_comfy_org", "auth_token_comfy_org"];

export interface PromptWorld {
  readonly engine: Engine;
  readonly recorded: ObjectInfo;
  readonly slotDir: string;
  readonly version: Version;
}

export function postPrompt(world: PromptWorld, given: unknown, headers: { readonly usage: string | null }): Reply {
  const body = asRecord(given);
  const number = world.engine.queue.number(body["number"], body["front"] === true);
  if (!("prompt" in body)) {
    return json(
      {
        error: { type: "no_prompt", message: "No prompt provided", details: "No prompt provided", extra_info: {} },
        node_errors: {},
      },
      400,
    );
  }
  const id = promptId(body, world.version);
  if (id === null) {
    return json(
      {
        error: {
          type: "invalid_prompt_id",
          message: "prompt_id must be a canonical UUID",
          details: String(body["prompt_id"]),
          extra_info: {},
        },
        node_errors: {},
      },
      400,
    );
  }
  const graph = body["prompt"];
  if (typeof graph !== "object" || graph === null || Array.isArray(graph)) throw new TypeError("prompt");
  const targets = body["partial_execution_targets"];
  const info = currentInfo(world.recorded, world);
  const checked = validate(
    graph as Graph,
    { info, inputDir: join(world.slotDir, "input"), version: world.version },
    Array.isArray(targets) ? targets.map(String) : null,
  );
  if (checked.error !== null) return json({ error: checked.error, node_errors: checked.nodeErrors }, 400);
  const clientId = "client_id" in body ? String(body["client_id"]) : null;
  const extraData = extraOf(body, { clientId: body["client_id"], usage: headers.usage, version: world.version });
  world.engine.put({ number, id, graph: graph as Graph, extraData, outputs: checked.outputs, clientId });
  return json({ prompt_id: id, number, node_errors: checked.nodeErrors });
}

/** null: refused. 0.19 takes anything as text, `null` as `"None"`; 0.38 takes canonical UUIDs. */
function promptId(body: Readonly<Record<string, unknown>>, version: Version): string | null {
  const given = body["prompt_id"];
  if (given === undefined) return randomUUID();
  if (version === "0.19") return given === null ? "None" : String(given as string | number);
  if (given === null) return randomUUID();
  return typeof given === "string" && UUID.test(given) ? given : null;
}

function extraOf(
  body: Readonly<Record<string, unknown>>,
  of: { readonly clientId: unknown; readonly usage: string | null; readonly version: Version },
): Readonly<Record<string, unknown>> {
  if (body["extra_data"] === null) throw new TypeError("extra_data");
  const extra: Record<string, unknown> = { ...asRecord(body["extra_data"]) };
  for (const secret of SECRETS) delete extra[secret];
  if (of.clientId !== undefined) extra["client_id"] = of.clientId;
  if (of.usage !== null && of.version === "0.38") extra["comfy_usage_source"] = of.usage;
  extra["create_time"] = Date.now();
  return extra;
}
