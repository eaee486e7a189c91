/** Manifests whose plate is a version of ours: what the reference meant is in the plan, and every slip has its word. */
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { appendApproval } from "../../daemon/approvalLog.ts";
import type { JobPlan } from "../../daemon/domain/plan.ts";
import type { PlanOutcome } from "../../daemon/planManifest.ts";
import { planManifest } from "../../daemon/planManifest.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import { commitOf, makeVersion, versionWorld } from "../fixtures/versions.ts";
import type { Studio } from "./planWorld.ts";
import { makeStudio } from "./planWorld.ts";

function studio(root: string): Pick<Studio, "world"> & {
  readonly env: string;
  readonly plan: (text: string) => Promise<PlanOutcome>;
} {
  const made = makeStudio(root);
  const env = join(root, "AGM/SH010/envTunnel");
  makeVersion(env, 1, { frames: [1001, 1002] });
  makeVersion(env, 2, { wedges: 3, frames: [1001, 1002] });
  return { world: made.world, env, plan: (text) => made.plan(text) };
}
const manifest = (plate: string): string => `use: grain\nproduct: grained\nplate: ${plate}\n`;
function planned(outcome: PlanOutcome): { readonly plan: JobPlan; readonly dedupeKey: string } {
  if (outcome.kind !== "plan") throw new Error(JSON.stringify(outcome, null, 2));
  return outcome;
}
function wrong(outcome: PlanOutcome) {
  if (outcome.kind !== "rejected") throw new Error(JSON.stringify(outcome, null, 2));
  return outcome.problems[0]!;
}
async function approve(env: string, subject: string): Promise<void> {
  await appendApproval(versionWorld(), env, {
    ts: "2026-11-27T10:00:00.000Z",
    who: "ana",
    via: "command",
    assurance: "weak",
    subject,
    action: "approve",
    note: "",
    commitSha256: commitOf(env, Number(subject.slice(1, 4))),
  });
}

describe("a plate that is a version", () => {
  it.each([
    "envTunnel@v002/w003",
    "envTunnel@latest/w003",
    "SH010/envTunnel@v002/w003",
    "AGM/SH010/envTunnel@v002/w003",
    "../AGM/SH010/envTunnel/v002/w003/SH010_PL01_envTunnel_v002_w003.####.png",
  ])("is resolved once, and its results land beside the product: %s", async (plate) => {
    using dir = tempDir();
    const { env, plan } = studio(dir.path);
    const { plan: job } = planned(await plan(manifest(plate)));
    const [step] = job.steps;
    expect(step?.frames).toEqual([1001, 1002]);
    expect(step?.plate?.dir).toBe(join(env, "v002/w003"));
    expect(step?.plate?.source).toEqual({
      asked: plate.startsWith("..") ? null : plate,
      ref: "hotplate://AGM/SH010/envTunnel/v002/w003",
      productDir: env,
      product: "envTunnel",
      subject: "v002/w003",
      commitSha256: commitOf(env, 2),
    });
    expect(step?.target).toMatchObject({
      shotDir: join(dir.path, "AGM/SH010"),
      productDir: join(dir.path, "AGM/SH010/grained"),
      name: "SH010_PL01",
    });
    if (!plate.startsWith("..")) expect(job.notes).toContain(`${plate} is v002/w003 (${join(env, "v002/w003")}).`);
  });

  it("is what was approved or newest when it was accepted: another one is other work", async () => {
    using dir = tempDir();
    const { env, plan } = studio(dir.path);
    await approve(env, "v002/w001");
    const first = planned(await plan(manifest("envTunnel@approved")));
    expect(first.plan.steps[0]?.plate?.source?.subject).toBe("v002/w001");
    await approve(env, "v002/w002");
    const second = planned(await plan(manifest("envTunnel@approved")));
    expect(second.plan.steps[0]?.plate?.source?.subject).toBe("v002/w002");
    expect(second.dedupeKey).not.toBe(first.dedupeKey);
    expect(planned(await plan(manifest("envTunnel@approved"))).dedupeKey).toBe(second.dedupeKey);
    makeVersion(env, 3);
    expect(planned(await plan(manifest("envTunnel@latest"))).plan.steps[0]?.plate?.source?.subject).toBe("v003");
  });

  it("is found by what the store knows, where it lies deep, and of the manifest's own show first", async () => {
    using dir = tempDir();
    const made = studio(dir.path);
    const deep = (show: string): string => join(dir.path, `a/b/c/d/e/${show}/envDeep`);
    for (const show of ["AGM", "DUNE"]) makeVersion(deep(show), 1);
    const world = {
      ...made.world,
      products: async () => ["AGM", "DUNE"].map((show) => ({ dir: deep(show), show, highest: 1 })),
    };
    const text = new TextEncoder().encode(manifest("envDeep@v001"));
    const ask = (show: string): Promise<PlanOutcome> =>
      planManifest(world, {
        text,
        bytes: text.length,
        fileName: "x.yaml",
        dir: join(dir.path, "hot"),
        show,
        boundRecipe: null,
      });
    expect(planned(await ask("DUNE")).plan.steps[0]?.plate?.dir).toBe(join(deep("DUNE"), "v001"));
    const both = wrong(await ask("OTHER"));
    expect([both.code, both.message]).toEqual([
      "HP-REF-AMBIGUOUS",
      `There are 2 products envDeep: ${deep("AGM")}, ${deep("DUNE")}.`,
    ]);
    expect(both.action).toBe("Write AGM/envDeep@v001, or the path.");
  });
});

