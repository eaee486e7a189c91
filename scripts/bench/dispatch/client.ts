/** One client of the race in a process of its own: says "connected", begins when it is told to, ends when all is done. */
import { bareClient } from "./bareClients.ts";
import { saintnoClient } from "./saintnoClient.ts";
import type { RaceTask } from "./tasks.ts";

const [name = "", file = ""] = process.argv.slice(2);
const { readFileSync } = await import("node:fs");
const race = JSON.parse(readFileSync(file, "utf8")) as {
  readonly urls: readonly string[];
  readonly tasks: readonly RaceTask[];
  readonly peers: string;
};

const before = process.cpuUsage();
if (name === "direct" || name === "prefetch") {
  process.send?.("connected");
  await new Promise<void>((go) => process.once("message", () => go()));
  await bareClient(race.urls, race.tasks, name === "direct" ? 1 : 2);
} else {
  await saintnoClient(race.urls, race.tasks, { peers: race.peers, mode: name.split(" ")[1] ?? "PICK_ZERO" });
}
const { user, system } = process.cpuUsage(before);
process.send?.({ cpuMs: (user + system) / 1_000 });
// The pool of saintno has no stop.
process.exit(0);
