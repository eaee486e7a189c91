/**
 * The process that starts all others for the daemon (starter.ts), one for its whole life. Must never: open a file on a mount, for a
 * mount that hangs would hold up the start of every program.
 */
import { assert } from "../../domain/errors.ts";
import { createExec } from "../exec.ts";
import type { Followed, FollowedEnd } from "../gpus/follow.ts";
import { follow } from "../gpus/follow.ts";
import { createImages } from "../images/images.ts";
import { sentError } from "../sentError.ts";
import { STARTER_MARK } from "../leftBehind.ts";
import type { SlotEnd } from "../slots/spawnSlot.ts";
import { giveMemoryBack } from "../memory.ts";
import { spawnSlot } from "../slots/spawnSlot.ts";
import type { RunResult, StarterAnswer, StarterCall, StarterQuestion, StarterSetUp } from "./starterCalls.ts";

assert(process.send !== undefined, "starterProcess.ts runs as a child with a channel");
const exec = createExec();
const images = createImages(JSON.parse(process.argv[2] ?? "null") as StarterSetUp);
const followed = new Map<number, Followed>();
giveMemoryBack();

// A stop of the whole group is for the daemon, which may still need what runs here.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);
// Image workers end by themselves then, programs are killed by execa at our exit, slots live on.
process.on("disconnect", () => process.exit(0));
process.on("message", (question: StarterQuestion) => {
  const { id } = question;
  if ("call" in question) {
    perform(id, question.call).then(
      ({ result, ended }) => {
        answer({ id, kind: "done", result });
        void ended?.then((end) => answer({ id, kind: "ended", end }));
      },
      (error: unknown) => answer({ id, kind: "failed", error: sentError(error) }),
    );
    return;
  }
  if (question.word === "lives") answer({ id, kind: "lives" });
  else followed.get(id)?.[question.word]();
});

function answer(value: StarterAnswer): void {
  // A daemon that is gone hears nothing, and `disconnect` comes.
  process.send?.(value, undefined, undefined, () => undefined);
}

/** `ended` is told after the answer. */
interface Performed {
  readonly result: unknown;
  readonly ended?: Promise<FollowedEnd | SlotEnd | null> | undefined;
}

async function perform(id: number, call: StarterCall): Promise<Performed> {
  switch (call.kind) {
    case "run": {
      const { gone, ...said } = await exec.run(...call.of);
      const result: RunResult = { answer: said, stuck: gone !== undefined };
      return { result, ended: gone?.then(() => null) };
    }
    case "images": {
      // Method and arguments are of one kind: what is called is the port itself.
      const method = images[call.method] as (...args: readonly unknown[]) => Promise<unknown>;
      return { result: await method(...call.args) };
    }
    case "follow": {
      const { command, args } = call;
      const environment = { ...call.environment, [STARTER_MARK]: process.env[STARTER_MARK] };
      const child = follow(command, args, { environment, line: (line) => answer({ id, kind: "line", line }) });
      followed.set(id, child);
      return { result: null, ended: child.ended.finally(() => followed.delete(id)) };
    }
    case "slot": {
      const { pid, ended } = await spawnSlot(call.of);
      return { result: pid, ended };
    }
    case "close":
      return { result: await images.close() };
  }
}
