/**
 * The shipped path layouts on disk (config/layouts/*.yaml) and the book that a configuration makes of them. Read once at the
 * start of a process: a layout that changes under a running daemon would move results between one manifest and the next.
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { HotplateError } from "../domain/errors.ts";
import type { BookSources, PathBook, PathsText } from "../domain/pathBook.ts";
import { readBook } from "../domain/pathBook.ts";
import type { LayoutText } from "../domain/pathLayout.ts";
import { layoutSchema } from "../domain/pathLayout.ts";

const SHIPPED = fileURLToPath(new URL("../../config/layouts", import.meta.url));

/** Name -> layout, each read when it is first asked for; `shared` is what all of them have. */
export function shippedLayouts(): Readonly<Record<string, LayoutText>> {
  const out: Record<string, LayoutText> = {};
  for (const file of readdirSync(SHIPPED).filter((name) => name.endsWith(".yaml"))) {
    const name = file.slice(0, -".yaml".length);
    let known: LayoutText | undefined;
    Object.defineProperty(out, name, {
      enumerable: true,
      get: () => (known ??= layoutSchema.parse(parse(readFileSync(`${SHIPPED}/${file}`, "utf8")))),
    });
  }
  return out;
}

export function layoutSources(): BookSources {
  return { shipped: shippedLayouts(), env: process.env };
}

/**
 * Of a configuration that was read already, so that nothing can be wrong with it.
 * @throws HotplateError HP-CONFIG-INVALID when one was put together by hand and something is.
 */
export function loadBook(paths: PathsText | undefined): PathBook {
  const { book, problems } = readBook(paths, layoutSources());
  if (book !== null) return book;
  throw new HotplateError("HP-CONFIG-INVALID", problems.map(({ message }) => message).join("\n"));
}
