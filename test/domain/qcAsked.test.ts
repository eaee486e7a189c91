/** What the command line asks of QC: a profile, single checks, single limits; and everything that is wrong at once. */
import { describe, expect, it } from "vitest";
import type { CheckBook, InstalledCheck } from "../../daemon/domain/qc.ts";
import { askedChecks } from "../../daemon/domain/qcAsked.ts";

const check = (id: string, limits: Record<string, number>): InstalledCheck => ({
  id,
  version: 1,
  scope: "frame",
  limits,
  file: `${id}.ts`,
  shipped: true,
});
const profile = (name: string, checks: Readonly<Record<string, Record<string, number> | null>>) => ({
  hotplate: 1 as const,
  name,
  title: name,
  checks,
});
const BOOK: CheckBook = {
  checks: [check("image.one", { max: 1 }), check("image.two", { max: 2, min: 0 }), check("image.three", {})],
  profiles: [
    profile("basic", { "image.one": null }),
    profile("plate_preserving", { "image.one": null, "image.two": { max: 5 } }),
    profile("inpaint", { "image.three": null }),
  ],
  refused: [],
};
const ask = (of: Partial<Parameters<typeof askedChecks>[0]>, given = { plate: false, mask: false }) =>
  askedChecks({ profile: null, checks: [], limits: [], ...of }, BOOK, given);

describe("the checks that run", () => {
  it("are those of the profile that fits what was given, unless one is named", () => {
    expect(ask({}).profile).toBe("basic");
    expect(ask({}, { plate: true, mask: false }).profile).toBe("plate_preserving");
    expect(ask({}, { plate: true, mask: true }).profile).toBe("inpaint");
    expect(ask({ profile: "inpaint" }).requests.map((each) => each.check)).toEqual(["image.three"]);
  });

  it("are those named, with the limits of the profile where one is named too", () => {
    const own = ask({ checks: ["image.two"] });
    expect([own.profile, own.requests]).toEqual([
      null,
      [expect.objectContaining({ check: "image.two", limits: { max: 2, min: 0 } })],
    ]);
    const both = ask({ profile: "plate_preserving", checks: ["image.two", "image.three"] });
    expect(both.requests.map(({ check: id, limits }) => [id, limits])).toEqual([
      ["image.two", { max: 5, min: 0 }],
      ["image.three", {}],
    ]);
  });
});

describe("a limit on the command line", () => {
  it("stands over the profile's, and is written down as such", () => {
    const { requests, problems } = ask({
      profile: "plate_preserving",
      limits: ["image.two.max=0.5", "image.two.min=1e-3"],
    });
    expect(problems).toEqual([]);
    expect(requests[1]).toMatchObject({
      limits: { max: 0.5, min: 0.001 },
      from: { max: "command line", min: "command line" },
    });
  });

  it("must be a number of a limit of a check that runs", () => {
    const { problems } = ask({
      limits: [
        "image.one.mxa=1",
        "image.on.max=1",
        "image.one.max=much",
        "max=1",
        "image.two.max=1",
        "image.one.max=-1",
      ],
    });
    expect(problems).toEqual([
      'image.one has no limit "mxa": it has max. The nearest is max.',
      'There is no check "image.on". The nearest is image.one.',
      '"image.one.max=much" is no limit: write check.name=number, as image.grain.ratioMin=0.5.',
      '"max=1" is no limit: write check.name=number, as image.grain.ratioMin=0.5.',
      "image.two is not among the checks that run, so its limit max would mean nothing.",
      expect.stringContaining(
        "max -1 of check image.one means nothing: no picture could be judged by it. Expected a number of",
      ),
    ]);
  });
});

describe("a wrong word", () => {
  it("is told with the nearest right one, all of them at once", () => {
    expect(ask({ profile: "bsic", limits: ["x=1"] }).problems).toHaveLength(2);
    expect(ask({ profile: "bsic" }).problems[0]).toContain("The nearest is basic.");
    expect(ask({ checks: ["image.tow"] }).problems[0]).toContain("The nearest is image.two.");
  });
});
