/** What every check says of itself, whether it is an object or a program: one shape for both, and for what is refused. */
import { z } from "zod";
import { LIMITS } from "./limits.ts";
import { isStandIn, STAND_IN } from "./notLoaded.ts";

/** Of a check's shape as a whole: what `judges` and `idleAt` name must be there. */
export function judgesItsLimits(check: {
  readonly judges?: Readonly<Record<string, unknown>> | undefined;
  readonly idleAt?: Readonly<Record<string, number>> | undefined;
  readonly limits: Readonly<Record<string, number>>;
}): boolean {
  return [check.judges, check.idleAt].every((named) =>
    Object.keys(named ?? {}).every((name) => Object.hasOwn(check.limits, name)),
  );
}
export const JUDGES_STRANGE = "judges or idleAt names a limit that the check does not have";

const judgedSchema = z
  .strictObject({
    measures: z.array(z.string().min(1)).min(1),
    must: z.enum(["atMost", "atLeast"]),
    least: z.number().optional(),
    greatest: z.number().optional(),
  })
  .refine(({ least = -Infinity, greatest = Infinity }) => least < greatest, "least must be less than greatest");

export const CHECK_FIELDS = {
  apiVersion: z.literal(1),
  id: z
    .string()
    .regex(/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/, "must be dotted lower-case words, as image.not_black")
    .refine((id) => !isStandIn(id), `must not begin with ${STAND_IN}, which stands for plugins that can't be loaded`),
  version: z.number().int().min(1),
  scope: z.enum(["frame", "sequence", "set"]),
  finds: z.string().min(1).max(LIMITS.checkMessageCharactersMax).optional(),
  layer: z.enum(["essence", "container", "crosscheck"]).optional(),
  needs: z.array(z.enum(["result", "plate", "mask", "frames"])),
  limits: z.record(z.string().regex(/^[a-z][A-Za-z0-9]*$/, "must be a camelCase word"), z.number()),
  limitsFrom: z.record(z.string(), z.string().min(1).max(LIMITS.checkMessageCharactersMax)).optional(),
  judges: z.record(z.string(), judgedSchema).optional(),
  idleAt: z.record(z.string(), z.number()).optional(),
  seedMayCure: z.boolean().optional(),
  infers: z
    .strictObject({
      output: z.enum(["embedding", "score", "map"]),
      of: z.array(z.enum(["result", "plate"])).min(1),
    })
    .optional(),
};
