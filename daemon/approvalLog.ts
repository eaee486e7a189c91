/**
 * The log of decisions on disk: `<product>/.hotplate/approvals.jsonl`, whose every line was first claimed under its number in
 * `<product>/.hotplate/approvals/`, by exclusive creation. Several writers on several machines never lose a line or write two
 * of one number, and a writer that dies in between is finished by whoever reads next.
 */
import type { ApprovalLine, Decision, LogReading } from "./domain/approvals.ts";
import { lineAfter, readLog } from "./domain/approvals.ts";
import { LIMITS } from "./domain/limits.ts";
import { joinPath } from "./domain/paths.ts";
import { ignore, makeDirs, publishFile, replaceFile } from "./durable.ts";
import type { Digest, Files, Ids } from "./ports.ts";

export interface LogWorld {
  readonly files: Files;
  readonly digest: Digest;
  readonly ids: Pick<Ids, "uuid">;
}

const LOG = ".hotplate/approvals.jsonl";
const LINES = ".hotplate/approvals";

export interface ApprovalLog extends LogReading {
  readonly texts: readonly string[];
}

/** An absent log is an empty one. Lines that were claimed and not yet added belong to it. */
export async function readApprovals(
  world: Pick<LogWorld, "files" | "digest">,
  productDir: string,
): Promise<ApprovalLog> {
  const { files, digest } = world;
  const bytes = await files.read(joinPath(productDir, LOG), LIMITS.approvalsBytesMax).catch(ignore("ENOENT"));
  const texts = bytes === undefined ? [] : linesOf(new TextDecoder().decode(bytes));
  const claimed = new Map((await claimedLines(files, productDir)).map((line) => [line.number, line.name]));
  for (let name = claimed.get(texts.length + 1); name !== undefined; name = claimed.get(texts.length + 1)) {
    const text = await lineText(files, productDir, name);
    if (text === null) break;
    texts.push(text);
  }
  const reading = readLog(texts, (text) => digest.sha256(text));
  return { texts, ...reading };
}

/** As `readApprovals`, and every line of the log must be the one that was claimed under its number. */
export async function auditApprovals(
  world: Pick<LogWorld, "files" | "digest">,
  productDir: string,
): Promise<ApprovalLog> {
  const log = await readApprovals(world, productDir);
  const problems = [...log.problems];
  const claimed = await claimedLines(world.files, productDir);
  for (const { number, name } of claimed) {
    const there = log.texts[number - 1];
    const text = await lineText(world.files, productDir, name);
    if (text === null) continue;
    if (there === undefined) problems.push({ line: number, message: "lines before it are missing" });
    else if (there !== text)
      problems.push({ line: number, message: `it is not what .hotplate/approvals/${name} says` });
  }
  if (claimed.length < log.texts.length)
    problems.push({ line: claimed.length + 1, message: "it has no file of its own in .hotplate/approvals" });
  return { ...log, problems: problems.toSorted((a, b) => a.line - b.line) };
}

/** Adds one line and returns it. Whoever is faster has the number; then the next one is tried. */
export async function appendApproval(world: LogWorld, productDir: string, decision: Decision): Promise<ApprovalLine> {
  const { files, digest } = world;
  await makeDirs(files, productDir, joinPath(productDir, LINES));
  for (let tries = 0; tries < LIMITS.claimTriesMax; tries += 1) {
    const { texts } = await readApprovals(world, productDir);
    const text = lineAfter(texts, decision, (before) => digest.sha256(before));
    const path = joinPath(productDir, LINES, lineName(texts.length + 1));
    if ((await publishFile(files, path, `${text}\n`, world.ids.uuid())) === "taken") {
      // Without hard links a line is copied into its place; a writer that died over it must not stop the log for ever.
      if (tries > LIMITS.claimTriesMax / 2 && (await lineText(files, productDir, lineName(texts.length + 1))) === null)
        await files.unlink(path).catch(ignore("ENOENT"));
      continue;
    }
    await writeLog(world, productDir);
    if ((await readApprovals(world, productDir)).texts.includes(text)) return JSON.parse(text) as ApprovalLine;
  }
  throw Object.assign(new Error(`no free line after ${LIMITS.claimTriesMax} tries`), { code: "EEXIST" });
}

/** Writes the log until nobody has added a line meanwhile: a slower writer must not take the line of a faster one away. */
export async function writeLog(world: LogWorld, productDir: string): Promise<void> {
  for (let tries = 0; tries < LIMITS.claimTriesMax; tries += 1) {
    const { texts } = await readApprovals(world, productDir);
    if (texts.length === 0) return;
    const path = joinPath(productDir, LOG);
    await replaceFile(world.files, path, texts.map((text) => `${text}\n`).join(""), world.ids.uuid());
    const bytes = await world.files.read(path, LIMITS.approvalsBytesMax);
    if (linesOf(new TextDecoder().decode(bytes)).length >= (await claimedLines(world.files, productDir)).length) return;
  }
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

function lineName(number: number): string {
  return `${String(number).padStart(6, "0")}.json`;
}

async function claimedLines(
  files: Files,
  productDir: string,
): Promise<readonly { readonly number: number; readonly name: string }[]> {
  const entries = await files.list(joinPath(productDir, LINES), LIMITS.productVersionsMax).catch(ignore("ENOENT"));
  return (entries ?? [])
    .flatMap(({ name }) => (/^\d{6}\.json$/.test(name) ? [{ number: Number(name.slice(0, 6)), name }] : []))
    .sort((a, b) => a.number - b.number);
}

/** null: it is being written, or its writer died over it. */
async function lineText(files: Files, productDir: string, name: string): Promise<string | null> {
  const bytes = await files.read(joinPath(productDir, LINES, name), LIMITS.claimBytesMax);
  const text = new TextDecoder().decode(bytes);
  return text.endsWith("\n") ? text.slice(0, -1) : null;
}
