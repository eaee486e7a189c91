/**
 * Everything that a stranger's hand could change in a tree, as text: names, kinds, inodes, links, owners, rights, sizes,
 * the times of change (mtime, ctime) to the nanosecond, the bytes by hash. Only atime is left out: the kernel sets it when
 * anybody reads, and reading is what plates are for.
 */
import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

export function treePrint(root: string): string {
  return [...entries(root)]
    .sort()
    .map((path) => printOf(root, path))
    .join("\n");
}

function* entries(path: string): Generator<string> {
  yield path;
  if (!lstatSync(path).isDirectory()) return;
  for (const name of readdirSync(path)) yield* entries(join(path, name));
}

function printOf(root: string, path: string): string {
  const stat = lstatSync(path, { bigint: true });
  const bytes = stat.isFile() ? createHash("sha256").update(readFileSync(path)).digest("hex") : "-";
  const facts = [
    stat.ino,
    stat.nlink,
    stat.uid,
    stat.gid,
    stat.mode.toString(8),
    stat.size,
    stat.mtimeNs,
    stat.ctimeNs,
  ];
  return `${relative(root, path)} ${facts.join(" ")} ${bytes}`;
}
