/** Failure classes by data: the shipped rules give each known trouble its class, in words that name place and remedy. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { classify, parseRules } from "../../daemon/domain/classify.ts";
import type { ComfyError, Trouble } from "../../daemon/domain/classify.ts";
import { ERRORS } from "../../daemon/domain/errors.ts";
import { LIMITS } from "../../daemon/domain/limits.ts";
import type { Recipe } from "../../daemon/domain/recipe.ts";
import { FAILURE_CLASSES } from "../../daemon/domain/retry.ts";
import { shipped } from "../fixtures/recipes.ts";

const RULES_TEXT = readFileSync(new URL("../../config/rules.yaml", import.meta.url), "utf8");
const SHIPPED = parseRules(RULES_TEXT);

const comfy = (exceptionType: string | null, message: string, more: Partial<ComfyError> = {}): Trouble => ({
  kind: "comfy",
  error: { kind: "failed", exceptionType, message, graphNode: "3", classType: "KSampler", ...more },
});
const refused = (exceptionType: string, message: string, more: Partial<ComfyError> = {}): Trouble =>
  comfy(exceptionType, message, { kind: "refused", ...more });
const system = (code: string, message = "x"): Trouble => ({ kind: "system", code, message });

test("every shipped rule is usable, has its own id and a code that exists", () => {
  expect(SHIPPED.skipped).toEqual([]);
  expect(SHIPPED.rules.length).toBeGreaterThan(20);
  for (const rule of SHIPPED.rules) expect(rule.code in ERRORS).toBe(true);
});

test.each<readonly [string, Trouble, string, string]>([
  [
    "out of memory",
    comfy("torch.OutOfMemoryError", "Allocation on device 0 would exceed..."),
    "memory",
    "HP-COMFY-MEMORY",
  ],
  ["older out of memory", comfy("torch.cuda.OutOfMemoryError", "x"), "memory", "HP-COMFY-MEMORY"],
  [
    "out of memory in words",
    comfy("RuntimeError", "CUDA out of memory. Tried to allocate 2 GiB"),
    "memory",
    "HP-COMFY-MEMORY",
  ],
  ["node RAM", comfy("MemoryError", ""), "memory", "HP-COMFY-MEMORY"],
  [
    "illegal access",
    comfy("RuntimeError", "CUDA error: an illegal memory access was encountered"),
    "poisoned",
    "HP-COMFY-FAILED",
  ],
  [
    "CUDA error that speaks of memory",
    comfy("RuntimeError", "CUDA error: out of memory"),
    "poisoned",
    "HP-COMFY-FAILED",
  ],
  ["accelerator error", comfy("torch.AcceleratorError", "device-side assert triggered"), "poisoned", "HP-COMFY-FAILED"],
  [
    "a missing checkpoint",
    refused("value_not_in_list", "ckpt_name: 'a.safetensors' not in []"),
    "missing_model",
    "HP-RECIPE-MODEL",
  ],
  [
    "a missing model of an unknown input",
    refused("value_not_in_list", "name: 'x' not in []", { classType: "UpscaleModelLoader" }),
    "missing_model",
    "HP-RECIPE-MODEL",
  ],
  [
    "a wrong option",
    refused("value_not_in_list", "upscale_method: 'b' not in ['area']"),
    "bad_graph",
    "HP-COMFY-REFUSED",
  ],
  [
    "an unreadable image",
    comfy("PIL.UnidentifiedImageError", "cannot identify image file"),
    "bad_input",
    "HP-PLATE-BROKEN",
  ],
  [
    "a truncated image",
    comfy("OSError", "image file is truncated (3 bytes not processed)"),
    "bad_input",
    "HP-PLATE-BROKEN",
  ],
  [
    "an image that is not there",
    refused("custom_validation_failed", "image - Invalid image file: a.png"),
    "bad_input",
    "HP-COMFY-REFUSED",
  ],
  ["a missing class", refused("missing_node_type", "Node 'X' not found."), "missing_node", "HP-RECIPE-CLASS"],
  ["a missing input", refused("required_input_missing", "filename_prefix"), "bad_graph", "HP-COMFY-REFUSED"],
  ["ComfyUI's full disk", comfy("OSError", "[Errno 28] No space left on device"), "disk", "HP-DISK-FULL"],
  ["our full disk", system("ENOSPC"), "disk", "HP-DISK-FULL"],
  ["a lost mount", system("ESTALE"), "disk", "HP-DISK-IO"],
  ["a refused connection", system("ECONNREFUSED"), "connection", "HP-COMFY-UNREACHABLE"],
  ["a gateway", system("HTTP 503"), "connection", "HP-COMFY-UNREACHABLE"],
  ["a forgotten prompt", system("HP-COMFY-LOST"), "lost", "HP-COMFY-LOST"],
  ["a deadline", system("HP-TASK-TIMEOUT"), "timeout", "HP-TASK-TIMEOUT"],
  ["an interrupt by somebody else", comfy(null, "interrupted", { kind: "interrupted" }), "other", "HP-COMFY-FAILED"],
  ["a graph node's own bug", comfy("IndexError", "list index out of range"), "node_error", "HP-COMFY-FAILED"],
  ["an unknown refusal", refused("something_new", "?"), "bad_graph", "HP-COMFY-REFUSED"],
  ["anything else", system("EWEIRD"), "other", "HP-INTERNAL"],
])("%s is classed", (_what, trouble, kind, code) => {
  expect(classify(SHIPPED.rules, trouble)).toMatchObject({ class: kind, code });
});

describe("the words", () => {
  const recipe: Recipe = { ...shipped("sd_text_to_image"), sha256: "", dir: "", approval: null };

  test("name the graph node by its title, the parameter, what was found and the nearest right word", () => {
    const error = refused(
      "value_not_in_list",
      "Value not in list: scheduler: 'karas' not in ['normal', 'karras', 'simple']",
      {
        graphNode: "sampler",
      },
    );
    const failure = classify(SHIPPED.rules, error, recipe);
    expect(failure.graphNode).toBe("sampler");
    expect(failure.message).toBe(
      `ComfyUI refused the graph. Graph node sampler "Sampler" (KSampler): Value not in list: scheduler: 'karas' not in ` +
        `['normal', 'karras', 'simple'] (value_not_in_list). Parameter: scheduler. Nearest: karras.`,
    );
  });

  test("stand on one line and are bounded", () => {
    const long = classify(SHIPPED.rules, comfy("RuntimeError", `first\n\n second\t${"x".repeat(100_000)}`)).message;
    expect(long).toContain("first second");
    expect(long.length).toBeLessThan(LIMITS.failureSentenceCharactersMax + 200);
    expect(long).not.toMatch(/[\n\t]/);
  });

  test("say the code of a call that got no answer", () => {
    expect(classify(SHIPPED.rules, system("ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1:8188")).message).toBe(
      "ComfyUI does not answer. ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:8188",
    );
  });
});

test("the first rule that matches decides", () => {
  const { rules } = parseRules(`
hotplate: 1
rules:
  - {id: first, class: memory, code: HP-COMFY-MEMORY, when: {message: [boom]}}
  - {id: second, class: disk, code: HP-DISK-IO, when: {message: [boom]}}
`);
  expect(classify(rules, comfy("X", "BOOM!")).class).toBe("memory");
});

test("every key under when must match", () => {
  const { rules } = parseRules(`
rules:
  - {id: both, class: memory, code: HP-COMFY-MEMORY, when: {exception: [.Odd], message: [boom], graphClass: [KSampler]}}
`);
  expect(classify(rules, comfy("a.b.Odd", "boom")).class).toBe("memory");
  expect(classify(rules, comfy("a.b.Even", "boom")).class).toBe("node_error");
  expect(classify(rules, comfy("a.b.Odd", "quiet")).class).toBe("node_error");
  expect(classify(rules, comfy("a.b.Odd", "boom", { classType: "VAEDecode" })).class).toBe("node_error");
  expect(classify(rules, comfy("NotOdd", "boom")).class).toBe("node_error");
});

test("a bad rule is skipped with its line, the others stay in force", () => {
  const book = parseRules(`hotplate: 1
rules:
  - {id: good, class: memory, code: HP-COMFY-MEMORY, when: {message: [boom]}}
  - {id: bad_class, class: memroy, code: HP-COMFY-MEMORY, when: {message: [x]}}
  - {id: bad_code, class: memory, code: HP-NO-SUCH, when: {message: [x]}}
  - {id: empty, class: memory, code: HP-COMFY-MEMORY, when: {}}
  - {id: good, class: disk, code: HP-DISK-IO, when: {code: [EIO]}}
  - just text
  - {id: last, class: disk, code: HP-DISK-IO, when: {code: [EIO]}}
`);
  expect(book.rules.map((rule) => rule.id)).toEqual(["good", "last"]);
  expect(book.skipped.map((skip) => skip.line)).toEqual([4, 5, 6, 7, 8]);
});

test.each(["", "rules: 7", "- a", "rules: [", "hotplate: 1"])(
  "the rule file %j gives no rules and says why",
  (text) => {
    const book = parseRules(text);
    expect(book.rules).toEqual([]);
    expect(book.skipped).toHaveLength(1);
  },
);

test("whatever ComfyUI says, the answer has a class, a code and a sentence", () => {
  const text = fc.option(fc.string({ maxLength: 60 }), { nil: null });
  const errors: fc.Arbitrary<ComfyError> = fc.record({
    kind: fc.constantFrom("refused", "failed", "interrupted"),
    exceptionType: text,
    graphNode: text,
    classType: text,
    message: fc.string(),
  });
  fc.assert(
    fc.property(errors, (error) => {
      const failure = classify(SHIPPED.rules, { kind: "comfy", error });
      expect(FAILURE_CLASSES).toContain(failure.class);
      expect(failure.code in ERRORS).toBe(true);
      expect(failure.message.length).toBeGreaterThan(0);
    }),
    { seed: 31 },
  );
});
