/** Path templates: every way to read a path is found, one is taken, and what could be read in two ways is refused at load. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sharedByBoth, templateProblems } from "../../daemon/domain/pathTemplateCheck.ts";
import type { PathTemplate, Tokens } from "../../daemon/domain/pathTemplateParse.ts";
import { formatPath, parsePath } from "../../daemon/domain/pathTemplateParse.ts";
import { typedTemplate } from "../../daemon/domain/pathTemplateType.ts";
import type { TokenText, TokenType } from "../../daemon/domain/pathToken.ts";
import { readToken } from "../../daemon/domain/pathToken.ts";

const LETTER_FIRST = "[A-Za-z][A-Za-z0-9]*";
const TOKENS: Readonly<Record<string, TokenText>> = {
  show: { match: "[A-Z]{3}" },
  episode: { match: "\\d{3}" },
  seq: { match: LETTER_FIRST },
  scene: { match: "\\d{3}[A-Z]?" },
  shotnum: { match: "\\d{3,4}[A-Z]?" },
  shot: { match: "[A-Za-z0-9_]+" },
  step: { match: "[a-z]+" },
  task: { match: "[a-z]+" },
  vendor: { match: "[A-Z][A-Z0-9]{1,3}" },
  plate: { match: "(PL|FG|BG|EL|RF)\\d{2}|[a-z]+\\d{2}" },
  plate_version: { match: "\\d{3,4}" },
  product: { match: "[A-Za-z0-9_]+" },
  version: { prefix: "v", digits: 3 },
  wedge: { prefix: "w", digits: 3 },
  frame: { type: "frame", digits: 4 },
  width: { match: "\\d{3,5}" },
  height: { match: "\\d{3,5}" },
  ext: { match: "[A-Za-z0-9]+" },
  hierarchy: {},
};

function types(change: Readonly<Record<string, TokenText>> = {}): Readonly<Record<string, TokenType>> {
  return Object.fromEntries(
    Object.entries({ ...TOKENS, ...change }).map(([name, text]) => {
      const reading = readToken(name, text);
      if (!reading.ok) throw new Error(`${name}: ${reading.message}`);
      return [name, reading.type];
    }),
  );
}

const ALIASES = {
  shot_root: "sequences/{seq}/{shot}",
  series: "{show}_{episode}_[{seq}_][{scene}_]{shotnum}",
  maybe_episode: "{show}_[{episode}_][{seq}_][{scene}_]{shotnum}",
};
const WORK =
  "@shot_root/{step}/work/images/{product}/{version}[/{wedge}]/{shot}_{product}_{version}[_{wedge}].{frame}.{ext}";

function template(text: string, change: Readonly<Record<string, TokenText>> = {}): PathTemplate {
  const reading = typedTemplate("t", text, { types: types(change), aliases: ALIASES });
  if (!reading.ok) throw new Error(reading.problems.map(({ message }) => message).join("; "));
  return reading.template;
}
const parses = (of: PathTemplate, path: string): readonly Tokens[] =>
  parsePath(of, path).parses.map((parse) => parse.tokens);
const problem = (of: PathTemplate): string | null => templateProblems(of)[0]?.message ?? null;

describe("the experiments with real names", () => {
  const plate = "@series_{plate}_v{plate_version}";
  const anySeq = { seq: { match: "[A-Za-z0-9]+" } };
  // "Has a letter", written out: types have no look-ahead.
  const hasLetter = { seq: { match: "[0-9]*[A-Za-z][A-Za-z0-9]*" } };

  it("065 is sequence or scene where a sequence may be any word", () => {
    expect(parses(template(plate, anySeq), "AGM_104_065_010_PL01_v001")).toEqual([
      { show: "AGM", episode: "104", seq: "065", shotnum: "010", plate: "PL01", plate_version: "001" },
      { show: "AGM", episode: "104", scene: "065", shotnum: "010", plate: "PL01", plate_version: "001" },
    ]);
    expect(problem(template(plate, anySeq))).toContain("[{seq}_] and [{scene}_] are optional neighbours");
  });

  it("a third reading appears where the episode is optional too", () => {
    expect(
      parses(template("@maybe_episode_{plate}_v{plate_version}", anySeq), "AGM_104_065_010_PL01_v001"),
    ).toHaveLength(3);
  });

  it("a sequence with a letter somewhere is not enough: 065A is still both", () => {
    expect(parses(template(plate, hasLetter), "AGM_104_065_010_PL01_v001")).toHaveLength(1);
    expect(parses(template(plate, hasLetter), "AGM_104_065A_010_PL01_v001")).toHaveLength(2);
    expect(problem(template(plate, hasLetter))).toContain("optional neighbours");
  });

  it("a sequence that starts with a letter leaves one reading of each", () => {
    expect(parses(template(plate), "AGM_104_065_010_PL01_v001")).toHaveLength(1);
    expect(parses(template(plate), "AGM_104_065A_010_PL01_v001")).toHaveLength(1);
    expect(problem(template(plate))).toBeNull();
  });

  it("an optional episode is taken for a scene: series and feature are two layouts", () => {
    const of = template("@maybe_episode_{plate}_v{plate_version}");
    expect(parses(of, "AGM_104_010_PL01_v001")).toHaveLength(2);
    expect(problem(of)).toContain('may both be "000_"');
  });

  it("a vendor that may start with a digit is taken for a shot", () => {
    const text = "@series[_{task}][_{vendor}]_{version}";
    const digits = { vendor: { match: "[A-Z0-9]{2,4}" } };
    expect(parses(template(text, digits), "AGM_104_065_010_v001")).toHaveLength(2);
    expect(parses(template(text), "AGM_104_065_010_v001")).toHaveLength(1);
    expect(problem(template(text, digits))).not.toBeNull();
    expect(problem(template(text))).toBeNull();
  });

  it("a product's name holds _ only where the rest of the path fixes it", () => {
    const loose = template("{shot}_{product}_{version}");
    expect(parses(loose, "shot_010_name_v001")).toHaveLength(2);
    expect(problem(loose)).toContain("A product's name may hold _ only where it is a folder of its own");
    const plain = template("{shot}_{product}_{version}", { product: { match: "[A-Za-z0-9]+" } });
    expect(parses(plain, "shot_010_name_v001")).toHaveLength(1);
    expect(problem(plain)).toBeNull();
    const folder = template("{product}/{shot}_{product}_{version}");
    expect(parses(folder, "name_x/shot_010_name_x_v001")).toHaveLength(1);
    expect(problem(folder)).toBeNull();
    expect(problem(template("{shot}/{shot}_{product}_{version}"))).toBeNull();
  });

  it("a product is read with its _ where it is also a folder", () => {
    const path = "sequences/TUN/010/comp/work/images/envTunnel_hires/v003/010_envTunnel_hires_v003.1001.exr";
    expect(parses(template(WORK), path)).toEqual([
      { seq: "TUN", shot: "010", step: "comp", product: "envTunnel_hires", version: "3", frame: "1001", ext: "exr" },
    ]);
    expect(problem(template(WORK))).toBeNull();
  });

  it("a folder that says v003 beside a file that says v004 is no path of the template", () => {
    const path = "sequences/TUN/010/comp/work/images/env/v003/010_env_v004.1001.exr";
    const answer = parsePath(template(WORK), path);
    expect(answer.parses).toEqual([]);
    expect(path.slice(answer.failure.at)).toBe("v004.1001.exr");
    expect(answer.failure.wanted).toBe("{version} to be v003 as before");
  });

  it("an optional part in the folder and not in the file, or the reverse, is no reading: printing it gives another path", () => {
    const base = "sequences/TUN/010/comp/work/images/env/v007";
    const answer = parsePath(template(WORK), `${base}/w032/010_env_v007.1001.exr`);
    expect(answer.parses).toEqual([]);
    expect(answer.failure.wanted).toBe(`one spelling of it: ${base}/w032/010_env_v007_w032.1001.exr`);
    expect(parses(template(WORK), `${base}/010_env_v007_w032.1001.exr`)).toEqual([]);
    expect(parses(template(WORK), `${base}/w032/010_env_v007_w032.1001.exr`)).toHaveLength(1);
  });
});

describe("reading and printing", () => {
  it("take static text in any case and keep the spelling on disk; values are never changed", () => {
    const path = "Sequences/tun/010/comp/WORK/images/env/v001/010_env_v001.0042.EXR";
    const [parse] = parsePath(template(WORK), path).parses;
    expect(parse?.tokens).toMatchObject({ seq: "tun", ext: "EXR", frame: "42" });
    expect(formatPath(template(WORK), parse?.tokens ?? {}, parse?.spelling)).toEqual({ ok: true, path });
  });

  it("know padding: v0003 is not v003, and 10000 is a frame of four digits that grew", () => {
    const of = template("{version}/{frame}");
    expect(parses(of, "v0003/1001")).toEqual([]);
    expect(parses(of, "v1003/10000")).toEqual([{ version: "1003", frame: "10000" }]);
    expect(parses(of, "v003/001")).toEqual([]);
    expect(parses(template("{version:0>4}"), "v0003")).toEqual([{ version: "3" }]);
    expect(formatPath(of, { version: "7", frame: "-1" })).toEqual({ ok: true, path: "v007/-001" });
  });

  it.each(["%04d", "####", "@@@@", "$F4", "<UDIM>", "[1001-1058]"])("read and print a frame written %s", (frame) => {
    const of = template("{shot}.{frame}.{ext}");
    expect(parses(of, `010.${frame}.exr`)).toEqual([{ shot: "010", frame, ext: "exr" }]);
    expect(formatPath(of, { shot: "010", frame, ext: "exr" })).toEqual({ ok: true, path: `010.${frame}.exr` });
  });

  it("give a hierarchy as many folders as there are, and never a part of one", () => {
    const of = template("{show}/{hierarchy*}/{shot}/publish/{product}");
    expect(parses(of, "AGM/ep104/tun/010/publish/env")).toEqual([
      { show: "AGM", hierarchy: "ep104/tun", shot: "010", product: "env" },
    ]);
    expect(parses(of, "AGM/010/publish/env")).toEqual([]);
    expect(problem(of)).toBeNull();
    expect(formatPath(of, { show: "AGM", hierarchy: "a/../b", shot: "010", product: "x" })).toMatchObject({
      ok: false,
      wrong: ["hierarchy"],
    });
  });

  it("name what is missing and what is no value of its token", () => {
    expect(formatPath(template(WORK), { seq: "TUN", shot: "0/1", step: "Comp" })).toEqual({
      ok: false,
      missing: ["product", "version", "frame", "ext"],
      wrong: ["shot", "step"],
    });
  });

  it("give the same path and the same tokens back, whatever they are", () => {
    const word = fc.stringMatching(/^[A-Za-z0-9_]{1,8}$/);
    const number = fc.integer({ min: 0, max: 99_999 }).map(String);
    const tokens = fc.record({
      seq: fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,5}$/),
      shot: word,
      step: fc.stringMatching(/^[a-z]{1,5}$/),
      product: word,
      version: number,
      frame: fc.integer({ min: -999, max: 99_999 }).map(String),
      ext: fc.constantFrom("exr", "png", "DPX"),
    });
    const of = template(WORK);
    fc.assert(
      fc.property(tokens, fc.option(number), fc.boolean(), (some, wedge, shout) => {
        const all = wedge === null ? some : { ...some, wedge };
        const printed = formatPath(of, all);
        if (!printed.ok) throw new Error(JSON.stringify(printed));
        const path = shout
          ? printed.path.replace("sequences", "SEQUENCES").replace("/images/", "/Images/")
          : printed.path;
        const [parse, ...more] = parsePath(of, path).parses;
        expect(more).toEqual([]);
        expect(parse?.tokens).toEqual(all);
        expect(formatPath(of, parse?.tokens ?? {}, parse?.spelling)).toEqual({ ok: true, path });
      }),
    );
  });

  it("stay bounded on a template and a name made to take for ever", () => {
    const of = template(
      Array.from({ length: 12 }, (_, i) => `[{t${i}}]`).join("") + "!",
      Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`t${i}`, { match: "a+" }])),
    );
    const answer = parsePath(of, "a".repeat(200));
    expect([answer.capped, answer.parses.length]).toEqual([true, 0]);
  });
});

describe("what is decided when a configuration loads", () => {
  /** The check against the truth: every word of a small alphabet, read in every way. */
  it("agrees with trying every name: what it passes is never read in two ways", () => {
    const pattern = fc.constantFrom("a+", "b", "ab?", "[ab]{1,2}", "(a|bb)", "a_?b", "[ab_]+");
    const sign = fc.constantFrom("_", "", "a");
    const words: string[] = [""];
    for (let at = 0; at < words.length; at += 1)
      if ((words[at]?.length ?? 0) < 6) words.push(...["a", "b", "_"].map((char) => `${words[at]}${char}`));
    let refused = 0;
    fc.assert(
      fc.property(
        fc.tuple(pattern, pattern, pattern),
        sign,
        fc.tuple(fc.boolean(), fc.boolean()),
        ([x, y, z], between, [first, second]) => {
          const some = (name: string, optional: boolean): string =>
            optional ? `[{${name}}${between}]` : `{${name}}${between}`;
          const of = template(`${some("x", first)}${some("y", second)}{z}`, {
            x: { match: x },
            y: { match: y },
            z: { match: z },
          });
          const twice = words.filter((word) => word !== "" && parses(of, word).length > 1);
          if (templateProblems(of).length === 0) expect(twice).toEqual([]);
          else refused += 1;
        },
      ),
      { numRuns: 60 },
    );
    expect(refused).toBeGreaterThan(0);
  });

  it("finds a path that two templates both fit, or that none is", () => {
    const plate = template("@series/@series_{plate}_v{plate_version}/{frame}");
    const publish = template("@series/@series_{task}_{vendor}_{version}/{frame}");
    expect(sharedByBoth(plate, publish)).toBeNull();
    expect(sharedByBoth(plate, template("@series/{shot}/{frame}"))).not.toBeNull();
    expect(sharedByBoth(template("{show}/{hierarchy*}/x"), template("{show}/{seq}/{shot}/x"))).not.toBeNull();
    expect(sharedByBoth(template("{show}/{hierarchy*}/x"), template("{show}/{seq}/{shot}/y"))).toBeNull();
  });

  it.each([
    ["/a/{shot}", "empty folder name"],
    ["{shot}/../x", "holds a . or .. as a folder"],
    ["{hierarchy*}/{show*}", "can't be told apart"],
    ["x{hierarchy*}", "must stand alone"],
  ])("refuses %s", (text, why) => {
    expect(problem(template(text))).toContain(why);
  });

  it.each([
    ["{shot", "a { is not closed"],
    ["{Shot}", "{Shot} is no token"],
    ["[x]", "holds no token"],
    ["[{shot}[{seq}]]", "holds another one"],
    ["{shot}]", "closes nothing"],
    ["@shotroot/x", "@shotroot is not declared"],
    ["{show_}", "{show_} has no type"],
    ["{shot:0>4}", "only a number or a frame has a width"],
    ["{env.HOME}", "may stand in hotplate.yaml only"],
  ])("says what is wrong with %s", (text, why) => {
    const reading = typedTemplate("t", text, { types: types(), aliases: ALIASES });
    expect(reading.ok ? "" : reading.problems[0]?.message).toContain(why);
  });

  it("offers the nearest right word", () => {
    const alias = typedTemplate("t", "@shot_rot/x", { types: types(), aliases: ALIASES });
    expect(alias.ok ? "" : alias.problems[0]?.nearest).toBe("@shot_root");
    const token = typedTemplate("t", "{porduct}", { types: types() });
    expect(token.ok ? "" : token.problems[0]?.nearest).toBe("{product}");
  });

  it("takes the longest alias, and what the environment says where that is allowed", () => {
    const aliases = { shot: "{seq}", shot_root: "root/{shot}" };
    const long = typedTemplate("t", "@shot_root/@shot_{shot}", { types: types(), aliases });
    expect(long.ok ? formatPath(long.template, { seq: "TUN", shot: "010" }) : long).toEqual({
      ok: true,
      path: "root/010/TUN_010",
    });
    const env = typedTemplate("t", "{env.SITE}/{shot}", { types: types(), env: { SITE: "ber[lin" } });
    expect(env.ok ? formatPath(env.template, { shot: "010" }) : env).toEqual({ ok: true, path: "ber[lin/010" });
  });
});

