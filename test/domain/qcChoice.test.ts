/** Which checks look at a result: the manifest's own list, its profile, the recipe's, or the basic one; a studio's checks always. */
import { describe, expect, it } from "vitest";
import type { z } from "zod";
import type { CheckBook, InstalledCheck } from "../../daemon/domain/qc.ts";
import type { Manifest } from "../../daemon/domain/manifestSchema.ts";
import { qcPlan, qcWords } from "../../daemon/domain/qcPlan.ts";
import type { QcProfile } from "../../daemon/domain/qcProfile.ts";
import { readProfile } from "../../daemon/domain/qcProfile.ts";
import type { QcWishes } from "../../daemon/domain/qcWishes.ts";
import { qcSettingsSchema } from "../../daemon/domain/qcWishes.ts";
import { evidenceFault } from "../../daemon/domain/qcEvidence.ts";

const check = (id: string, more: Partial<InstalledCheck> = {}): InstalledCheck => ({
  id,
  version: 1,
  scope: "frame",
  limits: { max: 1 },
  file: `${id}.ts`,
  shipped: true,
  ...more,
});
const profile = (name: string, checks: QcProfile["checks"], more: Partial<QcProfile> = {}): QcProfile => ({
  hotplate: 1,
  name,
  title: name,
  checks,
  ...more,
});
const book: CheckBook = {
  checks: [
    check("a.one", { limitsFrom: { max: "EBU 1" }, seedMayCure: true }),
    check("a.two", { judges: { max: { measures: ["m"], must: "atMost", least: 0, greatest: 5 } } }),
    check("a.dark", { limits: { min: 0.1 }, idleAt: { min: 0 } }),
    check("file.decodes", { limits: {} }),
    check("studio.own", { shipped: false }),
  ],
  profiles: [
    profile("basic", { "a.one": null }),
    profile("relight", { "a.two": { max: 3 } }, { provenance: "calibrated on 300 frames" }),
  ],
  refused: [],
};
const RECIPE = { name: "env", version: "1.0.0", parameters: {} };
const SEEDED = {
  ...RECIPE,
  parameters: {
    seed: { type: "seed" as const, default: "1000", bind: [{ node: "3", input: "seed" }] },
  },
};
const NOTHING = { recipes: {}, shows: {} };

/** What is chosen when these speak. */
function chosen(of: {
  readonly manifest?: Manifest["qc"];
  readonly recipe?: QcWishes;
  readonly settings?: z.input<typeof qcSettingsSchema>;
  readonly seeded?: boolean;
  readonly rerun?: boolean;
}) {
  return qcPlan({
    manifest: of.manifest,
    recipe: { ...(of.seeded === true ? SEEDED : RECIPE), ...(of.recipe === undefined ? {} : { qc: of.recipe }) },
    settings: qcSettingsSchema.parse(of.settings ?? NOTHING),
    show: "AGM",
    book,
    rerun: of.rerun ?? false,
  });
}
const limits = (of: Parameters<typeof chosen>[0]) =>
  chosen(of).plan.checks.map(({ check: id, limits: values }) => [id, values["max"]]);

