/**
 * How much memory pictures may take on this node, over all workers: who wants to decode asks first, by what the heads of its files say,
 * and waits for its turn, first come first served. One that rests still has what it kept (a plate, its planes) and counts with it; where
 * another needs the room, it is ended, for only the end of a process gives all of it back. Pure but for what it is given.
 */
import os from "node:os";
import { byteText } from "../../domain/byteSize.ts";
import { HotplateError } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";

/** What a job takes: bytes of samples, planes and files at their worst moment. */
export interface Need {
  readonly bytes: number;
  /** One that wants more than there is goes when nobody else has anything; else it never goes. */
  readonly alone: boolean;
}

export interface MemoryBudget<W> {
  readonly bytes: number;
  /** `go` is called when it is its turn, maybe at once. False: it can never fit. */
  ask(who: W, need: Need, go: () => void): boolean;
  /** It works on what needs no more than it has. */
  works(who: W): void;
  /** It has ended its work and keeps what it has. */
  rests(who: W): void;
  /** It is being ended. */
  leaves(who: W): void;
  /** Its memory is free. */
  gone(who: W): void;
}

interface Held {
  bytes: number;
  state: "works" | "rests" | "waits" | "leaves";
}

/** `giveUp` ends one that rests, or waits with what it kept; it says `leaves` and later `gone` of it. */
export function createMemoryBudget<W>(bytes: number, giveUp: (who: W) => void): MemoryBudget<W> {
  const held = new Map<W, Held>();
  const queue: { readonly who: W; readonly bytes: number; readonly go: () => void }[] = [];
  let looking = false;

  function largest(state: Held["state"], but: W): W | null {
    const all = [...held].filter(([who, has]) => who !== but && has.state === state && has.bytes > 0);
    return all.sort(([, a], [, b]) => b.bytes - a.bytes)[0]?.[0] ?? null;
  }
  /** False: the first in the row has to wait. */
  function admitFirst(): boolean {
    const [first] = queue;
    if (first === undefined) return false;
    const others = [...held].reduce((sum, [who, has]) => (who === first.who ? sum : sum + has.bytes), 0);
    if (others === 0 || others + first.bytes <= bytes) {
      queue.shift();
      held.set(first.who, { bytes: first.bytes, state: "works" });
      first.go();
      return true;
    }
    if (largest("leaves", first.who) !== null) return false;
    const resting = largest("rests", first.who);
    // Nobody works and nobody rests: what others kept while they wait would keep all of them waiting for ever.
    const spare = resting ?? (largest("works", first.who) === null ? largest("waits", first.who) : null);
    if (spare !== null) giveUp(spare);
    return spare !== null;
  }
  function look(): void {
    if (looking) return;
    looking = true;
    while (admitFirst());
    looking = false;
  }
  function change(who: W, state: Held["state"]): void {
    const has = held.get(who);
    if (has !== undefined) has.state = state;
  }
  return {
    bytes,
    ask(who, need, go) {
      if (need.bytes > bytes && !need.alone) return false;
      held.set(who, { bytes: held.get(who)?.bytes ?? 0, state: "waits" });
      queue.push({ who, bytes: need.bytes, go });
      look();
      return true;
    },
    works: (who) => change(who, "works"),
    rests(who) {
      change(who, "rests");
      look();
    },
    leaves(who) {
      const at = queue.findIndex((one) => one.who === who);
      if (at >= 0) queue.splice(at, 1);
      change(who, "leaves");
      look();
    },
    gone(who) {
      held.delete(who);
      look();
    },
  };
}

/** Bytes of luma of a pixel (domain/framePlanes). */
export const LUMA_BYTES = 2;

/** Two of the largest pictures that are read, with their planes, the file of one and a second copy of it while it is decoded. */
const LARGEST_PAIR =
  2 * (LIMITS.imageDecodedBytesMax + LUMA_BYTES * LIMITS.imagePixelsMax) +
  LIMITS.imageDecodedBytesMax +
  LIMITS.imageFileBytesMax;

/** A quarter of this machine's memory, and what one largest pair takes, but never more than half of it. */
export function defaultMemory(machine: number = machineBytes()): number {
  const part = machine / LIMITS.imageMemoryPart;
  return Math.floor(Math.min(Math.max(part, LARGEST_PAIR), Math.max(machine / 2, LIMITS.imageMemoryBytesMin)));
}

/** Less where a container allows less. */
function machineBytes(): number {
  const most = process.constrainedMemory();
  const all = os.totalmem();
  return most > 0 && most < all ? most : all;
}

/** What is said to what can never fit. */
export function tooMuch(bytes: number, most: number): HotplateError {
  const words = `Looking at it takes ${byteText(bytes)} of memory for the pictures; this node has ${byteText(most)} for them.`;
  return new HotplateError("HP-IMAGE-SIZE", words, {
    hint: "Give pictures more of the node's memory (imageMemory in hotplate.yaml), or smaller pictures.",
  });
}
