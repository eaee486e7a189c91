/** `/view` and `/upload/image`: only inside this slot's own directories. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import type { Call, Reply } from "./routes.ts";

export function view(world: { readonly slotDir: string }, query: URLSearchParams): Reply {
  const name = query.get("filename") ?? "";
  const type = query.get("type") ?? "output";
  if (!["output", "temp", "input"].includes(type) || name === "" || name.startsWith("/") || name.includes(".."))
    return { status: 400, body: "", type: "text/plain" };
  const home = join(world.slotDir, type);
  const path = normalize(join(home, query.get("subfolder") ?? "", basename(name)));
  if (!path.startsWith(`${home}/`)) return { status: 403, body: "", type: "text/plain" };
  try {
    return { status: 200, body: readFileSync(path), type: "image/png" };
  } catch {
    return { status: 404, body: "", type: "text/plain" };
  }
}

export function upload(world: { readonly slotDir: string }, call: Call): Reply {
  const parts = multipart(call);
  const file = parts.get("image");
  if (file?.filename === undefined) return { status: 400, body: "", type: "text/plain" };
  const subfolder = parts.get("subfolder")?.text ?? "";
  const home = join(world.slotDir, "input");
  const path = normalize(join(home, subfolder, basename(file.filename)));
  if (!path.startsWith(`${home}/`)) return { status: 400, body: "", type: "text/plain" };
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, file.bytes);
  return {
    status: 200,
    body: JSON.stringify({ name: basename(path), subfolder, type: "input" }),
    type: "application/json; charset=utf-8",
  };
}

interface Part {
  readonly filename: string | undefined;
  readonly bytes: Uint8Array;
  readonly text: string;
}

/** multipart/form-data, as browsers and fetch send it. */
function multipart(call: Call): ReadonlyMap<string, Part> {
  const boundary = /boundary=(?:"([^"]+)"|([^;]+))/.exec(String(call.headers["content-type"] ?? ""));
  const mark = Buffer.from(`--${boundary?.[1] ?? boundary?.[2] ?? ""}`);
  const body = Buffer.from(call.body);
  const out = new Map<string, Part>();
  for (let at = body.indexOf(mark); at >= 0; ) {
    const end = body.indexOf(mark, at + mark.length);
    if (end < 0) break;
    const part = body.subarray(at + mark.length + 2, end - 2);
    const split = part.indexOf("\r\n\r\n");
    const head = part.subarray(0, split).toString("utf8");
    const bytes = part.subarray(split + 4);
    const name = /name="([^"]*)"/.exec(head)?.[1];
    if (name !== undefined)
      out.set(name, { filename: /filename="([^"]*)"/.exec(head)?.[1], bytes, text: bytes.toString("utf8") });
    at = end;
  }
  return out;
}
