/** The simulated disk keeps the contract of the real one: that is what makes its crashes worth anything. */
import type { Files } from "../../daemon/ports.ts";
import { SimDisk } from "../sim/disk.ts";
import { NO_FAULTS } from "../sim/faults.ts";
import { simFiles } from "../sim/files.ts";
import { SimWorld } from "../sim/world.ts";
import { describeFiles } from "./files.ts";

describeFiles("simulated disk", async () => {
  const world = new SimWorld({ seed: 1, faults: NO_FAULTS });
  const disk = new SimDisk({ now: () => world.now });
  const life = { id: 1, alive: true, frozenUntil: 0 };
  disk.addVolume("/mnt/shows");
  disk.mkdirs("/mnt/shows/work");
  return {
    files: driven(world, simFiles({ world, disk, life, changed: () => undefined })),
    dir: "/mnt/shows/work",
    symlink: async (target, path) => disk.symlink(target, path),
    close: async () => undefined,
  };
});

/** Every call is an event of the world, and somebody must let events happen. */
function driven(world: SimWorld, files: Files): Files {
  const entries = Object.entries(files).map(([name, method]) => [
    name,
    (...args: readonly unknown[]) => {
      const answer: unknown = Reflect.apply(method, files, args);
      while (world.step());
      return answer;
    },
  ]);
  return Object.fromEntries(entries) as Files;
}