describe("a slip in a reference", () => {
  it.each([
    ["envTunel@v002/w003", "HP-REF-PRODUCT", "There is no product envTunel.", "envTunnel@v002/w003"],
    ["envTunnel@v003", "HP-REF-VERSION", "envTunnel has no v003.", /envTunnel@v00\d/],
    ["envTunnel@v002", "HP-REF-WEDGE", "envTunnel v002 has 3 variations, w001 to w003; name one.", null],
    [
      "envTunnel@v002/w004",
      "HP-REF-WEDGE",
      "envTunnel v002 has no w004; it has w001 to w003.",
      /envTunnel@v002\/w00\d/,
    ],
    ["envTunnel@v001/w002", "HP-REF-WEDGE", "envTunnel v001 has no w002: it has no variations.", null],
    ["envTunnel@approved", "HP-REF-APPROVED", "Nothing of envTunnel is approved yet.", null],
    ["envTunnel@aproved", "HP-REF-SYNTAX", /names no version/, "envTunnel@approved"],
  ])("%s is told as %s", async (plate, code, message, nearest) => {
    using dir = tempDir();
    const made = studio(dir.path);
    const world = { ...made.world, products: async () => [{ dir: made.env, show: "AGM", highest: 2 }] };
    const text = new TextEncoder().encode(manifest(plate));
    const outcome = await planManifest(world, {
      text,
      bytes: text.length,
      fileName: "x.yaml",
      dir: join(dir.path, "hot"),
      show: "AGM",
      boundRecipe: null,
    });
    const problem = wrong(outcome);
    expect(problem).toMatchObject({ code, line: 3, col: 8 });
    expect(problem.message).toMatch(message);
    if (nearest === null) expect(problem.nearest).toBeNull();
    else expect(problem.nearest).toMatch(nearest);
  });

  it("that starts with @ asks for the product, and not for quotes", async () => {
    using dir = tempDir();
    const problem = wrong(await studio(dir.path).plan(manifest("@approved")));
    expect([problem.code, problem.line, problem.expected]).toEqual(["HP-MANIFEST-YAML", 3, "PRODUCT@approved"]);
    using other = tempDir();
    expect(wrong(await studio(other.path).plan(manifest('"@approved"'))).code).toBe("HP-REF-SYNTAX");
  });

  it("is not hidden by an approval of what was changed since, nor by pixels that were collected", async () => {
    using dir = tempDir();
    const { env, plan } = studio(dir.path);
    await approve(env, "v001");
    const commit = join(env, "v001/.hotplate/commit.json");
    rmSync(join(env, "v001"), { recursive: true });
    makeVersion(env, 1, { frames: [1001] });
    expect(commit).toContain("v001");
    expect(wrong(await plan(manifest("envTunnel@approved"))).code).toBe("HP-REF-CHANGED");
    const wedge = join(env, "v002/w002");
    for (const name of readdirSync(wedge)) rmSync(join(wedge, name));
    writeFileSync(join(wedge, "collected.json"), "{}");
    const gone = wrong(await plan(manifest("envTunnel@v002/w002")));
    expect([gone.code, gone.message]).toEqual([
      "HP-REF-COLLECTED",
      "The pixels of envTunnel v002/w002 were collected by retention.",
    ]);
  });

  it("in output.to never leads into a product", async () => {
    using dir = tempDir();
    const { plan } = studio(dir.path);
    const inside = wrong(await plan(`${manifest("envTunnel@v001")}output: {to: ../AGM/SH010/envTunnel/v002}\n`));
    expect([inside.code, inside.message]).toEqual(["HP-PATH-PLATES", expect.stringContaining("inside a product")]);
  });
});
