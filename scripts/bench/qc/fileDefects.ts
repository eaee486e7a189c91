/**
 * What is put into right files, of the proof over files: per check the defects that it is there for, each at several strengths, with the
 * verdict that it must give. `stated`: from there on all must be found.
 */
import type { Verdict } from "../../../daemon/domain/qc.ts";
import { DAMAGE } from "./fileDamage.ts";
import type { FileCase } from "./fileCase.ts";
import { DELIVERY } from "./fileDelivery.ts";
import { DOTS } from "./fileDots.ts";
import { HEADERS } from "./fileHeaders.ts";
import { LEAKING } from "./fileLeaks.ts";
import type { Change } from "./fileLook.ts";
import type { Chance } from "./random.ts";

export interface FileStrength {
  readonly name: string;
  readonly stated: boolean;
  /** Else the defect's. */
  readonly says?: Verdict;
  /** null: it has no place in this one. */
  readonly make: (one: FileCase, random: Chance) => Change | null | Promise<Change | null>;
}

export interface FileDefect {
  readonly check: string;
  readonly name: string;
  readonly says: Verdict;
  readonly on: (one: FileCase) => boolean;
  readonly strengths: readonly FileStrength[];
}

export const FILE_DEFECTS: readonly FileDefect[] = [...DAMAGE, ...HEADERS, ...LEAKING, ...DELIVERY, ...DOTS];
