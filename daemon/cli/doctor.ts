/** `hotplate doctor`: what is missing on this node, before anything runs: OK, WARN or FAIL, each with its fix. Exit 4 on FAIL. */
import { createMountProbe } from "../adapters/mountProbe.ts";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { createComfy } from "../adapters/comfyui/slot.ts";
import { readInstall } from "../adapters/slots/install.ts";
import type { BaseWorld } from "../adapters/world.ts";
import { buildBase } from "../adapters/world.ts";
import { comfyCommand } from "../domain/comfyCommand.ts";
import type { SlotConfig, SpawnConfig } from "../domain/config.ts";
import { EXIT, HotplateError, messageOf, systemCode } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import type { Context } from "./context.ts";
import { table } from "./context.ts";
import { colourLines } from "./doctorColour.ts";
import { driftedRecipes } from "./doctorDrift.ts";
import { modelLines } from "./doctorModels.ts";
import { qcLines } from "./doctorQc.ts";
import { ffmpegLines } from "./doctorFfmpeg.ts";
import { gpuLines } from "./doctorGpus.ts";
import type { Probe } from "./probeDirectory.ts";
import { probeDirectory } from "./probeDirectory.ts";

export interface Line {
  readonly state: "OK" | "WARN" | "FAIL";
  readonly what: string;
  readonly found: string;
  readonly fix: string | null;
}

const ok = (what: string, found: string): Line => ({ state: "OK", what, found, fix: null });
const bad = (state: "WARN" | "FAIL", what: string, found: string, fix: string): Line => ({ state, what, found, fix });

export async function action(context: Context): Promise<void> {
  const lines: Line[] = [node()];
  const loaded = await context.config().catch((error: unknown) => {
    if (!(error instanceof HotplateError)) throw error;
    lines.push(bad("FAIL", "configuration", error.message, error.hint));
    return null;
  });
  if (loaded !== null) {
    lines.push(ok("configuration", loaded.path));
    const base = buildBase(loaded.config, "error");
    try {
      lines.push(
        ...(await disks(base)),
        ...(await recipes(base)),
        ...(await ffmpegLines(base)),
        ...(await qcLines(base)),
        ...modelLines(base.config.qcModels),
        ...(await colourLines(base)),
        ...(await slots(base)),
        ...(await gpuLines(base)),
      );
    } finally {
      await base.images.close();
    }
    const daemon = await context.daemonIfAny();
    lines.push(
      daemon === null
        ? bad("WARN", "daemon", "not running", "hotplate run")
        : ok("daemon", `process ${daemon.pid}, ${daemon.api}`),
    );
  }
  context.print({ lines }, () =>
    [
      table(lines.map((line) => [line.state, line.what, line.found])),
      ...lines.flatMap((line) => (line.fix === null ? [] : [`  ${line.what}: ${line.fix}`])),
    ].join("\n"),
  );
  if (lines.some((line) => line.state === "FAIL")) context.exit(EXIT.doctor);
}

function node(): Line {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const good = major > 24 || (major === 24 && minor >= 15);
  return good
    ? ok("node", process.versions.node)
    : bad("FAIL", "node", process.versions.node, "npm ci brings Node 24 on Linux; else install 24.15 or newer");
}

const HUNG = "check the mount and its file server; what needs it waits and goes on by itself";
const ROOM = "make room; work that needs it waits and goes on by itself";

async function disks(base: BaseWorld): Promise<readonly Line[]> {
  const { config, files } = base;
  const out: Line[] = [];
  const places = [
    ["state directory", config.stateDir],
    ...config.roots.map((root) => ["root", root.linux] as const),
    ...config.hotFolders.map((folder) => ["hot folder", folder.path] as const),
  ] as const;
  const answers = createMountProbe(base.exec);
  for (const [what, dir] of places) {
    const name = `${what} ${dir}`;
    // First by a child that can be killed: a call of our own on a mount that hangs would never come back.
    if ((await answers(dir, LIMITS.doctorMountMs)) === "late") {
      out.push(bad("FAIL", name, `does not answer within ${LIMITS.doctorMountMs / 1000} s`, HUNG));
      continue;
    }
    const probe = await probeDirectory(files, dir);
    if (probe.full) out.push(bad("FAIL", name, "the disk is full (HP-DISK-FULL)", ROOM));
    else if (probe.fault !== null)
      out.push(bad("FAIL", name, probe.fault, "check the mount and the rights of this user"));
    else if (what === "state directory" && probe.mount !== "local" && probe.mount !== "unknown")
      out.push(bad("FAIL", name, `on ${probe.mount ?? "?"}`, "put stateDir on a local disk"));
    else out.push(room(name, probe, what === "root" ? config.roots.find((root) => root.linux === dir)?.freeMin : 0));
  }
  return out;
}

