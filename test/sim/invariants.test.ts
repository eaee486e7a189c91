/** The invariants see what they are there to see: each violation, planted in a world where all went well, is named. */
import { describe, expect, it } from "vitest";
import type { Store, TaskRow } from "../../daemon/storePort.ts";
import { optionsOf } from "./case.ts";
import { Sim } from "./driver.ts";
import { encodeImage } from "./simImage.ts";
import { Invariants, Violation } from "./invariants.ts";
import { checkPictures } from "./liveness.ts";
import { poison } from "./poison.ts";
import { FAR, PLATES, SHOT } from "./scenario.ts";

const PRODUCT = `${SHOT}/tiny`;
const V1 = `${PRODUCT}/v001`;
const PLATE = `${PLATES}/SH010_PL01_v001.1001.png`;
const CLAIM = `${PRODUCT}/.hotplate/claims/v001.json`;

/** A world in which one job was published. */
async function published(scenario = "one"): Promise<Sim> {
  using _ = poison();
  const sim = new Sim({ ...optionsOf({ seed: 1, scenario }), traceMax: 0 });
  while ((await sim.unmet()).length > 0) for (let n = 0; n < 200; n += 1) await sim.step();
  await sim.invariants.check(true);
  return sim;
}

function copyTree(sim: Sim, from: string, to: string): void {
  for (const [path, data] of sim.disk.walk(from, "seen")) {
    const target = `${to}${path.slice(from.length)}`;
    sim.disk.mkdirs(target.slice(0, target.lastIndexOf("/")));
    sim.disk.create(target, data ?? "");
    sim.disk.makeDurable(target);
  }
}

const ON_DISK: readonly (readonly [string, (sim: Sim) => void, RegExp])[] = [
  ["a plate that was written", ({ disk }) => disk.overwrite(PLATE, "mine"), /^plate changed/],
  [
    "a plate that was touched",
    ({ disk, world }) => {
      world.now += 10_000;
      disk.overwrite(PLATE, disk.read(PLATE));
    },
    /^plate changed/,
  ],
  ["a plate that is gone", ({ disk }) => disk.unlink(PLATE), /^plate gone/],
  [
    "a claim that is torn",
    ({ disk }) => {
      disk.create(`${PRODUCT}/.hotplate/claims/v002.json`, '{"version": 2, "jo');
    },
    /^torn claim/,
  ],
  [
    "a claim that became another",
    ({ disk }) => disk.overwrite(CLAIM, '{"version":1,"job":"job_other"}'),
    /^claim .* changed/,
  ],
  [
    "a version without its commit",
    ({ disk }) => {
      disk.mkdirs(`${PRODUCT}/v002`);
      disk.create(`${PRODUCT}/v002/wedges.json`, "{}");
    },
    /^half a version is visible/,
  ],
  [
    "a version that lost a file",
    ({ disk }) => disk.unlink(`${V1}/wedges.json`),
    /^commit.json names what is not there/,
  ],
  ["a version with other bytes", ({ disk }) => disk.overwrite(`${V1}/wedges.json`, "{}"), /^not the bytes/],
  [
    "a version with a file too much",
    ({ disk }) => void disk.create(`${V1}/Thumbs.db`, "x"),
    /^in the version and not in commit/,
  ],
  [
    "a version whose number another job claimed",
    (sim) => {
      copyTree(sim, V1, `${PRODUCT}/v002`);
      sim.disk.create(`${PRODUCT}/.hotplate/claims/v002.json`, '{"version":2,"job":"job_other"}');
      sim.disk.makeDurable(`${PRODUCT}/.hotplate/claims/v002.json`);
    },
    /its number was claimed by job_other/,
  ],
  ["a committed version that is gone", ({ disk }) => disk.removeTree(V1), /^committed, and not there/],
  ["a prompt that was sent twice", ({ slots }) => void slots.get("gpu0")?.posts.set("p", 2), /was sent 2 times/],
];

describe("the invariants of the disk", () => {
  it.each(ON_DISK)("see %s", async (_, plant, words) => {
    const sim = await published();
    plant(sim);
    await expect(sim.invariants.check(true)).rejects.toThrow(words);
  });

  it("see a simulated result outside the demo root", async () => {
    const sim = await published("day");
    copyTree(sim, V1, `${FAR}/shots/SH900/tiny/v001`);
    await expect(sim.invariants.check(true)).rejects.toThrow(/left the demo root/);
  });

  it("see a version that a power cut would take", async () => {
    const sim = await published();
    // As if the parent had never been synced: what survives has no such name.
    sim.disk.dirAt(PRODUCT).durable.delete("v001");
    sim.disk.changes += 1;
    await expect(sim.invariants.check(true)).rejects.toThrow(/^committed, and not there \(durable\)/);
  });

  it("see a third prompt in one slot", async () => {
    const sim = await published();
    const graph = { "1": { class_type: "SaveImage", inputs: { filename_prefix: "x" } } };
    for (const id of ["a", "b", "c"]) sim.slots.get("gpu0")?.submit({ id, graph, jobId: "j" });
    await expect(sim.invariants.check(true)).rejects.toThrow(/holds 3 prompts/);
  });

  it("see a change in a plate folder, or outside the declared places, before it is made", async () => {
    const sim = await published();
    expect(() => sim.invariants.mayChange("create", `${PLATES}/x.png`)).toThrow(/in a plate folder/);
    expect(() => sim.invariants.mayChange("mkdir", `${PLATES}/out`)).toThrow(/in a plate folder/);
    expect(() => sim.invariants.mayChange("create", "/etc/passwd")).toThrow(/outside the declared places/);
    expect(() => sim.invariants.mayChange("create", `${SHOT}/review/x.jpg`)).not.toThrow();
  });
});

