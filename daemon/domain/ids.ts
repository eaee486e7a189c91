/**
 * Branded identifiers. An id is opaque text; nothing outside `adapters/` invents one.
 * Prefixed and sortable by age where a person sees them (`job_...`).
 */
export type Brand<T, Name extends string> = T & { readonly __brand: Name };

export type JobId = Brand<string, "JobId">;
export type StepId = Brand<string, "StepId">;
export type TaskId = Brand<string, "TaskId">;
export type SlotName = Brand<string, "SlotName">;
/** A ComfyUI prompt: one graph, one attempt. Canonical lower-case UUID v4 (ComfyUI 0.38 refuses others). */
export type PromptId = Brand<string, "PromptId">;
/** A number that only grows; whoever holds an old one changes nothing. */
export type Fence = Brand<number, "Fence">;

/** `v007`: three digits at least, as the trade writes it. */
export function versionName(n: number): string {
  return `v${String(n).padStart(3, "0")}`;
}

/** A task as people spell it, `job_01J8/1/w001/1001`, or as it is kept, `job_01J8/1/w1/1001`, as it is kept. */
export function keptTaskId(text: string): TaskId {
  return text.replace(/\/w0+(?=\d)/, "/w") as TaskId;
}

/** The same the other way: for lines that people read and paste. */
export function shownTaskId(id: string): string {
  return id.replace(/\/w(\d+)(?=\/|$)/, (_, number: string) => `/${wedgeName(Number(number))}`);
}

/** `w032`: the wedge's place in the plan, never its finishing order. */
export function wedgeName(index: number): string {
  return `w${String(index).padStart(3, "0")}`;
}
