/**
 * One place, many spellings: a root's path on this node and what the same root is called on Windows (`P:\`, `\\nas01\shows`)
 * and macOS (`/Volumes/shows`). The table of roots maps between them: the longest prefix wins, whole segments only, and
 * Windows tells no case apart. Records keep root + relative path; answers speak the form that their reader wrote. Text only.
 */
import { isInside, joinPath, normalPath, relativePath, rootOf } from "./paths.ts";

export interface RootForms {
  readonly linux: string;
  readonly macos?: string | undefined;
  readonly windows?: string | readonly string[] | undefined;
}

/** How a person spells paths; `drive` and `share` are the two of Windows (`P:\x`, `\\nas\share\x`). */
export type PathForm = "linux" | "macos" | "drive" | "share";

/** What records keep: it means the same place on every machine that has the root, however it is mounted there. */
export interface StoredPath {
  /** The root's name in `roots`; null: outside every root, then `path` is absolute on the node that wrote it. */
  readonly root: string | null;
  /** Relative to the root, with `/`. */
  readonly path: string;
}

export function storedPath(
  path: string,
  roots: readonly { readonly name: string; readonly linux: string }[],
): StoredPath {
  const root = rootOf(path, roots);
  return root === null ? { root: null, path } : { root: root.name, path: relativePath(path, root.linux) };
}

/** The stored place on this node; null: this node has no root of that name, or the path climbs out of it. */
export function readPath(
  stored: StoredPath,
  roots: readonly { readonly name: string; readonly linux: string }[],
): string | null {
  if (stored.root === null) return stored.path.startsWith("/") ? normalPath(stored.path) : null;
  const root = roots.find(({ name }) => name === stored.root);
  if (root === undefined) return null;
  const path = joinPath(root.linux, stored.path);
  return isInside(path, root.linux) ? path : null;
}

/** Where an input of a record lies on this node: by its root's name, else the folder that the node which made it had. */
export function inputFolder(
  input: Readonly<Record<string, unknown>>,
  roots: readonly { readonly name: string; readonly linux: string }[],
): string {
  const place = input["x-place"] as StoredPath | null | undefined;
  const known = place !== undefined && place !== null && place.root !== null && typeof place.path === "string";
  const dir = input["x-dir"];
  return (known ? readPath(place, roots) : null) ?? (typeof dir === "string" ? dir : "");
}

/** `P:\x`, `P:/x`, `P:`, `\\nas\share\x`, `//nas/share/x`, `\\?\P:\x`, `smb://nas/share/x`: never a path of this node. */
export function isWindowsPath(written: string): boolean {
  return /^[A-Za-z]:([\\/]|$)/.test(written) || /^(\\\\|\/\/)[^\\/]/.test(written) || /^smb:\/\/[^/]/i.test(written);
}

/** `P:x`: relative to wherever drive P: stands in somebody's window; nobody else can know. */
export function isDriveRelative(written: string): boolean {
  return /^[A-Za-z]:[^\\/:]/.test(written);
}

/** Backslashes, no doubled or trailing ones, no `\\?\`: one spelling for what Windows takes as the same. */
function windowsSpelling(written: string): string {
  const text = written.replace(/^smb:/i, "").replaceAll("/", "\\");
  const plain = text.replace(/^\\\\[?.]\\UNC\\/i, "\\\\").replace(/^\\\\[?.]\\(?=[A-Za-z]:)/, "");
  const share = plain.startsWith("\\\\");
  const parts = plain.split("\\").filter((part) => part !== "");
  return `${share ? "\\\\" : ""}${parts.join("\\")}`;
}

export function windowsForms(root: RootForms): readonly string[] {
  const { windows } = root;
  const forms = windows === undefined ? [] : typeof windows === "string" ? [windows] : windows;
  return forms.map(windowsSpelling);
}

interface Mapped {
  readonly path: string;
  /** Characters of the prefix that fitted. */
  readonly length: number;
}

