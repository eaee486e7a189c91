/** `rerun: {of: ...}`: planned from the version's own papers; what can't be made again is refused, and why. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Problem } from "../../daemon/domain/errors.ts";
import type { VersionFacts } from "../../daemon/domain/versionFacts.ts";
import type { PlanOutcome } from "../../daemon/planManifest.ts";
import { sha256, writeVersion } from "../fixtures/versionOnDisk.ts";
import type { OnDisk } from "../fixtures/versionOnDisk.ts";
import type { Studio } from "./planWorld.ts";
import { goodPlate, makeStudio } from "./planWorld.ts";

let root: string;
let studio: Studio;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "hotplate-plan-"));
  studio = makeStudio(root);
  goodPlate(studio);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const FRAMES = [1001, 1002];
const plateDir = (): string => join(root, "SH010/plates/SH010_PL01_v001");
function published(of: Partial<OnDisk> = {}, parameters: Readonly<Record<string, string | number>> = {}): string {
  const files = FRAMES.map((frame) => {
    const name = `SH010_PL01_v001.${frame}.png`;
    const { size, mtimeNs } = statSync(join(plateDir(), name), { bigint: true });
    return { frame, name, bytes: Number(size), mtimeNs: String(mtimeNs), sha256: sha256("x") };
  });
  const plate = { role: "plate", ref: "SH010_PL01_v001.####.png", frames: "1001-1002", dir: plateDir(), note: null };
  const { change, record, ...rest } = of;
  return writeVersion(join(root, "SH010/grain"), {
    wedges: 2,
    frames: FRAMES,
    content: (wedge, frame) => `picture ${wedge} ${frame}`,
    ...rest,
    record: { inputs: [{ ...plate, files }], ...record },
    change: (facts: VersionFacts) => {
      const wedges = facts.plan.wedges.map((wedge) => ({
        ...wedge,
        axes: { seed: wedge.seed },
        parameters: { seed: wedge.seed, ...parameters },
      }));
      const job = {
        ...facts.job,
        manifestRead: '{"priority":70,"output":{"to":"beside"},"sweep":{"axes":{"seed":[1]}}}',
      };
      const made = { ...facts, job, plan: { ...facts.plan, wedges } };
      return change?.(made) ?? made;
    },
  });
}
async function step(manifest: string) {
  const outcome = await studio.plan(manifest);
  if (outcome.kind !== "plan") throw new Error(JSON.stringify(outcome, null, 1));
  return outcome.plan.steps[0]!;
}
async function refusal(manifest: string): Promise<Pick<Problem, "code" | "message">> {
  const outcome: PlanOutcome = await studio.plan(manifest);
  const [problem] = outcome.kind === "rejected" ? outcome.problems : [];
  return { code: problem!.code, message: problem!.message };
}

describe("a version that is made again", () => {
  it("is planned with its own graph, parameters, plate and place, and knows where the old frames lie", async () => {
    const dir = published();
    const plan = await step(`rerun: {of: ${dir}}\npriority: 80\n`);
    expect(plan).toMatchObject({
      recipe: { name: "grain", carried: { rerun: { allowDrift: false }, approval: { approvedBy: /v007$/ } } },
      frames: FRAMES,
      wedges: [
        { index: 1, axes: { seed: "1001" }, seed: "1001" },
        { index: 2, axes: { seed: "1002" }, seed: "1002" },
      ],
      target: { productDir: join(root, "SH010/envTunnel") },
      rerun: { ref: "hotplate://AGM/010/envTunnel/v007", allowDrift: false },
    });
    expect(plan.rerun?.frames.map(({ wedge, frame, path }) => [wedge, frame, path.replace(dir, "")])).toEqual([
      [1, 1001, "/w001/a_v007.1001.png"],
      [1, 1002, "/w001/a_v007.1002.png"],
      [2, 1001, "/w002/a_v007.1001.png"],
      [2, 1002, "/w002/a_v007.1002.png"],
    ]);
    const outcome = await studio.plan(`rerun: {of: ${dir}}\n`);
    expect(outcome).toMatchObject({ plan: { rerun: true, priority: 50, name: "again AGM/010/envTunnel/v007" } });
  });

  it("can be one wedge of it, by name or by its folder, and some frames; its place in the new plan is its own", async () => {
    const dir = published();
    for (const wish of [`{of: ${dir}, wedges: [w2], frames: 1002}`, `{of: ${dir}/w002, frames: "1002"}`]) {
      const plan = await step(`rerun: ${wish}\n`);
      expect([plan.frames, plan.wedges.map(({ index, seed }) => [index, seed])]).toEqual([[1002], [[1, "1002"]]]);
      expect(plan.rerun).toMatchObject({
        ref: "hotplate://AGM/010/envTunnel/v007/w002",
        frames: [{ wedge: 1, frame: 1002, path: join(dir, "w002/a_v007.1002.png") }],
      });
    }
  });

  it("is other work than another part of it: reruns of two wedges are no duplicates", async () => {
    const dir = published();
    const key = async (wish: string): Promise<string> => {
      const outcome = await studio.plan(`rerun: ${wish}\n`);
      return outcome.kind === "plan" ? outcome.dedupeKey : "no plan";
    };
    const keys = [await key(`{of: ${dir}/w001}`), await key(`{of: ${dir}/w002}`), await key(`{of: ${dir}}`)];
    expect(new Set(keys).size).toBe(3);
  });

  it("is refused when its graph was cut off or is no JSON any more", async () => {
    const dir = published();
    writeFileSync(join(dir, ".hotplate/graph.api.json"), "{");
    expect(await refusal(`rerun: {of: ${dir}}\n`)).toEqual({
      code: "HP-RERUN-REFUSED",
      message: "Its graph or recipe is not what its record says (hotplate verify).",
    });
  });
});

describe("what can't be made again", () => {
  it("is told with its reason, at its place (HP-RERUN-REFUSED)", async () => {
    const dir = published();
    const no = (message: RegExp) => ({ code: "HP-RERUN-REFUSED", message: expect.stringMatching(message) as string });
    expect(await refusal(`rerun: {of: ${dir}}\nuse: grain\nprompt: x\n`)).toEqual(no(/use, prompt can't be said/));
    expect(await refusal(`rerun: {of: ${dir}, wedges: [w9]}\n`)).toEqual(no(/no wedge w009/));
    expect(await refusal(`rerun: {of: ${dir}, frames: 1001-1005}\n`)).toEqual(no(/no frames 1003-1005/));
    expect(await refusal(`rerun: {of: ${dir}, frames: 5-1}\n`)).toEqual(no(/backwards/));
    const file = join(dir, ".hotplate/graph.api.json");
    writeFileSync(file, readFileSync(file, "utf8").replace(/"class_type": "\w+"/, '"class_type": "Other"'));
    expect(await refusal(`rerun: {of: ${dir}}\n`)).toEqual(no(/not what its record says/));
    rmSync(join(dir, ".hotplate/recipe.json"));
    expect(await refusal(`rerun: {of: ${dir}}\n`)).toEqual(no(/carries no recipe.json/));
  });

  it("is a version whose words were redacted", async () => {
    const dir = published({}, { prompt: "redacted:sha256:00" });
    expect((await refusal(`rerun: {of: ${dir}}\n`)).message).toMatch(/were redacted/);
    const unread = published({ version: 8, record: { withManifest: false } });
    expect((await refusal(`rerun: {of: ${unread}}\n`)).message).toMatch(/does not say what its manifest said/);
  });

  it("is one that models of unknown hash made, unless that may differ (HP-RERUN-MODELS)", async () => {
    const models = [{ folder: null, file: "a.safetensors", sha256: null, bytes: null }];
    const dir = published({ change: (facts) => ({ ...facts, ran: { ...facts.ran, models } }) });
    expect(await refusal(`rerun: {of: ${dir}}\n`)).toMatchObject({
      code: "HP-RERUN-MODELS",
      message: expect.stringContaining("a.safetensors") as string,
    });
    expect((await step(`rerun: {of: ${dir}, allowDrift: true}\n`)).rerun?.allowDrift).toBe(true);
  });

  it("is one whose plate is another file now, unless that may differ (HP-PLATE-CHANGED)", async () => {
    const dir = published();
    studio.put("SH010/plates/SH010_PL01_v001/SH010_PL01_v001.1002.png", "another");
    expect(await refusal(`rerun: {of: ${dir}}\n`)).toMatchObject({
      code: "HP-PLATE-CHANGED",
      message: expect.stringContaining("SH010_PL01_v001.1002.png") as string,
    });
    expect((await step(`rerun: {of: ${dir}, allowDrift: true}\n`)).frames).toEqual(FRAMES);
  });

  it("is what is no version, or lies outside every root", async () => {
    expect(await refusal(`rerun: {of: ${root}/SH010/none/v001}\n`)).toMatchObject({
      code: /HP-(VERSION-PAPERS|PATH-BROKEN|PLATE-MISSING)/,
    });
    expect(await refusal("rerun: {of: /etc}\n")).toMatchObject({ code: "HP-PATH-ROOT" });
    expect(await refusal(`rerun: {of: ${root}/SH010}\n`)).toMatchObject({ code: "HP-VERSION-PAPERS" });
  });
});

describe("the shot of a version", () => {
  it("is what the manifest says where no path tells", async () => {
    const said = await step(
      'use: grain\nshot: "010"\nplate: "../SH010/plates/SH010_PL01_v001/SH010_PL01_v001.####.png"\n',
    );
    expect(said.target.entity).toEqual({ sequence: null, shot: "010" });
    const silent = await step('use: grain\nplate: "../SH010/plates/SH010_PL01_v001/SH010_PL01_v001.####.png"\n');
    expect(silent.target.entity).toBeUndefined();
  });
});
