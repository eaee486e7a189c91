/**
 * One process of many that give themselves version numbers of one product, through the code that a daemon uses: claim,
 * stage, appear whole. `node allocator.ts PRODUCT_DIR NAME COUNT JOURNAL [MODE]`. Each step prints `claimed STEP NUMBER` and
 * `published STEP NUMBER`. The journal stands for the store: what it knew survives a kill, what it did not know is found on
 * the disk, or not at all.
 *
 * Modes: `plain`; `smb`: no hard links, and a directory's rename onto an empty one is refused; `nfs`: now and then a call
 * does its work and answers with the error of a retransmission.
 */
import { appendFileSync, closeSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { createFiles } from "../../daemon/adapters/files.ts";
import type { Fence, JobId, StepId } from "../../daemon/domain/ids.ts";
import { versionName } from "../../daemon/domain/ids.ts";
import { systemCode } from "../../daemon/domain/errors.ts";
import { joinPath, parentDir } from "../../daemon/domain/paths.ts";
import { appearWhole, ignore, makeDirs } from "../../daemon/durable.ts";
import type { StageContext } from "../../daemon/live.ts";
import type { Files } from "../../daemon/ports.ts";
import { claimNumber } from "../../daemon/stages/openVersion.ts";
import type { StepRow } from "../../daemon/storePort.ts";

const [productDir = "", name = "", count = "0", journal = "", mode = "plain"] = process.argv.slice(2);
const files = mode === "smb" ? likeSmb(createFiles()) : mode === "nfs" ? likeNfs(createFiles()) : createFiles();
const known = {
  reserved: new Set<string>(),
  claimed: new Map<string, number>(),
  staged: new Set<string>(),
  published: new Set<string>(),
  highest: 0,
};
readJournal();
const context = {
  files,
  options: { node: name },
  world: { store: { storeId: async () => `store-${name}`, highestVersion: async () => known.highest } },
} as unknown as StageContext;

for (let n = 0; n < Number(count); n += 1) {
  const id = `${name}-${n}`;
  if (known.published.has(id)) process.stdout.write(`published ${id} ${known.claimed.get(id)}\n`);
  else await untilDone(id, n);
}

/** A failed call ends the try and the next one begins from what is known, as the loop does it. */
async function untilDone(id: string, n: number): Promise<void> {
  for (let tries = 0; tries < 20; tries += 1) {
    try {
      await oneVersion(id, n);
      return;
    } catch (error) {
      if (mode !== "nfs" || (systemCode(error) !== "EEXIST" && systemCode(error) !== "ENOENT")) throw error;
    }
  }
  throw new Error(`${id} found no end`);
}

async function oneVersion(id: string, n: number): Promise<void> {
  const fence = (n + 1) as Fence;
  const tried = known.reserved.has(id);
  if (!tried) note(`reserved ${id}`);
  const step = {
    id: `${id}/1` as StepId,
    jobId: id as JobId,
    fence: tried ? fence : null,
    plan: { target: { productDir, product: "env" } },
  } as StepRow;
  const staging = joinPath(productDir, ".hotplate/staging", `${id}-${fence}`);
  await makeDirs(files, parentDir(productDir), joinPath(productDir, ".hotplate/claims"));
  await makeDirs(files, productDir, staging);
  let number = known.claimed.get(id) ?? (await claimed(id, await claimNumber(context, step, { fence, above: 0 })));
  for (;;) {
    const tree = joinPath(staging, "tree");
    if (!known.staged.has(`${id} ${number}`)) {
      await files.removeTree(tree);
      await makeDirs(files, staging, joinPath(tree, ".hotplate"));
      await files.create(joinPath(tree, ".hotplate/commit.json"), JSON.stringify({ step: id, number }));
      await files.sync(joinPath(tree, ".hotplate/commit.json"));
      for (const dir of [joinPath(tree, ".hotplate"), tree, staging]) await files.syncDir(dir);
      note(`staged ${id} ${number}`);
    }
    const target = joinPath(productDir, versionName(number));
    const appearance = await appearWhole(files, tree, target, (dir) => isOurs(dir, id));
    if (appearance === "gone") throw new Error(`${id}: neither ${tree} nor ${target}`);
    if (appearance !== "foreign") break;
    number = await claimed(id, await claimNumber(context, step, { fence, above: number }));
  }
  note(`published ${id} ${number}`);
  await files.removeTree(staging);
  process.stdout.write(`published ${id} ${number}\n`);
}

async function claimed(id: string, number: number): Promise<number> {
  note(`claimed ${id} ${number}`);
  process.stdout.write(`claimed ${id} ${number}\n`);
  return number;
}

async function isOurs(dir: string, id: string): Promise<boolean> {
  const bytes = await files.read(joinPath(dir, ".hotplate/commit.json"), 10_000).catch(ignore("ENOENT", "ENOTDIR"));
  return bytes !== undefined && (JSON.parse(new TextDecoder().decode(bytes)) as { step: string }).step === id;
}

function readJournal(): void {
  appendFileSync(journal, "");
  // A line without its end was not yet true.
  for (const line of readFileSync(journal, "utf8").split("\n").slice(0, -1)) learn(line);
}

function learn(line: string): void {
  const [what, id = "", number = "0"] = line.split(" ");
  if (what === "reserved") known.reserved.add(id);
  if (what === "claimed") known.claimed.set(id, Number(number));
  if (what === "staged") known.staged.add(`${id} ${number}`);
  if (what === "published") known.published.add(id);
  known.highest = Math.max(known.highest, Number(number));
}

function note(line: string): void {
  learn(line);
  const handle = openSync(journal, "a");
  writeSync(handle, `${line}\n`);
  fsyncSync(handle);
  closeSync(handle);
}

function failure(code: string): Promise<never> {
  return Promise.reject(Object.assign(new Error(code), { code }));
}

function likeSmb(real: Files): Files {
  return {
    ...real,
    link: () => failure("EACCES"),
    rename: async (from, to) => {
      const onto = await real.stat(to).catch(ignore("ENOENT"));
      if (onto?.kind === "directory") return failure("EEXIST");
      return real.rename(from, to);
    },
  };
}

/** Every third call or so of a kind that can be retransmitted: done, and answered as if it had been done before. */
function likeNfs(real: Files): Files {
  let draw = name.length + Number(name.replace(/\D/g, ""));
  const lie = async (code: string, done: Promise<void>): Promise<void> => {
    await done;
    draw = (draw * 48_271) % 2_147_483_647;
    if (draw % 3 === 0) await failure(code);
  };
  return {
    ...real,
    link: (from, to) => lie("EEXIST", real.link(from, to)),
    mkdir: (dir) => lie("EEXIST", real.mkdir(dir)),
    create: (path, data) => lie("EEXIST", real.create(path, data)),
    rename: (from, to) => lie("ENOENT", real.rename(from, to)),
    unlink: (path) => lie("ENOENT", real.unlink(path)),
  };
}
