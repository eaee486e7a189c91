/**
 * POSIX paths as text: this node's own form. Nothing here touches a disk; whether a path lies inside a root by its text
 * is only half of the question (links are resolved through `Files.realpath`).
 */
export function joinPath(...parts: readonly string[]): string {
  return normalPath(parts.join("/"));
}

/** Collapses `//`, `.` and `..` by text. Absolute stays absolute and never climbs above `/`. */
export function normalPath(path: string): string {
  const absolute = path.startsWith("/");
  const out: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && out.length > 0 && out.at(-1) !== "..") out.pop();
    else if (part === "..") {
      if (!absolute) out.push("..");
    } else out.push(part);
  }
  return (absolute ? "/" : "") + out.join("/") || (absolute ? "/" : ".");
}

export function parentDir(path: string): string {
  const cut = path.lastIndexOf("/");
  if (cut < 0) return ".";
  return cut === 0 ? "/" : path.slice(0, cut);
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** `a/b.tar.gz` -> `gz`; without a dot: empty. Lower case. */
export function extension(path: string): string {
  const name = baseName(path);
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? "" : name.slice(dot + 1).toLowerCase();
}

/** Whole segments only: `/mnt/shows2` is not inside `/mnt/shows`. */
export function isInside(path: string, dir: string): boolean {
  const base = dir.endsWith("/") ? dir : `${dir}/`;
  return path === dir || path.startsWith(base);
}

/** Relative path of something inside `dir`. */
export function relativePath(path: string, dir: string): string {
  return path === dir ? "" : path.slice(dir.endsWith("/") ? dir.length : dir.length + 1);
}

/** The configured root (longest prefix) that holds a path, or null. */
export function rootOf<R extends { readonly linux: string }>(path: string, roots: readonly R[]): R | null {
  let best: R | null = null;
  for (const root of roots) {
    if (isInside(path, root.linux) && (best === null || root.linux.length > best.linux.length)) best = root;
  }
  return best;
}

/** How a page in `dir` names a file elsewhere: `../review/x.jpg`. */
export function linkFrom(dir: string, path: string): string {
  const from = dir.split("/");
  const to = path.split("/");
  let same = 0;
  while (same < from.length && same < to.length - 1 && from[same] === to[same]) same += 1;
  return [...from.slice(same).map(() => ".."), ...to.slice(same)].join("/");
}

/** The deepest folder that holds both. */
export function commonFolder(a: string, b: string): string {
  let at = a;
  while (at !== "/" && !isInside(b, at)) at = parentDir(at);
  return at;
}
