/** sha256 of a few pictures of the corpus: who runs it elsewhere sees whether it looked at the same ones. */
import { createHash } from "node:crypto";
import { makeCase } from "./cases.ts";
import { DEFECTS } from "./defects.ts";
import { sceneOf } from "./jobs.ts";

/** Scene of a clean job -> hashes of its plate and of its result, procedural ones only. */
export function inputHashes(): Readonly<Record<string, string>> {
  const out: Record<string, string> = {};
  for (let number = 0; number < 12; number += 1) {
    const scene = sceneOf({ kind: "clean", from: "procedural", number, seed: 0 }, []);
    const { plate, result } = makeCase(scene, null);
    out[`${scene.name} ${scene.seed} plate`] = sha256(plate.samples);
    out[`${scene.name} ${scene.seed} ${scene.how}`] = sha256(result.samples);
  }
  const scene = sceneOf({ kind: "defects", from: "procedural", number: 0, seed: 0 }, []);
  for (const { name, strengths, must, holds } of DEFECTS)
    out[`${scene.name} ${scene.seed} ${name}`] = sha256(
      makeCase(scene, strengths[must]?.defect ?? null, holds).result.samples,
    );
  return out;
}

function sha256(samples: NodeJS.TypedArray): string {
  return createHash("sha256")
    .update(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength))
    .digest("hex");
}
