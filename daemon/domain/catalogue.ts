/**
 * What a ComfyUI offers: its graph node classes with their inputs and outputs, as `/object_info` says. Recorded ones ship
 * in `config/comfyui`; a slot's own comes through `ports.ts`. It holds names, types and ranges only: never a host's files.
 */
export interface NodeInput {
  /** `IMAGE`, `INT`, `FLOAT`, `STRING`, `COMBO` ... */
  readonly type: string;
  readonly required: boolean;
  /** What a COMBO accepts; null when it is no COMBO, or when the list depends on the files of the machine. */
  readonly options: readonly string[] | null;
  /** Least and greatest value of an INT or FLOAT; absent: not limited. */
  readonly min?: number;
  readonly max?: number;
  /** A file that people upload into ComfyUI's input directory. */
  readonly upload?: true;
}

/** Class name -> its input names with type and options. */
export interface NodeClass {
  readonly inputs: Readonly<Record<string, NodeInput>>;
  readonly outputs: readonly string[];
  readonly outputNode: boolean;
  /** It sends what it is given to a vendor. */
  readonly partner?: true;
  /** The node pack that it comes from; absent: ComfyUI's own, or not said. */
  readonly pack?: string;
}
export type Catalogue = Readonly<Record<string, NodeClass>>;
