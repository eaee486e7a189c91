/** What people ask of the loop, by the API or a command: appended to the store as it was asked, applied at the start of a tick. */

export type RequestBody =
  | { readonly kind: "cancel"; readonly jobId: string; readonly by: string }
  | { readonly kind: "retry"; readonly jobId: string; readonly by: string }
  | {
      readonly kind: "waive";
      readonly taskId: string;
      readonly checks: readonly string[];
      readonly by: string;
      readonly reason: string;
    }
  | { readonly kind: "revokeWaiver"; readonly waiver: number; readonly by: string }
  | { readonly kind: "reject"; readonly taskId: string; readonly by: string; readonly reason: string }
  | {
      readonly kind: "waiveWedge";
      readonly jobId: string;
      /** Its place in the job, from 1; null: every step in which something of the wedge waits. */
      readonly step: number | null;
      readonly wedge: number;
      readonly checks: readonly string[];
      readonly by: string;
      readonly reason: string;
    }
  | {
      readonly kind: "rejectWedge";
      readonly jobId: string;
      readonly step: number | null;
      readonly wedge: number;
      readonly by: string;
      readonly reason: string;
    }
  | { readonly kind: "retention"; readonly by: string }
  | { readonly kind: "restartSlot"; readonly slot: string; readonly by: string };
export interface RequestRow {
  readonly id: number;
  readonly body: RequestBody;
  readonly state: "open" | "done" | "refused";
  readonly answer: string | null;
}
