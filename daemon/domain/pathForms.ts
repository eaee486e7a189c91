/**
 * One place, three spellings: a root's path on this node and what the same root is called on Windows (`P:\`, `\\nas01\shows`)
 * and macOS (`/Volumes/shows`). Manifests may name either, answers say them all. Text only.
 */
import { isInside, joinPath, normalPath, relativePath, rootOf } from "./paths.ts";

export interface RootForms {
  readonly linux: string;
  readonly macos?: string | undefined;
  readonly windows?: string | readonly string[] | undefined;
}

/** `P:\x`, `P:/x`, `\\nas\share\x`, `//nas/share/x`: a path of Windows' own. */
export function isWindowsPath(written: string): boolean {
  return /^[A-Za-z]:([\\/]|$)/.test(written) || /^(\\\\|\/\/)[^\\/]/.test(written);
}

export function windowsForms(root: RootForms): readonly string[] {
  const { windows } = root;
  const forms = windows === undefined ? [] : typeof windows === "string" ? [windows] : windows;
  return forms.map((form) => form.replaceAll("/", "\\").replace(/\\+$/, ""));
}

/** A Windows or macOS spelling as this node's own path; null: no root is called so. */
export function fromForeign(written: string, roots: readonly RootForms[]): string | null {
  for (const root of roots) {
    if (isWindowsPath(written)) {
      const asked = written.replaceAll("/", "\\");
      for (const form of windowsForms(root)) {
        // Windows tells no case apart.
        const same = asked.toLowerCase() === form.toLowerCase();
        if (!same && !asked.toLowerCase().startsWith(`${form.toLowerCase()}\\`)) continue;
        return joinPath(root.linux, asked.slice(form.length).replaceAll("\\", "/"));
      }
    } else if (root.macos !== undefined && isInside(normalPath(written), normalPath(root.macos)))
      return joinPath(root.linux, relativePath(normalPath(written), normalPath(root.macos)));
  }
  return null;
}

/** What people on other machines call a path of this node; empty where its root has no other name. */
export function otherForms(path: string, roots: readonly RootForms[]): readonly string[] {
  const root = rootOf(path, roots);
  if (root === null) return [];
  const rest = relativePath(path, root.linux);
  const first = windowsForms(root)[0];
  return [
    ...(first === undefined ? [] : [`${first}\\${rest.replaceAll("/", "\\")}`]),
    ...(root.macos === undefined ? [] : [joinPath(root.macos, rest)]),
  ];
}
