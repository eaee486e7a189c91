/**
 * The test kit for plugins: shows one check the pictures of `kitFrames`, each twice, through the same code as the image workers, and
 * says which promises of docs/plugins.md it breaks. For studios too: `testPlugin(file)` in a test of theirs, or `hotplate plugin test`.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HotplateError } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { Finding, NotApplied } from "../../domain/qc.ts";
import type { FrameFacts } from "../../domain/qcInput.ts";
import { frameInput } from "../../domain/qcInput.ts";
import { inspectInput, judgeSequence, judgeSet } from "../../domain/qcRun.ts";
import type { Series } from "../../domain/qcTrace.ts";
import { seriesOf, traceFrame } from "../../domain/qcTrace.ts";
import type { Check } from "../../plugin.ts";
import { createExec } from "../exec.ts";
import { setUpSharp } from "../images/loadFrame.ts";
import type { LoadWatch } from "../plugins.ts";
import { loadWatched, UNWATCHED } from "../plugins.ts";
import type { Program } from "../programs/loadProgram.ts";
import type { Programs } from "../programs/programs.ts";
import { createPrograms } from "../programs/programs.ts";
import type { KitFrame } from "./kitFrames.ts";
import { kitFrames } from "./kitFrames.ts";
import type { KitSeries } from "./kitSeries.ts";
import { kitFiles, kitSequences, kitSets } from "./kitSeries.ts";
import { withKitModel } from "./kitInference.ts";
import type { KitProblem, KitReport, KitRow, KitRule } from "./kitReport.ts";

/** @throws HotplateError HP-PLUGIN when the file can't be loaded. */
export async function testPlugin(file: string, watch: LoadWatch = UNWATCHED): Promise<KitReport> {
  const loaded = await loadWatched(file, watch);
  await watch.loads(null);
  if (loaded.kind === "refused")
    throw new HotplateError("HP-PLUGIN", `${file}: ${loaded.message.replace(/^HP-PLUGIN: /, "")}`);
  const { check, program } = loaded;
  setUpSharp();
  const dir = mkdtempSync(join(tmpdir(), "hotplate-kit-"));
  const programs = createPrograms({
    programs: program === null ? [] : [program],
    exec: createExec(),
    scratchDir: join(dir, "scratch"),
  });
  try {
    const kit = new Kit({ check, program, programs });
    if (check.scope === "frame") await kit.frames(dir);
    else if (program === null) kit.series(check.scope === "set" ? kitSets() : kitSequences());
    else await kit.files(dir, check.scope, check.scope === "set" ? kitSets() : kitSequences());
    kit.manifest();
    return kit.report();
  } finally {
    await programs.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

type Said = Finding | NotApplied;
const CHANGED_SAMPLES = "it changed samples in memory, which other checks see after it";

interface Parts {
  readonly check: Check;
  readonly program: Program | null;
  readonly programs: Programs;
}

class Kit {
  readonly #parts: Parts;
  readonly #rows: KitRow[] = [];
  readonly #problems: KitProblem[] = [];
  #measured = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  report(): KitReport {
    const { check, program } = this.#parts;
    return {
      check: check.id,
      version: check.version,
      scope: check.scope,
      kind: program?.manifest.mode ?? "object",
      rows: this.#rows,
      problems: this.#problems,
      measured: this.#measured,
    };
  }

  async frames(dir: string): Promise<void> {
    const frames = await kitFrames(dir);
    const before = filesPrint(dir);
    for (const frame of frames) await this.#frame(frame);
    const [first] = frames;
    if (first !== undefined) await this.#strangeLimit(first);
    const blind = frames.find(({ facts }) => facts.result !== null && facts.plate !== null);
    if (blind !== undefined && this.#parts.check.needs.includes("result")) await this.#blind(blind);
    if (filesPrint(dir) !== before)
      this.#broken("leaves what it looks at as it is", null, "a file that it was shown was changed, or one was added");
  }

  /** Sequences or sets, by the traces that the check keeps of each frame. */
  series(all: Iterable<KitSeries>): void {
    for (const series of all) {
      const before = series.frames.map(({ facts }) => samplesPrint(facts)).join();
      const began = performance.now();
      const first = this.#judgeSeries(series);
      const ms = (performance.now() - began) / Math.max(1, series.frames.length);
      this.#judge(series.name, first, { ms, again: this.#judgeSeries(series) });
      if (series.frames.map(({ facts }) => samplesPrint(facts)).join() !== before)
        this.#broken("leaves what it looks at as it is", series.name, CHANGED_SAMPLES);
    }
  }

  /** A program over many frames reads files: those of the series that files can hold. */
  async files(dir: string, scope: "sequence" | "set", all: Iterable<KitSeries>): Promise<void> {
    const { check } = this.#parts;
    const requests = [{ check: check.id, limits: {} }];
    let number = 0;
    for (const { name, wanted, frames } of all) {
      number += 1;
      const series = await kitFiles(dir, number, frames);
      if (series === null) continue;
      const present = frames.map(({ frame }) => frame);
      const whole = { checks: [check], requests, scope, frames: scope === "set" ? null : { wanted, present }, series };
      const look = async (): Promise<Said | null> => {
        const answered = await this.#parts.programs.answeredWhole(whole);
        const none = (): Series => ({ kind: "series", frames: [] });
        return mine(
          scope === "set" ? judgeSet(answered, requests, none) : judgeSequence(answered, requests, { wanted, present }),
          check.id,
        );
      };
      const began = performance.now();
      const first = await look();
      this.#judge(name, first, { ms: performance.now() - began, again: await look() });
    }
  }

  #judgeSeries({ wanted, frames }: KitSeries): Said | null {
    const { check } = this.#parts;
    const requests = [{ check: check.id, limits: {} }];
    const traces = frames.map(({ facts }) => traceFrame([check], requests, frameInput(facts))[0] ?? null);
    const series = (): Series => seriesOf(frames, (index) => traces[index] ?? null);
    const present = frames.map(({ frame }) => frame);
    return mine(
      check.scope === "set"
        ? judgeSet([check], requests, series)
        : judgeSequence([check], requests, { wanted, present }, series),
      check.id,
    );
  }

  manifest(): void {
    const { limits, limitsFrom = {}, judges = {} } = this.#parts.check;
    for (const [name, { least = -Infinity, greatest = Infinity }] of Object.entries(judges)) {
      const value = limits[name] ?? Number.NaN;
      if (value >= least && value <= greatest) continue;
      const sentence = `${name} is ${value}, and by judges it means something from ${least} to ${greatest}`;
      this.#broken("has limits that mean something", null, sentence);
    }
    for (const name of Object.keys(limitsFrom)) {
      if (!Object.hasOwn(limits, name))
        this.#broken(
          "says only where limits come from that it has",
          null,
          `limitsFrom names ${name}, which is no limit of it`,
        );
    }
  }

  async #frame(frame: KitFrame): Promise<void> {
    const before = samplesPrint(frame.facts);
    const began = performance.now();
    const first = await this.#look(frame);
    const ms = performance.now() - began;
    const again = await this.#look(frame);
    this.#judge(frame.name, first, { ms, again });
    if (samplesPrint(frame.facts) !== before)
      this.#broken("leaves what it looks at as it is", frame.name, CHANGED_SAMPLES);
  }

  async #look(
    frame: KitFrame,
    of: { readonly check?: Check; readonly limits?: Record<string, number> } = {},
  ): Promise<Said | null> {
    const { check = this.#parts.check, limits = {} } = of;
    const requests = [{ check: check.id, limits }];
    const { facts, platePath, maskPath } = frame;
    const input = withKitModel(check, frameInput(facts));
    const answered = await this.#parts.programs.answered({ checks: [check], requests, input, platePath, maskPath });
    return mine(inspectInput(answered, requests, input), check.id);
  }

  #judge(picture: string, said: Said | null, of: { readonly ms: number; readonly again: Said | null }): void {
    const verdict = said === null || "because" in said ? null : said.verdict;
    const words = said === null ? "not asked" : "because" in said ? said.because : said.message;
    this.#rows.push({ picture, verdict, said: words, ms: of.ms });
    if (said !== null && !("because" in said) && said.measures.length > 0) this.#measured += 1;
    const late = words.includes("(HP-PLUGIN-LATE)");
    if (late || (this.#parts.program === null && of.ms > LIMITS.kitObjectMs))
      this.#broken(
        "answers in time",
        picture,
        late ? words : `it took ${Math.round(of.ms)} ms for a few thousand pixels`,
      );
    else if (words.includes("(HP-PLUGIN-WROTE)")) this.#broken("leaves what it looks at as it is", picture, words);
    else if (verdict === "error" && words.includes("(HP-PLUGIN-"))
      this.#broken("answers in the promised shape", picture, words);
    if (JSON.stringify(said) !== JSON.stringify(of.again))
      this.#broken("says the same twice", picture, `first ${short(said)}, then ${short(of.again)}`);
  }

  async #strangeLimit(frame: KitFrame): Promise<void> {
    const said = await this.#look(frame, { limits: { noSuchLimit: 1 } });
    if (said !== null && "verdict" in said && said.verdict === "error") return;
    this.#broken("refuses a limit that it does not have", frame.name, short(said));
  }

  /** It is never asked so in the daemon, for it says that it needs pixels; but what it would say shows whether it looks at all. */
  async #blind({ name, facts, platePath, maskPath }: KitFrame): Promise<void> {
    const none: FrameFacts = {
      ...facts,
      result: null,
      decodeProblem: { kind: "unreadable", message: "the kit hid it" },
    };
    const check: Check = { ...this.#parts.check, needs: [] };
    const said = await this.#look({ name, facts: none, platePath, maskPath }, { check });
    if (said !== null && "verdict" in said && said.verdict === "pass")
      this.#broken("passes nothing without pixels", name, `it passed a result that it could not see: ${said.message}`);
  }

  #broken(rule: KitRule, picture: string | null, sentence: string): void {
    this.#problems.push({ rule, picture, sentence });
  }
}

function mine(
  seen: { readonly findings: readonly Finding[]; readonly notApplied: readonly NotApplied[] },
  id: string,
): Said | null {
  return seen.findings.find(({ check }) => check === id) ?? seen.notApplied.find(({ check }) => check === id) ?? null;
}

function short(said: Said | null): string {
  return said === null ? "nothing" : "because" in said ? said.because : `${said.verdict}: ${said.message}`;
}

function samplesPrint({ result, plate, mask }: FrameFacts): string {
  const hash = createHash("sha1");
  for (const samples of [result?.samples, plate?.samples, mask?.inside, mask?.outside]) {
    if (samples !== undefined) hash.update(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
    hash.update("|");
  }
  return hash.digest("hex");
}

/** Names and contents of what lies in the kit's folder. */
function filesPrint(dir: string): string {
  const hash = createHash("sha1");
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    hash.update(`${entry.name}\n`).update(readFileSync(join(dir, entry.name)));
  }
  return hash.digest("hex");
}
