/** Which shot a version is of: the words of the show's own templates, or nothing. */
import { expect, test } from "vitest";
import { recordCopyName } from "../../daemon/domain/assetFiles.ts";
import { assetRecord } from "../../daemon/domain/assetJson.ts";
import { shotEntity } from "../../daemon/domain/shotEntity.ts";
import { recordFacts, versionFacts } from "../fixtures/versionFacts.ts";

test("a shot is what its token says, or all the parts that a layout names it by; else nobody knows", () => {
  expect(shotEntity({ seq: "TUN", shot: "010" })).toEqual({ sequence: "TUN", shot: "010" });
  expect(shotEntity({ episode: "104", scene: "065", shotnum: "010" })).toEqual({ sequence: null, shot: "104_065_010" });
  expect(shotEntity({ product: "env" })).toEqual({ sequence: null, shot: null });
});

test("the record and its reference call the shot so; without a word for it the folder stands in the reference alone", () => {
  const facts = versionFacts({ wedges: 1 });
  const { entity, ref } = assetRecord(facts, recordFacts());
  expect([entity.shot, ref]).toEqual([null, "hotplate://AGM/010/envTunnel/v007"]);
  const target = { ...facts.plan.target, entity: { sequence: "TUN", shot: "104_065_010" } };
  const named = assetRecord({ ...facts, plan: { ...facts.plan, target } }, recordFacts());
  expect(named.entity).toMatchObject({ sequence: "TUN", shot: "104_065_010", task: null });
  expect(named.ref).toBe("hotplate://AGM/104_065_010/envTunnel/v007");
});

test("the copy of a record that goes with a publish is named as its frames are", () => {
  const file = (path: string) => ({ path, wedge: 1, frame: 1001, bytes: 1, sha256: "" });
  expect([
    recordCopyName([file("w001/AGM_010_env_v007_w001.1001.exr")], 7),
    recordCopyName([file("AGM_010_env_v007.exr")], 7),
    recordCopyName([], 7),
  ]).toEqual(["AGM_010_env_v007.asset.json", "AGM_010_env_v007.asset.json", "v007.asset.json"]);
});