describe("the checks of a result", () => {
  it("are those of the recipe's profile with its limits, and every check of the studio", () => {
    expect(limits({ recipe: { profile: "relight" } })).toEqual([
      ["a.two", 3],
      ["studio.own", 1],
    ]);
    expect(limits({})).toEqual([
      ["a.one", 1],
      ["studio.own", 1],
    ]);
  });

  it("are the manifest's profile before the recipe's, and its own list before both", () => {
    expect(limits({ manifest: { profile: "basic" }, recipe: { profile: "relight" } }).map(([id]) => id)).toEqual([
      "a.one",
      "studio.own",
    ]);
    const list = { profile: "basic", checks: [{ "a.two": { max: 9 } }] };
    expect(limits({ manifest: list, recipe: { profile: "relight" } })).toEqual([["a.two", 9]]);
    expect(chosen({ manifest: list }).plan.profile).toBeUndefined();
  });

  it("have the limits of whoever speaks last: check, profile, recipe, node's recipe, show, recipe in the show, manifest", () => {
    const voices = [
      {},
      { recipe: { profile: "relight" } },
      { recipe: { profile: "relight", checks: { "a.two": { max: 4 } } } },
      { settings: { recipes: { env: { checks: { "a.two": { max: 5 } } } } } },
      { settings: { shows: { AGM: { checks: { "a.two": { max: 6 } } } } } },
      { settings: { shows: { AGM: { recipes: { env: { checks: { "a.two": { max: 7 } } } } } } } },
      { manifest: { checks: { "a.two": { max: 8 } } } },
    ] as const;
    const said: unknown[] = [];
    let all: Parameters<typeof chosen>[0] = {};
    for (const voice of voices) {
      const { shows = {}, recipes = {} } = { ...all.settings, ...("settings" in voice ? voice.settings : {}) };
      const ours = { ...all.settings?.shows?.["AGM"], ...shows["AGM"] };
      all = { ...all, ...voice, settings: { recipes, shows: { AGM: ours } } };
      const two = chosen(all).plan.checks.find(({ check: id }) => id === "a.two");
      said.push(two === undefined ? null : [two.limits["max"], two.from?.["max"]]);
    }
    expect(said).toEqual([
      null,
      [3, "profile relight"],
      [4, "recipe env 1.0.0"],
      [5, "hotplate.yaml, recipe env"],
      [6, "hotplate.yaml, show AGM"],
      [7, "hotplate.yaml, show AGM, recipe env"],
      [8, "manifest"],
    ]);
  });

  it("say of a limit that nobody changed where the check has it from", () => {
    const from = chosen({}).plan.checks.map(({ check: id, from: sources }) => [id, sources]);
    expect(from).toEqual([
      ["a.one", { max: "the check's own: EBU 1" }],
      ["studio.own", { max: "the check's own" }],
    ]);
  });

  it("may be raised, softened, put on trial or taken out, and a list keeps the show's limits", () => {
    const { plan } = chosen({
      settings: {
        shows: { AGM: { checks: { "a.one": { severity: "measure" }, "a.two": { max: 6, severity: "fail" } } } },
      },
      manifest: { checks: { "studio.own": "off" } },
    });
    expect(plan.checks).toMatchObject([
      { check: "a.one", severity: "measure", from: { severity: "hotplate.yaml, show AGM" } },
      { check: "a.two", severity: "fail", limits: { max: 6 } },
    ]);
    expect(plan.checks).toHaveLength(2);
    const list = chosen({
      settings: { shows: { AGM: { checks: { "a.two": { max: 6 } } } } },
      manifest: { checks: ["a.two"] },
    });
    expect(list.plan.checks).toMatchObject([{ check: "a.two", limits: { max: 6 } }]);
  });

  it("name the profile in force and who named it, with the profile's own word on its limits", () => {
    expect(chosen({}).plan.profile).toEqual({ name: "basic", by: "default" });
    const shows = { AGM: { profile: "relight" } };
    expect(chosen({ recipe: { profile: "basic" }, settings: { shows } }).plan.profile).toEqual({
      name: "relight",
      by: "hotplate.yaml, show AGM",
      provenance: "calibrated on 300 frames",
    });
    const said = qcWords(chosen({ settings: { shows }, manifest: { checks: { "a.two": { max: 4 } } } }).plan).join(
      "\n",
    );
    expect(said).toContain("profile relight (by hotplate.yaml, show AGM), 2 checks; a failure: reject");
    expect(said).toContain("a.two: max 4 (manifest)");
  });

  it("of a profile that is not there are a problem at its place, with the nearest name", () => {
    expect(chosen({ manifest: { profile: "relihgt" } }).findings).toMatchObject([
      { code: "HP-MANIFEST-FIELD", path: ["qc", "profile"], nearest: "relight" },
    ]);
    expect(chosen({ recipe: { profile: "gone" } }).findings).toMatchObject([{ path: ["use"], found: "gone" }]);
    const settings = { shows: { AGM: { profile: "relihgt" } } };
    expect(chosen({ settings }).findings[0]?.message).toContain("c.shows.AGM of hotplate.yaml wants the QC profile");
  });

  it("that are not there, and limits that they have not, are told with the place and the nearest name", () => {
    const settings = { recipes: { env: { checks: { "a.on": { max: 1 }, "a.two": { maxx: 1 } } } } };
    expect(chosen({ settings }).findings).toMatchObject([
      { path: ["use"], nearest: "a.one", action: "Correct qc.recipes.env of hotplate.yaml." },
      { path: ["use"], nearest: "max", message: 'Check a.two has no limit "maxx" (qc.recipes.env of hotplate.yaml).' },
    ]);
    expect(chosen({ manifest: { checks: { "a.two": { maxx: 1 } } } }).findings).toMatchObject([
      { path: ["qc", "checks", "a.two", "maxx"], nearest: "max" },
    ]);
  });
});

