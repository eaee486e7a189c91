/** What this node's configuration says of graphs and models beyond what a recipe says: its `safety` key, made ready for use. */
import type { Config } from "./config.ts";

export interface SafetyRules {
  /** Classes that run here although they are on the list of denied ones. */
  readonly allowClasses: ReadonlySet<string>;
  /** Endings of model files that may be loaded, without the point. */
  readonly modelTypes: readonly string[];
}

/** Nothing is allowed beyond the default. */
export const STRICT_RULES: SafetyRules = { allowClasses: new Set(), modelTypes: ["safetensors", "sft"] };

export function safetyRules({ safety }: Pick<Config, "safety">): SafetyRules {
  return { allowClasses: new Set(safety.allowClasses), modelTypes: ["safetensors", "sft", ...safety.modelTypes] };
}

/** Has the name an ending that may be loaded? */
export function isModelType(file: string, rules: SafetyRules): boolean {
  return rules.modelTypes.includes(/\.([A-Za-z0-9]+)$/.exec(file)?.[1]?.toLowerCase() ?? "");
}

/** `.safetensors, .sft` for sentences. */
export function modelTypeWords(rules: SafetyRules): string {
  return rules.modelTypes.map((type) => `.${type}`).join(", ");
}
