/**
 * Writes what documents say of the code from the code itself: docs/errors.md, docs/events.md, the fields of
 * docs/manifest.md, the differences in docs/sequences.md, the JSON Schemas for editors, and the code map of ARCHITECTURE.md. `node scripts/generateDocs.ts` writes, `--check` says what is stale (exit 1); a test runs the check.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { EXIT_WORDS } from "../daemon/cli/exitWords.ts";
import { ERRORS, EXIT } from "../daemon/domain/errors.ts";
import { EVENTS } from "../daemon/domain/events.ts";
import type { Question } from "../test/fixtures/fileseq/ask.ts";
import { DIFFERENCES } from "../test/fixtures/fileseq/differences.ts";
import { apiDocument } from "./apiDocument.ts";
import { withCodeMap } from "./codeMap.ts";
import { commandsPage } from "./commandPage.ts";
import {
  assetJsonSchema,
  calibrationJsonSchema,
  configJsonSchema,
  manifestFields,
  manifestJsonSchema,
  qcJsonSchema,
  qcRunJsonSchema,
} from "./schemaPages.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** Path below the repository -> its whole text. */
export async function generatedDocs(root: string): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ["docs/errors.md", errorsPage()],
    ["docs/events.md", eventsPage()],
    ["docs/commands.md", commandsPage(MADE)],
    ["docs/openapi.json", await apiDocument()],
    ["config/schemas/manifest.schema.json", manifestJsonSchema()],
    ["config/schemas/hotplate.schema.json", configJsonSchema()],
    ["config/schemas/asset.schema.json", assetJsonSchema()],
    ["config/schemas/qc.schema.json", qcJsonSchema()],
    ["config/schemas/qc-calibration.schema.json", calibrationJsonSchema()],
    ["config/schemas/qc-run.schema.json", qcRunJsonSchema()],
    ["docs/sequences.md", withDifferences(textAt(`${root}docs/sequences.md`) ?? "")],
    ["docs/manifest.md", withFields(textAt(`${root}docs/manifest.md`) ?? "")],
    ["ARCHITECTURE.md", withCodeMap(textAt(`${root}ARCHITECTURE.md`) ?? "", root)],
  ]);
}

/** The pages whose file is not what the code says now. */
export async function staleDocs(root: string): Promise<readonly string[]> {
  return [...(await generatedDocs(root))].filter(([path, text]) => textAt(root + path) !== text).map(([path]) => path);
}

const MADE = "<!-- Made by scripts/generateDocs.ts from the code's own table. Change it there. -->";

/** What stands above the mark is written by hand; below it stands the table that the comparison with fileseq keeps true. */
function withDifferences(page: string): string {
  const rows = DIFFERENCES.map(({ reason, examples }) => {
    const shown = examples.slice(0, 2).map(({ question }) => `\`${asked(question)}\``);
    return `| ${shown.join(", ").replaceAll("|", "\\|")} | ${cell(reason)} |`;
  });
  const head = page.slice(0, page.indexOf(MADE));
  return `${head}${MADE}\n\n| such as | here, and why |\n|---|---|\n${rows.join("\n")}\n`;
}

function asked(question: Question): string {
  if (question.op !== "list") return question.text;
  return `${question.names.slice(0, 3).join(" ")}${question.names.length > 3 ? " ..." : ""}`;
}

function errorsPage(): string {
  const groups = new Map<string, string[]>();
  for (const [code, { summary, hint, exit }] of Object.entries(ERRORS)) {
    const group = code.split("-")[1] ?? "";
    const rows = groups.get(group) ?? [];
    rows.push(`| \`${code}\` | ${cell(summary)} | ${cell(hint)} | ${exit} |`);
    groups.set(group, rows);
  }
  const tables = [...groups].map(
    ([group, rows]) =>
      `## HP-${group}\n\n| code | what it means | what to do | exit |\n|---|---|---|---|\n${rows.join("\n")}\n`,
  );
  const exits = Object.entries(EXIT).map(
    ([name, number]) => `| ${number} | ${EXIT_WORDS[name as keyof typeof EXIT]} |`,
  );
  return `# Error codes

${MADE}

Every problem that Hotplate names carries one of these codes: in \`ERROR.txt\`, on the command line, in the API, in the log. A code
keeps its meaning for ever. The sentence beside it in an answer says more: the place, what was found, what was expected.

${tables.join("\n")}
## Exit codes

| exit | meaning |
|---|---|
${exits.join("\n")}
`;
}

function eventsPage(): string {
  const rows = Object.entries(EVENTS).map(([name, sentence]) => `| \`${name}\` | ${cell(sentence)} |`);
  return `# Events

${MADE}

What happens is said by name: in the log (a JSON line with \`time\`, \`level\`, \`event\` and the fields of the event), in the store's
event sequence, in the API and by \`hotplate logs\`. Names and fields are the interface; sentences for people are not.

| event | when |
|---|---|
${rows.join("\n")}
`;
}

/** The page is written by hand up to its table of fields. */
function withFields(page: string): string {
  const heading = "\n## Fields\n";
  const cut = page.indexOf(heading);
  const before = cut < 0 ? page : page.slice(0, cut);
  return `${before}${heading}\n${MADE}\n\n${manifestFields()}\n`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function textAt(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Not there: as stale as can be.
    return null;
  }
}

if (import.meta.main) {
  const stale = await staleDocs(ROOT);
  if (process.argv.includes("--check")) {
    for (const path of stale) console.error(`${path} is not what the code says; run node scripts/generateDocs.ts`);
    process.exitCode = stale.length > 0 ? EXIT.no : EXIT.done;
  } else {
    for (const [path, text] of await generatedDocs(ROOT)) {
      mkdirSync(dirname(ROOT + path), { recursive: true });
      writeFileSync(ROOT + path, text);
    }
    for (const path of stale) console.log(`wrote ${path}`);
  }
}
