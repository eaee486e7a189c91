/** The page's words on checks that do not look, or gate nothing: as plain as what was found. Pure: text out. */
import { offWords } from "./qcOff.ts";
import { told } from "./qcReportWords.ts";
import type { QcView } from "./qcView.ts";

export function offNote({ off }: Pick<QcView, "off">): string {
  const of = (how: QcView["off"][number]["how"]): QcView["off"] => off.filter((one) => one.how === how);
  const line = (word: string, all: QcView["off"]): string =>
    all.length === 0 ? "" : `<p><b>${word}</b> ${told(offWords(all))}</p>`;
  return `${line("Off, and so nobody looked:", of("off"))}${line("Measured only, never gated:", of("measured only"))}`;
}
