/**
 * The failure rules on disk (`config/rules.yaml`, or `config.rules`): read again when the file changed. A rule that can't be
 * used is skipped and told; a file that can't be read or holds no usable rule leaves the rules of before in force.
 */
import { parseRules } from "../domain/classify.ts";
import type { RuleBook } from "../domain/classify.ts";
import { messageOf } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import type { Files, Log } from "../ports.ts";

export interface Rules {
  /** What is in force; cheap when the file did not change. Never rejects. */
  book(): Promise<RuleBook>;
}

export interface RulesOptions {
  readonly files: Pick<Files, "realpath" | "stat" | "read">;
  readonly path: string;
  readonly log?: Log;
}

export function createRules({ files, path, log }: RulesOptions): Rules {
  let signature = "";
  let book: RuleBook = { rules: [], skipped: [] };
  const tell = (message: string, line: number | null = null): void =>
    log?.event("warn", "rules.skipped", { file: path, line, message });
  const refresh = async (): Promise<RuleBook> => {
    let now: string;
    let text: string;
    try {
      const real = await files.realpath(path);
      const stat = await files.stat(real);
      now = `${stat.dev}:${stat.ino}:${stat.bytes}:${stat.mtimeNs}:${stat.ctimeNs}`;
      if (now === signature) return book;
      text = new TextDecoder("utf-8", { fatal: true }).decode(await files.read(real, LIMITS.rulesFileBytesMax));
    } catch (error) {
      now = messageOf(error);
      if (now !== signature) tell(`Can't be read: ${now}; the rules of before stay in force.`);
      signature = now;
      return book;
    }
    const first = signature === "";
    signature = now;
    const next = parseRules(text);
    for (const { line, message } of next.skipped) tell(message, line);
    if (next.rules.length === 0) {
      tell("No usable rule; the rules of before stay in force.");
      return book;
    }
    book = next;
    if (!first) log?.event("info", "config.reloaded", { file: path, rules: next.rules.length });
    return book;
  };
  let underWay: Promise<RuleBook> | null = null;
  return {
    book: () => {
      underWay ??= refresh().finally(() => {
        underWay = null;
      });
      return underWay;
    },
  };
}