describe("a failure", () => {
  const retry = { retry: { seeds: 2 } };

  it("is rejected where nobody says otherwise; onFail says the gate's word, and the later voice wins", () => {
    expect(chosen({}).plan.gate).toBe("reject");
    expect(chosen({ manifest: { onFail: "hold" } }).plan.gate).toBe("hold");
    expect(chosen({ recipe: { gate: "warn" }, manifest: { onFail: "hold" } }).plan.gate).toBe("hold");
    expect(chosen({ settings: { shows: { AGM: { gate: "hold" } } }, manifest: {} }).plan.gate).toBe("hold");
  });

  it("of one voice that says gate and onFail differently is an error that names both", () => {
    const [finding] = chosen({ manifest: { gate: "hold", onFail: "reject" } }).findings;
    expect(finding).toMatchObject({ path: ["qc", "onFail"], found: "reject", expected: "hold" });
    expect(finding?.message).toContain("qc.gate says hold, qc.onFail says reject");
    const settings = { shows: { AGM: { gate: "hold", onFail: "reject" } } } as const;
    expect(chosen({ settings }).findings[0]?.action).toContain("qc.shows.AGM of hotplate.yaml");
  });

  it("tries other seeds first where somebody wants that, with the checks that a seed may cure", () => {
    expect(chosen({ seeded: true, manifest: { gate: "hold", onFail: retry } }).plan).toMatchObject({
      gate: "hold",
      retry: { seeds: 2, parameter: "seed", cures: ["a.one"], by: "manifest" },
    });
    const show = { settings: { shows: { AGM: { onFail: retry } } } };
    expect(chosen({ ...show, seeded: true, manifest: { onFail: "reject" } }).plan.retry).toBeUndefined();
    expect(chosen({ ...show, seeded: true, manifest: { gate: "hold" } }).plan.retry?.by).toBe(
      "hotplate.yaml, show AGM",
    );
    expect(chosen({ ...show, seeded: true, rerun: true }).plan.retry).toBeUndefined();
  });

  it("is decided by the profile in force where nobody else speaks, and a profile of two words is refused", () => {
    const careful = profile("careful", { "a.one": null }, { gate: "hold", onFail: retry });
    const { plan } = qcPlan({
      manifest: { profile: "careful" },
      recipe: SEEDED,
      settings: qcSettingsSchema.parse(NOTHING),
      show: "AGM",
      book: { ...book, profiles: [careful] },
      rerun: false,
    });
    expect(plan).toMatchObject({ gate: "hold", retry: { seeds: 2, by: "profile careful" } });
    const text =
      "hotplate: 1\nname: x\ntitle: x\ngate: hold\nonFail: reject\nchecks: {a.one: {max: 2, severity: warn}}\n";
    expect(readProfile(text, book.checks)).toMatchObject({
      kind: "refused",
      message: expect.stringContaining("onFail says"),
    });
    expect(readProfile(text.replace("gate: hold\n", ""), book.checks)).toMatchObject({
      kind: "profile",
      profile: { onFail: "reject", checks: { "a.one": { max: 2, severity: "warn" } } },
    });
  });

  it("of a recipe without a seed has no other seed: refused to who asked for it, said where a whole show wants it", () => {
    expect(chosen({ manifest: { onFail: retry } }).findings).toMatchObject([{ path: ["qc", "onFail"] }]);
    expect(chosen({ manifest: { onFail: retry } }).findings[0]?.severity).toBe("error");
    expect(chosen({ recipe: { onFail: retry } }).findings[0]?.severity).toBe("error");
    const show = chosen({ settings: { shows: { AGM: { onFail: retry } } } });
    expect(show.findings).toMatchObject([{ severity: "warning" }]);
    expect(show.plan.retry).toBeUndefined();
  });
});

