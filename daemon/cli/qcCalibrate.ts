/**
 * `hotplate qc calibrate --good DIR --bad DIR`: limits from pictures that people judged. Looks at both sets by the checks, proposes
 * limits, looks again with them, and writes a profile where that is asked for. Nothing is changed but files that are named.
 */
import { writeFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { createClock } from "../adapters/clock.ts";
import { calibrationHtml } from "../domain/calibrationHtml.ts";
import { calibratedProfile } from "../domain/calibrationProfile.ts";
import type { CalibrationReport } from "../domain/calibrationReport.ts";
import { calibrate, changeOf, proposedRequests } from "../domain/calibrationReport.ts";
import { calibrationClosing, calibrationRows } from "../domain/calibrationWords.ts";
import { HotplateError, messageOf, systemCode } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import type { PictureGroup } from "../domain/pictureGroups.ts";
import { asStills, leftOutWords } from "../domain/pictureGroups.ts";
import type { QcRequest } from "../domain/plan.ts";
import { readProfile } from "../domain/qcProfile.ts";
import type { LookedSequence } from "../domain/qcRunReport.ts";
import { casesFor } from "../domain/shareInterval.ts";
import { findPictures } from "../findPictures.ts";
import { lookAtPictures } from "../lookAtPictures.ts";
import type { Context } from "./context.ts";
import { table } from "./context.ts";
import { progressLine } from "./progressLine.ts";
import type { Options, PictureWorld } from "./qcPictures.ts";
import {
  besideOf,
  checksAsked,
  listOption,
  pictureWorld,
  refuseExports,
  textOption,
  writeExport,
} from "./qcPictures.ts";
import { packageVersion } from "./version.ts";

export async function action(context: Context, _words: readonly string[], options: Options): Promise<void> {
  const keep = keepOf(options);
  const write = profilePath(options);
  await refuseExports(options);
  await using world = await pictureWorld(context, options);
  const asked = await checksAsked(world, options);
  // On trial or softened, a check says the same about every picture: here its own word is wanted.
  const requests = asked.requests.map(({ severity: _severity, ...request }): QcRequest => request);
  const say = (line: string): void => context.hint(line);
  const sets = {
    good: await picturesOf(world, options, "good", say),
    bad: await picturesOf(world, options, "bad", say),
  };
  const counts = { good: countOf(sets.good), bad: countOf(sets.bad) };
  refuseFew(counts, keep);
  const look = await looker(world, options);
  const looks = { good: await look(sets.good, requests), bad: await look(sets.bad, requests) };
  const calibrated = calibrate(looks, requests, { installed: world.book.checks, keep });
  const changed = proposedRequests(requests, calibrated);
  const again = async (of: "good" | "bad") => (changed.length === 0 ? null : look(sets[of], changed));
  const report: CalibrationReport = {
    schema: "hotplate-qc-calibration/1",
    tool: { name: "hotplate", version: packageVersion() },
    createdAt: new Date(createClock().now()).toISOString(),
    profile: asked.profile,
    keep,
    counts,
    limits: calibrated.limits.map((limit) => ({
      ...limit,
      curve: [...limit.curve],
      good: limit.good === null ? null : [...limit.good],
      bad: limit.bad === null ? null : [...limit.bad],
    })),
    left: [...calibrated.left],
    changes: {
      good: changeOf(looks.good, await again("good")),
      bad: changeOf(looks.bad, await again("bad")),
    },
  };
  await writeExport(options, "html", () => calibrationHtml(report));
  if (write !== null) await writeProfile(world, report, write);
  context.print(report, () => [table(calibrationRows(report)), ...calibrationClosing(report)].join("\n"));
  if (write !== null) context.hint(`written: ${write}`);
}

function keepOf(options: Options): number {
  const text = textOption(options, "keep") ?? "";
  const keep = /^0?\.\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (keep >= 0.5 && keep < 1) return keep;
  throw new HotplateError("HP-USAGE", `--keep is a share from 0.5 to 0.999999, not "${text}".`);
}

function profilePath(options: Options): string | null {
  const path = textOption(options, "write");
  if (path === null || /^[a-z][a-z0-9_]{0,63}\.profile\.yaml$/.test(basename(path))) return path;
  throw new HotplateError("HP-USAGE", `--write ${path}: a profile's file is called NAME.profile.yaml.`, {
    hint: "Name it in small letters, digits and _: --write agm_relight.profile.yaml",
  });
}

async function picturesOf(
  world: PictureWorld,
  options: Options,
  name: "good" | "bad",
  say: (line: string) => void,
): Promise<readonly PictureGroup[]> {
  const words = listOption(options, name);
  if (words.length === 0)
    throw new HotplateError("HP-USAGE", `--${name} is needed: a folder of pictures that people found ${name}.`);
  const found = await findPictures(
    world.files,
    words.map((word) => resolve(word)),
  );
  for (const one of found.leftOut) say(`${name}: not looked at: ${leftOutWords(one)}`);
  const groups = options["stills"] === true ? asStills(found.groups) : found.groups;
  // Nobody says which frames there should be: what was judged is what is there.
  return groups.map((group) => ({ ...group, wanted: group.frames.map(({ frame }) => frame) }));
}

function countOf(groups: readonly PictureGroup[]): number {
  return groups.reduce((sum, { frames }) => sum + frames.length, 0);
}

/** A limit from too few pictures is a guess with a number on it. */
function refuseFew(counts: { readonly good: number; readonly bad: number }, keep: number): void {
  const goodMin = casesFor(keep);
  const pictures = (count: number, of: string): string => `${count} ${of} ${count === 1 ? "picture" : "pictures"}`;
  const needed = `a limit that keeps ${keep * 100} % of them needs at least ${goodMin}`;
  const lacks = [
    ...(counts.good < goodMin ? [{ count: counts.good, words: `${pictures(counts.good, "good")}; ${needed}` }] : []),
    ...(counts.bad < LIMITS.calibrationBadMin
      ? [
          {
            count: counts.bad,
            words: `${pictures(counts.bad, "bad")}; at least ${LIMITS.calibrationBadMin} are needed`,
          },
        ]
      : []),
  ];
  const [first] = lacks;
  if (first === undefined) return;
  const verb = first.count === 1 ? "is" : "are";
  throw new HotplateError("HP-QC-TOO-FEW", `There ${verb} ${lacks.map(({ words }) => words).join(", and ")}.`);
}

async function looker(
  world: PictureWorld,
  options: Options,
): Promise<(groups: readonly PictureGroup[], requests: readonly QcRequest[]) => Promise<readonly LookedSequence[]>> {
  const beside = await besideOf(world, options);
  return async (groups, requests) => {
    const progress = progressLine();
    const looked = await lookAtPictures(world, { ...beside, groups, isSet: false, requests, progress: progress.say });
    progress.end();
    return looked.sequences;
  };
}

async function writeProfile(world: PictureWorld, report: CalibrationReport, path: string): Promise<void> {
  const base = world.book.profiles.find(({ name }) => name === report.profile);
  if (base === undefined)
    throw new HotplateError("HP-USAGE", "--write needs a profile to change: leave --check out, or name --profile too.");
  const name = basename(path).replace(/\.profile\.yaml$/, "");
  const text = calibratedProfile(report, { name, base });
  const reading = readProfile(text, world.book.checks);
  if (reading.kind === "refused")
    throw new HotplateError("HP-INTERNAL", `The profile made is none: ${reading.message}`);
  try {
    await writeFile(resolve(path), text, { flag: "wx" });
  } catch (error) {
    if (systemCode(error) === "EEXIST") throw new HotplateError("HP-STATE-REFUSED", `${path} is there already.`);
    throw new HotplateError("HP-USAGE", `--write ${path} can't be written: ${messageOf(error)}`, { cause: error });
  }
}
