/** `/upload/image` and `/view`, with ComfyUI's names, renames and refusals. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, isAbsolute, join, normalize } from "node:path";
import type { Call, Reply } from "./reply.ts";
import { empty, json } from "./reply.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".webp": "image/webp",
  ".exr": "image/x-exr",
  ".tif": "image/tiff",
};

/** Throws where the real one does: no multipart, an unknown `type`. */
export async function upload(call: Call, slotDir: string): Promise<Reply> {
  const form = await new Response(Buffer.from(call.body), {
    headers: { "content-type": call.headers["content-type"] ?? "" },
  }).formData();
  const image = form.get("image");
  if (image === null || typeof image === "string" || image.name === "") return empty(400);
  const field = (name: string): string | null => {
    const value = form.get(name);
    return typeof value === "string" ? value : null;
  };
  const type = field("type") ?? "input";
  if (!["input", "temp", "output"].includes(type)) throw new TypeError(`type ${type}`);
  const subfolder = field("subfolder") ?? "";
  const home = join(slotDir, type);
  const dir = normalize(join(home, subfolder));
  const path = join(dir, image.name);
  if ((dir !== home && !dir.startsWith(`${home}/`)) || !normalize(path).startsWith(`${home}/`)) return empty(400);
  const bytes = new Uint8Array(await image.arrayBuffer());
  mkdirSync(dirname(path), { recursive: true });
  const overwrite = ["true", "1"].includes(field("overwrite") ?? "");
  const { name, same } = overwrite ? { name: image.name, same: false } : freeName(dir, image.name, bytes);
  // What is there already is not written again: a prompt may be reading it.
  if (!same) writeFileSync(join(dir, name), bytes);
  return json({ name, subfolder, type });
}

/** The same bytes keep their name; others get ` (1)` and so on. */
function freeName(dir: string, name: string, bytes: Uint8Array): { readonly name: string; readonly same: boolean } {
  const extension = extname(name);
  const stem = basename(name, extension);
  for (let n = 0; ; n += 1) {
    const candidate = n === 0 ? name : `${stem} (${n})${extension}`;
    let known: Uint8Array;
    try {
      known = readFileSync(join(dir, candidate));
    } catch {
      // Not there: free.
      return { name: candidate, same: false };
    }
    if (hash(known) === hash(bytes)) return { name: candidate, same: true };
  }
}

function hash(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export function view(call: Call, slotDir: string): Reply {
  const given = call.query.get("filename");
  if (given === null) return empty(404);
  const [, bare = given, suffix] = /^(.*?) \[(input|output|temp)\]$/.exec(given) ?? [];
  if (bare === "" || isAbsolute(bare) || bare.includes("..")) return empty(400);
  const type = suffix ?? call.query.get("type") ?? "output";
  if (!["output", "temp", "input"].includes(type)) return empty(400);
  const home = join(slotDir, type);
  const dir = normalize(join(home, call.query.get("subfolder") ?? ""));
  if (dir !== home && !dir.startsWith(`${home}/`)) return empty(403);
  const path = join(dir, basename(bare));
  let body: Uint8Array;
  let etag: string;
  try {
    body = readFileSync(path);
    const stat = statSync(path);
    etag = `"${Math.trunc(stat.mtimeMs * 1000).toString(16)}-${stat.size.toString(16)}"`;
  } catch {
    // Absent or a directory.
    return empty(404);
  }
  const headers = { "content-disposition": `filename="${basename(bare)}"`, etag, "accept-ranges": "bytes" };
  return { status: 200, body, type: TYPES[extname(path).toLowerCase()] ?? "application/octet-stream", headers };
}
