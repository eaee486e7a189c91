/**
 * One slot's ComfyUI behind `ports.ts`, for 0.19 and later. `/api/jobs/{id}` is the truth; a lost answer throws; a 200 with
 * node_errors is canceled and reported as refused; cancels are targeted, never bodiless (that would hit anybody's prompt).
 */
import { readFile } from "node:fs/promises";
import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { constants } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { SlotConfig } from "../../domain/config.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { Comfy, ComfyOutput, ComfySlot, PromptStatus, SubmitAnswer } from "../../ports.ts";
import type { Http } from "./http.ts";
import { createHttp, httpError, parseJson } from "./http.ts";
import { asRecord, catalogue, historyAsJob, promptStatus, refusal, systemStats } from "./parse.ts";
import { openSocket } from "./socket.ts";

/** Files of attempts lie in folders of ours inside the slot's input directory. */
const PLACE = "hotplate";

export function createComfy(options: { readonly timeoutMs?: number } = {}): Comfy {
  return { open: (slot, wake) => openSlot(slot, wake, options.timeoutMs ?? LIMITS.comfyCallTimeoutMs) };
}

function openSlot(slot: SlotConfig, wake: () => void, timeoutMs: number): ComfySlot {
  const http = createHttp(slot.url, timeoutMs);
  const socket = openSocket(slot.url, wake);
  let hasCancel: boolean | null = null;

  async function cancel(id: string): Promise<void> {
    hasCancel ??= await offersCancel(http);
    if (hasCancel) {
      await http.request("POST", `/api/jobs/${id}/cancel`, { json: {} });
      return;
    }
    await http.request("POST", "/queue", { json: { delete: [id] } });
    await http.request("POST", "/interrupt", { json: { prompt_id: id } });
  }

  return {
    stats: async () => systemStats(await http.json("/system_stats")),
    catalogue: async () => catalogue(await http.json("/object_info", LIMITS.objectInfoBytesMax)),
    submit: (prompt) => submit(http, { ...prompt, clientId: socket.clientId() }, cancel),
    status: (id) => status(http, id),
    cancel,
    place: (localPath, name) =>
      slot.shared === undefined ? upload(http, localPath, name) : placeShared(slot.shared.input, localPath, name),
    fetch: (output, to) =>
      slot.shared === undefined ? view(http, output, to) : fetchShared(slot.shared.output, output, to),
    async forget(id, leftovers) {
      socket.forget(id);
      await http.request("POST", "/history", { json: { delete: [id] } });
      if (slot.shared === undefined) return;
      for (const input of leftovers.inputs) await rm(inside(slot.shared.input, input), { force: true });
      for (const output of leftovers.outputs)
        if (output.type === "output") await rm(sharedPath(slot.shared.output, output), { force: true });
    },
    progress: (id) => socket.progress(id),
    close: () => Promise.resolve(socket.close()),
  };
}

/** 0.38 has a cancel per job; 0.19 answers 404 or 405. Asked with an id that nobody has. */
async function offersCancel(http: Http): Promise<boolean> {
  const answer = await http.request("POST", `/api/jobs/${crypto.randomUUID()}/cancel`, { json: {} });
  return answer.status === 200;
}

async function submit(
  http: Http,
  prompt: { readonly id: string; readonly graph: object; readonly jobId: string; readonly clientId: string },
  cancel: (id: string) => Promise<void>,
): Promise<SubmitAnswer> {
  const json = {
    prompt: prompt.graph,
    prompt_id: prompt.id,
    client_id: prompt.clientId,
    extra_data: { extra_pnginfo: { workflow: { id: prompt.jobId } } },
  };
  const answer = await http.request("POST", "/prompt", { json });
  const text = new TextDecoder().decode(answer.body);
  if (answer.status === 200) {
    const body = asRecord(parseJson(answer.body, "/prompt"));
    if (Object.keys(asRecord(body["node_errors"])).length === 0)
      return { kind: "accepted", number: Number(body["number"] ?? 0) };
    // Some outputs were dropped in silence and the rest runs: that is a refusal, and the rest must not run.
    await cancel(prompt.id);
    return { kind: "refused", error: refusal(body, text) };
  }
  if (answer.status === 400 || answer.status === 500 || answer.status === 413)
    return { kind: "refused", error: refusal(safeJson(answer.body), text) };
  throw httpError(answer.status, "/prompt");
}

function safeJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body)) as unknown;
  } catch {
    // Errors 500 are plain text.
    return {};
  }
}

/** A 404 may fall between queue and history: history is asked once more before it counts as unknown. */
async function status(http: Http, id: string): Promise<PromptStatus> {
  const answer = await http.request("GET", `/api/jobs/${id}`);
  if (answer.status === 200) return promptStatus(parseJson(answer.body, "/api/jobs"));
  if (answer.status !== 404) throw httpError(answer.status, "/api/jobs");
  const history = asRecord(await http.json(`/history/${id}`));
  return id in history ? promptStatus(historyAsJob(history[id])) : { kind: "unknown" };
}

async function upload(http: Http, localPath: string, name: string): Promise<string> {
  const form = new FormData();
  form.append("image", new Blob([await readFile(localPath)], { type: "image/png" }), name);
  form.append("type", "input");
  form.append("subfolder", PLACE);
  form.append("overwrite", "true");
  const answer = await http.request("POST", "/upload/image", { form });
  if (answer.status !== 200) throw httpError(answer.status, "/upload/image");
  const body = asRecord(parseJson(answer.body, "/upload/image"));
  // The server may rename what was sent: its own word is the name.
  const subfolder = typeof body["subfolder"] === "string" ? body["subfolder"] : "";
  return subfolder === "" ? String(body["name"]) : `${subfolder}/${String(body["name"])}`;
}

async function placeShared(input: string, localPath: string, name: string): Promise<string> {
  const target = join(input, PLACE, name);
  await mkdir(dirname(target), { recursive: true });
  await copyFile(localPath, target, constants.COPYFILE_FICLONE);
  return `${PLACE}/${name}`;
}

async function view(http: Http, output: ComfyOutput, to: string): Promise<void> {
  const query = new URLSearchParams({ filename: output.filename, subfolder: output.subfolder, type: output.type });
  const answer = await http.request("GET", `/view?${query.toString()}`, { bytesMax: LIMITS.outputBytesMax });
  if (answer.status !== 200) throw httpError(answer.status, "/view");
  await writeFile(to, answer.body, { flag: "wx" });
}

async function fetchShared(outputDir: string, output: ComfyOutput, to: string): Promise<void> {
  await copyFile(sharedPath(outputDir, output), to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
}

function sharedPath(outputDir: string, output: ComfyOutput): string {
  return inside(outputDir, join(output.subfolder, basename(output.filename)));
}

/** What ComfyUI names must lie in its own directory, whatever it says. */
function inside(dir: string, relative: string): string {
  const path = join(dir, relative);
  if (path !== dir && !path.startsWith(dir.endsWith("/") ? dir : `${dir}/`))
    throw Object.assign(new Error(`${relative} leads out of ${dir}`), { code: "EPROTO" });
  return path;
}
