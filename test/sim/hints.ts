/** Change hints, which are allowed to be late, doubled, or lost without a word. */
import type { Hints } from "../../daemon/ports.ts";
import type { SimDisk } from "./disk.ts";
import type { Life, SimWorld } from "./world.ts";

export function simHints(parts: {
  readonly world: SimWorld;
  readonly disk: SimDisk;
  readonly life: Life;
  readonly lossRate: number;
}): Hints {
  const { world, disk, life } = parts;
  const random = world.random.fork(`hints/${life.id}`);
  return {
    watch(dir, wake) {
      const watched = disk.peek(dir);
      const stop = disk.onChange((changed) => {
        if (!life.alive || changed !== watched || random.chance(parts.lossRate)) return;
        for (let times = random.chance(0.1) ? 2 : 1; times > 0; times -= 1)
          world.inLife(life, random.between(0.1, 5), wake);
      });
      return {
        close: async () => {
          stop();
        },
      };
    },
  };
}
