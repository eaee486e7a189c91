/**
 * Who knows whether a person needs a slot's machine now (nimby). Asked at every tick, so it answers at once and from
 * memory: it looks at idle times, calendars and commands by itself. A slot that a person has gets no new work.
 */
export interface Presence {
  /** `who`: a name for other people to read. `until`: ms since the epoch, when that is known. null: nobody. */
  of(slot: string): { readonly who: string; readonly until: number | null } | null;
}
