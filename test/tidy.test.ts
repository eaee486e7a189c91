/**
 * The laws of this repository, enforced: who may import whom, what only adapters may do, how files open and how large they
 * are, and that code, documents and tests name the same things. Each failure lists the offenders, one a line.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { describe, expect, it } from "vitest";
import { ERRORS } from "../daemon/domain/errors.ts";
import { EVENTS } from "../daemon/domain/events.ts";
import { MAPPED_FOLDERS, openingComment } from "../scripts/codeMap.ts";
import { staleDocs } from "../scripts/generateDocs.ts";
import type { Source } from "./fixtures/sources.ts";
import { readSources, REPOSITORY } from "./fixtures/sources.ts";

const product = readSources(...MAPPED_FOLDERS.map((folder) => `${folder}/**/*.ts`));
const daemon = product.filter(({ path }) => path.startsWith("daemon/"));
const tests = readSources("test/**/*.ts");

describe("import directions", () => {
  type Room = "domain" | "core" | "stages" | "http" | "adapters" | "main" | "cli" | "outside";

  const roomOf = (path: string): Room => {
    const inner = /^daemon\/(?:(domain|stages|http|adapters|cli)\/)?/.exec(path);
    if (inner === null) return "outside";
    if (path === "daemon/main.ts") return "main";
    return (inner[1] as Room | undefined) ?? "core";
  };

  /** `core`: daemon.ts and what stands beside it. Only daemon.ts itself knows stages. */
  const MAY: Readonly<Record<Room, readonly Room[]>> = {
    domain: ["domain"],
    core: ["domain", "core"],
    stages: ["domain", "core", "stages"],
    http: ["domain", "core", "http"],
    adapters: ["domain", "core", "adapters"],
    main: ["domain", "core", "adapters", "http", "cli"],
    cli: ["domain", "core", "adapters", "http", "main", "cli"],
    outside: [],
  };
  const EXTRA: Readonly<Record<string, RegExp>> = {
    "daemon/daemon.ts": /^daemon\/stages\//,
    "daemon/cli/demo.ts": /^scripts\/demo\//,
    // The public words of plugins are written for studios, and the domain that runs plugins speaks them.
    "daemon/domain/plateSize.ts": /^daemon\/plugin\.ts$/,
    "daemon/domain/cellFacts.ts": /^daemon\/plugin\.ts$/,
    "daemon/domain/framePlaneRows.ts": /^daemon\/plugin\.ts$/,
    "daemon/domain/framePlanes.ts": /^daemon\/plugin\.ts$/,
    "daemon/domain/notLoaded.ts": /^daemon\/plugin\.ts$/,
    "daemon/domain/maskFacts.ts": /^daemon\/plugin\.ts$/,
    "daemon/domain/pixelRuns.ts": /^daemon\/plugin\.ts$/,
    "daemon/domain/planeKeeper.ts": /^daemon\/plugin\.ts$/,
    "daemon/domain/planeKernel.ts": /^daemon\/plugin\.ts$/,
    "daemon/domain/programAnswer.ts": /^daemon\/plugin\.ts$/,
    "daemon/domain/programRequest.ts": /^daemon\/plugin\.ts$/,
    "daemon/domain/qcInput.ts": /^daemon\/plugin\.ts$/,
    "daemon/domain/qcTrace.ts": /^daemon\/plugin\.ts$/,
    "daemon/domain/checkAnswer.ts": /^daemon\/plugin\.ts$/,
    "daemon/domain/qcRun.ts": /^daemon\/plugin\.ts$/,
  };

  const PACKAGES: Readonly<Partial<Record<Room, RegExp>>> = {
    domain: /^(zod|yaml)$/,
    core: /^(zod|yaml)$/,
    stages: /^$/,
    http: /^(zod|fastify|@fastify\/[a-z-]+|fastify-type-provider-zod)$/,
  };

  it("go from the outside in: no stage, route or domain file knows an adapter", () => {
    const wrong = daemon.flatMap(({ path, imports }) =>
      imports
        .filter(({ of }) => /^(daemon|plugins|scripts|test)\//.test(of))
        .filter(({ of }) => !MAY[roomOf(path)].includes(roomOf(of)) && EXTRA[path]?.test(of) !== true)
        .map(({ of }) => `${path} imports ${of}`),
    );
    expect(wrong).toEqual([]);
  });

  it("lead to no package and nothing of Node's where the outside world comes through ports.ts", () => {
    const wrong = daemon.flatMap(({ path, imports }) => {
      const allowed = PACKAGES[roomOf(path)];
      if (allowed === undefined) return [];
      return imports
        .filter(({ of }) => !/^(daemon|plugins|scripts|test)\//.test(of) && !allowed.test(of))
        .map(({ of }) => `${path} imports ${of}`);
    });
    expect(wrong).toEqual([]);
  });

  it("lead from a plugin to types and to parts in its own folder, for a studio's can't resolve our modules at run time", () => {
    const wrong = product
      .filter(({ path }) => path.startsWith("plugins/"))
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ of, typeOnly }) => !typeOnly && !/^plugins\/_\w+\.ts$/.test(of))
          .map(({ of }) => `${path} imports ${of}`),
      );
    expect(wrong).toEqual([]);
  });

  it("lead only to files that exist", () => {
    const known = new Set([...product, ...tests].map(({ path }) => path));
    const wrong = [...product, ...tests].flatMap(({ path, imports }) =>
      imports
        .filter(({ of }) => /^(daemon|plugins|scripts|test)\/.*\.ts$/.test(of) && !known.has(of))
        .map(({ of }) => `${path} imports ${of}`),
    );
    expect(wrong).toEqual([]);
  });

  it("form no cycle at run time", () => {
    const next = new Map(
      product.map(({ path, imports }) => [path, imports.filter(({ typeOnly }) => !typeOnly).map(({ of }) => of)]),
    );
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (path: string, way: readonly string[]): void => {
      if (way.includes(path)) cycles.push([...way.slice(way.indexOf(path)), path].join(" -> "));
      if (done.has(path) || way.includes(path)) return;
      for (const of of next.get(path) ?? []) visit(of, [...way, path]);
      done.add(path);
    };
    for (const path of next.keys()) visit(path, []);
    expect(cycles).toEqual([]);
  });
});

describe("what only adapters do", () => {
  const BANNED: Readonly<Record<string, RegExp>> = {
    "reads the clock": /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\.now\b/,
    "draws chance": /\bMath\.random\b|\brandomUUID\b|\brandomBytes\b|\bgetRandomValues\b/,
    "sets a timer": /\bset(?:Timeout|Interval|Immediate)\b|timers\/promises|\bAbortSignal\.timeout\b/,
    "calls the network": /(?:await|return|void|[=(,])\s*fetch\(|\bnew WebSocket\b/,
  };
  for (const [what, pattern] of Object.entries(BANNED)) {
    it(`nothing outside them ${what}`, () => {
      const wrong = product
        .filter(({ path }) => !/^daemon\/adapters\/|^scripts\//.test(path))
        .filter(({ code }) => pattern.test(code))
        .map(({ path }) => path);
      expect(wrong).toEqual([]);
    });
  }

  it("nothing in the inner rooms looks at the process, prints, or writes words by the machine's language", () => {
    const inner = daemon.filter(({ path }) => !/^daemon\/(adapters|cli)\/|^daemon\/main\.ts$/.test(path));
    const wrong = inner
      .filter(({ code }) =>
        /\bprocess\.\w|\bconsole\.\w|\.toLocale\w*\(\)|\blocaleCompare\(|\bIntl\.\w+\(\)/.test(code),
      )
      .map(({ path }) => path);
    expect(wrong).toEqual([]);
  });
});

describe("files", () => {
  const ours: readonly Source[] = [...product, ...tests];
  const linesOf = (code: string): number => code.split("\n").filter((line) => line.trim() !== "").length;

  it("are short: under 300 lines of code, comments not counted", () => {
    const wrong = product
      .map(({ path, code }) => `${path} ${linesOf(code)}`)
      .filter((line) => Number(line.split(" ")[1]) >= 300);
    expect(wrong).toEqual([]);
  });

  it("open with a comment that says what they are", () => {
    const files = [...ours, ...readSources("scripts/*.sh", ".ci/*", "config/*.yaml", "config/recipes/*/*/recipe.yaml")];
    expect(files.filter(({ text }) => openingComment(text).trim().length < 20).map(({ path }) => path)).toEqual([]);
  });

  it("are named after what is in them: no drawers, no barrels", () => {
    const drawers = /(^|\/)(utils?|helpers?|common|types|misc|shared|index|constants)\.ts$/;
    expect(ours.filter(({ path }) => drawers.test(path)).map(({ path }) => path)).toEqual([]);
    expect(
      product.filter(({ code }) => /^export\s+(\*|(type\s)?\{[^}]*\}\s+from)/m.test(code)).map(({ path }) => path),
    ).toEqual([]);
  });

  it("keep no state in a module", () => {
    const wrong = product
      .filter(({ code, path }) => /^(export )?(let|var) /m.test(code) && !path.startsWith("scripts/"))
      .map(({ path }) => path);
    expect(wrong).toEqual([]);
  });

  it("are written so that Node itself can strip their types", () => {
    const wrong = ours.flatMap(({ path, text }) => {
      try {
        stripTypeScriptTypes(text);
        return [];
      } catch (error) {
        return [`${path}: ${String(error)}`];
      }
    });
    expect(wrong).toEqual([]);
  });

  it("of the daemon load under plain Node, without a warning", () => {
    // What acts when it is loaded is left out: the command line, children and worker threads.
    const acting = /^daemon\/cli\/main\.ts$|(healthChild|imageWorker|hashWorker|starterProcess)\.ts$/;
    const modules = daemon.map(({ path }) => path).filter((path) => !acting.test(path));
    const script = `for (const path of ${JSON.stringify(modules)}) await import(${JSON.stringify(`file://${REPOSITORY}`)} + path); console.log("loaded"); process.exit(0);`;
    const said = execFileSync(
      process.execPath,
      [
        "--trace-uncaught",
        "--input-type=module",
        "-e",
        `process.on("warning", (warning) => { console.log(String(warning)); }); ${script}`,
      ],
      { cwd: REPOSITORY, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] },
    );
    expect(said).toBe("loaded\n");
  });
});

describe("tests", () => {
  it("use no mock library, no snapshot, no only and no bare skip", () => {
    const banned =
      /\bvi\.(mock|fn|spyOn|useFakeTimers)\b|toMatch(Inline)?Snapshot|\b(it|test|describe)\.(only|todo|skip|fails)\b|ctx\.skip\(\s*\)/;
    expect(
      tests.filter(({ path, code }) => path !== "test/tidy.test.ts" && banned.test(code)).map(({ path }) => path),
    ).toEqual([]);
  });

  it("sleep nowhere", () => {
    const wrong = tests.filter(({ path }) => path.endsWith(".test.ts") && path !== "test/tidy.test.ts");
    expect(wrong.filter(({ code }) => /\bsetTimeout\(|timers\/promises/.test(code)).map(({ path }) => path)).toEqual(
      [],
    );
  });
});

describe("code, documents and tests name the same things", () => {
  const code = product
    .filter(({ path }) => !/^daemon\/domain\/errors(Of\w+)?\.ts$/.test(path))
    .map((source) => source.code)
    .join("\n");
  /** Failure rules are shipped data that decides which code people see; `classify` takes it from there. */
  const rules = readSources("config/rules.yaml")
    .map((source) => source.text)
    .join("\n");
  const testCode = tests.map((source) => source.text).join("\n");

  it("every error code is used in the code", () => {
    expect(
      Object.keys(ERRORS).filter(
        (name) =>
          !code.includes(`"${name}"`) &&
          !new RegExp(`\\b${name}\\b`).test(launcher()) &&
          !new RegExp(`\\bcode: ${name}\\b`).test(rules),
      ),
    ).toEqual([]);
  });

  it("every error code is in a test", () => {
    expect(Object.keys(ERRORS).filter((name) => !new RegExp(`\\b${name}\\b(?!-)`).test(testCode))).toEqual([]);
  });

  it("no code is used that is not in the table", () => {
    const used = new Set([...code.matchAll(/"(HP-[A-Z]+(?:-[A-Z]+)*)"/g)].map((match) => match[1] ?? ""));
    expect([...used].filter((name) => !(name in ERRORS))).toEqual([]);
  });

  it("every event happens somewhere", () => {
    expect(Object.keys(EVENTS).filter((name) => code.split(`"${name}"`).length < 3)).toEqual([]);
  });

  it("every generated document is fresh: npm run docs writes them", async () => {
    expect(await staleDocs(REPOSITORY)).toEqual([]);
  });

  it("ARCHITECTURE.md names every file of daemon, plugins and scripts once", () => {
    const map = readFileSync(`${REPOSITORY}ARCHITECTURE.md`, "utf8").split("\n## Code map\n")[1] ?? "";
    let dir = "";
    const named: string[] = [];
    for (const line of map.split("\n")) {
      dir = /^### (\S+\/)$/.exec(line)?.[1] ?? dir;
      const file = /^- `([^`]+)` \S/.exec(line)?.[1];
      if (file !== undefined) named.push(dir + file);
    }
    const there = readSources(...MAPPED_FOLDERS.map((folder) => `${folder}/**/*.{ts,tsx,sh}`)).map(({ path }) => path);
    expect(named.toSorted()).toEqual(there.toSorted());
  });

  it("every page that code or a page speaks of is there", () => {
    const pages = readSources("*.md", "docs/*.md", "config/*.yaml");
    const wrong = [...product, ...pages].flatMap(({ path, text }) =>
      [...text.matchAll(/\bdocs\/[\w./-]+\.(?:md|json)\b/g)]
        .map((match) => match[0])
        .filter((page) => readSources(page).length === 0)
        .map((page) => `${path} speaks of ${page}`),
    );
    expect([...new Set(wrong)]).toEqual([]);
  });

  function launcher(): string {
    return readFileSync(`${REPOSITORY}scripts/hotplate.sh`, "utf8");
  }
});

