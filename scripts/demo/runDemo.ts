/**
 * The demo: a studio tree with painted plates, two simulated ComfyUI slots and the daemon as processes of their own, one
 * manifest dropped, progress shown until its version is there. Only ComfyUI is simulated; everything else is the product.
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { EXIT, HotplateError } from "../../daemon/domain/errors.ts";
import { dropManifest, manifestFor } from "./demoManifest.ts";
import type { Process } from "./demoProcesses.ts";
import { startDaemon, startSlots } from "./demoProcesses.ts";
import { watchProgress } from "./demoProgress.ts";
import { paintPlate } from "./paintPlates.ts";

export interface DemoOptions {
  readonly root: string;
  readonly variations: number;
  readonly keep: boolean;
  readonly json: boolean;
}

const MARK = ".hotplate-demo.json";

export async function runDemo(options: DemoOptions): Promise<number> {
  if (!Number.isInteger(options.variations) || options.variations < 1 || options.variations > 1_000) {
    throw new HotplateError(
      "HP-MANIFEST-RANGE",
      `--variations ${options.variations} is not a whole number from 1 to 1000.`,
    );
  }
  const root = resolve(options.root);
  takeRoot(root);
  const say = (text: string): void => void (options.json || process.stdout.write(`${text}\n`));
  say(`Hotplate demo in ${root}`);
  await makePlates(root, say);
  const processes: Process[] = [];
  const stopAll = async (): Promise<void> => {
    for (const child of [...processes].reverse()) await child.stop();
  };
  const interrupted = new Promise<number>((done) => process.once("SIGINT", () => done(EXIT.interrupted)));
  try {
    const slots = await startSlots(join(root, "slots"), 2);
    processes.push(...slots);
    const config = writeConfig(root, slots);
    const daemon = await startDaemon(config);
    processes.push(daemon);
    say(`Daemon ${daemon.url}; slots ${slots.map((slot) => slot.url).join(", ")} (SIMULATED: pictures say so)`);
    const drop = dropManifest(root, manifestFor(options.variations));
    say(`Dropped ${drop.path}`);
    const outcome = await Promise.race([watchProgress(drop.answer, options.json), interrupted]);
    if (typeof outcome === "number") return outcome;
    if (options.json) process.stdout.write(`${JSON.stringify({ root, ...outcome })}\n`);
    else say(closing(root, outcome.lines));
    if (options.keep && outcome.state === "DONE") {
      say(keepText(root));
      await Promise.race([interrupted, daemon.ended]);
    }
    return outcome.state === "DONE" ? EXIT.done : EXIT.no;
  } finally {
    await stopAll();
  }
}

/** Only an empty folder or one of ours: nothing of anybody else's is ever touched. */
function takeRoot(root: string): void {
  if (existsSync(root) && readdirSync(root).length > 0 && !existsSync(join(root, MARK))) {
    throw new HotplateError("HP-DEMO-ROOT", `${root} is not empty and not a demo folder.`);
  }
  for (const dir of ["hot", "hot_relight", "state", "slots", "shots/DEMO"])
    mkdirSync(join(root, dir), { recursive: true });
  if (!existsSync(join(root, MARK)))
    writeFileSync(
      join(root, MARK),
      `${JSON.stringify({ hotplate: 1, what: "a demo root: simulated results may be published here" }, null, 2)}\n`,
    );
}

async function makePlates(root: string, say: (text: string) => void): Promise<void> {
  const look = { width: 960, height: 540, seed: 3, pan: 0 };
  const sequence = join(root, "shots/DEMO/SH010/plates/DEMO_SH010_PL01_v001");
  const plates: { path: string; look: typeof look; bitDepth: 8 | 16 }[] = [];
  for (let frame = 0; frame < 6; frame += 1)
    plates.push({
      path: join(sequence, `DEMO_SH010_PL01_v001.${1001 + frame}.png`),
      look: { ...look, pan: frame * 4 },
      bitDepth: 16,
    });
  plates.push({
    path: join(root, "shots/DEMO/SH020/plates/DEMO_SH020_PL01_v001/DEMO_SH020_PL01_v001.png"),
    look: { width: 1280, height: 720, seed: 11, pan: 0 },
    bitDepth: 8,
  });
  plates.push({
    path: join(root, "shots/DEMO/SH040_東京 ñ/plates/SH040_PL01_v001/SH040_PL01_v001.1001.png"),
    look: { ...look, seed: 7 },
    bitDepth: 8,
  });
  let painted = 0;
  for (const plate of plates) {
    if (existsSync(plate.path)) continue;
    mkdirSync(join(plate.path, ".."), { recursive: true });
    await paintPlate(plate.path, plate.look, plate.bitDepth);
    painted += 1;
  }
  say(`Plates: ${plates.length} frames of three shots${painted < plates.length ? " (kept from before)" : ""}`);
}

function writeConfig(root: string, slots: readonly Process[]): string {
  const path = join(root, "hotplate.yaml");
  const lines = [
    "# The demo's configuration, written anew at each demo.",
    "hotplate: 1",
    `stateDir: ${JSON.stringify(join(root, "state"))}`,
    "roots:",
    `  - {name: demo, linux: ${JSON.stringify(root)}}`,
    "hotFolders:",
    `  - {path: ${JSON.stringify(join(root, "hot"))}, show: DEMO}`,
    `  - {path: ${JSON.stringify(join(root, "hot_relight"))}, show: DEMO, recipe: env_relight}`,
    "slots:",
    ...slots.map((slot) => `  - {name: ${slot.name}, url: ${JSON.stringify(slot.url)}, demo: true}`),
    'api: {listen: "127.0.0.1:0"}',
  ];
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

function closing(root: string, lines: readonly string[]): string {
  return [
    "",
    ...lines,
    "",
    `Everything is under ${root}. Look at the contact sheet and the QC report in any viewer and browser.`,
    ...lines.flatMap((line) => {
      const version = /^ +results: +(\S.*)$/.exec(line)?.[1];
      return version === undefined ? [] : [`Is it intact?  npx hotplate verify ${JSON.stringify(version)}`];
    }),
  ].join("\n");
}

function keepText(root: string): string {
  return [
    "",
    "It goes on running (Ctrl-C ends it). Try:",
    `  drop a manifest in      ${join(root, "hot")}`,
    `  drop a picture in       ${join(root, "hot_relight")}   (no manifest needed)`,
    `  see what it says        npx hotplate ls --config ${join(root, "hotplate.yaml")}`,
    `  make a mistake          write  promt: x  in a manifest and read the ERROR.txt`,
  ].join("\n");
}
