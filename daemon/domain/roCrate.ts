/**
 * A version as an RO-Crate 1.1 (https://w3id.org/ro/crate/1.1): `ro-crate-metadata.json` for archives and repositories. Derived
 * from the record; the record stays the truth and lies in the crate as a file. Pure.
 */
import type { AssetRecord } from "./assetRecord.ts";
import { extension } from "./paths.ts";

export interface CrateFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

const MEDIA: Readonly<Record<string, string>> = {
  png: "image/png",
  jpg: "image/jpeg",
  tif: "image/tiff",
  exr: "image/x-exr",
  mp4: "video/mp4",
  json: "application/json",
  sha256: "text/plain",
};

type Entity = Readonly<Record<string, unknown>> & { readonly "@id": string };

/** `files`: all of the version, as its commit names them. */
export function roCrate(asset: AssetRecord, files: readonly CrateFile[]): object {
  const models = asset.models.map(modelEntity);
  const inputs = asset.inputs.map(inputEntity);
  return {
    "@context": "https://w3id.org/ro/crate/1.1/context",
    "@graph": [
      {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        conformsTo: { "@id": "https://w3id.org/ro/crate/1.1" },
        about: { "@id": "./" },
      },
      root(asset, files),
      ...files.map(fileEntity),
      action(asset, { models, inputs }),
      ...inputs,
      ...models,
      ...programs(asset),
      { "@id": "#requester", "@type": "Person", name: asset.job.requestedBy },
    ],
  };
}

function root(asset: AssetRecord, files: readonly CrateFile[]): Entity {
  const { show, product, version } = asset.entity;
  return {
    "@id": "./",
    "@type": "Dataset",
    identifier: asset.id,
    name: `${show} ${product} version ${version}`,
    description: `${asset.ref}, made with the recipe ${asset.recipe.name} ${asset.recipe.version}.`,
    datePublished: asset.job.endedAt,
    license: "Not stated: the production's own terms hold.",
    additionalType: asset.digitalSourceType,
    mentions: { "@id": "#made" },
    hasPart: files.map(({ path }) => ({ "@id": idOf(path) })),
  };
}

function fileEntity(file: CrateFile): Entity {
  return {
    "@id": idOf(file.path),
    "@type": "File",
    name: file.path,
    contentSize: String(file.bytes),
    sha256: file.sha256,
    encodingFormat: MEDIA[extension(file.path)] ?? "application/octet-stream",
  };
}

/** Relative URI references: `#` and blanks in a name must not become something else. */
function idOf(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

function action(
  asset: AssetRecord,
  of: { readonly models: readonly Entity[]; readonly inputs: readonly Entity[] },
): Entity {
  return {
    "@id": "#made",
    "@type": "CreateAction",
    name: `${asset.recipe.name} ${asset.recipe.version}`,
    ...(asset.job.startedAt === null ? {} : { startTime: asset.job.startedAt }),
    endTime: asset.job.endedAt,
    agent: { "@id": "#requester" },
    instrument: [{ "@id": "#hotplate" }, { "@id": "#engine" }],
    object: [...of.inputs, ...of.models].map((entity) => ({ "@id": entity["@id"] })),
    result: { "@id": "./" },
  };
}

function inputEntity(input: AssetRecord["inputs"][number], index: number): Entity {
  return {
    "@id": `#input-${index + 1}`,
    "@type": "CreativeWork",
    name: `${input.role} ${input.ref}`,
    ...(input.frames === "" ? {} : { description: `Frames ${input.frames}` }),
    ...(input.sha256root === null ? {} : { identifier: `sha256root:${input.sha256root}` }),
  };
}

function modelEntity(model: AssetRecord["models"][number], index: number): Entity {
  return {
    "@id": `#model-${index + 1}`,
    "@type": "SoftwareApplication",
    name: model.name,
    applicationCategory: model.role,
    ...(model.sha256 === null ? {} : { identifier: `sha256:${model.sha256}` }),
    ...(model.license === null ? {} : { license: model.license }),
  };
}

function programs(asset: AssetRecord): readonly Entity[] {
  const hotplate = asset.machine["x-hotplate"];
  const version = (value: unknown) => (typeof value === "string" ? { softwareVersion: value } : {});
  return [
    { "@id": "#hotplate", "@type": "SoftwareApplication", name: "Hotplate", ...version(hotplate) },
    { "@id": "#engine", "@type": "SoftwareApplication", name: asset.engine.name, ...version(asset.engine.version) },
  ];
}
