/** Folders that Hotplate makes are declared; any other is not. */
import { expect, it } from "vitest";
import { loadBook } from "../../daemon/adapters/layouts.ts";
import { declaredPlaces } from "../../daemon/domain/declaredPlaces.ts";
import { pathsSchema } from "../../daemon/domain/pathBook.ts";

const declared = declaredPlaces({
  book: loadBook(pathsSchema.parse({ layout: "toolkit" })),
  roots: [{ linux: "/mnt" }],
  hotFolders: ["/mnt/hot"],
  stateDir: "/state",
});
/** Beside the plate would fit any folder: only what is not below one counts. */
const names = (dir: string): readonly string[] => [
  ...new Set(declared(dir).flatMap(({ template, tokens }) => (tokens["beside"] === undefined ? [template] : []))),
];

it.each([
  ["/mnt/sequences/TUN/010/comp/work/images/env", "toolkit work"],
  ["/mnt/sequences/TUN/010/comp/work/images/env/v001/w002", "toolkit work"],
  ["/mnt/sequences/TUN/010/comp/work/images/env/v001/.hotplate", "product versionState"],
  ["/mnt/sequences/TUN/010/comp/work/images/env/.hotplate/claims", "product claims"],
  ["/mnt/sequences/TUN/010/comp/work/images/env/.hotplate/staging/job_1-4/attempts", "product staging"],
  ["/mnt/sequences/TUN/010/comp/work/images/env/.hotplate/staging/job_1-4/tree/w002", "product staged"],
  ["/mnt/sequences/TUN/010/comp/work/images/env/.hotplate/quarantine/v001/w002", "product quarantine"],
  ["/mnt/sequences/TUN/010/review/010_env_v001", "toolkit review"],
  ["/mnt/hot/accepted/2026-11-28", "hot accepted"],
  ["/mnt/hot/.hotplate/claimed", "hot claimed"],
  ["/state/scratch", "state scratch"],
  ["/state/slots/gpu0/input", "state slots"],
])("%s is one of %s", (dir, template) => {
  expect(names(dir)).toContain(template);
});

it.each([
  "/mnt/sequences/TUN/010/comp/elsewhere",
  "/mnt/sequences/TUN/010/comp/work/images/env/v001/odd",
  "/mnt/sequences/TUN/010/comp/work/images/env/.hotplate/odd",
  "/mnt/hot/odd",
  "/mnt/hot/accepted/yesterday",
  "/state/odd",
  "/elsewhere",
])("%s is declared by nothing", (dir) => {
  expect(names(dir).filter((name) => name !== "beside beside")).toEqual([]);
});