type Lies = { [Key in keyof Store]?: Store[Key] };
const changed = (store: Store, of: (task: TaskRow) => Partial<TaskRow>): Lies => ({
  tasks: async (step, filter) => (await store.tasks(step, filter)).map((task) => ({ ...task, ...of(task) })),
});

const IN_STORE: readonly (readonly [string, (store: Store) => Lies, RegExp])[] = [
  [
    "a done task that is ready again",
    (store) => changed(store, () => ({ state: "ready" })),
    /went from done to ready|left done/,
  ],
  [
    "a task that runs without a grant",
    (store) => changed(store, () => ({ state: "running", fence: null })),
    /done|without a grant/,
  ],
  [
    "a task that is missing",
    (store) => ({ tasks: async (step) => (await store.tasks(step)).slice(1) }),
    /has 3 tasks, planned were 4/,
  ],
  [
    "a fence that went back",
    (store) => changed(store, (task) => ({ fence: ((task.fence ?? 2) - 1) as TaskRow["fence"] })),
    /fence \d+ after \d+/,
  ],
  [
    "a gap in the events",
    () => ({
      events: async (after) => [{ seq: after + 2, at: 0, name: "slot.up", jobId: null, fields: {} }],
    }),
    /^event \d+ follows \d+/,
  ],
  [
    "a fence that was given twice",
    () => ({
      events: async (after) => [{ seq: after + 1, at: 0, name: "task.granted", jobId: null, fields: { fence: 1 } }],
    }),
    /^fence 1 was given after/,
  ],
  [
    "a number that two steps have",
    (store) => ({
      jobs: async (filter) =>
        (await store.jobs(filter)).map((job) => ({
          ...job,
          steps: job.steps.flatMap((step) => [step, { ...step, id: `${step.id}x` as typeof step.id }]),
        })),
    }),
    /was given to/,
  ],
];

describe("the invariants of the store", () => {
  it.each(IN_STORE)("see %s", async (_, lies, words) => {
    const sim = await published();
    let lie: Lies = {};
    const store = new Proxy(sim.store, {
      get: (target, key) => (Reflect.get(lie, key) ?? Reflect.get(target, key)) as unknown,
    });
    const invariants = new Invariants({ disk: sim.disk, store, slots: sim.slots });
    await invariants.check(true);
    lie = lies(sim.store);
    await expect(invariants.check(true)).rejects.toThrow(words);
    await expect(invariants.check(true)).rejects.toBeInstanceOf(Violation);
  });
});

const UNMET: readonly (readonly [string, (sim: Sim) => void, RegExp])[] = [
  [
    "a drop without its answer",
    ({ disk }) => disk.unlink("/farm/hot/relight.yaml.STATUS.txt"),
    /says "nothing", wanted DONE/,
  ],
  [
    "a manifest that stays claimed",
    ({ disk }) => void disk.create("/farm/hot/.hotplate/claimed/x.a.yaml", "x"),
    /^claimed and never moved on/,
  ],
  ["staging that is left", ({ disk }) => disk.mkdir(`${PRODUCT}/.hotplate/staging/job_x-1`), /^staging is left/],
  ["a name that is taken and never filled", ({ disk }) => disk.mkdir(`${PRODUCT}/v009`), /^an empty version stands/],
  ["papers that people miss", ({ disk }) => disk.removeTree(`${SHOT}/review`), /^no tiny_v001_contact.jpg for people/],
  ["a slot that is down", ({ slots }) => slots.get("gpu1")?.die("planted"), /^slot gpu1 is down/],
];

describe("liveness", () => {
  it.each(UNMET)("sees %s", async (_, plant, words) => {
    const sim = await published();
    plant(sim);
    expect(await sim.unmet()).toEqual(expect.arrayContaining([expect.stringMatching(words)]));
  });

  it("sees pixels of QC's refusal that nobody kept", async () => {
    const sim = await published("sorted");
    sim.disk.removeTree(`${PRODUCT}/.hotplate/quarantine`);
    expect(await sim.unmet()).toEqual(expect.arrayContaining([expect.stringMatching(/^not in quarantine/)]));
  });

  it("sees a published picture that is another wedge's", async () => {
    const sim = await published();
    const [job] = await sim.store.jobs({ limit: 1 });
    if (job === undefined) throw new Error("no job");
    expect(checkPictures(sim.disk, job)).toBe(4);
    const path = [...sim.disk.walk(V1, "seen").keys()].find((name) => name.endsWith(".png")) ?? "none";
    sim.disk.overwrite(path, encodeImage({ width: 96, height: 54, body: "another" }));
    expect(() => checkPictures(sim.disk, job)).toThrow(/is not the picture of/);
  });
});