describe("evidence", () => {
  it("is bounded and whole, or a fault of the check", () => {
    const map = { kind: "map", title: "m", columns: 2, rows: 1, levels: [0, 255] };
    expect(evidenceFault([map])).toBeNull();
    expect(evidenceFault([{ ...map, levels: [0] }])).toContain("columns x rows");
    expect(evidenceFault([{ ...map, columns: 1000 }])).toContain("columns");
    expect(evidenceFault(Array.from({ length: 9 }, () => map))).toContain("more than 8");
    expect(evidenceFault("x")).toContain("no list");
    expect(evidenceFault([{ kind: "plot", title: "p", x: [1], y: [], xName: "", yName: "", limit: null }])).toContain(
      "one length",
    );
  });
});

describe("what does not look", () => {
  it("is told with who said so, wherever it was said", () => {
    const by = chosen({
      recipe: { profile: "relight", checks: { "a.two": "off" } },
      settings: { shows: { AGM: { checks: { "a.one": null, "studio.own": "off" } } }, recipes: {} },
      manifest: { checks: { "a.one": "off" } },
    });
    expect(by.plan.off).toEqual([
      { check: "a.two", by: "recipe env 1.0.0" },
      { check: "studio.own", by: "hotplate.yaml, show AGM" },
      { check: "a.one", by: "manifest" },
    ]);
    expect(qcWords(by.plan)[1]).toBe(
      "            off: a.two (recipe env 1.0.0); studio.own (hotplate.yaml, show AGM); a.one (manifest)",
    );
    // Whoever turns it on again has the last word.
    expect(chosen({ recipe: { checks: { "a.one": "off" } }, manifest: { checks: { "a.one": null } } }).plan.off).toBe(
      undefined,
    );
  });

  it("is what a list leaves out, too", () => {
    expect(chosen({ manifest: { checks: [] } }).plan.off).toEqual([
      { check: "a.one", by: "manifest" },
      { check: "studio.own", by: "manifest" },
    ]);
  });

  it("is never file.decodes: that is refused, with its place", () => {
    const [manifest] = chosen({ manifest: { checks: { "file.decodes": "off" } } }).findings;
    expect([manifest?.code, manifest?.path, manifest?.action]).toEqual([
      "HP-MANIFEST-FIELD",
      ["qc", "checks", "file.decodes"],
      "Take file.decodes out of qc.checks.",
    ]);
    const [recipe] = chosen({ recipe: { checks: { "file.decodes": "off" } } }).findings;
    expect(recipe?.message).toContain("(qc of recipe env)");
  });
});

describe("a limit that means nothing", () => {
  it("is refused with its place and what it may be, in manifests, recipes and profiles", () => {
    const [range] = chosen({ manifest: { checks: ["a.one", { "a.two": { max: 99 } }] } }).findings;
    expect([range?.path, range?.found, range?.expected]).toEqual([
      ["qc", "checks", 1, "a.two", "max"],
      "99",
      "a number from 0 to 5",
    ]);
    expect(range?.action).toContain("the check's own is 1");
    const [negative] = chosen({ recipe: { checks: { "a.one": { max: -1 } } } }).findings;
    expect([negative?.message, negative?.expected]).toEqual([
      "max -1 of check a.one means nothing: no picture could be judged by it (qc of recipe env).",
      "a number of at least 0",
    ]);
    // A studio's own limit may be anything.
    expect(chosen({ manifest: { checks: { "studio.own": { max: -1 } } } }).findings).toEqual([]);
    const reading = readProfile("hotplate: 1\nname: x\ntitle: x\nchecks: {a.two: {max: 9}}\n", book.checks);
    expect(reading.kind === "refused" && reading.message).toContain("expected a number from 0 to 5");
  });
});

