/**
 * How files reach a slot and come back: by its shared directories, or by upload and view. What a server names must lie inside
 * its own directories, whatever it says; links are not followed out of them.
 */
import { constants } from "node:fs";
import { createHash } from "node:crypto";
import { copyFile, lstat, mkdir, readdir, readFile, realpath, rm, stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import type { SlotConfig } from "../../domain/config.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { ComfyOutput } from "../../ports.ts";
import type { Http } from "./http.ts";
import { httpError, parseJson } from "./http.ts";
import { asRecord } from "./parse.ts";

/** Files of attempts lie in a folder of ours inside the slot's input and output directories. */
const PLACE = "hotplate";
const PROMPT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Slowest link that an upload is given time for, bytes per ms. */
const UPLOAD_BYTES_PER_MS = 1_000;

export interface Transport {
  /** Returns the value of LoadImage's input. */
  place(localPath: string, name: string): Promise<string>;
  /** EEXIST; ENOENT when the result is not there. */
  fetch(output: ComfyOutput, to: string): Promise<void>;
  /** Only what lies in our own folders under a name that begins with this prompt's id. */
  remove(id: string): Promise<void>;
}

export function transportOf(slot: SlotConfig, http: Http, timeoutMs: number): Transport {
  const { shared } = slot;
  if (shared === undefined) {
    return {
      place: (localPath, name) => upload(http, { localPath, name, timeoutMs }),
      fetch: (output, to) => view(http, output, to),
      // ComfyUI has no way to delete a file: its own housekeeping does.
      remove: () => Promise.resolve(),
    };
  }
  return {
    place: (localPath, name) => placeShared(shared.input, localPath, name),
    fetch: (output, to) => fetchShared(shared.output, output, to),
    async remove(id) {
      for (const dir of [shared.input, shared.output]) await removeOf(join(dir, PLACE), id);
    },
  };
}

async function removeOf(dir: string, id: string): Promise<void> {
  // Anything shorter would take away what is of other attempts.
  if (!PROMPT_ID.test(id)) throw Object.assign(new Error(`"${id}" is no prompt id`), { code: "EINVAL" });
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  for (const name of names) if (name.startsWith(id)) await rm(join(dir, name), { force: true });
}

/**
 * Under a name made of its bytes: ComfyUI has no way to delete a file, and two hundred wedges of one plate would leave two
 * hundred copies. A file that is there with the same bytes is not written again, so nobody who reads it now is disturbed.
 */
async function upload(
  http: Http,
  of: { readonly localPath: string; readonly name: string; readonly timeoutMs: number },
): Promise<string> {
  inside("/", of.name);
  const bytes = await readFile(of.localPath);
  const form = new FormData();
  const name = `${createHash("sha256").update(bytes).digest("hex").slice(0, 32)}${extname(of.name)}`;
  form.append("image", new Blob([bytes], { type: "image/png" }), name);
  form.append("type", "input");
  form.append("subfolder", PLACE);
  const timeoutMs = of.timeoutMs + Math.ceil(bytes.length / UPLOAD_BYTES_PER_MS);
  const answer = await http.request("POST", "/upload/image", { form, timeoutMs });
  if (answer.status !== 200) throw httpError(answer.status, "/upload/image");
  const body = asRecord(parseJson(answer.body, "/upload/image"));
  const { name: given, subfolder } = body;
  if (typeof given !== "string" || (subfolder !== undefined && typeof subfolder !== "string"))
    throw Object.assign(new Error("/upload/image did not say where the file is"), { code: "EPROTO" });
  // The server may rename what was sent: its own word is the name.
  return subfolder === undefined || subfolder === "" ? given : `${subfolder}/${given}`;
}

async function placeShared(input: string, localPath: string, name: string): Promise<string> {
  const target = inside(join(input, PLACE), name);
  await mkdir(dirname(target), { recursive: true });
  await copyFile(localPath, target, constants.COPYFILE_FICLONE);
  return `${PLACE}/${name}`;
}

async function view(http: Http, output: ComfyOutput, to: string): Promise<void> {
  const query = new URLSearchParams({ filename: output.filename, subfolder: output.subfolder, type: output.type });
  const status = await http.download(`/view?${query.toString()}`, to, LIMITS.outputBytesMax);
  if (status === 404) throw Object.assign(new Error(`${output.filename} is not there`), { code: "ENOENT" });
  if (status !== 200) throw httpError(status, "/view");
}

async function fetchShared(outputDir: string, output: ComfyOutput, to: string): Promise<void> {
  if (output.type !== "output") throw Object.assign(new Error(`${output.filename} is no output`), { code: "ENOENT" });
  const path = pathOf(outputDir, output);
  const found = await lstat(path);
  if (!found.isFile()) throw Object.assign(new Error(`${output.filename} is no regular file`), { code: "EINVAL" });
  if (found.size > LIMITS.outputBytesMax)
    throw Object.assign(new Error(`${output.filename} is too large`), { code: "EFBIG" });
  const real = await realpath(path);
  if (!real.startsWith(`${await realpath(outputDir)}/`)) throw leadsOut(path, outputDir);
  // Looked at before copying: a copy that fails half way is removed, and one that was there before is not.
  if (await exists(to)) throw Object.assign(new Error(`${to} is there`), { code: "EEXIST" });
  try {
    await copyFile(real, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") await rm(to, { force: true });
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return false;
      throw error;
    },
  );
}

function pathOf(outputDir: string, output: ComfyOutput): string {
  return inside(outputDir, join(output.subfolder, basename(output.filename)));
}

function inside(dir: string, relative: string): string {
  const path = join(dir, relative);
  const escapes = relative.startsWith("/") || relative.split("/").includes("..") || relative === "";
  if (escapes || !path.startsWith(dir.endsWith("/") ? dir : `${dir}/`)) throw leadsOut(relative, dir);
  return path;
}

function leadsOut(path: string, dir: string): Error & { code: string } {
  return Object.assign(new Error(`${path} leads out of ${dir}`), { code: "EPROTO" });
}