/** A Windows or macOS spelling as this node's own path; null: no root is called so. */
export function fromForeign(written: string, roots: readonly RootForms[]): string | null {
  const found = roots.flatMap((root) => (isWindowsPath(written) ? fromWindows(written, root) : fromMac(written, root)));
  return (
    found.reduce<Mapped | null>((best, at) => (best === null || at.length > best.length ? at : best), null)?.path ??
    null
  );
}

function fromWindows(written: string, root: RootForms): readonly Mapped[] {
  const asked = windowsSpelling(written);
  const low = asked.toLowerCase();
  return windowsForms(root)
    .filter((form) => low === form.toLowerCase() || low.startsWith(`${form.toLowerCase()}\\`))
    .map((form) => ({
      path: joinPath(root.linux, asked.slice(form.length).replaceAll("\\", "/")),
      length: form.length,
    }));
}

function fromMac(written: string, root: RootForms): readonly Mapped[] {
  if (root.macos === undefined || !written.startsWith("/")) return [];
  const asked = normalPath(written);
  const form = normalPath(root.macos);
  if (!isInside(asked, form)) return [];
  return [{ path: joinPath(root.linux, relativePath(asked, form)), length: form.length }];
}

/** Which spelling a written path is of; null for one that says nothing about its writer (a relative one). */
export function formOf(written: string, roots: readonly RootForms[]): PathForm | null {
  if (isWindowsPath(written)) return windowsSpelling(written).startsWith("\\\\") ? "share" : "drive";
  if (!written.startsWith("/")) return null;
  if (rootOf(normalPath(written), roots) !== null) return "linux";
  return fromForeign(written, roots) === null ? null : "macos";
}

/** A path of this node as the reader spells it; as it is where its root has no such name. */
export function inForm(path: string, form: PathForm, roots: readonly RootForms[]): string {
  const root = rootOf(path, roots);
  if (root === null || form === "linux") return path;
  const rest = relativePath(path, root.linux);
  if (form === "macos") return root.macos === undefined ? path : joinPath(root.macos, rest);
  const forms = windowsForms(root);
  const wanted = forms.find((spelled) => spelled.startsWith("\\\\") === (form === "share")) ?? forms[0];
  if (wanted === undefined) return path;
  return rest === "" && wanted.length === 2 ? `${wanted}\\` : [wanted, ...rest.split("/")].filter(Boolean).join("\\");
}

/** Every other name of the place, for people on other machines: Windows' first, macOS', and this node's own. */
export function otherForms(path: string, roots: readonly RootForms[], shown: PathForm = "linux"): readonly string[] {
  const said = inForm(path, shown, roots);
  const root = rootOf(path, roots);
  if (root === null) return [];
  const first = windowsForms(root)[0]?.startsWith("\\\\") === true ? "share" : "drive";
  const all = [first, "macos", "linux"] as const;
  return [...new Set(all.map((form) => inForm(path, form, roots)))].filter(
    (spelled) => spelled !== said && (shown === "linux" || !isWindowsPath(spelled) || !isWindowsPath(said)),
  );
}

/** Words with paths of this node in them, as the reader spells paths: a root's name counts where a whole segment ends. */
export function wordsInForm(words: string, form: PathForm, roots: readonly RootForms[]): string {
  if (form === "linux") return words;
  const names = roots.map((root) => root.linux.replace(/\/$/, "")).filter((name) => name !== "");
  if (names.length === 0) return words;
  const escaped = names.sort((a, b) => b.length - a.length).map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  // A path in words ends at a space, a quote, a bracket or a comma; a full stop at its end ends the sentence.
  const pattern = new RegExp(`(?<![\\w./-])(?:${escaped.join("|")})(?:/[^\\s"'(),;]*[^\\s"'(),;.:]|/)?(?![\\w-])`, "g");
  return words.replace(pattern, (path) => inForm(path.replace(/(?<=.)\/$/, ""), form, roots));
}