describe("a limit by which nothing can be found", () => {
  it("is told with its place and what to say instead, and refuses nothing", () => {
    const said = (manifest: Manifest["qc"], recipe?: QcWishes) =>
      chosen({ manifest, ...(recipe === undefined ? {} : { recipe }) }).findings.map(
        ({ severity, path, message, action }) => [severity, path, message, action],
      );
    const off = (id: string) =>
      `Say "${id}: off" if that is what you want, so that it is told; else set another limit.`;
    expect(said({ checks: [{ "a.two": { max: 5 } }, { "a.dark": { min: 0 } }] })).toEqual([
      [
        "warning",
        ["qc", "checks", 0, "a.two", "max"],
        "a.two can find nothing by max 5: no picture is ever past it.",
        off("a.two"),
      ],
      [
        "warning",
        ["qc", "checks", 1, "a.dark", "min"],
        "a.dark can find nothing by min 0: no picture is ever past it.",
        off("a.dark"),
      ],
    ]);
    expect(said(undefined, { checks: { "a.two": { max: 5 } } })).toEqual([
      [
        "warning",
        ["use"],
        "a.two can find nothing by max 5: no picture is ever past it (qc of recipe env).",
        off("a.two"),
      ],
    ]);
    expect(said({ checks: { "a.two": { max: 4.9 }, "a.dark": { min: 0.001 } } })).toEqual([]);
  });

  it("is told of a studio's own profile, and of a shipped one it is meant", () => {
    const idle = { ...book, profiles: [profile("basic", { "a.two": { max: 5 } })] };
    const own = { ...idle, profileFiles: { basic: "/p/basic.profile.yaml" } };
    const said = (of: CheckBook) =>
      qcPlan({
        manifest: undefined,
        recipe: null,
        settings: qcSettingsSchema.parse({}),
        show: "AGM",
        book: of,
        rerun: false,
      }).findings.map(({ message }) => message);
    expect(said(own)).toEqual(["a.two can find nothing by max 5: no picture is ever past it (/p/basic.profile.yaml)."]);
    expect(said(idle)).toEqual([]);
  });
});

describe("what could not be used", () => {
  const lost = { id: "plugin.too_bright", file: "/p/too_bright.ts", message: "HP-PLUGIN: torn", isFolder: false };
  const broken: CheckBook = {
    ...book,
    checks: [...book.checks, check("studio.grain", { shipped: false, standIns: ["plugin.grain", "plugin.p"] })],
    lost: [lost],
  };
  const findings = (id: string, of: CheckBook) =>
    qcPlan({
      manifest: { checks: { [id]: "off" } },
      recipe: null,
      settings: qcSettingsSchema.parse({}),
      show: "AGM",
      book: of,
      rerun: false,
    }).findings;

  it("is turned off by the name that stands for it, and stays so when it is mended; another name is none", () => {
    expect(findings("plugin.too_bright", broken)).toEqual([]);
    expect(findings("plugin.grain", broken)).toEqual([]);
    expect(findings("plugin.too_brihgt", broken)).toMatchObject([
      { code: "HP-MANIFEST-FIELD", path: ["qc", "checks", "plugin.too_brihgt"], nearest: "plugin.too_bright" },
    ]);
    expect(findings("studio.too_bright", broken)[0]?.message).toBe(
      'There is no check "studio.too_bright". Could not be loaded: /p/too_bright.ts (hotplate doctor says why).',
    );
    expect(findings("plugin.nothing", book)).toMatchObject([{ found: "plugin.nothing" }]);
  });

  it("may be any file of a folder that can't be read", () => {
    expect(findings("plugin.anything", { ...book, lost: [{ ...lost, id: "plugin.p", isFolder: true }] })).toEqual([]);
  });

  it("is named with its file and what to do, where it is the profile in force", () => {
    const without = { ...book, profiles: [], lostProfiles: { basic: "/p/basic.profile.yaml" } };
    const plan = (manifest: Manifest["qc"], settings: z.input<typeof qcSettingsSchema>) =>
      qcPlan({
        manifest,
        recipe: null,
        settings: qcSettingsSchema.parse(settings),
        show: "AGM",
        book: without,
        rerun: false,
      });
    const said = {
      code: "HP-PLUGIN",
      message: 'The QC profile "basic" can\'t be used: something is wrong with /p/basic.profile.yaml.',
      action: expect.stringContaining('"hotplate doctor"') as string,
    };
    expect(plan(undefined, {}).findings).toMatchObject([said]);
    expect(plan({ profile: "basic" }, {}).findings).toMatchObject([{ ...said, path: ["qc", "profile"] }]);
    expect(plan(undefined, { shows: { AGM: { profile: "basic" } } }).findings).toMatchObject([
      { ...said, path: ["use"], message: `${said.message} Qc.shows.AGM of hotplate.yaml wants it.` },
    ]);
  });
});
