/** Which shot a version is of, by the tokens that the show's templates read from the plate's path or the manifest gives. Pure. */
import type { Tokens } from "./pathTemplateParse.ts";

export interface ShotEntity {
  readonly sequence: string | null;
  readonly shot: string | null;
}

/** A layout that names the shot in parts (episode, sequence, scene, number) calls it by all of them: `104_065_010`. */
export function shotEntity(tokens: Tokens): ShotEntity {
  const parts = ["episode", "seq", "scene", "shotnum"].flatMap((name) => tokens[name] ?? []);
  const shot = tokens["shot"] ?? (tokens["shotnum"] === undefined ? null : parts.join("_"));
  return { sequence: tokens["seq"] ?? null, shot };
}

export const NO_ENTITY: ShotEntity = { sequence: null, shot: null };
