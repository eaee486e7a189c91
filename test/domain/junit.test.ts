/** JUnit XML of QC reports: well-formed, by the rules that build servers hold it to, one case per check and frame. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Inspection } from "../../daemon/domain/qc.ts";
import { junitXml } from "../../daemon/domain/junit.ts";
import { qcReport } from "../../daemon/domain/qcReport.ts";
import type { QcView } from "../../daemon/domain/qcView.ts";
import { viewOfVersion } from "../../daemon/domain/qcView.ts";
import type { FactsOf } from "../fixtures/versionFacts.ts";
import { finding, inspection, versionFacts } from "../fixtures/versionFacts.ts";
import type { XmlElement } from "../fixtures/xml.ts";
import { readXml } from "../fixtures/xml.ts";

const EXTRA = {
  tool: { name: "hotplate", version: "0.1.0" },
  simulated: false,
  sequences: new Map<number, Inspection>([[1, inspection(finding("frames.complete", "fail"))]]),
};
const viewOf = (of: FactsOf): QcView => viewOfVersion(qcReport(versionFacts(of), EXTRA));

const MIXED: FactsOf = {
  wedges: 5,
  task: (wedge) => {
    if (wedge === 2) return { inspection: inspection(finding("image.soft", "warn", { message: "Softer." })) };
    if (wedge === 3)
      return {
        inspection: inspection(finding("image.not_black", "fail", { message: "Black.", hint: "Another seed." })),
      };
    if (wedge === 4) return { inspection: inspection(finding("file.decodes", "error", { message: "no reader" })) };
    if (wedge === 5)
      return {
        state: "failed",
        failure: { class: "memory", code: "HP-COMFY-MEMORY", message: "out of memory" },
        inspection: null,
      };
    return {};
  },
};

/** What junit-10.xsd of Jenkins' xUnit plugin has, of what we write: element -> attributes (those with ! must be there), children. */
const SCHEMA: Readonly<
  Record<string, { readonly attributes: readonly string[]; readonly children: readonly string[] }>
