/**
 * How a step's pictures cross from the plate to the model and back: decided when the manifest is planned, kept with the plan.
 */
export interface ColorPlan {
  /** `plain`: what came back is published as it is. */
  readonly how: "plain";
}

export const PLAIN_COLOR: ColorPlan = { how: "plain" };