describe("a token's type", () => {
  it.each<readonly [TokenText, string]>([
    [{ match: "(?=a)b" }, "look-ahead"],
    [{ match: "^a$" }, "not needed"],
    [{ match: "a/b" }, '"/" is never part of a token'],
    [{ match: "a*" }, "never empty"],
    [{ match: "(a" }, "a ( is not closed"],
    [{ match: "[b-a]" }, "ends before it begins"],
    [{ match: "\\1" }, "can't be used"],
    [{ match: "a{1000}" }, "is no {n}"],
    [{ match: "((a{50}){50}){50}" }, "too large"],
    [{ choices: ["a/b"] }, "holds a /"],
    [{ digits: 3, match: "x" }, "a number has no match"],
    [{ choices: ["A"], case: "lower" }, "no word is left"],
    [{ match: "a+", default: "b" }, "is not what the token may be"],
  ])("%j is refused: %s", (text, why) => {
    const reading = readToken("t", text);
    expect(reading.ok ? "" : reading.message).toContain(why);
  });

  it("is its pattern, choices, case and forbidden words together", () => {
    const of = (text: TokenText, word: string): number => {
      const reading = readToken("x", text);
      if (!reading.ok) throw new Error(reading.message);
      return parses(template("{x}", { x: text }), word).length;
    };
    expect(of({ choices: ["comp", "roto"] }, "roto")).toBe(1);
    expect(of({ choices: ["comp", "roto"] }, "rot")).toBe(0);
    expect(of({ case: "upper" }, "ABC_1")).toBe(1);
    expect(of({ case: "upper" }, "ABc")).toBe(0);
    expect(of({ match: "\\w+", forbid: ["plate"] }, "plate")).toBe(0);
    expect(of({ match: "\\w+", forbid: ["plate"] }, "plates")).toBe(1);
    expect(of({ match: "[^_]+\\.?[\\d-]" }, "ab.7")).toBe(1);
  });
});
