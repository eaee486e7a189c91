/**
 * Objects that are strict but for names that begin with `x-`: those belong to whoever wrote them, and stay as they are
 * through reading and writing. Zod has no word for that, so the rule and its words in JSON Schema stand here. Pure.
 */
import { z } from "zod";

/** Marks an object for `openJsonSchema`. */
const X_FIELDS = "xFields";

/** An object with exactly these fields, and any `x-...` besides. */
export function openObject<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z
    .looseObject(shape)
    .check((context) => {
      const unknown = Object.keys(context.value).filter((key) => !Object.hasOwn(shape, key) && !key.startsWith("x-"));
      if (unknown.length > 0)
        context.issues.push({ code: "unrecognized_keys", keys: unknown, input: context.value, path: [] });
    })
    .meta({ [X_FIELDS]: true });
}

/** Draft-07, in which an open object says so: its own fields, `^x-`, and nothing else. */
export function openJsonSchema(schema: z.ZodType): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(schema, {
    target: "draft-7",
    override: ({ jsonSchema }) => {
      const open = jsonSchema as Record<string, unknown>;
      if (open[X_FIELDS] !== true) return;
      delete open[X_FIELDS];
      open["patternProperties"] = { "^x-": {} };
      open["additionalProperties"] = false;
    },
  }) as Readonly<Record<string, unknown>>;
}