> = {
  testsuites: { attributes: ["name", "time", "tests", "failures", "errors"], children: ["testsuite"] },
  testsuite: {
    attributes: [
      "name!",
      "tests!",
      "failures!",
      "errors!",
      "time",
      "skipped",
      "timestamp",
      "hostname",
      "id",
      "package",
    ],
    children: ["properties", "testcase", "system-out", "system-err"],
  },
  testcase: {
    attributes: ["name!", "time", "classname"],
    children: ["skipped", "error", "failure", "system-out", "system-err"],
  },
  failure: { attributes: ["type", "message"], children: [] },
  error: { attributes: ["type", "message"], children: [] },
  skipped: { attributes: ["type", "message"], children: [] },
  "system-out": { attributes: [], children: [] },
};
/** Its type of times of suites. */
const TIME = /^(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?$/;

function schemaFaults({ name, attributes, children }: XmlElement): readonly string[] {
  const known = SCHEMA[name];
  if (known === undefined) return [`there is no element ${name}`];
  const names = known.attributes.map((attribute) => attribute.replace("!", ""));
  const needed = known.attributes.filter((attribute) => attribute.endsWith("!")).map((one) => one.slice(0, -1));
  return [
    ...Object.keys(attributes).flatMap((one) => (names.includes(one) ? [] : [`${name} has no attribute ${one}`])),
    ...needed.flatMap((one) => (Object.hasOwn(attributes, one) ? [] : [`${name} needs ${one}`])),
    ...(TIME.test(attributes["time"] ?? "0") ? [] : [`time ${attributes["time"]} of ${name}`]),
    ...children.flatMap((child) => (known.children.includes(child.name) ? [] : [`${name} holds no ${child.name}`])),
    ...children.flatMap(schemaFaults),
  ];
}

/** The rules of the schema that Jenkins, GitLab and Azure share; each is one that a file has been refused for. */
function faultsOf(root: XmlElement): readonly string[] {
  const out: string[] = [];
  const say = (fine: boolean, words: string): void => void (fine || out.push(words));
  say(root.name === "testsuites", "the root is testsuites");
  const whole = (of: XmlElement, name: string): number => {
    say(/^\d+$/.test(of.attributes[name] ?? ""), `${name} of ${of.name} is a whole number`);
    return Number(of.attributes[name]);
  };
  const sum = (elements: readonly XmlElement[], name: string): number =>
    elements.reduce((all, one) => all + whole(one, name), 0);
  out.push(...schemaFaults(root));
  for (const name of ["tests", "failures", "errors"])
    say(whole(root, name) === sum(root.children, name), `${name} are summed`);
  for (const suite of root.children) {
    say(suite.name === "testsuite" && (suite.attributes["name"] ?? "") !== "", "suites have names");
    say(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(suite.attributes["timestamp"] ?? ""), "a timestamp has no zone");
    say(whole(suite, "tests") === suite.children.length, "tests counts cases");
    const count = (name: string) =>
      suite.children.filter((one) => one.children.some((child) => child.name === name)).length;
    say(whole(suite, "failures") === count("failure"), "failures counts them");
    say(whole(suite, "errors") === count("error"), "errors counts them");
    say(whole(suite, "skipped") === count("skipped"), "skipped counts them");
    for (const one of suite.children) {
      say(one.name === "testcase", "a suite holds cases");
      say((one.attributes["name"] ?? "") !== "" && (one.attributes["classname"] ?? "") !== "", "a case is named");
      say(/^\d+(\.\d+)?$/.test(one.attributes["time"] ?? ""), "time is a number");
      say(one.children.length <= 1, "a case has one outcome");
      for (const { name, attributes } of one.children) {
        say(["failure", "error", "skipped", "system-out"].includes(name), `${name} is an outcome`);
        say(!["failure", "error"].includes(name) || attributes["type"] !== undefined, `${name} has a type`);
      }
    }
    const names = suite.children.map(({ attributes }) => `${attributes["classname"]} ${attributes["name"]}`);
    say(new Set(names).size === names.length, "no two cases of a suite are called alike");
  }
  return out;
}

const casesOf = (root: XmlElement, suite: string) =>
  root.children
    .find(({ attributes }) => attributes["name"]?.endsWith(suite))
    ?.children.map((one) => [
      one.attributes["name"],
      one.children[0]?.name ?? "passed",
      one.children[0]?.attributes["message"] ?? one.children[0]?.text,
    ]);

describe("JUnit XML", () => {
  it("keeps to the rules of build servers", () => {
    expect(faultsOf(readXml(junitXml(viewOf(MIXED))))).toEqual([]);
  });

  it("maps fail, error and not applied one to one; a warning passes and is told in the output", () => {
    const root = readXml(junitXml(viewOf(MIXED)));
    expect(casesOf(root, "w001")).toContainEqual(["pixels.finite", "skipped", "whole numbers are always finite"]);
    expect(casesOf(root, "w001")).toContainEqual(["frames.complete sequence", "failure", expect.any(String)]);
    expect(casesOf(root, "w003")).toContainEqual(["image.not_black", "failure", "Black."]);
    expect(casesOf(root, "w004")).toContainEqual(["file.decodes", "error", "no reader"]);
    const [warned] = (casesOf(root, "w002") ?? []).filter(([name]) => name === "image.soft");
    expect([warned?.[1], warned?.[2]]).toEqual(["system-out", expect.stringContaining("WARN Softer.")]);
    // Nobody saw it, and why.
    expect(casesOf(root, "w005")).toEqual([["file.decodes", "error", "HP-COMFY-MEMORY: out of memory"]]);
    expect([root.attributes["failures"], root.attributes["errors"]]).toEqual(["2", "2"]);
  });

  it("shows what a person waived as skipped, with the name and the reason", () => {
    const view = viewOf(MIXED);
    const waiver = { place: "w003", frame: null, check: "image.not_black", version: 1, by: "anna", reason: "a fade" };
    const root = readXml(junitXml({ ...view, waivers: [waiver] }));
    expect(faultsOf(root)).toEqual([]);
    expect(casesOf(root, "w003")).toContainEqual(["image.not_black", "skipped", "waived by anna: a fade (Black.)"]);
    // One that could not be looked at has no measure to waive.
    const unlooked = { ...waiver, place: "w004", check: "file.decodes" };
    expect(casesOf(readXml(junitXml({ ...view, waivers: [unlooked] })), "w004")).toContainEqual([
      "file.decodes",
      "error",
      "no reader",
    ]);
  });

  it("says what each check took in seconds, and what that is together; 0 where nobody measured it", () => {
    const took = (cpuMs: number) => inspection({ ...finding("image.soft", "pass"), cpuMs });
    const view = viewOf({ wedges: 2, task: (wedge) => ({ inspection: took(wedge === 1 ? 12.5 : 1_234.567) }) });
    const root = readXml(junitXml(view));
    expect(faultsOf(root)).toEqual([]);
    const times = root.children.map(({ attributes, children }) => [
      attributes["time"],
      children.find((one) => one.attributes["name"] === "image.soft")?.attributes["time"],
    ]);
    expect([root.attributes["time"], ...times]).toEqual([
      "1.247067",
      ["0.012500", "0.012500"],
      ["1.234567", "1.234567"],
    ]);
    expect(readXml(junitXml(viewOf(MIXED))).attributes["time"]).toBe("0");
  });

  it("says of whatever did not pass which file it is", () => {
    const text = junitXml(viewOf(MIXED));
    expect(text).not.toMatch(/<testcase [^>]*file=/);
    const details = readXml(text).children[2]?.children[0]?.children[0]?.text ?? "";
    expect(details.split("\n").at(-1)).toMatch(/^file: \S+/);
  });

  it("says numbers beside thresholds, and what to do", () => {
    const text = junitXml(viewOf(MIXED));
    expect(readXml(text).children[2]?.children[0]?.children[0]?.text).toMatch(
      /^Black\.\nvalue 31\.4 % \(at least 0\.8 %\)\nAnother seed\.\nfile: /,
    );
  });

  it("of a large report gathers what passed, and keeps every finding", () => {
    const frames = Array.from({ length: 120 }, (_, i) => 1001 + i);
    const bad = inspection(finding("image.soft", "pass"), finding("image.not_black", "fail"));
    const of: FactsOf = { wedges: 200, frames, task: (_, frame) => (frame === 1050 ? { inspection: bad } : {}) };
    const text = junitXml(viewOf(of));
    const root = readXml(text);
    expect(faultsOf(root)).toEqual([]);
    expect(root.attributes["failures"]).toBe("201");
    const names = (casesOf(root, "w002") ?? []).map(([name]) => name);
    expect(names).toContain("image.not_black 1050");
    expect(names).toContain("image.not_black 1001-1049, 1051-1120");
    expect(text.length).toBeLessThan(1_000_000);
  });

  it("stays well-formed whatever a plugin or a label says", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
        const told = `${text}\u0000\uffff\ud800]]><x a="b">&`;
        const view = viewOf({
          wedges: 1,
          task: () => ({ inspection: inspection(finding("image.soft", "fail", { message: told, hint: told })) }),
        });
        const root = readXml(
          junitXml({ ...view, title: told, places: view.places.map((place) => ({ ...place, name: told })) }),
        );
        expect(faultsOf(root)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