describe("the repository", () => {
  it("names no machine it was written on and no package mirror", () => {
    const files = readSources("**/*", "!**/*.{png,jpg,exr,tif,tiff,webp}", "!package-lock.json", "!.git", "!.git/**");
    // Written in pieces, so that this file does not name them either. A studio's own work folder stands inside a longer path.
    const machine = new RegExp(
      [
        "(?<![\\w}\\]>)])/wo" + "rk/",
        "(?<![\\w}\\]>)])/ro" + "ot/",
        "regis" + "try\\.(?!yarn)",
        "\\b10\\.\\d+\\.\\d+\\.\\d+\\b",
      ].join("|"),
    );
    expect(
      files.filter(({ text }) => machine.test(text)).map(({ path, text }) => `${path}: ${machine.exec(text)?.[0]}`),
    ).toEqual([]);
  });

  it("locks every package by its hash and by no address", () => {
    const lock = JSON.parse(readFileSync(`${REPOSITORY}package-lock.json`, "utf8")) as {
      packages: Record<string, { resolved?: string; integrity?: string; link?: boolean }>;
    };
    const entries = Object.entries(lock.packages).filter(([path]) => path !== "");
    expect(entries.length).toBeGreaterThan(100);
    expect(entries.filter(([, entry]) => entry.resolved !== undefined).map(([path]) => path)).toEqual([]);
    expect(entries.filter(([, entry]) => !entry.integrity?.startsWith("sha512-")).map(([path]) => path)).toEqual([]);
  });
});
