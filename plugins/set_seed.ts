/**
 * set.seed: variations that differ only by their seed are different pictures.
 *
 * Formula: equal hashes of the decoded samples, of the whole picture. Measure: variations whose pixels are equal to the bit to those of
 * another seed with the same axes; limit 0. It tells that the seed never reached the sampler, so that time was spent on one picture.
 */
import type { Check, TracedFrame } from "../daemon/plugin.ts";
import { wedgeName } from "./_wedgeName.ts";

const check: Check = {
  apiVersion: 1,
  id: "set.seed",
  version: 1,
  scope: "set",
  finds: "a seed that changes nothing",
  needs: ["result"],
  limits: { countMax: 0 },
  judges: { countMax: { measures: ["equal"], must: "atMost", least: 0 } },
  limitsFrom: { countMax: "exact: decoded pixels that are equal to the bit" },
  trace({ digest }) {
    const own = digest("result");
    return own === null ? null : { numbers: new Float32Array(0), digest: own };
  },
  applies({ series }) {
    return bySeedOnly(series ?? []).length === 0 ? "no two variations differ by their seed alone" : null;
  },
  run({ series, limits }) {
    const { countMax = 0 } = limits;
    const groups = bySeedOnly(series ?? []);
    const equal = groups.flatMap(equalIn);
    const count = equal.reduce((sum, group) => sum + group.length, 0);
    const compared = groups.reduce((sum, group) => sum + group.length, 0);
    const measures = [
      { name: "equal", value: count, unit: "count", limit: countMax, must: "atMost" },
      { name: "variations", value: compared, unit: "count", limit: null },
      ...equal.slice(0, NAMED_MAX).map((group) => ({
        name: group.slice(0, NAMED_MAX).map(wedgeName).join(" "),
        value: group.length,
        unit: "count" as const,
        limit: null,
      })),
    ] as const;
    if (count <= countMax)
      return { verdict: "pass", measures, message: `Each seed made its own picture (${compared} compared).` };
    const words = equal.slice(0, NAMED_MAX).map((group) => {
      const seeds = group.slice(0, NAMED_MAX).map(({ seed }) => seed);
      return `${group.slice(0, NAMED_MAX).map(wedgeName).join(", ")} (seeds ${seeds.join(", ")})`;
    });
    return {
      verdict: "warn",
      measures,
      message: `The seed changes nothing: ${words.join("; ")} are equal to the bit.`,
      hint: "See that the recipe binds its seed to the node that samples, and that no fixed seed stands there.",
    };
  },
};

const NAMED_MAX = 12;

/** Groups of the same axes, the seed's own left out, in which there is more than one seed. */
function bySeedOnly(series: readonly TracedFrame[]): readonly (readonly TracedFrame[])[] {
  const groups = new Map<string, TracedFrame[]>();
  for (const one of series) {
    if (one.trace === null) continue;
    const others = Object.entries(one.axes)
      .filter(([, label]) => label !== one.seed)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const key = JSON.stringify(others);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].filter((group) => new Set(group.map(({ seed }) => seed)).size > 1);
}

/** Those of a group that show one picture with more than one seed. */
function equalIn(group: readonly TracedFrame[]): readonly (readonly TracedFrame[])[] {
  const byPicture = new Map<string, TracedFrame[]>();
  for (const one of group) {
    const digest = one.trace?.digest ?? "";
    byPicture.set(digest, [...(byPicture.get(digest) ?? []), one]);
  }
  return [...byPicture.values()].filter((equal) => new Set(equal.map(({ seed }) => seed)).size > 1);
}

export default check;