function room(name: string, probe: Probe, freeMin = 0): Line {
  const free = probe.freeBytes ?? 0;
  const found = `${probe.mount ?? "?"}, ${bytesText(free)} free`;
  if (free < LIMITS.diskFreeBytesMin) return bad("FAIL", name, `${found}: the disk is full (HP-DISK-FULL)`, ROOM);
  if (free < freeMin)
    return bad("WARN", name, `${found}, less than freeMin ${bytesText(freeMin)}: new work waits (HP-DISK-FULL)`, ROOM);
  return free < LIMITS.diskFreeWarnBytes ? bad("WARN", name, found, ROOM) : ok(name, found);
}

function bytesText(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

async function recipes(base: BaseWorld): Promise<readonly Line[]> {
  const book = await base.recipes.book();
  const broken = book.broken.map((one) =>
    bad("WARN", "recipe", `${one.dir}: ${one.message}`, "hotplate recipe check says more"),
  );
  return [ok("recipes", `${book.recipes.length} usable`), ...broken];
}

async function slots(base: BaseWorld): Promise<readonly Line[]> {
  const out: Line[] = [];
  const book = await base.recipes.book();
  const needed = new Set(
    book.recipes
      .filter((recipe) => recipe.file.needs === "nothing")
      .flatMap((recipe) => Object.values(recipe.graph).map((graphNode) => graphNode.class_type)),
  );
  for (const slot of base.config.slots) out.push(...(await slotLines(base, slot, needed)));
  return out;
}

async function slotLines(base: BaseWorld, slot: SlotConfig, needed: ReadonlySet<string>): Promise<readonly Line[]> {
  const client = createComfy({ timeoutMs: LIMITS.comfyConnectTimeoutMs }).open(slot, () => undefined);
  const name = `slot ${slot.name}`;
  try {
    const stats = await client.stats();
    const classes = await client.catalogue();
    const absent = [...needed].filter((known) => !Object.hasOwn(classes, known));
    const found = `ComfyUI ${stats.version}${stats.simulated ? " SIMULATED" : ""}, ${stats.deviceName ?? "no device"}`;
    if (stats.simulated && !slot.demo)
      return [bad("FAIL", name, found, "a simulated ComfyUI serves demo roots only: demo: true")];
    if (absent.length > 0)
      return [bad("WARN", name, `${found}; it lacks ${absent.join(", ")}`, "update ComfyUI or install the node pack")];
    const drifted = await driftedRecipes(base, slot, { version: stats.version, catalogue: classes });
    return [
      ok(name, found),
      ...drifted.map(({ recipe, words }) =>
        bad(
          "WARN",
          `${name}, ${recipe}`,
          `not as approved: ${words} (HP-RECIPE-DRIFT)`,
          `restore it, or hotplate recipe approve ${recipe} --slot ${slot.name}`,
        ),
      ),
    ];
  } catch (error) {
    if (slot.spawn !== undefined) return [await spawnedLine(name, { ...slot, spawn: slot.spawn })];
    const silent = `${slot.url} does not answer (${systemCode(error) ?? messageOf(error)})`;
    return [bad("FAIL", name, silent, "start ComfyUI, or correct the url")];
  } finally {
    await client.close();
  }
}

/** It runs only while the daemon does: what can be looked at is whether it could start. */
async function spawnedLine(name: string, slot: SlotConfig & { readonly spawn: SpawnConfig }): Promise<Line> {
  const { dir, python } = slot.spawn;
  const command = comfyCommand({ slot, dir: "/", install: await readInstall(dir) });
  if (command.kind === "refused") return bad("FAIL", name, command.message, "correct spawn.dir");
  try {
    await access(python, constants.X_OK);
  } catch (error) {
    return bad(
      "FAIL",
      name,
      `${python} can't be run (${systemCode(error) ?? messageOf(error)})`,
      "correct spawn.python",
    );
  }
  return ok(name, `ComfyUI ${command.version} in ${dir}; the daemon starts it`);
}
