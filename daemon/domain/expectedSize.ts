/**
 * How large a result must be: the plate times the recipe's scale, or what the recipe says; null when nobody says.
 */
import type { StepPlan } from "./plan.ts";
import type { RecipeFile } from "./recipe.ts";

export function expectedSize(
  plan: StepPlan,
  recipe: RecipeFile | null,
  wedge: number,
): { readonly width: number; readonly height: number } | null {
  if (recipe === null) return null;
  const { result } = recipe;
  if (result.width !== undefined && result.height !== undefined) {
    const width = said(plan, result.width, wedge);
    const height = said(plan, result.height, wedge);
    return width === null || height === null ? null : { width, height };
  }
  if (result.scale === null || plan.plate === null) return null;
  return { width: Math.round(plan.plate.width * result.scale), height: Math.round(plan.plate.height * result.scale) };
}

/** A number, or the name of the parameter that holds it. */
function said(plan: StepPlan, value: number | string, wedge: number): number | null {
  if (typeof value === "number") return value;
  const parameter = plan.wedges[wedge - 1]?.parameters[value];
  return typeof parameter === "number" ? parameter : null;
}
