/** What a rerun is held against, and what it is called afterwards. */
import { describe, expect, it } from "vitest";
import { assetRecord } from "../../daemon/domain/assetJson.ts";
import type { AssetRecord } from "../../daemon/domain/assetRecord.ts";
import { readAsset } from "../../daemon/domain/assetRecord.ts";
import { determinismOf } from "../../daemon/domain/determinism.ts";
import type { FrameLikeness } from "../../daemon/domain/likeness.ts";
import { driftSince, ranThen, renamed, standardOf } from "../../daemon/domain/rerunPlan.ts";
import type { RerunPlan } from "../../daemon/domain/rerunPlan.ts";
import { recordFacts, versionFacts } from "../fixtures/versionFacts.ts";

const A = "aa".repeat(32);
const B = "bb".repeat(32);
const record = recordFacts();
const asset = (gpu: string, plate: string | null): AssetRecord =>
  assetRecord(
    {
      ...versionFacts({ wedges: 1, frames: [1001] }),
      ran: {
        models: [{ folder: "checkpoints", file: "a.safetensors", sha256: A, bytes: 1 }],
        nodePacks: ["Pack"],
        comfyVersions: ["0.19.1"],
        approval: { state: "approved", drift: [] },
      },
    },
    {
      ...record,
      machine: { ...record.machine, devices: [gpu], drivers: ["580"], torch: ["2.9"] },
      inputs: [
        {
          role: "plate",
          ref: "p.####.exr",
          frames: "1001",
          dir: "/p",
          files: [{ frame: 1001, name: "p.1001.exr", bytes: 1, mtimeNs: "1", sha256: plate }],
          note: null,
        },
      ],
    },
  );
const frame = (of: { readonly sameFile?: boolean; readonly psnr?: number }): FrameLikeness => ({
  path: "a.png",
  sameFile: of.sameFile ?? false,
  likeness: {
    kind: "compared",
    width: 1,
    height: 1,
    same: false,
    max: 0.1,
    psnr: of.psnr ?? 50,
    ssim: 0.999,
    changed: 1,
  },
});
const rerunOf = (old: AssetRecord): RerunPlan => ({
  ref: "hotplate://AGM/010/envTunnel/v006",
  frames: [],
  allowDrift: true,
  ran: ranThen(old),
});
const graded = (old: AssetRecord, now: AssetRecord, frames: readonly FrameLikeness[], missing = 0) =>
  determinismOf(now, { rerun: rerunOf(old), measured: { frames, missing, left: 0 }, tool: "1.2.3" });

describe("the determinism of a rerun", () => {
  it("is what was measured, with every difference around it; the record with it is still what its schema says", () => {
    const now = asset("L4", A);
    expect(graded(asset("L4", A), now, [frame({ sameFile: true })])).toEqual({
      grade: "bitwise",
      checkedBy: "hotplate 1.2.3",
      "x-against": "hotplate://AGM/010/envTunnel/v006",
      "x-measured": {
        frames: 1,
        sameFiles: 1,
        samePixels: 0,
        notComparable: 0,
        missing: 0,
        notMeasured: 0,
        psnr: 50,
        ssim: 0.999,
        max: 0.1,
        changed: 1,
      },
      "x-differences": [],
    });
    const whole = { ...now, determinism: graded(asset("L4", A), now, [frame({})]) };
    expect([whole.determinism.grade, readAsset(JSON.stringify(whole)).kind]).toEqual(["perceptual", "asset"]);
  });

  it("is recorded on another GPU, of other inputs, or when a frame is missing: a likeness then proves nothing", () => {
    const old = asset("L4", A);
    const alike = [frame({ psnr: 60 })];
    const moved = graded(old, asset("H100", A), alike);
    expect([moved.grade, moved["x-differences"]]).toEqual(["recorded", ["GPU: L4 -> H100"]]);
    const other = graded(old, asset("L4", B), [frame({ sameFile: true })]);
    expect([other.grade, other["x-differences"]]).toEqual(["recorded", [`plate p.1001.exr: ${A} -> ${B}`]]);
    expect(graded(asset("L4", null), asset("L4", A), alike)).toMatchObject({
      grade: "recorded",
      "x-differences": [`plate p.1001.exr: not known -> ${A}`],
    });
    expect(graded(old, asset("L4", A), [frame({ sameFile: true })], 1).grade).toBe("recorded");
  });

  it("compares inputs as far as the new version has them: one frame of many is no difference", () => {
    const [then, now] = [ranThen(asset("L4", A)), ranThen(asset("L4", A))];
    const more = { ...then, inputs: { ...then.inputs, "plate p.1002.exr": B } };
    expect(driftSince(more, now)).toEqual({ words: [], otherInputs: false });
  });
});

describe("what the version ran on", () => {
  it("is the standard for the slots, with models under the names that they have now", () => {
    expect(standardOf(asset("L4", A), { sha256: B, names: { "a.safetensors": "b.safetensors" } })).toMatchObject({
      sha256: B,
      comfyVersion: "0.19.1",
      nodePacks: ["Pack"],
      models: [{ folder: "checkpoints", file: "b.safetensors", sha256: A }],
    });
  });

  it("names a renamed model everywhere, and touches nothing else", () => {
    const graph = {
      "1": { class_type: "Loader", inputs: { name: "a.safetensors", text: "not a.safetensors at all", n: 1 } },
    };
    expect(renamed({ graph, list: ["a.safetensors", null] }, { "a.safetensors": "b.safetensors" })).toEqual({
      graph: {
        "1": { class_type: "Loader", inputs: { name: "b.safetensors", text: "not a.safetensors at all", n: 1 } },
      },
      list: ["b.safetensors", null],
    });
    expect(renamed(graph, {})).toBe(graph);
  });
});
